import { t } from "@lingui/core/macro";
import {
  attentionLabel, ATTENTIONS, COMMISSION_STATUSES, commissionStatusLabel, EVENT_TYPES, eventTypeLabel, LEAD_STATUSES, leadStatusLabel,
  noCommissionReasonLabel, PARTNER_STATUSES, partnerStatusLabel, PAYOUT_STATUSES, payoutStatusLabel, TIER_OPTIONS,
} from "../format/labels";
import type {
  CommissionEventOrderField, ManagedAccountOrderField, PartnerOrderField, PayoutOrderField, ReferralLeadOrderField,
} from "../gql/graphql";
import type { FilterField, ListView } from "./list-view";

const options = (values: readonly string[], labelOf: (value: string) => { readonly label: string }) =>
  values.map((value) => ({ value, label: labelOf(value).label }));

const PARTNER: FilterField = { param: "partnerId", member: "partnerId", label: t`Partner`, kind: "partner" };
const AMOUNTS: readonly FilterField[] = [
  { param: "currency", member: "currency", label: t`Currency`, kind: "currency", isFurther: true },
  { param: "min", member: "amountFrom", label: t`Amount from`, kind: "amount", isFurther: true },
  { param: "max", member: "amountTo", label: t`Amount to`, kind: "amount", isFurther: true },
];

export const PARTNERS_VIEW: ListView<PartnerOrderField> = {
  list: "PARTNERS",
  name: t`Partners`,
  fields: [
    { param: "search", member: "search", label: t`Name or number`, kind: "text" },
    { param: "status", member: "statuses", label: t`Status`, kind: "choice", options: options(PARTNER_STATUSES, partnerStatusLabel) },
    { param: "tier", member: "tiers", label: t`Tier`, kind: "choice", options: TIER_OPTIONS },
    { param: "debt", member: "hasDebt", label: t`In debt`, kind: "flag" },
    { param: "unconfirmed", member: "hasUnconfirmedBankAccount", label: t`Bank account to confirm`, kind: "flag", isFurther: true },
    { param: "from", member: "createdFrom", label: t`Created from`, kind: "from", isFurther: true },
    { param: "to", member: "createdTo", label: t`Created to`, kind: "to", isFurther: true },
  ],
  sorts: { name: "NAME", number: "NUMBER", created: "CREATED_AT" },
  defaultSort: { by: "name", isDescending: false },
};

export const COMMISSIONS_VIEW: ListView<CommissionEventOrderField> = {
  list: "COMMISSION_EVENTS",
  name: t`Commissions`,
  fields: [
    PARTNER,
    { param: "status", member: "status", label: t`Status`, kind: "choice", options: options(COMMISSION_STATUSES, commissionStatusLabel) },
    {
      param: "type",
      member: "eventType",
      label: t`Type`,
      kind: "choice",
      options: EVENT_TYPES.map((value) => ({ value, label: eventTypeLabel(value) })),
    },
    { param: "customer", member: "customerId", label: t`Customer id`, kind: "text" },
    { param: "invoice", member: "invoiceIdPrefix", label: t`Invoice begins with`, kind: "text" },
    { param: "refund", member: "refundId", label: t`Refund id`, kind: "text", isFurther: true },
    ...AMOUNTS,
    { param: "from", member: "eventDateFrom", label: t`From`, kind: "from", isFurther: true },
    { param: "to", member: "eventDateTo", label: t`To`, kind: "to", isFurther: true },
    { param: "paid", member: "inPayout", label: t`In a payout`, kind: "flag", isFurther: true },
    { param: "held", member: "isHeld", label: t`Held back`, kind: "flag", isFurther: true },
  ],
  sorts: { date: "EVENT_DATE", commission: "COMMISSION_AMOUNT", recorded: "RECORDED_AT", payable: "PAYABLE_AT" },
  defaultSort: { by: "date", isDescending: true },
};

/** The choice of payouts that wait to be sent or confirmed, beside the statuses. */
export const OPEN = "OPEN";

/** The choice of payouts that staff must look at for any reason. */
export const ANY = "ANY";

/** Whether all payouts of a choice of the status can be marked as sent or completed together. */
export const isOpenStatus = (status: string | null) => status === OPEN || status === "READY" || status === "PROCESSING";

export const PAYOUTS_VIEW: ListView<PayoutOrderField> = {
  list: "PAYOUTS",
  name: t`Payouts`,
  fields: [
    { param: "search", member: "search", label: t`Reference or partner`, kind: "text" },
    PARTNER,
    {
      param: "status",
      member: "status",
      label: t`Status`,
      kind: "choice",
      options: [
        { value: OPEN, label: t`Open: ready or processing`, values: ["READY", "PROCESSING"] },
        ...options(PAYOUT_STATUSES, payoutStatusLabel),
      ],
    },
    {
      param: "attention",
      member: "attention",
      label: t`To look at`,
      kind: "choice",
      options: [{ value: ANY, label: t`Whatever needs attention`, values: ATTENTIONS }, ...options(ATTENTIONS, attentionLabel)],
    },
    ...AMOUNTS,
    { param: "from", member: "payoutDateFrom", label: t`Due from`, kind: "from", isFurther: true },
    { param: "to", member: "payoutDateTo", label: t`Due to`, kind: "to", isFurther: true },
    { param: "completedFrom", member: "completedFrom", label: t`Paid from`, kind: "from", isFurther: true },
    { param: "completedTo", member: "completedTo", label: t`Paid to`, kind: "to", isFurther: true },
    { param: "changedFrom", member: "changedFrom", label: t`Changed from`, kind: "from", isFurther: true },
  ],
  sorts: { date: "PAYOUT_DATE", total: "TOTAL_AMOUNT", completed: "COMPLETED_AT" },
  defaultSort: { by: "date", isDescending: true },
};

export const ACCOUNTS_VIEW: ListView<ManagedAccountOrderField> = {
  list: "MANAGED_ACCOUNTS",
  name: t`Accounts`,
  fields: [
    { param: "search", member: "search", label: t`Customer id or name`, kind: "text" },
    PARTNER,
    { param: "customer", member: "customerId", label: t`Customer id`, kind: "text" },
    { param: "active", member: "isActive", label: t`In force`, kind: "flag" },
    { param: "from", member: "startsFrom", label: t`Starts from`, kind: "from", isFurther: true },
    { param: "to", member: "startsTo", label: t`Starts to`, kind: "to", isFurther: true },
  ],
  sorts: { start: "STARTS_AT", customer: "CUSTOMER_ID" },
  defaultSort: { by: "start", isDescending: true },
};

export const LEADS_VIEW: ListView<ReferralLeadOrderField> = {
  list: "REFERRAL_LEADS",
  name: t`Leads`,
  fields: [
    { param: "search", member: "search", label: t`Company or contact`, kind: "text" },
    PARTNER,
    { param: "status", member: "status", label: t`Status`, kind: "choice", options: options(LEAD_STATUSES, leadStatusLabel) },
    { param: "source", member: "source", label: t`Source`, kind: "text", isFurther: true },
    { param: "from", member: "submittedFrom", label: t`Submitted from`, kind: "from", isFurther: true },
    { param: "to", member: "submittedTo", label: t`Submitted to`, kind: "to", isFurther: true },
  ],
  sorts: { submitted: "SUBMITTED_AT", value: "VALUE" },
  defaultSort: { by: "submitted", isDescending: true },
};

/** The causes for which an invoice earned nothing. A zero amount is no mistake, so that it is listed only if it is asked for. */
export const NO_COMMISSION_CAUSES = ["NO_MANAGED_ACCOUNT", "NO_RATE", "PARTNER_INELIGIBLE", "ZERO_AMOUNT"] as const;

export const INVOICES_VIEW: ListView<never> = {
  list: "INVOICES",
  name: t`Invoices`,
  fields: [
    {
      param: "cause",
      member: "outcome",
      label: t`Cause`,
      kind: "choice",
      allLabel: t`All but zero amounts`,
      options: NO_COMMISSION_CAUSES.map((value) => ({ value, label: noCommissionReasonLabel(value) })),
    },
    { param: "customer", member: "customerId", label: t`Customer id`, kind: "text" },
    { param: "from", member: "paidFrom", label: t`Paid from`, kind: "from", isFurther: true },
    { param: "to", member: "paidTo", label: t`Paid to`, kind: "to", isFurther: true },
  ],
  sorts: {},
  defaultSort: { by: "", isDescending: true },
};

export const AUDIT_VIEW: ListView<never> = {
  list: "AUDIT_ENTRIES",
  name: t`Audit trail`,
  fields: [
    { param: "actor", member: "actor", label: t`Who`, kind: "text" },
    { param: "act", member: "act", label: t`What`, kind: "text" },
    PARTNER,
    { param: "from", member: "from", label: t`From`, kind: "from" },
    { param: "to", member: "to", label: t`To`, kind: "to" },
    { param: "subjectId", member: "subjectId", label: t`Subject id`, kind: "text", isFurther: true },
  ],
  sorts: {},
  defaultSort: { by: "", isDescending: true },
};
