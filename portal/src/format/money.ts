/** An amount as the server writes it: a decimal string with exactly its currency's decimals. */
export interface Money {
  readonly amount: string;
  readonly currency: string;
}

/** A decimal number as text. `Intl` formats it to the last digit; as a number it would lose some. */
type Digits = Intl.StringNumericLiteral;

const formats = new Map<string, Intl.NumberFormat>();

function formatOf(currency: string, decimals: number): Intl.NumberFormat {
  const key = `${currency} ${decimals}`;
  const known = formats.get(key);
  if (known) return known;
  const digits = { minimumFractionDigits: decimals, maximumFractionDigits: decimals };
  const format = new Intl.NumberFormat(undefined, { style: "currency", currency, ...digits });
  formats.set(key, format);
  return format;
}

/** An amount for people, with its currency, to the last digit: `$1,234.50`. */
export function money({ amount, currency }: Money): string {
  const decimals = amount.split(".")[1]?.length ?? 0;
  return formatOf(currency, decimals).format(amount as Digits);
}

/** Amounts in several currencies: `$12.00 and €3.00`. */
export function moneyList(amounts: readonly Money[]): string {
  return new Intl.ListFormat(undefined, { type: "conjunction" }).format(amounts.map(money));
}

/** Whether an amount is below zero. */
export function isNegative({ amount }: Money): boolean {
  return amount.startsWith("-");
}

/** The sums of amounts, one for each currency, exact: amounts of one currency all have its decimals. */
export function sums(amounts: readonly Money[]): Money[] {
  const totals = new Map<string, { coins: bigint; decimals: number }>();
  for (const { amount, currency } of amounts) {
    const decimals = amount.split(".")[1]?.length ?? 0;
    const coins = (totals.get(currency)?.coins ?? 0n) + BigInt(amount.replace(".", ""));
    totals.set(currency, { coins, decimals });
  }
  return [...totals].sort().map(([currency, { coins, decimals }]) => {
    const digits = (coins < 0n ? -coins : coins).toString().padStart(decimals + 1, "0");
    const whole = digits.slice(0, digits.length - decimals);
    const amount = decimals === 0 ? whole : `${whole}.${digits.slice(-decimals)}`;
    return { amount: coins < 0n ? `-${amount}` : amount, currency };
  });
}

/** About how much an amount is: how far to draw it, and nothing that anybody reads. */
export function drawn({ amount }: Money): number {
  return Number(amount);
}

const percent = new Intl.NumberFormat(undefined, { style: "percent", maximumFractionDigits: 2 });

/** A rate, which is a fraction: `15%`. */
export function rate(fraction: string): string {
  return percent.format(fraction as Digits);
}

const oneDecimal = new Intl.NumberFormat(undefined, { minimumFractionDigits: 1, maximumFractionDigits: 1 });

/** A number of percent, as the dashboard has it: `40.0%`. */
export function share(percentage: number): string {
  return `${oneDecimal.format(percentage)}%`;
}

/** A count: `1,234`; of something that has a name: `1 line`, `1,234 lines`. */
export function count(number: number, name?: string): string {
  const text = new Intl.NumberFormat().format(number);
  if (!name) return text;
  return number === 1 ? `${text} ${name}` : `${text} ${name}s`;
}
