import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { useNavigate } from "react-router";
import { Bar, BarChart, CartesianGrid, ReferenceLine, ResponsiveContainer, Tooltip, XAxis, YAxis } from "recharts";
import { daysOfMonth, formatMonth, formatShortMonth } from "../format/dates";
import { formatCompactMoney, formatMoney, toChartValue } from "../format/money";
import type { RevenuePageQuery } from "../gql/graphql";
import { useUrlState } from "../hooks/url-state";
import css from "./earnings-chart.module.css";
import { PartnerLink } from "./partner-layout";

type Month = NonNullable<RevenuePageQuery["partner"]>["months"][number];

interface Props {
  readonly months: readonly Month[] | undefined;
  /** The currency of all amounts. */
  readonly currency: string | undefined;
}

interface Series {
  readonly name: string;
  readonly color: string;
  readonly valueOf: (month: Month) => number;
}

// Each has an axis of its own: a payout of what was earned in a year would flatten the months beside it.
const SERIES: readonly Series[] = [
  { name: t`Earned`, color: "var(--chart-1)", valueOf: ({ commissions }) => toChartValue(commissions) },
  { name: t`Paid out`, color: "var(--chart-2)", valueOf: ({ payouts }) => toChartValue(payouts) },
];

/**
 * Earned and paid-out amounts by month: rounded bars, with exact amounts in the tooltip and the table. A click on a month leads
 * to its commissions; so does the month in the table.
 */
export default function EarningsChart({ months, currency }: Props) {
  return (
    <figure className={css.figure}>
      <div aria-hidden="true">
        {SERIES.map((series) => (
          <div key={series.name}>
            <div className={css.series}>
              <span className={css.key} style={{ background: series.color }} />
              {currency ? t`${series.name}, in ${currency}` : series.name}
            </div>
            <SeriesChart series={series} months={months ?? []} currency={currency} />
          </div>
        ))}
      </div>
      <details>
        <summary><Trans>As a table</Trans></summary>
        <table>
          <caption className="visually-hidden"><Trans>Earnings by month</Trans></caption>
          <thead>
            <tr>
              <th scope="col"><Trans>Month</Trans></th>
              <th scope="col"><Trans>Revenue</Trans></th>
              <th scope="col"><Trans>Earned</Trans></th>
              <th scope="col"><Trans>Paid out</Trans></th>
            </tr>
          </thead>
          <tbody>
            {months?.toReversed().map(({ month, revenue, commissions, payouts }) => (
              <tr key={month}>
                <th scope="row">
                  <PartnerLink to="/partners/commissions" params={daysOfMonth(month)}>
                    {formatMonth(month)}
                  </PartnerLink>
                </th>
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

interface SeriesChartProps {
  readonly series: Series;
  readonly months: readonly Month[];
  readonly currency: string | undefined;
}

function SeriesChart({ series: { name, color, valueOf }, months, currency }: SeriesChartProps) {
  const navigate = useNavigate();
  const { params } = useUrlState();
  const data = months.map((month) => ({ ...month, value: valueOf(month) }));
  const openMonth = (month: string) => {
    const partner = params.get("partner");
    const query = new URLSearchParams({ ...(partner && { partner }), ...daysOfMonth(month) });
    void navigate(`/partners/commissions?${query}`);
  };
  return (
    <ResponsiveContainer width="100%" height={132}>
      <BarChart
        data={data}
        margin={{ top: 8, right: 0, bottom: 0, left: 0 }}
        accessibilityLayer={false}
        syncId="months"
        className={css.chart ?? ""}
        onClick={({ activeLabel }) => activeLabel && openMonth(String(activeLabel))}
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
          width={64}
          tickCount={4}
          tickFormatter={(value: number) => (currency ? formatCompactMoney(value, currency) : "")}
          tickLine={false}
          axisLine={false}
          stroke="var(--muted)"
          fontSize={12}
        />
        <ReferenceLine y={0} stroke="var(--input-border)" />
        <Tooltip cursor={{ fill: "var(--hover)" }} content={MonthTooltip} isAnimationActive={false} />
        <Bar dataKey="value" name={name} fill={color} isAnimationActive={false} maxBarSize={22} />
      </BarChart>
    </ResponsiveContainer>
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
      <div><Trans>Earned {formatMoney(month.commissions)}</Trans></div>
      <div><Trans>Paid out {formatMoney(month.payouts)}</Trans></div>
      <div><Trans>Revenue {formatMoney(month.revenue)}</Trans></div>
    </div>
  );
}
