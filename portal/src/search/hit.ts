import type { Calendar } from "../format/dates";
import { enumLabel } from "../format/labels";
import { formatMoney } from "../format/money";
import type { SearchField, SearchQuery } from "../gql/graphql";

export type Hit = SearchQuery["search"][number];

const FIELD_LABELS: Readonly<Record<SearchField, string>> = {
  ID: "Id",
  COMPANY_NAME: "Company",
  PARTNER_NUMBER: "Partner number",
  USER_EMAIL: "E-mail address of a user",
  CUSTOMER_ID: "Customer",
  CUSTOMER_NAME: "Customer name",
  PAYMENT_REFERENCE: "Payment reference",
  INVOICE_ID: "Invoice",
  REFUND_ID: "Refund",
  CONTACT_NAME: "Contact",
  CONTACT_EMAIL: "E-mail address of the contact",
};

/** What of an object matches. */
export const searchFieldLabel = (field: string) => FIELD_LABELS[field as SearchField] ?? enumLabel(field);

export interface HitView {
  readonly kind: string;
  /** What the object is called, a name that a person entered. */
  readonly title: string;
  /** More about it: its partner, amount and date. */
  readonly detail: string | null;
  /** The partner of the object; null for a partner. */
  readonly partner: string | null;
  /** The page that shows the object, with the dialog of it. */
  readonly to: string;
}

/** How a hit is shown, and the page that it opens; undefined for a type that this version does not know. */
export function viewOf({ node, text }: Hit, isStaff: boolean, calendar: Calendar): HitView | undefined {
  // The pages of a partner, for its users.
  const ofPartner = (page: string, partner: string, item = "") => `/partners/${page}?partner=${partner}${item}`;
  switch (node.__typename) {
    case "Partner":
      return {
        kind: "Partner",
        title: node.companyName,
        detail: node.partnerNumber,
        partner: null,
        to: isStaff ? `/staff/partners/${node.id}` : ofPartner("revenue", node.id),
      };
    case "ManagedAccount":
      return {
        kind: "Account",
        title: node.customerName ?? node.accountCustomerId,
        detail: null,
        partner: node.partner.companyName,
        to: isStaff
          ? `/staff/accounts?customer=${encodeURIComponent(node.accountCustomerId)}`
          : ofPartner("accounts", node.partner.id),
      };
    case "Payout":
      return {
        kind: "Payout",
        title: formatMoney(node.totalAmount),
        detail: calendar.formatDate(node.payoutDate),
        partner: node.partner.companyName,
        to: isStaff ? `/staff/payouts?payout=${node.id}` : ofPartner("payouts", node.partner.id, `&payout=${node.id}`),
      };
    case "CommissionEvent":
      return {
        kind: "Commission",
        title: node.invoiceId ?? text,
        detail: `${formatMoney(node.commissionAmount)}, ${calendar.formatDate(node.eventDate)}`,
        partner: node.partner.companyName,
        to: isStaff ? `/staff/commissions?event=${node.id}` : ofPartner("revenue", node.partner.id, `&event=${node.id}`),
      };
    case "ReferralLead":
      return {
        kind: "Lead",
        title: node.leadCompanyName ?? node.contactName,
        detail: null,
        partner: node.partner.companyName,
        to: isStaff ? `/staff/leads?lead=${node.id}` : ofPartner("referrals", node.partner.id),
      };
    default:
      return undefined;
  }
}
