import { t } from "@lingui/core/macro";
import type { PayoutAttemptStatus, PayoutAttention, UserErrorCode } from "../gql/graphql";
import { errorWords, type ErrorWords } from "./server-words";

const ATTENTION_SENTENCES: Readonly<Record<PayoutAttention, string>> = {
  NOT_SENT: t`Nothing was sent, and the payout is ready again. Send it again, pay it by hand, or cancel it.`,
  UNCERTAIN: t`It is not known whether the money was sent. Stripe is searched for it every hour; it is never sent twice. Look for it at Stripe, and resolve the attempt.`,
  DIFFERS: t`The money was sent, but not as it should have been: the amount, the currency or the account differs. Look at the transfer at Stripe, and resolve the attempt.`,
  RETURNED_IN_PART: t`A part of the money came back after it had arrived. Record an adjustment for that part.`,
};

/** Why staff must look at a payout, and what to do. */
export const attentionSentence = (attention: string): string | undefined => ATTENTION_SENTENCES[attention as PayoutAttention];

/** What can be done about a payout that is in a payment file. */
export const IN_FILE_SENTENCE = t`The payout is in a payment file. Record what the bank has done with the whole file, or with this payout alone.`;

const UNDER_WAY_SENTENCES: Partial<Readonly<Record<PayoutAttemptStatus, string>>> = {
  QUEUED: t`The payout waits to be sent by Stripe. To pay it by hand, withdraw the attempt first.`,
  SENDING: t`The payout is being sent by Stripe. It cannot be completed or marked as failed by hand until the outcome is known.`,
  UNCERTAIN: t`It cannot be completed or marked as failed by hand until the attempt is resolved: the money may have been sent.`,
};

/** Why a payout with an attempt under way cannot be changed by hand; undefined if the attempt is over. */
export const underWaySentence = (status: string): string | undefined => UNDER_WAY_SENTENCES[status as PayoutAttemptStatus];

const UNSENT_SENTENCES: Partial<Readonly<Record<UserErrorCode, string>>> = {
  INVALID_STATE: t`It is not ready any more. The list shows what it is now.`,
  NOT_FOUND: t`This does not exist (any more), or you have no access to it.`,
  PARTNER_NOT_PAYABLE: t`The status of the partner does not permit payouts. Change the status, or cancel the payout.`,
  RAIL_NOT_CONNECTED: t`Stripe is not connected, or does not accept the key. An admin connects it in the settings.`,
  ACCOUNT_NOT_READY: t`The partner has no account at Stripe that can receive money now. See its page for what is missing, or pay it by hand.`,
  UNAVAILABLE: t`It could not be sent at the moment, and nothing has changed. Send it again.`,
  INTERNAL_ERROR: t`It could not be sent because of an error. If it remains, tell the operator.`,
};

const NOT_IN_FILE_SENTENCES: Partial<Readonly<Record<UserErrorCode, string>>> = {
  ...UNSENT_SENTENCES,
  ACCOUNT_NOT_READY: t`The partner has no confirmed bank account that this format can pay to. See its page, or pay it in another way.`,
  CURRENCY_UNSUPPORTED: t`The file cannot have this currency: SEPA pays in EUR, and a CSV file has the currency of its first payout.`,
  AMOUNT_TOO_LARGE: t`The amount is larger than a payment of a file can be. Pay it in another way.`,
  RAIL_NOT_CONNECTED: t`The account that SEPA files pay from is not set. An admin sets it in the settings.`,
};

/** Why a payout is not in a payment file, and what to do. */
export function notInFileWords(code: string, message: string): ErrorWords {
  const sentence = NOT_IN_FILE_SENTENCES[code as UserErrorCode];
  return sentence ? { message: sentence, language: undefined } : errorWords(code, message);
}

/** Why a payout was not sent, and what to do. */
export function unsentWords(code: string, message: string): ErrorWords {
  const sentence = UNSENT_SENTENCES[code as UserErrorCode];
  if (sentence) return { message: sentence, language: undefined };
  const words = errorWords(code, message);
  return code === "CURRENCY_UNSUPPORTED" ? { ...words, message: `${words.message.replace(/\.$/, "")}. ${t`Pay it by hand.`}` } : words;
}
