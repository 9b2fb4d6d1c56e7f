import { t } from "@lingui/core/macro";
import type { StatusLabel } from "../format/labels";
import { isZero, type Money, toChartValue } from "../format/money";
import type { PendingCommission } from "./pending-commissions-table";

/** How many times the median an amount is called large. */
const LARGE_TIMES = 10;
/** How many commissions of a currency are needed to know what is usual. */
const ROWS_MIN = 5;
const HIGH_RATE = 0.5;

/** Only to compare amounts of one currency, never to be shown. */
const size = (amount: Money) => Math.abs(toChartValue(amount));

/** The amount of each currency from which a commission is large: ten times the median of the page. */
export function largeAmounts(rows: readonly PendingCommission[]): ReadonlyMap<string, number> {
  const sizes = new Map<string, number[]>();
  for (const { commissionAmount } of rows) {
    sizes.set(commissionAmount.currency, [...(sizes.get(commissionAmount.currency) ?? []), size(commissionAmount)]);
  }
  const limits = [...sizes].filter(([, of]) => of.length >= ROWS_MIN).map(([currency, of]) => {
    const median = of.toSorted((one, other) => one - other)[Math.floor(of.length / 2)] ?? 0;
    return [currency, median * LARGE_TIMES] as const;
  });
  return new Map(limits.filter(([, limit]) => limit > 0));
}

/** What an approver should look at. */
export function unusual(row: PendingCommission, large: ReadonlyMap<string, number>): readonly StatusLabel[] {
  const { commissionAmount, commissionRate, reversedBy } = row;
  const limit = large.get(commissionAmount.currency);
  const rate = Number(commissionRate ?? "0.1");
  return [
    ...(rate === 0 ? [t`No rate: 0%`] : []),
    ...(rate >= HIGH_RATE ? [t`High rate`] : []),
    ...(rate !== 0 && isZero(commissionAmount) ? [t`Nothing earned`] : []),
    ...(limit !== undefined && size(commissionAmount) >= limit ? [t`Large amount`] : []),
    ...(reversedBy.length > 0 ? [t`Refunded`] : []),
  ].map((label) => ({ label, tone: "pending" as const }));
}
