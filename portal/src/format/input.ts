import { t } from "@lingui/core/macro";
import type { ApiError } from "../api";
import { formatLocale } from "../language";

/** The result of a form whose field is rejected before anything is sent. */
export function rejected(field: string, message: string): { readonly error: ApiError } {
  return { error: { kind: "invalid-input", message, field, requestId: null } };
}

/** The mark before the decimals where the user writes, and the one that groups thousands there. */
const DECIMAL = new Intl.NumberFormat(formatLocale()).formatToParts(1.5).find(({ type }) => type === "decimal")?.value === "," ? "," : ".";
const GROUP = DECIMAL === "," ? "." : ",";

/** Reads a percentage, `15` or `12.5`, as the fraction that the API expects; undefined if the text is not one. */
export function parsePercentage(text: string): string | undefined {
  // Either mark is one of decimals: a percentage has no thousands.
  const match = /^(\d{1,3})(?:[.,](\d{1,2}))?\s*%?$/.exec(text);
  if (!match) return undefined;
  const digits = (match[1] ?? "").padStart(3, "0") + (match[2] ?? "").padEnd(2, "0");
  const fraction = `${digits.slice(0, -4)}.${digits.slice(-4)}`;
  return Number(fraction) <= 1 ? fraction : undefined;
}

/** Writes a decimal of the API as the user does: `1234,50`. */
export const decimalText = (decimal: string) => decimal.replace(".", DECIMAL);

export const PERCENTAGE_MESSAGE = t`Enter a percentage from 0 to 100 with at most two decimals, as in ${decimalText("12.5")}`;

/** Writes a fraction, `0.1250`, as a percentage without a sign: `12.5`. */
export function percentageText(fraction: string | null): string {
  if (fraction === null) return "";
  const [whole = "0", decimals = ""] = fraction.split(".");
  const digits = decimals.padEnd(4, "0");
  const percentage = `${Number(whole + digits.slice(0, 2))}.${digits.slice(2)}`;
  return decimalText(percentage.replace(/\.?0+$/, "") || "0");
}

const PLAIN = new RegExp(`^(-?\\d+)(?:[${DECIMAL}](\\d+))?$`);
const GROUPED = new RegExp(`^(-?\\d{1,3}(?:([${GROUP}’'\\s])\\d{3})(?:\\2\\d{3})*)(?:[${DECIMAL}](\\d+))?$`);
const ONE_GROUP = new RegExp(`^-?\\d+[${GROUP}]\\d{3}$`);

/**
 * Reads an amount, `1500.00` or `1,500.00` where decimals follow a dot, `1500,00` or `1.500,00` where they follow a comma, as
 * the API expects it; undefined if the text is not one. A mark of thousands is read as such only where it cannot be meant as
 * one of decimals: `1.500` is not an amount where decimals follow a comma.
 */
export function parseAmount(text: string): string | undefined {
  const number = text.trim().replace("−", "-");
  if (ONE_GROUP.test(number)) return undefined;
  const plain = PLAIN.exec(number);
  const grouped = plain ? null : GROUPED.exec(number);
  const whole = (plain?.[1] ?? grouped?.[1])?.replace(/[^-\d]/g, "");
  const decimals = plain ? plain[2] : grouped?.[3];
  return whole && (decimals ? `${whole}.${decimals}` : whole);
}

/** Why a text is not read as an amount. */
export function amountMessage(text: string): string {
  if (ONE_GROUP.test(text.trim())) {
    return t`“${text.trim()}” can be read in two ways. Write thousands without a mark, and “${DECIMAL}” before decimals, as in ${decimalText("1500.00")}`;
  }
  return t`Use digits, with “${DECIMAL}” before the decimals, as in ${decimalText("1500.00")}`;
}
