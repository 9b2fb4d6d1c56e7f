import { formatLocale } from "../language";

/** An amount as the server sends it: a decimal string with exactly as many decimals as its currency has. */
export interface Money {
  readonly amount: string;
  readonly currency: string;
}

/** A decimal number as text. `Intl` formats such text exactly; a JavaScript number would lose digits. */
type DecimalText = Intl.StringNumericLiteral;

const currencyFormats = new Map<string, Intl.NumberFormat>();

function currencyFormat(currency: string, decimals: number): Intl.NumberFormat {
  const key = `${currency} ${decimals}`;
  const cached = currencyFormats.get(key);
  if (cached) return cached;
  const digits = { minimumFractionDigits: decimals, maximumFractionDigits: decimals };
  const format = new Intl.NumberFormat(formatLocale(), { style: "currency", currency, ...digits });
  currencyFormats.set(key, format);
  return format;
}

function decimalsOf(amount: string): number {
  return amount.split(".")[1]?.length ?? 0;
}

/** Formats an amount exactly, with its currency: `$1,234.50`. */
export function formatMoney({ amount, currency }: Money): string {
  return currencyFormat(currency, decimalsOf(amount)).format(amount as DecimalText);
}

/** Formats amounts in several currencies: `$12.00 and €3.00`. */
export function formatMoneyList(amounts: readonly Money[]): string {
  return new Intl.ListFormat(formatLocale(), { type: "conjunction" }).format(amounts.map(formatMoney));
}

/** Formats amounts of which one is meant: `$12.00 or €3.00`. */
export function formatMoneyChoice(amounts: readonly Money[]): string {
  return new Intl.ListFormat(formatLocale(), { type: "disjunction" }).format(amounts.map(formatMoney));
}

/** The codes of the currencies in circulation, as far as the browser knows them. */
export const CURRENCIES: readonly string[] = Intl.supportedValuesOf("currency");

const currencySet: ReadonlySet<string> = new Set(CURRENCIES);

export const isCurrency = (code: string) => currencySet.has(code);

export function isZero({ amount }: Money): boolean {
  return /^-?[0.]+$/.test(amount);
}

export function isNegative({ amount }: Money): boolean {
  return amount.startsWith("-");
}

/** The amount without its sign. */
export function absolute({ amount, currency }: Money): Money {
  return { amount: amount.replace(/^-/, ""), currency };
}

/** Sums amounts exactly, one total per currency. All amounts of a currency must have the same number of decimals. */
export function totalsByCurrency(amounts: readonly Money[]): Money[] {
  const totals = new Map<string, { minorUnits: bigint; decimals: number }>();
  for (const { amount, currency } of amounts) {
    const minorUnits = (totals.get(currency)?.minorUnits ?? 0n) + BigInt(amount.replace(".", ""));
    totals.set(currency, { minorUnits, decimals: decimalsOf(amount) });
  }
  return [...totals].sort().map(([currency, { minorUnits, decimals }]) => {
    const digits = (minorUnits < 0n ? -minorUnits : minorUnits).toString().padStart(decimals + 1, "0");
    const whole = digits.slice(0, digits.length - decimals);
    const amount = decimals === 0 ? whole : `${whole}.${digits.slice(-decimals)}`;
    return { amount: minorUnits < 0n ? `-${amount}` : amount, currency };
  });
}

/** The amount as a rounded number, for the size of bars in charts only. Never display it. */
export function toChartValue({ amount }: Money): number {
  return Number(amount);
}

const compactFormats = new Map<string, Intl.NumberFormat>();

/** Formats a rounded number for an axis, with its currency: `$1.2K`. */
export function formatCompactMoney(value: number, currency: string): string {
  const cached = compactFormats.get(currency);
  const options = { style: "currency", currency, notation: "compact", maximumSignificantDigits: 3 } as const;
  const format = cached ?? new Intl.NumberFormat(formatLocale(), options);
  compactFormats.set(currency, format);
  return format.format(value);
}

const percent = new Intl.NumberFormat(formatLocale(), { style: "percent", maximumFractionDigits: 2 });

/** Formats a rate, which is a fraction: `0.15` as `15%`. */
export function formatRate(fraction: string): string {
  return percent.format(fraction as DecimalText);
}

const oneDecimalPercent = new Intl.NumberFormat(formatLocale(), {
  style: "percent",
  minimumFractionDigits: 1,
  maximumFractionDigits: 1,
});

/** Formats a percentage: `40` as `40.0%`. */
export function formatPercentage(percentage: number): string {
  return oneDecimalPercent.format(percentage / 100);
}

const count = new Intl.NumberFormat(formatLocale());

/** Formats a count: `1,234`. */
export const formatCount = (number: number): string => count.format(number);
