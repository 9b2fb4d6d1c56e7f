import type { Calendar } from "../format/dates";
import { PAYOUT_STATUSES, payoutStatusLabel, type StatusLabel } from "../format/labels";
import { isCurrency } from "../format/money";
import type { PayoutFilter } from "../gql/graphql";
import { FIRST_PAGE, useUrlState } from "../hooks/url-state";

/** The choice of payouts that wait to be sent or confirmed, beside the statuses. */
export const OPEN = "OPEN";

export const statusLabel = (status: string): StatusLabel =>
  status === OPEN ? { label: "Open: ready or processing", tone: "pending" } : payoutStatusLabel(status);

/** Whether all payouts of a choice of the status can be marked as sent or completed together. */
export const isOpenStatus = (status: string | null) => status === OPEN || status === "READY" || status === "PROCESSING";

/** Reads the filter of payouts from the URL. Dates are days in the tenant's time zone. */
export function parsePayoutFilter(params: URLSearchParams, calendar: Calendar): PayoutFilter {
  const chosen = params.get("status");
  const status = PAYOUT_STATUSES.find((status) => status === chosen);
  const partnerId = params.get("partnerId");
  const currency = params.get("currency")?.toUpperCase();
  const completedFrom = calendar.startOfDay(params.get("completedFrom") ?? "");
  const completedTo = calendar.startOfDay(params.get("completedTo") ?? "", 1);
  const changedFrom = calendar.startOfDay(params.get("changedFrom") ?? "");
  return {
    ...(status && { status: [status] }),
    ...(chosen === OPEN && { status: ["READY" as const, "PROCESSING" as const] }),
    ...(partnerId && { partnerId }),
    ...(currency && isCurrency(currency) && { currency }),
    ...(completedFrom && { completedFrom }),
    ...(completedTo && { completedTo }),
    ...(changedFrom && { changedFrom }),
  };
}

const CONDITIONS = [
  { name: "completedFrom", text: "completed from" },
  { name: "completedTo", text: "completed until" },
  { name: "changedFrom", text: "changed from" },
] as const;

/** The conditions that a link set, with a button that removes them. */
export function OtherConditions() {
  const { params, setParams } = useUrlState();
  const set = CONDITIONS.filter(({ name }) => params.get(name));
  if (set.length === 0) return null;
  return (
    <p className="muted">
      Only payouts {set.map(({ name, text }) => `${text} ${params.get(name)}`).join(", ")}{" "}
      <button
        className="button"
        type="button"
        onClick={() => setParams({ ...FIRST_PAGE, completedFrom: null, completedTo: null, changedFrom: null })}
      >
        Show all
      </button>
    </p>
  );
}
