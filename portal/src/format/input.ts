import type { ApiError } from "../api";

/** The result of a form whose field is rejected before anything is sent. */
export function rejected(field: string, message: string): { readonly error: ApiError } {
  return { error: { kind: "invalid-input", message, field, requestId: null } };
}

/** Reads a percentage, `15` or `12.5`, as the fraction that the API expects; undefined if the text is not one. */
export function parsePercentage(text: string): string | undefined {
  const match = /^(\d{1,3})(?:\.(\d{1,2}))?\s*%?$/.exec(text);
  if (!match) return undefined;
  const digits = (match[1] ?? "").padStart(3, "0") + (match[2] ?? "").padEnd(2, "0");
  const fraction = `${digits.slice(0, -4)}.${digits.slice(-4)}`;
  return Number(fraction) <= 1 ? fraction : undefined;
}

export const PERCENTAGE_MESSAGE = "Enter a percentage from 0 to 100 with at most two decimals, as in 12.5";

/** Writes a fraction, `0.1250`, as a percentage without a sign: `12.5`. */
export function percentageText(fraction: string | null): string {
  if (fraction === null) return "";
  const [whole = "0", decimals = ""] = fraction.split(".");
  const digits = decimals.padEnd(4, "0");
  const percentage = `${Number(whole + digits.slice(0, 2))}.${digits.slice(2)}`;
  return percentage.replace(/\.?0+$/, "") || "0";
}

/** Whether a text is an amount as the API expects it: digits, with a dot before the decimals. */
export const isAmount = (text: string) => /^-?\d+(\.\d+)?$/.test(text);

export const AMOUNT_MESSAGE = "Use digits, with a dot before the decimals, as in 1500.00";
