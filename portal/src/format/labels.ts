import { t } from "@lingui/core/macro";
import type {
  CommissionEventType, CommissionStatus, InboxEventStatus, InvoicePaidOutcome, MailStatus, NotificationKind, PartnerStatus, PartnerTier,
  PartnerUserRole, PayoutAttemptStatus, PayoutAttention, PayoutStatus, RateSource, ReferralStatus, StatementKind, StatusChangeKind, TaxTreatment, TransferFindingKind,
  UserErrorCode,
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
  PENDING: { label: t`Pending`, tone: "pending" },
  APPROVED: { label: t`Approved`, tone: "active" },
  PAID: { label: t`Paid or in transit`, tone: "success" },
  CLAWBACK: { label: t`Clawed back in full`, tone: "danger" },
  CANCELLED: { label: t`Cancelled`, tone: "neutral" },
};

const PAYOUT_LABELS: StatusLabels<PayoutStatus> = {
  PENDING: { label: t`Pending`, tone: "pending" },
  READY: { label: t`Ready`, tone: "pending" },
  PROCESSING: { label: t`Processing`, tone: "active" },
  COMPLETED: { label: t`Completed`, tone: "success" },
  FAILED: { label: t`Failed`, tone: "danger" },
  CANCELLED: { label: t`Cancelled`, tone: "neutral" },
  RETURNED: { label: t`Returned`, tone: "danger" },
};

const ATTENTION_LABELS: StatusLabels<PayoutAttention> = {
  NOT_SENT: { label: t`Not sent`, tone: "danger" },
  UNCERTAIN: { label: t`Perhaps sent`, tone: "pending" },
  DIFFERS: { label: t`Sent differently`, tone: "danger" },
  RETURNED_IN_PART: { label: t`Returned in part`, tone: "pending" },
};

const ATTEMPT_LABELS: StatusLabels<PayoutAttemptStatus> = {
  QUEUED: { label: t`Waiting`, tone: "pending" },
  SENDING: { label: t`Sending`, tone: "active" },
  UNCERTAIN: { label: t`Uncertain`, tone: "pending" },
  SENT: { label: t`In a payment file`, tone: "active" },
  SETTLED: { label: t`Arrived`, tone: "success" },
  REFUSED: { label: t`Refused`, tone: "danger" },
  WITHDRAWN: { label: t`Withdrawn`, tone: "neutral" },
  RETURNED: { label: t`Returned`, tone: "danger" },
};

const FINDING_LABELS: Readonly<Record<TransferFindingKind, string>> = {
  UNKNOWN: t`Unknown transfer`,
  MISSING: t`Missing transfer`,
  SECOND: t`Second transfer`,
  DIFFERENT: t`Other amount or account`,
  REVERSED: t`Came back`,
  NOT_REVERSED: t`Did not come back`,
};

/** How a transfer at Stripe differs from its payout. */
export const findingLabel = (kind: string) => FINDING_LABELS[kind as TransferFindingKind] ?? enumLabel(kind);

const LEAD_LABELS: StatusLabels<ReferralStatus> = {
  NEW: { label: t`New`, tone: "pending" },
  CONTACTED: { label: t`Contacted`, tone: "active" },
  QUALIFIED: { label: t`Qualified`, tone: "active" },
  CONVERTED: { label: t`Converted`, tone: "success" },
  LOST: { label: t`Lost`, tone: "neutral" },
  INVALID: { label: t`Invalid`, tone: "neutral" },
};

const PARTNER_LABELS: StatusLabels<PartnerStatus> = {
  PENDING: { label: t`Pending`, tone: "pending" },
  ACTIVE: { label: t`Active`, tone: "success" },
  SUSPENDED: { label: t`Suspended`, tone: "danger" },
  TERMINATED: { label: t`Terminated`, tone: "neutral" },
  ARCHIVED: { label: t`Archived`, tone: "neutral" },
};

const MAIL_LABELS: StatusLabels<MailStatus> = {
  PENDING: { label: t`Pending`, tone: "pending" },
  SENT: { label: t({ message: "Sent", context: "mail" }), tone: "success" },
  BOUNCED: { label: t`Bounced`, tone: "danger" },
  FAILED: { label: t`Failed`, tone: "danger" },
  ABANDONED: { label: t`Abandoned`, tone: "neutral" },
};

const INBOX_LABELS: StatusLabels<InboxEventStatus> = {
  PENDING: { label: t`Waiting`, tone: "pending" },
  HANDLED: { label: t`Handled`, tone: "success" },
  IGNORED: { label: t`Ignored`, tone: "neutral" },
  DEAD: { label: t`Given up`, tone: "danger" },
};

const CHANGE_KIND_LABELS: Partial<StatusLabels<StatusChangeKind>> = {
  HOLD: { label: t`Held back`, tone: "pending" },
  RELEASE: { label: t`Released`, tone: "active" },
  PAYMENT_REFERENCE: { label: t`Reference corrected`, tone: "neutral" },
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
  if (status === "PAID" && !settledAt) return { label: t`In transit`, tone: "active" };
  if (status === "PAID") return { label: t`Paid`, tone: "success" };
  return commissionStatusLabel(status);
}
export const payoutStatusLabel = (status: string) => statusLabel(PAYOUT_LABELS, status);
/** Why staff must look at a payout. */
export const attentionLabel = (attention: string) => statusLabel(ATTENTION_LABELS, attention);
export const attemptStatusLabel = (status: string) => statusLabel(ATTEMPT_LABELS, status);
export const leadStatusLabel = (status: string) => statusLabel(LEAD_LABELS, status);
export const partnerStatusLabel = (status: string) => statusLabel(PARTNER_LABELS, status);
export const mailStatusLabel = (status: string) => statusLabel(MAIL_LABELS, status);

export const PARTNER_STATUSES = Object.keys(PARTNER_LABELS) as PartnerStatus[];
export const PARTNER_TIERS = ["BRONZE", "SILVER", "GOLD", "PLATINUM", "DIRECT"] as const satisfies readonly PartnerTier[];
export const PARTNER_USER_ROLES = [
  "OWNER", "ADMIN", "ACCOUNT_MANAGER", "FINANCE",
] as const satisfies readonly PartnerUserRole[];

const TIER_LABELS: Readonly<Record<PartnerTier, string>> = {
  BRONZE: t`Bronze`,
  SILVER: t`Silver`,
  GOLD: t`Gold`,
  PLATINUM: t`Platinum`,
  DIRECT: t({ message: "Direct", context: "tier" }),
};

export const tierLabel = (tier: string) => TIER_LABELS[tier as PartnerTier] ?? enumLabel(tier);

/** The options of a choice between tiers. */
export const TIER_OPTIONS = PARTNER_TIERS.map((value) => ({ value, label: tierLabel(value) }));

const PARTNER_USER_ROLE_LABELS: Readonly<Record<PartnerUserRole, string>> = {
  OWNER: t`Owner`,
  ADMIN: t`Admin`,
  ACCOUNT_MANAGER: t`Account manager`,
  FINANCE: t`Finance`,
};

export const partnerUserRoleLabel = (role: string) => PARTNER_USER_ROLE_LABELS[role as PartnerUserRole] ?? enumLabel(role);

/** The roles of tokens; the API has them in lower case. */
const ROLE_LABELS: Readonly<Record<string, string>> = {
  admin: t({ message: "admin", context: "role" }),
  auditor: t({ message: "auditor", context: "role" }),
  billing: t({ message: "billing", context: "role" }),
  finance: t({ message: "finance", context: "role" }),
  operator: t({ message: "operator", context: "role" }),
  partner: t({ message: "partner", context: "role" }),
  support: t({ message: "support", context: "role" }),
};

export const roleLabel = (role: string) => ROLE_LABELS[role] ?? role;

const STATEMENT_KIND_LABELS: Readonly<Record<StatementKind, string>> = {
  PAYOUT: t`Payout`,
  SELF_BILLED_INVOICE: t`Self-billing invoice`,
  CREDIT_NOTE: t`Credit note`,
  ACCOUNT: t`Account`,
};

export const STATEMENT_KINDS = Object.keys(STATEMENT_KIND_LABELS) as StatementKind[];

export const statementKindLabel = (kind: string) => STATEMENT_KIND_LABELS[kind as StatementKind] ?? enumLabel(kind);

export const COMMISSION_STATUSES = Object.keys(COMMISSION_LABELS) as CommissionStatus[];
/** The statuses of commissions that count: those that were neither cancelled nor clawed back in full. */
export const COUNTED_STATUSES: readonly CommissionStatus[] = ["PENDING", "APPROVED", "PAID"];
export const PAYOUT_STATUSES = Object.keys(PAYOUT_LABELS) as PayoutStatus[];
export const ATTENTIONS = Object.keys(ATTENTION_LABELS) as PayoutAttention[];
export const LEAD_STATUSES = Object.keys(LEAD_LABELS) as ReferralStatus[];
export const inboxStatusLabel = (status: string) => statusLabel(INBOX_LABELS, status);
export const INBOX_STATUSES = Object.keys(INBOX_LABELS) as InboxEventStatus[];

export const MAIL_STATUSES = Object.keys(MAIL_LABELS) as MailStatus[];

const NOTIFICATION_KIND_LABELS: Readonly<Record<NotificationKind, string>> = {
  PAYOUT_CREATED: t`Payout created`,
  PAYOUT_COMPLETED: t`Payout completed`,
  PAYOUT_FAILED: t`Payout failed`,
  MONTHLY_DIGEST: t`Monthly digest`,
  BANK_ACCOUNT_CHANGED: t`Bank account changed`,
  INVITATION: t`Invitation`,
  WEBHOOK_FAILING: t`Webhook failing`,
  WEBHOOK_DISABLED: t`Webhook disabled`,
  PAYOUT_UNCERTAIN: t`Payout uncertain`,
  STRIPE_KEY_REFUSED: t`Stripe key refused`,
};

export const NOTIFICATION_KINDS = Object.keys(NOTIFICATION_KIND_LABELS) as NotificationKind[];

/** What a mail notifies of. */
export const notificationKindLabel = (kind: string) => NOTIFICATION_KIND_LABELS[kind as NotificationKind] ?? enumLabel(kind);

/** How an entry of a history that left the status as it was is displayed; undefined for a change of status. */
export function changeKindLabel(kind: string): StatusLabel | undefined {
  return CHANGE_KIND_LABELS[kind as StatusChangeKind];
}

const EVENT_TYPE_LABELS: Readonly<Record<CommissionEventType, string>> = {
  INVOICE_PAID: t`Invoice paid`,
  CLAWBACK: t`Refund`,
  ADJUSTMENT: t`Adjustment`,
  REINSTATEMENT: t`Refund reversed`,
};

export const EVENT_TYPES = Object.keys(EVENT_TYPE_LABELS) as CommissionEventType[];

export const eventTypeLabel = (type: string) => EVENT_TYPE_LABELS[type as CommissionEventType] ?? enumLabel(type);

const RATE_SOURCE_LABELS: Readonly<Record<RateSource, string>> = {
  MANAGED_ACCOUNT: t`the account’s custom rate`,
  PARTNER: t`the partner’s default rate`,
};

export const rateSourceLabel = (source: string) => RATE_SOURCE_LABELS[source as RateSource] ?? enumLabel(source);

const NO_COMMISSION_REASONS: Partial<Readonly<Record<InvoicePaidOutcome, string>>> = {
  NO_MANAGED_ACCOUNT: t`No partner managed the customer`,
  NO_RATE: t`Neither account nor partner had a rate`,
  PARTNER_INELIGIBLE: t`The partner did not earn then`,
  ZERO_AMOUNT: t`Nothing was paid`,
};

/** Why an invoice earned no commission. */
export const noCommissionReasonLabel = (outcome: string) =>
  NO_COMMISSION_REASONS[outcome as InvoicePaidOutcome] ?? enumLabel(outcome);

const SKIP_REASONS: Partial<Readonly<Record<UserErrorCode, string>>> = {
  BELOW_MINIMUM: t`Below the minimum payout`,
  NOTHING_PAYABLE: t`Total is zero or negative`,
  PARTNER_NOT_PAYABLE: t`Partner cannot be paid in its current status`,
  AMOUNT_TOO_LARGE: t`More than one payout can hold; run shorter periods`,
  UNAVAILABLE: t`Could not be paid at the moment; run payouts again`,
  INTERNAL_ERROR: t`Could not be paid because of an error; tell the operator`,
};

/** Why a payout run skipped a partner. */
export const skipReasonLabel = (code: string) => SKIP_REASONS[code as UserErrorCode] ?? enumLabel(code);

/** The tax treatments of invoices under self-billing. The one with tax is not supported. */
const TAX_TREATMENT_LABELS: Readonly<Record<Exclude<TaxTreatment, "DOMESTIC">, string>> = {
  REVERSE_CHARGE: t`Reverse charge`,
  EXEMPT: t`Exempt from VAT`,
  OUTSIDE_SCOPE: t`Outside the scope of VAT`,
};

export const TAX_TREATMENTS = Object.keys(TAX_TREATMENT_LABELS) as (keyof typeof TAX_TREATMENT_LABELS)[];

export const taxTreatmentLabel = (treatment: string) =>
  TAX_TREATMENT_LABELS[treatment as keyof typeof TAX_TREATMENT_LABELS] ?? enumLabel(treatment);
