import type { ReactNode } from "react";
import css from "./description-list.module.css";

export function DescriptionList({ children }: { readonly children: ReactNode }) {
  return <dl className={css.list}>{children}</dl>;
}

export function DescriptionItem({ term, children }: { readonly term: string; readonly children: ReactNode }) {
  return (
    <div className={css.item}>
      <dt>{term}</dt>
      <dd>{children}</dd>
    </div>
  );
}
