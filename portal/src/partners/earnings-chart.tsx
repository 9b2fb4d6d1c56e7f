import { Bar, BarChart, CartesianGrid, Legend, ReferenceLine, ResponsiveContainer, Tooltip, XAxis, YAxis } from "recharts";
import type { RevenuePageQuery } from "../gql/graphql";
import { month as monthName, shortMonth } from "../format/dates";
import { drawn, money } from "../format/money";
import css from "./earnings-chart.module.css";

type Month = NonNullable<RevenuePageQuery["partner"]>["months"][number];

interface Props {
  readonly months: readonly Month[] | undefined;
}

const short = new Intl.NumberFormat(undefined, { notation: "compact" });

/** What was earned and paid out in each month. Bars are about as high as they should be; words are exact. */
export default function EarningsChart({ months }: Props) {
  const data = months?.map((month) => ({ ...month, earned: drawn(month.commissions), paid: drawn(month.payouts) })) ?? [];
  return (
    <figure className={css.figure}>
      <div aria-hidden="true">
        <ResponsiveContainer width="100%" height={260}>
          <BarChart data={data} margin={{ top: 8, right: 0, bottom: 0, left: 0 }} accessibilityLayer={false} barGap={1}>
            <CartesianGrid vertical={false} stroke="var(--line)" />
            <XAxis dataKey="month" tickFormatter={shortMonth} tickLine={false} axisLine={false} stroke="var(--quiet)" fontSize={12} />
            <YAxis
              width={44}
              tickFormatter={(value: number) => short.format(value)}
              tickLine={false}
              axisLine={false}
              stroke="var(--quiet)"
              fontSize={12}
            />
            <ReferenceLine y={0} stroke="var(--field)" />
            <Tooltip cursor={{ fill: "var(--hover)" }} content={Told} isAnimationActive={false} />
            <Legend iconType="square" iconSize={10} />
            <Bar dataKey="earned" name="Earned" fill="var(--bar-1)" isAnimationActive={false} maxBarSize={22} />
            <Bar dataKey="paid" name="Paid out" fill="var(--bar-2)" isAnimationActive={false} maxBarSize={22} />
          </BarChart>
        </ResponsiveContainer>
      </div>
      <details>
        <summary>As a table</summary>
        <table>
          <caption className="unseen">Earnings by month</caption>
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
                <th scope="row">{monthName(month)}</th>
                <td>{money(revenue)}</td>
                <td>{money(commissions)}</td>
                <td>{money(payouts)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </details>
    </figure>
  );
}

interface ToldProps {
  readonly active?: boolean;
  readonly payload?: readonly { readonly payload?: Month }[];
}

function Told({ active, payload }: ToldProps) {
  const month = payload?.[0]?.payload;
  if (!active || !month) return null;
  return (
    <div className={css.told}>
      <strong>{monthName(month.month)}</strong>
      <div>Earned {money(month.commissions)}</div>
      <div>Paid out {money(month.payouts)}</div>
      <div>Revenue {money(month.revenue)}</div>
    </div>
  );
}
