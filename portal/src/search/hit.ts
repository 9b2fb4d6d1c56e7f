import { t } from "@lingui/core/macro";
import type { Calendar } from "../format/dates";
import { enumLabel } from "../format/labels";
import { formatMoney } from "../format/money";
import type { SearchField, SearchQuery } from "../gql/graphql";

export type Hit = SearchQuery["search"][number];

const FIELD_LABELS: Readonly<Record<SearchField, string>> = {
  ID: t`Id`,
  COMPANY_NAME: t`Company`,
  PARTNER_NUMBER: t`Partner number`,
  USER_EMAIL: t`E-mail address of a user`,
  CUSTOMER_ID: t`Customer`,
  CUSTOMER_NAME: t`Customer name`,
  PAYMENT_REFERENCE: t`Payment reference`,
  INVOICE_ID: t`Invoice`,
  REFUND_ID: t`Refund`,
  CONTACT_NAME: t`Contact`,
  CONTACT_EMAIL: t`E-mail address of the contact`,
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
        kind: t`Partner`,
        title: node.companyName,
        detail: node.partnerNumber,
        partner: null,
        to: isStaff ? `/staff/partners/${node.id}` : ofPartner("revenue", node.id),
      };
    case "ManagedAccount":
      return {
        kind: t`Account`,
        title: node.customerName ?? node.accountCustomerId,
        detail: null,
        partner: node.partner.companyName,
        to: isStaff
          ? `/staff/accounts?customer=${encodeURIComponent(node.accountCustomerId)}`
          : ofPartner("accounts", node.partner.id),
      };
    case "Payout":
      return {
        kind: t`Payout`,
        title: formatMoney(node.totalAmount),
        detail: calendar.formatDate(node.payoutDate),
        partner: node.partner.companyName,
        to: isStaff ? `/staff/payouts?payout=${node.id}` : ofPartner("payouts", node.partner.id, `&payout=${node.id}`),
      };
    case "CommissionEvent":
      return {
        kind: t`Commission`,
        title: node.invoiceId ?? text,
        detail: `${formatMoney(node.commissionAmount)}, ${calendar.formatDate(node.eventDate)}`,
        partner: node.partner.companyName,
        to: isStaff ? `/staff/commissions?event=${node.id}` : ofPartner("revenue", node.partner.id, `&event=${node.id}`),
      };
    case "ReferralLead":
      return {
        kind: t`Lead`,
        title: node.leadCompanyName ?? node.contactName,
        detail: null,
        partner: node.partner.companyName,
        to: isStaff ? `/staff/leads?lead=${node.id}` : ofPartner("referrals", node.partner.id),
      };
    default:
      return undefined;
  }
}
