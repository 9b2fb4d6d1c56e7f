import { t } from "@lingui/core/macro";

/** What the words about money mean, for partners. */
export const HELP = {
  outstanding: t`What you have earned and what is in no payout yet: pending and approved commissions, less what you owe.`,
  pending: t`Recorded, and not approved yet. A refund before the approval only makes it smaller.`,
  approved: t`Approved. It goes into the next payout for which its hold has passed.`,
  inTransit: t`In a payout that was made, and whose money has not been confirmed as received.`,
  settled: t`In a payout that is completed: the money was confirmed as received.`,
  earned: t`All commissions that were not cancelled, with refunds already deducted.`,
  baseAmount: t`The part of the customer’s payment on which the commission is computed.`,
} as const;
