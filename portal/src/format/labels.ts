import type {
  CommissionEventType, CommissionStatus, InvoicePaidOutcome, PartnerStatus, PartnerTier, PartnerUserRole, PayoutStatus,
  RateSource, ReferralStatus, StatementKind, StatusChangeKind, TaxTreatment, UserErrorCode,
} from "../gql/graphql";

/** The colour of a badge. */
export type Tone = "pending" | "active" | "success" | "danger" | "neutral";

/** How a status is displayed. */
export interface StatusLabel {
  readonly label: string;
  readonly tone: Tone;
}

type StatusLabels<Status extends string> = Readonly<Record<Status, StatusLabel>>;

/**
 * Formats an enum value: `MANAGED_ACCOUNT` becomes `Managed account`. Works for values that this version does not
 * know.
 */
export function enumLabel(value: string): string {
  const [first = "", ...rest] = value.replaceAll("_", " ").toLowerCase();
  return first.toUpperCase() + rest.join("");
}

function statusLabel(labels: Readonly<Record<string, StatusLabel>>, status: string): StatusLabel {
  return labels[status] ?? { label: enumLabel(status), tone: "neutral" };
}

const COMMISSION_LABELS: StatusLabels<CommissionStatus> = {
  PENDING: { label: "Pending", tone: "pending" },
  APPROVED: { label: "Approved", tone: "active" },
  PAID: { label: "Paid or in transit", tone: "success" },
  CLAWBACK: { label: "Clawed back in full", tone: "danger" },
  CANCELLED: { label: "Cancelled", tone: "neutral" },
};

const PAYOUT_LABELS: StatusLabels<PayoutStatus> = {
  PENDING: { label: "Pending", tone: "pending" },
  READY: { label: "Ready", tone: "pending" },
  PROCESSING: { label: "Processing", tone: "active" },
  COMPLETED: { label: "Completed", tone: "success" },
  FAILED: { label: "Failed", tone: "danger" },
  CANCELLED: { label: "Cancelled", tone: "neutral" },
};

const LEAD_LABELS: StatusLabels<ReferralStatus> = {
  NEW: { label: "New", tone: "pending" },
  CONTACTED: { label: "Contacted", tone: "active" },
  QUALIFIED: { label: "Qualified", tone: "active" },
  CONVERTED: { label: "Converted", tone: "success" },
  LOST: { label: "Lost", tone: "neutral" },
  INVALID: { label: "Invalid", tone: "neutral" },
};

const PARTNER_LABELS: StatusLabels<PartnerStatus> = {
  PENDING: { label: "Pending", tone: "pending" },
  ACTIVE: { label: "Active", tone: "success" },
  SUSPENDED: { label: "Suspended", tone: "danger" },
  TERMINATED: { label: "Terminated", tone: "neutral" },
  ARCHIVED: { label: "Archived", tone: "neutral" },
};

const CHANGE_KIND_LABELS: Partial<StatusLabels<StatusChangeKind>> = {
  HOLD: { label: "Held back", tone: "pending" },
  RELEASE: { label: "Released", tone: "active" },
  PAYMENT_REFERENCE: { label: "Reference corrected", tone: "neutral" },
};

/** How the status of a commission is displayed, in filters and histories. */
export const commissionStatusLabel = (status: string) => statusLabel(COMMISSION_LABELS, status);

interface CommissionState {
  readonly status: string;
  /** The timestamp at which the payment arrived, if it has. */
  readonly settledAt: string | null;
}

/**
 * How a commission is displayed: in transit while its payout is not completed. The API calls it PAID from the moment at which
 * it is in a payout.
 */
export function commissionLabel({ status, settledAt }: CommissionState): StatusLabel {
  if (status === "PAID" && !settledAt) return { label: "In transit", tone: "active" };
  if (status === "PAID") return { label: "Paid", tone: "success" };
  return commissionStatusLabel(status);
}
export const payoutStatusLabel = (status: string) => statusLabel(PAYOUT_LABELS, status);
export const leadStatusLabel = (status: string) => statusLabel(LEAD_LABELS, status);
export const partnerStatusLabel = (status: string) => statusLabel(PARTNER_LABELS, status);

export const PARTNER_STATUSES = Object.keys(PARTNER_LABELS) as PartnerStatus[];
export const PARTNER_TIERS = ["BRONZE", "SILVER", "GOLD", "PLATINUM", "DIRECT"] as const satisfies readonly PartnerTier[];
export const PARTNER_USER_ROLES = [
  "OWNER", "ADMIN", "ACCOUNT_MANAGER", "FINANCE",
] as const satisfies readonly PartnerUserRole[];

/** The options of a choice between enum values. */
export const enumOptions = (values: readonly string[]) => values.map((value) => ({ value, label: enumLabel(value) }));

const STATEMENT_KIND_LABELS: Readonly<Record<StatementKind, string>> = {
  PAYOUT: "Payout",
  SELF_BILLED_INVOICE: "Self-billing invoice",
  ACCOUNT: "Account",
};

export const STATEMENT_KINDS = Object.keys(STATEMENT_KIND_LABELS) as StatementKind[];

export const statementKindLabel = (kind: string) => STATEMENT_KIND_LABELS[kind as StatementKind] ?? enumLabel(kind);

export const COMMISSION_STATUSES = Object.keys(COMMISSION_LABELS) as CommissionStatus[];
export const PAYOUT_STATUSES = Object.keys(PAYOUT_LABELS) as PayoutStatus[];
export const LEAD_STATUSES = Object.keys(LEAD_LABELS) as ReferralStatus[];

/** How an entry of a history that left the status as it was is displayed; undefined for a change of status. */
export function changeKindLabel(kind: string): StatusLabel | undefined {
  return CHANGE_KIND_LABELS[kind as StatusChangeKind];
}

const EVENT_TYPE_LABELS: Readonly<Record<CommissionEventType, string>> = {
  INVOICE_PAID: "Invoice paid",
  CLAWBACK: "Refund",
  ADJUSTMENT: "Adjustment",
  REINSTATEMENT: "Refund reversed",
};

export const EVENT_TYPES = Object.keys(EVENT_TYPE_LABELS) as CommissionEventType[];

export const eventTypeLabel = (type: string) => EVENT_TYPE_LABELS[type as CommissionEventType] ?? enumLabel(type);

const RATE_SOURCE_LABELS: Readonly<Record<RateSource, string>> = {
  MANAGED_ACCOUNT: "the account’s custom rate",
  PARTNER: "the partner’s default rate",
};

export const rateSourceLabel = (source: string) => RATE_SOURCE_LABELS[source as RateSource] ?? enumLabel(source);

const NO_COMMISSION_REASONS: Partial<Readonly<Record<InvoicePaidOutcome, string>>> = {
  NO_MANAGED_ACCOUNT: "No partner managed the customer",
  NO_RATE: "Neither account nor partner had a rate",
  PARTNER_INELIGIBLE: "The partner did not earn then",
  ZERO_AMOUNT: "Nothing was paid",
};

/** Why an invoice earned no commission. */
export const noCommissionReasonLabel = (outcome: string) =>
  NO_COMMISSION_REASONS[outcome as InvoicePaidOutcome] ?? enumLabel(outcome);

const SKIP_REASONS: Partial<Readonly<Record<UserErrorCode, string>>> = {
  BELOW_MINIMUM: "Below the minimum payout",
  NOTHING_PAYABLE: "Total is zero or negative",
  PARTNER_NOT_PAYABLE: "Partner cannot be paid in its current status",
  AMOUNT_TOO_LARGE: "More than one payout can hold; run shorter periods",
  UNAVAILABLE: "Could not be paid at the moment; run payouts again",
  INTERNAL_ERROR: "Could not be paid because of an error; tell the operator",
};

/** Why a payout run skipped a partner. */
export const skipReasonLabel = (code: string) => SKIP_REASONS[code as UserErrorCode] ?? enumLabel(code);

/** The tax treatments of invoices under self-billing. The one with tax is not supported. */
const TAX_TREATMENT_LABELS: Readonly<Record<Exclude<TaxTreatment, "DOMESTIC">, string>> = {
  REVERSE_CHARGE: "Reverse charge",
  EXEMPT: "Exempt from VAT",
  OUTSIDE_SCOPE: "Outside the scope of VAT",
};

export const TAX_TREATMENTS = Object.keys(TAX_TREATMENT_LABELS) as (keyof typeof TAX_TREATMENT_LABELS)[];

export const taxTreatmentLabel = (treatment: string) =>
  TAX_TREATMENT_LABELS[treatment as keyof typeof TAX_TREATMENT_LABELS] ?? enumLabel(treatment);
