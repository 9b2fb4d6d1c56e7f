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
  const created = { name: "Created", at: history[0]?.at ?? null };
  const sent = sentAt ? [{ name: "Sent", at: sentAt }] : [];
  switch (status) {
    case "FAILED":
      return [created, ...sent, { name: "Failed", at: reached("FAILED"), tone: "danger" }];
    case "CANCELLED":
      return [created, ...sent, { name: "Cancelled", at: reached("CANCELLED") }];
    case "COMPLETED":
      return [created, ...sent, { name: "Completed", at: completedAt }];
    default:
      return [created, { name: "Sent", at: sentAt }, { name: "Completed", at: null }];
  }
}

/** Where a payout is on its way, and since when. */
export function PayoutTimeline({ payout }: { readonly payout: PayoutDetail }) {
  const { calendar } = useSession();
  const steps = stepsOf(payout);
  const latest = steps.findLast(({ at }) => at !== null);
  const isUnderWay = payout.status === "READY" || payout.status === "PROCESSING";
  return (
    <section aria-label="Timeline">
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
              <span>not yet</span>
            )}
          </li>
        ))}
      </ol>
      {isUnderWay && latest?.at && (
        <p className="muted">
          {payout.status === "PROCESSING" ? "In transit since" : "Waiting to be sent since"} {calendar.formatDate(latest.at)} (
          <RelativeTime at={latest.at} />)
        </p>
      )}
    </section>
  );
}
