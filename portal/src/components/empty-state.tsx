import type { ReactNode } from "react";
import css from "./empty-state.module.css";

/** Shown in place of an empty list or a missing item. */
export function EmptyState({ children }: { readonly children: ReactNode }) {
  return <p className={css.empty}>{children}</p>;
}
