import { t } from "@lingui/core/macro";
import { formatMoneyChoice, type Money } from "../format/money";
import type { QueuedPayoutFragment } from "../gql/graphql";

/** A line of a bank's list: which payout it is about, its amount, and the reference of the payment. */
export interface BankLine {
  /** The number of the line in the text, from 1. */
  readonly number: number;
  readonly text: string;
  readonly cells: readonly string[];
}

/** A line with the payout that it completes, or the reason why it completes none. */
export interface MatchedLine {
  readonly id: string;
  readonly line: BankLine;
  readonly payout: QueuedPayoutFragment | null;
  readonly reference: string;
  readonly problem: string | null;
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Splits a line at its separator: a tab, else a semicolon, else a comma. Cells may be in quotes. */
function split(text: string): string[] {
  const separator = text.includes("\t") ? "\t" : text.includes(";") ? ";" : ",";
  const cells: string[] = [];
  let cell = "";
  let isQuoted = false;
  for (let index = 0; index < text.length; index += 1) {
    const letter = text[index] ?? "";
    if (isQuoted && letter === '"' && text[index + 1] === '"') {
      cell += letter;
      index += 1;
    } else if (letter === '"' && (isQuoted || cell.trim() === "")) {
      isQuoted = !isQuoted;
    } else if (letter === separator && !isQuoted) {
      cells.push(cell.trim());
      cell = "";
    } else {
      cell += letter;
    }
  }
  return [...cells, cell.trim()];
}

/** Reads the lines of a bank's list; empty lines are left out. */
export function parseBankList(text: string): BankLine[] {
  return text
    .split(/\r?\n/)
    .map((line, index) => ({ number: index + 1, text: line.trim(), cells: split(line) }))
    .filter((line) => line.text !== "");
}

/** An amount as a bank writes it: its digits, of which the last ones are decimals. */
interface BankAmount {
  readonly digits: string;
  readonly decimals: number;
  readonly currency: string | null;
}

/**
 * Reads an amount, `1,234.50`, `1.234,50` or `USD 1234.5`, in a currency with some number of decimals; null if the text is not
 * one. In a currency with two decimals, a mark before the last three digits groups thousands.
 */
function parseBankAmount(text: string, currencyDecimals: number): BankAmount | null {
  const currency = /[A-Z]{3}/.exec(text)?.[0] ?? null;
  const number = text.replace(/[A-Z]{3}|[\s'’]/g, "");
  if (!/^\d[\d.,]*$/.test(number)) return null;
  const last = Math.max(number.lastIndexOf("."), number.lastIndexOf(","));
  const after = number.length - last - 1;
  const isRepeated = last >= 0 && number.indexOf(number[last] ?? "") !== last;
  const isThousand = after === 3 && currencyDecimals !== 3 && /^\d{1,3}[.,]\d{3}$/.test(number);
  const decimals = last < 0 || isRepeated || isThousand ? 0 : after;
  return { digits: number.replace(/[.,]/g, ""), decimals, currency };
}

const isBankAmount = (text: string) => parseBankAmount(text, 2) !== null;

/** Whether an amount of a bank is that of a payout, whose decimals may be more or fewer zeros. */
function isAmountOf(text: string, { amount, currency }: Money): boolean {
  const [whole = "", own = ""] = amount.split(".");
  const parsed = parseBankAmount(text, own.length);
  if (!parsed || (parsed.currency && parsed.currency !== currency)) return false;
  const scale = Math.max(parsed.decimals, own.length);
  const inUnits = (digits: string, decimals: number) => BigInt(digits + "0".repeat(scale - decimals));
  return inUnits(parsed.digits, parsed.decimals) === inUnits(whole + own, own.length);
}

/**
 * Finds the open payout of each line: by its id, or by the number of its partner and the amount. A line that names another
 * amount, no reference, no payout or several ones completes nothing, and says why.
 */
export function matchBankList(lines: readonly BankLine[], payouts: readonly QueuedPayoutFragment[]): MatchedLine[] {
  const used = new Set<string>();
  return lines.filter((line) => !isHeader(line)).map((line) => {
    const { payout, problem, reference } = matchLine(line, payouts);
    const isRepeated = payout !== null && used.has(payout.id);
    if (payout) used.add(payout.id);
    return {
      id: String(line.number),
      line,
      payout: isRepeated ? null : payout,
      reference,
      problem: isRepeated ? t`An earlier line completes the same payout` : problem,
    };
  });
}

/** The first line is a heading if it has no amount. */
const isHeader = ({ number, cells }: BankLine) => number === 1 && !cells.some(isBankAmount) && !UUID.test(cells[0] ?? "");

/** The totals of payouts, each once. */
const differentTotals = (payouts: readonly QueuedPayoutFragment[]): readonly Money[] => [
  ...new Map(payouts.map(({ totalAmount }) => [`${totalAmount.amount} ${totalAmount.currency}`, totalAmount])).values(),
];

type Match = Pick<MatchedLine, "payout" | "problem" | "reference">;

function matchLine({ cells }: BankLine, payouts: readonly QueuedPayoutFragment[]): Match {
  const [key = "", amount = "", ...rest] = cells;
  const reference = rest.find((cell) => cell !== "") ?? "";
  const failed = (problem: string): Match => ({ payout: null, reference, problem });
  if (cells.length < 3) return failed(t`Needs a payout or partner number, an amount and a reference`);
  const ofKey = payouts.filter(
    ({ id, partner }) => id.toLowerCase() === key.toLowerCase() || partner.partnerNumber.toLowerCase() === key.toLowerCase(),
  );
  if (ofKey.length === 0) return failed(t`No open payout of this number`);
  if (!isBankAmount(amount)) return failed(t`The second column is not an amount`);
  const matching = ofKey.filter(({ totalAmount }) => isAmountOf(amount, totalAmount));
  const [payout, other] = matching;
  if (!payout) return failed(t`The amount differs: ${formatMoneyChoice(differentTotals(ofKey))} expected`);
  if (other) return failed(t`Several open payouts match; name the payout by its id`);
  if (!reference) return failed(t`The reference is missing`);
  if (reference.length > 255) return failed(t`The reference is longer than 255 characters`);
  return { payout, reference, problem: null };
}
