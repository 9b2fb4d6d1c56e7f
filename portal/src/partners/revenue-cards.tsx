import { plural, t } from "@lingui/core/macro";
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
        title={t`Outstanding balance`}
        help={<Toggletip term={t`Outstanding balance`} text={HELP.outstanding} />}
        value={dashboard ? formatMoney(dashboard.outstandingBalance) : value}
        description={dashboard ? lines(outstandingLines(dashboard, calendar)) : description}
      />
      <StatCard
        title={t`This month`}
        value={dashboard ? formatMoney(dashboard.currentMonthCommissions) : value}
        description={dashboard ? plural(dashboard.activeCustomers, { one: "From # active account", other: "From # active accounts" }) : description}
      />
      <StatCard
        title={t`Lifetime earnings`}
        help={<Toggletip term={t`Lifetime earnings`} text={HELP.earned} />}
        value={dashboard ? formatMoney(dashboard.totalCommissionsEarned) : value}
        description={dashboard ? t`${formatPercentage(dashboard.conversionRate)} referral conversion` : description}
      />
      <StatCard
        title={t`Managed accounts`}
        value={dashboard ? formatCount(dashboard.activeCustomers) : value}
        description={dashboard ? t`Generating ${formatMoney(dashboard.currentMonthRevenue)} in ${month ? formatMonth(month) : ""}` : description}
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
  const date = nextPayoutDate && calendar.formatDate(nextPayoutDate);
  const lines = [];
  if (!isZero(inTransit)) {
    lines.push(date ? t`Next payout: ${formatMoney(inTransit)} on ${date}` : t`Next payout: ${formatMoney(inTransit)}`);
  }
  if (isNegative(outstandingBalance)) {
    lines.push(t`You owe ${formatMoney(absolute(outstandingBalance))}; it is deducted from your next payouts`);
    return lines;
  }
  if (!isZero(approved)) {
    // The date is that of the payout in transit, if there is one.
    const nextPayout = date ? t`next payout on ${date}` : t`next payout`;
    lines.push(t`${formatMoney(approved)} approved, awaiting ${isZero(inTransit) ? nextPayout : t`a later payout`}`);
  }
  if (!isZero(pending)) lines.push(t`${formatMoney(pending)} awaiting approval`);
  return lines.length > 0 ? lines : [t`Nothing is waiting to be paid`];
}
