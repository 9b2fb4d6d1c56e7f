import { plural } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import type { AuditPageQuery } from "../gql/graphql";
import css from "./field-changes.module.css";

export type FieldChange = AuditPageQuery["auditEntries"]["nodes"][number]["changes"][number];

/** The changes that are shown at once; the others are behind a control. */
const SHOWN_MAX = 4;

/** The changes of an entry: each field before and after. */
export function FieldChanges({ changes }: { readonly changes: readonly FieldChange[] }) {
  const more = changes.slice(SHOWN_MAX);
  return (
    <div className={css.changes}>
      <Changes changes={changes.slice(0, SHOWN_MAX)} />
      {more.length > 0 && (
        <details>
          <summary>{plural(more.length, { one: "# more change", other: "# more changes" })}</summary>
          <Changes changes={more} />
        </details>
      )}
    </div>
  );
}

function Changes({ changes }: { readonly changes: readonly FieldChange[] }) {
  return (
    <ul className={css.changes}>
      {changes.map(({ row, field, before, after }) => (
        <li key={`${row} ${field}`}>
          <span className={css.field} translate="no">
            {row && `${row.split(":")[0]}.`}
            {field}
          </span>
          {before !== null && (
            <>
              <bdi className={css.before}>{before}</bdi> <span aria-hidden="true">→</span>{" "}
            </>
          )}
          {after === null ? <span className="muted"><Trans>none</Trans></span> : <bdi className={css.after}>{after}</bdi>}
        </li>
      ))}
    </ul>
  );
}
