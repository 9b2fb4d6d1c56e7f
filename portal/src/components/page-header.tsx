import { t } from "@lingui/core/macro";
import type { ReactNode } from "react";
import { formatTimeOfDay } from "../format/dates";
import css from "./page-header.module.css";

interface Props {
  readonly title: string;
  readonly lead?: ReactNode;
  /** Buttons and filters beside the title. */
  readonly actions?: ReactNode;
  /** When the data of the page was received, if it could not be updated since. */
  readonly asOf?: Date | null;
}

/** The heading of a page. The layout moves the focus to it after navigation. */
export function PageHeader({ title, lead, actions, asOf }: Props) {
  return (
    <header className={css.header}>
      <div>
        <h1 tabIndex={-1}>{title}</h1>
        {lead && <p>{lead}</p>}
        <p className={css.asOf} aria-live="polite">
          {asOf && t`As of ${formatTimeOfDay(asOf)}. The server cannot be reached at the moment; this page updates itself.`}
        </p>
      </div>
      {actions && <div className={css.actions}>{actions}</div>}
    </header>
  );
}
