import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { RelativeTime } from "../components/timestamp";
import { useSession } from "../sign-in/session";
import type { PayoutDetail } from "./payout-dialog";
import css from "./payout-timeline.module.css";

interface Step {
  readonly name: string;
  /** When the payout reached the step; null if it has not yet. */
  readonly at: string | null;
  readonly tone?: "danger";
}

/** The steps of a payout: those that it has reached, and those that come next unless it has ended. */
function stepsOf({ status, history }: PayoutDetail): readonly Step[] {
  const reached = (to: string) => history.findLast((change) => change.kind === "STATUS" && change.to === to)?.at ?? null;
  const [sentAt, completedAt] = [reached("PROCESSING"), reached("COMPLETED")];
  const created = { name: t`Created`, at: history[0]?.at ?? null };
  const sent = sentAt ? [{ name: t`Sent`, at: sentAt }] : [];
  switch (status) {
    case "FAILED":
      return [created, ...sent, { name: t`Failed`, at: reached("FAILED"), tone: "danger" }];
    case "CANCELLED":
      return [created, ...sent, { name: t`Cancelled`, at: reached("CANCELLED") }];
    case "COMPLETED":
      return [created, ...sent, { name: t`Completed`, at: completedAt }];
    case "RETURNED":
      return [
        created, ...sent, { name: t`Completed`, at: completedAt }, { name: t`Returned`, at: reached("RETURNED"), tone: "danger" },
      ];
    default:
      return [created, { name: t`Sent`, at: sentAt }, { name: t`Completed`, at: null }];
  }
}

/** Where a payout is on its way, and since when. */
export function PayoutTimeline({ payout }: { readonly payout: PayoutDetail }) {
  const { calendar } = useSession();
  const steps = stepsOf(payout);
  const latest = steps.findLast(({ at }) => at !== null);
  const isUnderWay = payout.status === "READY" || payout.status === "PROCESSING";
  return (
    <section aria-label={t`Timeline`}>
      <ol className={css.timeline}>
        {steps.map((step) => (
          <li
            key={step.name}
            className={`${step.at ? css.reached : css.next} ${step.tone ? css[step.tone] : ""}`}
            aria-current={step === latest ? "step" : undefined}
          >
            <span className={css.name}>{step.name}</span>
            {step.at ? (
              <time dateTime={step.at} title={calendar.formatDateTime(step.at)}>
                {calendar.formatDate(step.at)}
              </time>
            ) : (
              <span><Trans>not yet</Trans></span>
            )}
          </li>
        ))}
      </ol>
      {isUnderWay && latest?.at && (
        <p className="muted">
          {payout.status === "PROCESSING" ? t`In transit since` : t`Waiting to be sent since`} {calendar.formatDate(latest.at)} (
          <RelativeTime at={latest.at} />)
        </p>
      )}
    </section>
  );
}
