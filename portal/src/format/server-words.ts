import { t } from "@lingui/core/macro";
import type { UserErrorCode } from "../gql/graphql";
import { currentLanguage } from "../language";
import { PATTERNS } from "./server-patterns";

/** The words of an error; those of the server are English. */
export interface ErrorWords {
  readonly message: string;
  /** The language of the message if it is not that of the page. */
  readonly language: "en" | undefined;
  /** The words of the server, in English, if they say more than the message. */
  readonly original?: string;
}

/** What the codes of errors mean, where the message itself is not known. */
const SENTENCES: Partial<Readonly<Record<UserErrorCode | "UNAUTHENTICATED" | "FORBIDDEN" | "TIMEOUT", string>>> = {
  CONFLICT: t`This contradicts what is stored already.`,
  INVALID_STATE: t`The present status does not permit this. Somebody else may have changed it meanwhile.`,
  NOT_FOUND: t`This does not exist (any more), or you have no access to it.`,
  NOTHING_PAYABLE: t`No approved commissions are payable, or their sum is zero or negative.`,
  BELOW_MINIMUM: t`The sum is below the minimum payout.`,
  PARTNER_NOT_PAYABLE: t`The status of the partner does not permit payouts.`,
  ACCOUNT_OVERLAPS: t`A partner already manages the customer in an overlapping period.`,
  DUPLICATE: t`This already exists.`,
  REFUND_EXCEEDS_INVOICE: t`The refunds of the invoice exceed its total.`,
  AMOUNT_TOO_LARGE: t`The amounts add up to more than one payout can hold.`,
  NOTHING_TO_STATE: t`No movement of the account is to be stated before that time.`,
  TAX_NOT_SUPPORTED: t`Self-billing invoices do not support this tax treatment.`,
  ATTEMPT_UNDER_WAY: t`The payout is being sent, or it is not known whether it was.`,
  SAME_PERSON: t`You have given these bank details yourself: another user of finance has to confirm them.`,
  ACCOUNT_NOT_READY: t`The partner has no account at Stripe that can receive money now.`,
  RAIL_NOT_CONNECTED: t`Stripe is not connected, or does not accept the key.`,
  CURRENCY_UNSUPPORTED: t`Stripe cannot send this amount in this currency.`,
  LIMIT_EXCEEDED: t`There were too many requests. Try again later.`,
  UNAVAILABLE: t`The server is not available at the moment. Try again in a moment.`,
  TIMEOUT: t`The server took too long. Try again in a moment.`,
  INTERNAL_ERROR: t`There was an error in the service. If it remains, tell the operator.`,
  UNAUTHENTICATED: t`The sign-in is not valid, or no longer valid.`,
  FORBIDDEN: t`You are not allowed to do this.`,
};

/** The codes whose messages say nothing beyond their sentence. */
const COMPLETE: ReadonlySet<string> = new Set(["NOTHING_TO_STATE", "UNAVAILABLE", "TIMEOUT", "INTERNAL_ERROR"]);

/** A message in the language of the page, if its pattern is known. */
function translated(message: string): string | undefined {
  for (const [pattern, words] of PATTERNS) {
    const match = pattern.exec(message);
    if (match) return words(...match.slice(1));
  }
  return undefined;
}

/**
 * The words of an error in the language of the page. Where only its code is known, the server’s own words come along, because
 * they have the details; where not even that, they stand alone.
 */
export function errorWords(code: string, message: string): ErrorWords {
  if (currentLanguage() === "en") return { message, language: undefined };
  const words = translated(message);
  if (words) return { message: words, language: undefined };
  const sentence = SENTENCES[code as keyof typeof SENTENCES];
  if (!sentence) return { message, language: "en" };
  return { message: sentence, language: undefined, ...(!COMPLETE.has(code) && { original: message }) };
}

/** A message as a part of a sentence, which ends with a full stop of its own. */
export const clause = (message: string) => message.replace(/\.$/, "");
