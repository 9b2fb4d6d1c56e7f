import type { ReactNode } from "react";
import { Skeleton } from "../components/skeleton";
import { StatCard } from "../components/stat-card";
import { Toggletip } from "../components/toggletip";
import { type Calendar, formatMonth } from "../format/dates";
import { HELP } from "../format/help-texts";
import { absolute, formatCount, formatMoney, formatPercentage, isNegative, isZero } from "../format/money";
import type { RevenuePageQuery } from "../gql/graphql";
import { useSession } from "../sign-in/session";

type Partner = NonNullable<RevenuePageQuery["partner"]>;

/** The key metrics of a partner. */
export function RevenueCards({ partner }: { readonly partner: Partner | undefined }) {
  const { calendar } = useSession();
  const dashboard = partner?.dashboard;
  const month = partner?.months.at(-1)?.month;
  const value = <Skeleton width="short" />;
  const description = <Skeleton width="long" />;
  const lines = (lines: readonly string[]): ReactNode => lines.map((line) => <div key={line}>{line}</div>);
  return (
    <div className="cards">
      <StatCard
        title="Outstanding balance"
        help={<Toggletip term="Outstanding balance" text={HELP.outstanding} />}
        value={dashboard ? formatMoney(dashboard.outstandingBalance) : value}
        description={dashboard ? lines(outstandingLines(dashboard, calendar)) : description}
      />
      <StatCard
        title="This month"
        value={dashboard ? formatMoney(dashboard.currentMonthCommissions) : value}
        description={dashboard ? `From ${formatCount(dashboard.activeCustomers, "active account")}` : description}
      />
      <StatCard
        title="Lifetime earnings"
        help={<Toggletip term="Lifetime earnings" text={HELP.earned} />}
        value={dashboard ? formatMoney(dashboard.totalCommissionsEarned) : value}
        description={dashboard ? `${formatPercentage(dashboard.conversionRate)} referral conversion` : description}
      />
      <StatCard
        title="Managed accounts"
        value={dashboard ? formatCount(dashboard.activeCustomers) : value}
        description={dashboard ? `Generating ${formatMoney(dashboard.currentMonthRevenue)} in ${month ? formatMonth(month) : ""}` : description}
      />
    </div>
  );
}

/**
 * What the outstanding balance consists of, and what is paid when. A payout that exists is not in the balance: its amount
 * and its date are stated by themselves.
 */
function outstandingLines({ balance, outstandingBalance, nextPayoutDate }: Partner["dashboard"], calendar: Calendar): string[] {
  const { pending, approved, inTransit } = balance;
  const on = nextPayoutDate ? ` on ${calendar.formatDate(nextPayoutDate)}` : "";
  const lines = [];
  if (!isZero(inTransit)) lines.push(`Next payout: ${formatMoney(inTransit)}${on}`);
  if (isNegative(outstandingBalance)) {
    lines.push(`You owe ${formatMoney(absolute(outstandingBalance))}; it is deducted from your next payouts`);
    return lines;
  }
  if (!isZero(approved)) {
    // The date is that of the payout in transit, if there is one.
    lines.push(`${formatMoney(approved)} approved, awaiting ${isZero(inTransit) ? `next payout${on}` : "a later payout"}`);
  }
  if (!isZero(pending)) lines.push(`${formatMoney(pending)} awaiting approval`);
  return lines.length > 0 ? lines : ["Nothing is waiting to be paid"];
}
