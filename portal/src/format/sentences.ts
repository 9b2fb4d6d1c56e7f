import { plural, t } from "@lingui/core/macro";
import type { RateSource } from "../gql/graphql";
import { formatMoney, formatRate, type Money } from "./money";

// Each function returns whole sentences: none is put together from parts, so that each can be translated.

/** Who reads: the partner, or staff, to whom the partner is somebody else. */
export type Reader = "partner" | "staff";

interface Earned {
  readonly base: Money;
  readonly rate: string;
  readonly amount: Money;
  readonly source: RateSource | null;
}

/** Why a commission on an invoice is as high as it is. */
export function earnedSentence({ base, rate, amount, source }: Earned, reader: Reader): string {
  const [percent, of, is] = [formatRate(rate), formatMoney(base), formatMoney(amount)];
  if (source === "MANAGED_ACCOUNT") return t`${percent} of ${of} is ${is}, because ${percent} was agreed for this customer.`;
  return reader === "partner"
    ? t`${percent} of ${of} is ${is}, because ${percent} was your default rate when the invoice was paid.`
    : t`${percent} of ${of} is ${is}, because ${percent} was the partner’s default rate when the invoice was paid.`;
}

/** What refunds took of a commission, and what is left of it. */
export function refundedSentence(taken: Money, remaining: Money): string {
  return t`Refunds to the customer took back ${formatMoney(taken)} of it, in proportion to what was refunded; ${formatMoney(remaining)} remains.`;
}

/** By which rate a partner earns. */
export function rateSentence(rate: string | null): string {
  if (rate === null) return t`You earn on customers for whom a rate was agreed; there is no default rate for others.`;
  return t`You earn ${formatRate(rate)} of what each customer that is assigned to you pays, unless another rate was agreed for the customer.`;
}

/** When a commission may be paid out. */
export function holdSentence(days: number): string {
  if (days === 0) return t`An approved commission goes into the next payout: there is no waiting time.`;
  return t`An approved commission can be paid out ${plural(days, { one: "# day", other: "# days" })} after the customer’s payment, when most refunds are known.`;
}

/** From which sum on payouts are made. */
export function minimumSentence(minimum: Money | null, currency: string): string {
  if (!minimum) return t`A payout in ${currency} is made for any amount: there is no minimum.`;
  return t`A payout is made as soon as it comes to at least ${formatMoney(minimum)}; less than that waits for the next one.`;
}

/** On which day payouts are made. */
export function payoutDaySentence(day: number | null, tenant: string): string {
  if (day === null) return t`${tenant} has set no day for payouts: they are made from time to time.`;
  return t`Payouts are made on day ${day} of each month.`;
}

/** When the next payout is due. */
export function nextPayoutSentence(date: string | null): string {
  if (date === null) return t`At the moment nothing is due to be paid.`;
  return t`The next one is due on ${date}.`;
}

export const REFUND_SENTENCE =
  t`If a customer gets money back, the same share of the commission is taken back. What was already paid out is deducted from a later payout.`;

/** That commissions are approved first. */
export const approvalSentence = (tenant: string) =>
  t`A commission is recorded when the customer’s payment arrives, and ${tenant} approves it before it is paid out.`;
