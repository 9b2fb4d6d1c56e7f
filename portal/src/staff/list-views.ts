import {
  COMMISSION_STATUSES, commissionStatusLabel, EVENT_TYPES, eventTypeLabel, LEAD_STATUSES, leadStatusLabel,
  PARTNER_STATUSES, PARTNER_TIERS, partnerStatusLabel, PAYOUT_STATUSES, payoutStatusLabel, enumOptions,
} from "../format/labels";
import type {
  CommissionEventOrderField, ManagedAccountOrderField, PartnerOrderField, PayoutOrderField, ReferralLeadOrderField,
} from "../gql/graphql";
import type { FilterField, ListView } from "./list-view";

const options = (values: readonly string[], labelOf: (value: string) => { readonly label: string }) =>
  values.map((value) => ({ value, label: labelOf(value).label }));

const PARTNER: FilterField = { param: "partnerId", member: "partnerId", label: "Partner", kind: "partner" };
const AMOUNTS: readonly FilterField[] = [
  { param: "currency", member: "currency", label: "Currency", kind: "currency", isFurther: true },
  { param: "min", member: "amountFrom", label: "Amount from", kind: "amount", isFurther: true },
  { param: "max", member: "amountTo", label: "Amount to", kind: "amount", isFurther: true },
];

export const PARTNERS_VIEW: ListView<PartnerOrderField> = {
  list: "PARTNERS",
  name: "Partners",
  fields: [
    { param: "search", member: "search", label: "Name or number", kind: "text" },
    { param: "status", member: "statuses", label: "Status", kind: "choice", options: options(PARTNER_STATUSES, partnerStatusLabel) },
    { param: "tier", member: "tiers", label: "Tier", kind: "choice", options: enumOptions(PARTNER_TIERS) },
    { param: "debt", member: "hasDebt", label: "In debt", kind: "flag" },
    { param: "from", member: "createdFrom", label: "Created from", kind: "from", isFurther: true },
    { param: "to", member: "createdTo", label: "Created to", kind: "to", isFurther: true },
  ],
  sorts: { name: "NAME", number: "NUMBER", created: "CREATED_AT" },
  defaultSort: { by: "name", isDescending: false },
};

export const COMMISSIONS_VIEW: ListView<CommissionEventOrderField> = {
  list: "COMMISSION_EVENTS",
  name: "Commissions",
  fields: [
    PARTNER,
    { param: "status", member: "status", label: "Status", kind: "choice", options: options(COMMISSION_STATUSES, commissionStatusLabel) },
    {
      param: "type",
      member: "eventType",
      label: "Type",
      kind: "choice",
      options: EVENT_TYPES.map((value) => ({ value, label: eventTypeLabel(value) })),
    },
    { param: "customer", member: "customerId", label: "Customer id", kind: "text" },
    { param: "invoice", member: "invoiceIdPrefix", label: "Invoice begins with", kind: "text" },
    { param: "refund", member: "refundId", label: "Refund id", kind: "text", isFurther: true },
    ...AMOUNTS,
    { param: "from", member: "eventDateFrom", label: "From", kind: "from", isFurther: true },
    { param: "to", member: "eventDateTo", label: "To", kind: "to", isFurther: true },
    { param: "paid", member: "inPayout", label: "In a payout", kind: "flag", isFurther: true },
    { param: "held", member: "isHeld", label: "Held back", kind: "flag", isFurther: true },
  ],
  sorts: { date: "EVENT_DATE", commission: "COMMISSION_AMOUNT", recorded: "RECORDED_AT", payable: "PAYABLE_AT" },
  defaultSort: { by: "date", isDescending: true },
};

/** The choice of payouts that wait to be sent or confirmed, beside the statuses. */
export const OPEN = "OPEN";

/** Whether all payouts of a choice of the status can be marked as sent or completed together. */
export const isOpenStatus = (status: string | null) => status === OPEN || status === "READY" || status === "PROCESSING";

export const PAYOUTS_VIEW: ListView<PayoutOrderField> = {
  list: "PAYOUTS",
  name: "Payouts",
  fields: [
    { param: "search", member: "search", label: "Reference or partner", kind: "text" },
    PARTNER,
    {
      param: "status",
      member: "status",
      label: "Status",
      kind: "choice",
      options: [
        { value: OPEN, label: "Open: ready or processing", values: ["READY", "PROCESSING"] },
        ...options(PAYOUT_STATUSES, payoutStatusLabel),
      ],
    },
    ...AMOUNTS,
    { param: "from", member: "payoutDateFrom", label: "Due from", kind: "from", isFurther: true },
    { param: "to", member: "payoutDateTo", label: "Due to", kind: "to", isFurther: true },
    { param: "completedFrom", member: "completedFrom", label: "Paid from", kind: "from", isFurther: true },
    { param: "completedTo", member: "completedTo", label: "Paid to", kind: "to", isFurther: true },
    { param: "changedFrom", member: "changedFrom", label: "Changed from", kind: "from", isFurther: true },
  ],
  sorts: { date: "PAYOUT_DATE", total: "TOTAL_AMOUNT", completed: "COMPLETED_AT" },
  defaultSort: { by: "date", isDescending: true },
};

export const ACCOUNTS_VIEW: ListView<ManagedAccountOrderField> = {
  list: "MANAGED_ACCOUNTS",
  name: "Accounts",
  fields: [
    { param: "search", member: "search", label: "Customer id or name", kind: "text" },
    PARTNER,
    { param: "customer", member: "customerId", label: "Customer id", kind: "text" },
    { param: "active", member: "isActive", label: "In force", kind: "flag" },
    { param: "from", member: "startsFrom", label: "Starts from", kind: "from", isFurther: true },
    { param: "to", member: "startsTo", label: "Starts to", kind: "to", isFurther: true },
  ],
  sorts: { start: "STARTS_AT", customer: "CUSTOMER_ID" },
  defaultSort: { by: "start", isDescending: true },
};

export const LEADS_VIEW: ListView<ReferralLeadOrderField> = {
  list: "REFERRAL_LEADS",
  name: "Leads",
  fields: [
    { param: "search", member: "search", label: "Company or contact", kind: "text" },
    PARTNER,
    { param: "status", member: "status", label: "Status", kind: "choice", options: options(LEAD_STATUSES, leadStatusLabel) },
    { param: "source", member: "source", label: "Source", kind: "text", isFurther: true },
    { param: "from", member: "submittedFrom", label: "Submitted from", kind: "from", isFurther: true },
    { param: "to", member: "submittedTo", label: "Submitted to", kind: "to", isFurther: true },
  ],
  sorts: { submitted: "SUBMITTED_AT", value: "VALUE" },
  defaultSort: { by: "submitted", isDescending: true },
};
