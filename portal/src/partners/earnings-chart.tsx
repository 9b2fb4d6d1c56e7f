import { Bar, BarChart, CartesianGrid, Legend, ReferenceLine, ResponsiveContainer, Tooltip, XAxis, YAxis } from "recharts";
import { formatMonth, formatShortMonth } from "../format/dates";
import { formatMoney, toChartValue } from "../format/money";
import type { RevenuePageQuery } from "../gql/graphql";
import css from "./earnings-chart.module.css";

type Month = NonNullable<RevenuePageQuery["partner"]>["months"][number];

interface Props {
  readonly months: readonly Month[] | undefined;
}

const compact = new Intl.NumberFormat(undefined, { notation: "compact" });

/** Earned and paid-out amounts by month: rounded bars, with exact amounts in the tooltip and the table. */
export default function EarningsChart({ months }: Props) {
  const data = months?.map((month) => ({
    ...month,
    earned: toChartValue(month.commissions),
    paid: toChartValue(month.payouts),
  }));
  return (
    <figure className={css.figure}>
      <div aria-hidden="true">
        <ResponsiveContainer width="100%" height={260}>
          <BarChart
            data={data ?? []}
            margin={{ top: 8, right: 0, bottom: 0, left: 0 }}
            accessibilityLayer={false}
            barGap={1}
          >
            <CartesianGrid vertical={false} stroke="var(--border)" />
            <XAxis
              dataKey="month"
              tickFormatter={formatShortMonth}
              tickLine={false}
              axisLine={false}
              stroke="var(--muted)"
              fontSize={12}
            />
            <YAxis
              width={44}
              tickFormatter={(value: number) => compact.format(value)}
              tickLine={false}
              axisLine={false}
              stroke="var(--muted)"
              fontSize={12}
            />
            <ReferenceLine y={0} stroke="var(--input-border)" />
            <Tooltip cursor={{ fill: "var(--hover)" }} content={MonthTooltip} isAnimationActive={false} />
            <Legend iconType="square" iconSize={10} />
            <Bar dataKey="earned" name="Earned" fill="var(--chart-1)" isAnimationActive={false} maxBarSize={22} />
            <Bar dataKey="paid" name="Paid out" fill="var(--chart-2)" isAnimationActive={false} maxBarSize={22} />
          </BarChart>
        </ResponsiveContainer>
      </div>
      <details>
        <summary>As a table</summary>
        <table>
          <caption className="visually-hidden">Earnings by month</caption>
          <thead>
            <tr>
              <th scope="col">Month</th>
              <th scope="col">Revenue</th>
              <th scope="col">Earned</th>
              <th scope="col">Paid out</th>
            </tr>
          </thead>
          <tbody>
            {months?.toReversed().map(({ month, revenue, commissions, payouts }) => (
              <tr key={month}>
                <th scope="row">{formatMonth(month)}</th>
                <td>{formatMoney(revenue)}</td>
                <td>{formatMoney(commissions)}</td>
                <td>{formatMoney(payouts)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </details>
    </figure>
  );
}

interface TooltipProps {
  readonly active?: boolean;
  readonly payload?: readonly { readonly payload?: Month }[];
}

function MonthTooltip({ active, payload }: TooltipProps) {
  const month = payload?.[0]?.payload;
  if (!active || !month) return null;
  return (
    <div className={css.tooltip}>
      <strong>{formatMonth(month.month)}</strong>
      <div>Earned {formatMoney(month.commissions)}</div>
      <div>Paid out {formatMoney(month.payouts)}</div>
      <div>Revenue {formatMoney(month.revenue)}</div>
    </div>
  );
}
