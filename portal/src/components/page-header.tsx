import type { ReactNode } from "react";
import css from "./page-header.module.css";

interface Props {
  readonly title: string;
  readonly lead?: ReactNode;
  /** Buttons and filters beside the title. */
  readonly actions?: ReactNode;
}

/** The heading of a page. The layout moves the focus to it after navigation. */
export function PageHeader({ title, lead, actions }: Props) {
  return (
    <header className={css.header}>
      <div>
        <h1 tabIndex={-1}>{title}</h1>
        {lead && <p>{lead}</p>}
      </div>
      {actions && <div className={css.actions}>{actions}</div>}
    </header>
  );
}
