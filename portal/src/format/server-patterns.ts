import { t } from "@lingui/core/macro";
import { formatLocale } from "../language";
import { decimalText } from "./input";
import { attemptStatusLabel, commissionStatusLabel, leadStatusLabel, partnerStatusLabel, payoutStatusLabel } from "./labels";
import { formatCount, formatMoney } from "./money";

/** An amount of the server, `12.00 USD`, as the pages show it. */
function money(text: string): string {
  const [amount = "", currency = ""] = text.split(" ");
  return formatMoney({ amount, currency });
}

const count = (text: string) => formatCount(Number(text));

const commission = (status: string) => commissionStatusLabel(status).label;
const payout = (status: string) => payoutStatusLabel(status).label;
const attempt = (status: string) => attemptStatusLabel(status).label;
const partner = (status: string) => partnerStatusLabel(status).label;
const lead = (status: string) => leadStatusLabel(status).label;

const moment = (timestamp: string) =>
  new Intl.DateTimeFormat(formatLocale(), { dateStyle: "medium", timeStyle: "short" }).format(new Date(timestamp));

/** What the server says, with its details in groups, and the same in the language of the page. */
export type Pattern = readonly [pattern: RegExp, words: (...details: string[]) => string];

// eslint-disable-next-line lingui/no-unlocalized-strings
const MONEY = "(-?[\\d.]+ [A-Z]{3})";

/** The messages about texts, numbers and dates of forms. */
const VALUES: readonly Pattern[] = [
  [/^must not be empty$/, () => t`must not be empty`],
  [/^must be given the first time$/, () => t`must be given the first time`],
  [/^must not be zero$/, () => t`must not be zero`],
  [/^must be in the future$/, () => t`must be in the future`],
  [/^the period ends before it starts$/, () => t`the period ends before it starts`],
  [/^must come after startsAt$/, () => t`must come after the beginning`],
  [/^must come after the account's startsAt$/, () => t`must come after the beginning of the account`],
  [/^must come after periodStart$/, () => t`must come after the start of the period`],
  [/^must lie between 2000-01-01 and now$/, () => t`must lie between 2000 and now`],
  [/^must lie between the completion of the payout and now$/, () => t`must lie between the completion of the payout and now`],
  [/^must lie between 2000-01-01 and ten years from now$/, () => t`must lie between 2000 and ten years from now`],
  [/^must be at most 24 hours in the future$/, () => t`must be at most 24 hours in the future`],
  [/^must be at most (\d+) days from now$/, (days = "") => t`must be at most ${days} days from now`],
  [/^is before 2000-01-01, as if the date was not set/, () => t`is before the year 2000`],
  [/^lies ahead; a statement is about the past$/, () => t`lies ahead; a statement is about the past`],
  [
    /^has (\d+) characters; at most (\d+) are allowed$/,
    (length = "", most = "") => t`has ${count(length)} characters; at most ${count(most)} are allowed`,
  ],
  [
    /^has a line of (\d+) characters; at most (\d+) are allowed$/,
    (length = "", most = "") => t`has a line of ${count(length)} characters; at most ${count(most)} are allowed`,
  ],
  [/^has (\d+) lines; write 1 to (\d+)$/, (lines = "", most = "") => t`has ${count(lines)} lines; write 1 to ${most}`],
  [
    /^contains (U\+\w+) \(.*\) at position (\d+); remove it$/,
    (code = "", position = "") => t`contains the character ${code} at position ${position}, which is not allowed; remove it`,
  ],
  [/^is (-?\d+); must be from (\d+) to (\d+)$/, (number = "", from = "", to = "") => t`is ${number}; must be from ${from} to ${to}`],
  [
    /^(-?[\d.]+) has (\d+) decimals; ([A-Z]{3}) has (\d+)$/,
    (amount = "", decimals = "", currency = "", most = "") =>
      t`${decimalText(amount)} has ${decimals} decimals; ${currency} has ${most}`,
  ],
  [new RegExp(`^must be above zero; it is ${MONEY}$`), (amount = "") => t`must be above zero; it is ${money(amount)}`],
  [new RegExp(`^must not be negative; it is ${MONEY}$`), (amount = "") => t`must not be negative; it is ${money(amount)}`],
  [
    new RegExp(`^is ${MONEY}; must be at most the total of ${MONEY}$`),
    (base = "", total = "") => t`is ${money(base)}; must be at most the total of ${money(total)}`,
  ],
  [/^is in ([A-Z]{3}); must be in ([A-Z]{3}) like /, (is = "", must = "") => t`is in ${is}; must be in ${must}`],
  [/^"(.*)" is not a currency; write its ISO 4217 code/, (code = "") => t`${code} is not a currency; write its code in upper case, as in EUR`],
  [/^is not an IANA time zone/, () => t`is not a time zone; write it as in Europe/Berlin`],
  [
    /^is not a VAT identification number of (\w+); write it as in "(.*)"$/,
    (country = "", example = "") => t`is not a VAT identification number of ${country}; write it as in ${example}`,
  ],
  [/^must begin with its country, as in "(.*)"$/, (example = "") => t`must begin with its country, as in ${example}`],
  [/^must be given: under reverse charge/, () => t`must be given: under reverse charge, an invoice states that of a supplier in the European Union`],
  [/^must be given for invoices under self-billing$/, () => t`must be given for invoices under self-billing`],
  [/^must state the provision by which/, () => t`must state the provision by which the supply is exempt`],
  [
    /^has a contrast of ([\d.]+:1) to the background, too little to be read; it must be at least 4.5:1, as that of (#\w+)$/,
    (contrast = "", nearest = "") =>
      t`has a contrast of ${contrast} to the background, too little to be read; it must be at least 4.5:1, as that of ${nearest}`,
  ],
  [/^this is (a publishable key|not an API key of Stripe)/, () => t`must be a secret or restricted key of Stripe, which begins with ${"sk_"} or ${"rk_"}`],
  [/^this is not the signing secret of a webhook endpoint/, () => t`must be signing secrets of webhook endpoints, which begin with ${"whsec_"}`],
  [/^must be the id of an account at Stripe/, () => t`must be the id of an account at Stripe, as in ${"acct_1AbC"}`],
  [/^is required for a new account$/, () => t`must be chosen for a new account`],
  [/^is neither a PNG nor a WebP image$/, () => t`is neither a PNG nor a WebP image`],
  [
    /^has (\d+) bytes; the most is (\d+): use a smaller image$/,
    (bytes = "", most = "") => t`has ${count(bytes)} bytes; the most is ${count(most)}: use a smaller image`,
  ],
  [
    /^has (\d+) × (\d+) pixels; each may be 1 to (\d+)$/,
    (width = "", height = "", most = "") => t`has ${count(width)} × ${count(height)} pixels; each may be 1 to ${count(most)}`,
  ],
  [/^the URL leads to (.+), which is not a public address$/, (address = "") => t`the URL leads to ${address}, which is not a public address`],
  [/^the URL must start with https:\/\/$/, () => t`the URL must start with https://`],
];

/** The messages about acts that the present state does not permit. */
const STATES: readonly Pattern[] = [
  [/^there is no such /, () => t`This does not exist (any more), or you have no access to it.`],
  [/^the event is (\w+) and cannot /, (status = "") => t`The commission is “${commission(status)}”, which does not permit this.`],
  [/^a reversal of the event is in a payout/, () => t`A reversal of the commission is in a payout, so that this is no longer possible.`],
  [/^the event is held already/, () => t`The commission is held back already; release it first.`],
  [/^the event is not held$/, () => t`The commission is not held back.`],
  [/^the event is a debt/, () => t`The commission is a debt: while it were held back, payouts would pay the partner too much.`],
  [/^the event was recorded as APPROVED/, () => t`The commission has never needed an approval that could be reverted.`],
  [/^the event amends one that is paid or final/, () => t`The commission amends one that is paid or final; it cannot be changed by itself.`],
  [/^the event is a (reversal|reinstatement), which changes only/, () => t`This amendment changes only with its commission; choose the commission.`],
  [
    /^the payout is (\w+) and cannot become (\w+)$/,
    (from = "", to = "") => t`The payout is “${payout(from)}” and cannot become “${payout(to)}”.`,
  ],
  [/^the payout is (\w+); only a COMPLETED/, (status = "") => t`The payout is “${payout(status)}”; only a completed one has a reference to correct.`],
  [/^an attempt to send the payout is waiting/, () => t`An attempt to send the payout is waiting; withdraw it first.`],
  [/^it is not known whether the payout was sent/, () => t`It is not known whether the payout was sent; look for its transfer, and resolve the attempt.`],
  [/^the payout is being sent; wait/, () => t`The payout is being sent; wait for the outcome.`],
  [
    /^the attempt is (\w+); only an? \w+/,
    (status = "") => t`The attempt is “${attempt(status)}”, which does not permit this.`,
  ],
  [/^only a COMPLETED payout that a rail has sent/, () => t`Only a completed payout that Stripe has sent can be recalled.`],
  [
    /^the rail may still move the money: .* a search after ([\d-]+) ([\d:]+) UTC/,
    (day = "", time = "") =>
      t`Stripe may still send the money. That it was not sent can be said once a search after ${moment(`${day}T${time}:00Z`)} has found nothing.`,
  ],
  [
    /^the payout was completed before with another payment reference/,
    () => t`The payout was completed before with another payment reference; if that one is wrong, correct it.`,
  ],
  [/^the partner is (\w+); only ACTIVE/, (status = "") => t`The partner is “${partner(status)}”; only active and terminated partners can be paid.`],
  [/^the partner is (\w+); no customer/, (status = "") => t`The partner is “${partner(status)}”; no customer can be assigned to it.`],
  [/^the partner is (\w+); its accounts/, (status = "") => t`The partner is “${partner(status)}”; its accounts cannot be extended.`],
  [/^the partner is (\w+); its users have no/, (status = "") => t`The partner is “${partner(status)}”; its users have no access, so that none can be added.`],
  [/^the partner is (\w+); its users cannot/, (status = "") => t`The partner is “${partner(status)}”; its users cannot submit leads.`],
  [/^the lead is already (\w+)$/, (status = "") => t`The lead is “${lead(status)}” already.`],
  [/^this partner user is already inactive$/, () => t`This user is deactivated already.`],
  [/^the endpoint is disabled/, () => t`The webhook is disabled; enable it first.`],
  [/^only its owner or an admin may change a shared view/, () => t`Only its owner or an admin may change a shared view; save one of your own.`],
  [
    /already has (\d+) valid service tokens, (.*); revoke one of them first$/,
    (most = "", tokens = "") => t`There are ${most} valid service tokens already: ${tokens}. Revoke one of them first.`,
  ],
];

/** The messages about amounts, limits and what exists already. */
const CONFLICTS: readonly Pattern[] = [
  [
    new RegExp(`^the approved commissions add up to ${MONEY}; the minimum payout is ${MONEY}$`),
    (sum = "", minimum = "") => t`The approved commissions add up to ${money(sum)}; the minimum payout is ${money(minimum)}.`,
  ],
  [
    new RegExp(`^the approved commissions add up to ${MONEY}; the debt is carried`),
    (sum = "") => t`The approved commissions add up to ${money(sum)}; the debt is carried to the next payout.`,
  ],
  [
    new RegExp(`^the approved commissions add up to ${MONEY}; a payout holds less than`),
    (sum = "") => t`The approved commissions add up to ${money(sum)}, more than a payout can hold: pay shorter periods.`,
  ],
  [new RegExp(`^the approved commissions add up to ${MONEY}$`), (sum = "") => t`The approved commissions add up to ${money(sum)}.`],
  [
    new RegExp(`^the refunds of the invoice are ${MONEY}, more than the new total of ${MONEY}$`),
    (refunds = "", total = "") => t`The refunds of the invoice are ${money(refunds)}, more than the new total of ${money(total)}.`,
  ],
  [/^the invoice has refunds in ([A-Z]{3}); /, (currency = "") => t`The invoice has refunds in ${currency}; its currency cannot change.`],
  [/^the other payments of the invoice are in ([A-Z]{3})$/, (currency = "") => t`The other payments of the invoice are in ${currency}.`],
  [
    /^a partner already manages this customer/,
    () => t`A partner already manages the customer for a part of the period of this account; end that account first.`,
  ],
  [/^a partner with the number (.+) already exists$/, (number = "") => t`A partner with the number ${number} exists already.`],
  [/^this user is already linked to this partner/, () => t`This user is linked to the partner already; to change the role, deactivate the link first.`],
  [
    /^another referral lead was converted to this customer/,
    () => t`Another lead was converted to this customer, and a customer converts one lead: mark this one as invalid, or correct the other one first.`,
  ],
  [/^its owner has another view of this list with this name/, () => t`There is another view of this list with this name; choose another one.`],
  [/^you have (\d+) saved views; delete one first$/, (most = "") => t`You have ${most} saved views, the most; delete one first.`],
  [/^the tenant has (\d+) webhook endpoints, the most/, (most = "") => t`There are ${most} webhooks, the most; delete one first.`],
  [
    /^the users of the partner have submitted (\d+) leads in the last 24 hours, .* can be submitted at (\S+)$/,
    (most = "", at = "") => t`${most} leads were submitted in the last 24 hours, which is the limit. The next one can be submitted ${moment(at)}.`,
  ],
  [/^this (user|tenant) has as many downloads in progress/, () => t`There are as many downloads in progress as there may be; wait until one has ended.`],
  [/^the requests in progress of this/, () => t`There are as many requests in progress as there may be; wait until one has ended.`],
  [/^this user is not linked to any partner/, () => t`this user is not linked to any partner`],
];

export const PATTERNS: readonly Pattern[] = [...VALUES, ...STATES, ...CONFLICTS];
