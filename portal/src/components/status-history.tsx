import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { changeKindLabel, type StatusLabel } from "../format/labels";
import type { StatusChangeFragment } from "../gql/graphql";
import { StatusBadge } from "./status-badge";
import css from "./status-history.module.css";
import { ExactTime } from "./timestamp";

interface Props {
  readonly changes: readonly StatusChangeFragment[];
  readonly labelOf: (status: string) => StatusLabel;
}

/** Status changes with time, actor and reason, oldest first. */
export function StatusHistory({ changes, labelOf }: Props) {
  return (
    <section aria-label={t`History`}>
      <h3><Trans>History</Trans></h3>
      <ol className={css.history}>
        {changes.map(({ kind, to, at, actor, reason }) => (
          <li key={`${at} ${kind} ${to}`}>
            <StatusBadge {...(changeKindLabel(kind) ?? labelOf(to))} />
            <div>
              <p>
                <Trans>
                  <ExactTime at={at} />, by <bdi>{actor}</bdi>
                </Trans>
              </p>
              {reason && (
                <p className="muted">
                  <bdi>{reason}</bdi>
                </p>
              )}
            </div>
          </li>
        ))}
      </ol>
    </section>
  );
}
