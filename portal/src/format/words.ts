import type {
  CommissionEventType, CommissionStatus, PartnerStatus, PayoutStatus, RateSource, ReferralStatus, UserErrorCode,
} from "../gql/graphql";

/** How a badge looks: what waits, what goes on, what is done, what went wrong, what is over. */
export type Tone = "waiting" | "going" | "done" | "wrong" | "over";

interface Word {
  readonly word: string;
  readonly tone: Tone;
}

/** What a status is called; statuses that this page does not know yet are called as they are. */
function wordOf(words: Readonly<Record<string, Word>>, status: string): Word {
  const [first = "", ...rest] = status.replaceAll("_", " ").toLowerCase();
  return words[status] ?? { word: first.toUpperCase() + rest.join(""), tone: "over" };
}

const COMMISSION: Readonly<Record<CommissionStatus, Word>> = {
  PENDING: { word: "Pending", tone: "waiting" },
  APPROVED: { word: "Approved", tone: "going" },
  PAID: { word: "Paid", tone: "done" },
  CLAWBACK: { word: "Clawed back", tone: "wrong" },
  CANCELLED: { word: "Cancelled", tone: "over" },
};

const PAYOUT: Readonly<Record<PayoutStatus, Word>> = {
  PENDING: { word: "Pending", tone: "waiting" },
  READY: { word: "Ready", tone: "waiting" },
  PROCESSING: { word: "Processing", tone: "going" },
  COMPLETED: { word: "Completed", tone: "done" },
  FAILED: { word: "Failed", tone: "wrong" },
  CANCELLED: { word: "Cancelled", tone: "over" },
};

const LEAD: Readonly<Record<ReferralStatus, Word>> = {
  NEW: { word: "New", tone: "waiting" },
  CONTACTED: { word: "Contacted", tone: "going" },
  QUALIFIED: { word: "Qualified", tone: "going" },
  CONVERTED: { word: "Converted", tone: "done" },
  LOST: { word: "Lost", tone: "over" },
  INVALID: { word: "Invalid", tone: "over" },
};

const PARTNER: Readonly<Record<PartnerStatus, Word>> = {
  PENDING: { word: "Pending", tone: "waiting" },
  ACTIVE: { word: "Active", tone: "done" },
  SUSPENDED: { word: "Suspended", tone: "wrong" },
  TERMINATED: { word: "Terminated", tone: "over" },
  ARCHIVED: { word: "Archived", tone: "over" },
};

export const commissionStatus = (status: string) => wordOf(COMMISSION, status);
export const payoutStatus = (status: string) => wordOf(PAYOUT, status);
export const leadStatus = (status: string) => wordOf(LEAD, status);
export const partnerStatus = (status: string) => wordOf(PARTNER, status);

export const COMMISSION_STATUSES = Object.keys(COMMISSION) as CommissionStatus[];
export const PAYOUT_STATUSES = Object.keys(PAYOUT) as PayoutStatus[];
export const LEAD_STATUSES = Object.keys(LEAD) as ReferralStatus[];

const EVENTS: Readonly<Record<CommissionEventType, string>> = {
  INVOICE_PAID: "Invoice paid",
  CLAWBACK: "Refund",
  ADJUSTMENT: "Adjustment",
};

/** What a commission is for. */
export const eventType = (type: string) => EVENTS[type as CommissionEventType] ?? wordOf({}, type).word;

const SOURCES: Readonly<Record<RateSource, string>> = {
  MANAGED_ACCOUNT: "the account’s own rate",
  PARTNER: "the partner’s default rate",
};

/** Where a rate comes from. */
export const rateSource = (source: string) => SOURCES[source as RateSource] ?? wordOf({}, source).word;

const REASONS: Partial<Readonly<Record<UserErrorCode, string>>> = {
  BELOW_MINIMUM: "Below the minimum payout",
  NOTHING_PAYABLE: "Owes more than it is owed",
  PARTNER_NOT_PAYABLE: "Partner cannot be paid",
};

/** Why somebody is not paid. */
export const skipReason = (code: string) => REASONS[code as UserErrorCode] ?? wordOf({}, code).word;

/** The words that everything else that comes in capitals is called by: tiers, kinds of engagement. */
export const plain = (text: string) => wordOf({}, text).word;
