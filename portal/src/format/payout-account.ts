import { t } from "@lingui/core/macro";
import type { PayoutAccountStatus, PayoutRail } from "../gql/graphql";
import type { StatusLabel } from "./labels";

const STATUS_LABELS: Readonly<Record<PayoutAccountStatus, StatusLabel>> = {
  INCOMPLETE: { label: t`Incomplete`, tone: "pending" },
  UNCONFIRMED: { label: t`To be confirmed`, tone: "pending" },
  READY: { label: t({ message: "Ready", context: "account" }), tone: "success" },
  RESTRICTED: { label: t`Restricted`, tone: "danger" },
  ENDED: { label: t`Ended`, tone: "neutral" },
};

/** The account at Stripe among those of a partner, if it has one. */
export const stripeAccountOf = <Account extends { readonly rail: PayoutRail }>(accounts: readonly Account[]): Account | undefined =>
  accounts.find(({ rail }) => rail === "STRIPE");

/** The bank account among those of a partner, if it has given one. */
export const bankAccountOf = <Account extends { readonly rail: PayoutRail }>(accounts: readonly Account[]): Account | undefined =>
  accounts.find(({ rail }) => rail === "FILE");

export const payoutAccountStatusLabel = (status: PayoutAccountStatus): StatusLabel => STATUS_LABELS[status];

/** What Stripe calls what it needs, by how it begins, and the same in words. The first that fits counts. */
const REQUIREMENTS: readonly (readonly [RegExp, string])[] = [
  [/^external_account/, t`a bank account or card to pay out to`],
  [/^tos_acceptance/, t`the acceptance of Stripe’s terms`],
  [/^business_type/, t`whether it is a company or a person`],
  [/verification\.(additional_)?document|documents/, t`a document that proves the identity`],
  [/^business_profile/, t`what the business does`],
  [/^company\.tax_id|vat_id|id_number|ssn/, t`a tax or identity number`],
  [/^(owners|directors|executives|company\.(owners|directors|executives))/, t`who owns and manages the company`],
  [/^company/, t`details of the company`],
  [/^(individual|person|representative)/, t`details of the person`],
];

/** What Stripe still needs, each thing once. */
export function requirementsInWords(requirements: readonly string[]): readonly string[] {
  const words = requirements.map((name) => REQUIREMENTS.find(([pattern]) => pattern.test(name))?.[1] ?? name);
  return [...new Set(words)];
}

const DISABLED_REASONS: Readonly<Record<string, string>> = {
  "requirements.past_due": t`Details that Stripe needs are overdue.`,
  "requirements.pending_verification": t`Stripe is checking the details.`,
  "action_required.requested_capabilities": t`Details that Stripe needs are missing.`,
  "rejected.fraud": t`Stripe has rejected the account.`,
  "rejected.listed": t`Stripe has rejected the account.`,
  "rejected.terms_of_service": t`Stripe has rejected the account.`,
  "rejected.other": t`Stripe has rejected the account.`,
  under_review: t`Stripe is reviewing the account.`,
  listed: t`Stripe is reviewing the account.`,
  platform_paused: t`Transfers to the account are paused.`,
};

/** Why Stripe does not let money be sent; its own word if it is not known. */
export const disabledReasonInWords = (reason: string): string => DISABLED_REASONS[reason] ?? reason;
