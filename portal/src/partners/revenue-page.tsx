import { lazy, Suspense, useEffect, useState } from "react";
import { Link } from "react-router";
import { useApiQuery } from "../api";
import { ErrorAlert } from "../components/alert";
import { EmptyState } from "../components/empty-state";
import { SelectField } from "../components/fields";
import { PageHeader } from "../components/page-header";
import { Section } from "../components/section";
import { Skeleton } from "../components/skeleton";
import { StatCard } from "../components/stat-card";
import type { Calendar } from "../format/dates";
import { absolute, formatCount, formatMoney, formatPercentage, isNegative, isZero } from "../format/money";
import { CommissionEventsTableDocument, RevenuePageDocument, type RevenuePageQuery } from "../gql/graphql";
import { useDocumentTitle } from "../hooks/document-title";
import { FIRST_PAGE, usePageArgs, useUrlState } from "../hooks/url-state";
import { useSession } from "../sign-in/session";
import { BalanceBreakdown } from "./balance-breakdown";
import { CommissionDialog } from "./commission-dialog";
import { CommissionsTable, parseCommissionParams } from "./commissions-table";
import { ManagedAccountsTable } from "./managed-accounts-table";
import { PartnerSelect, usePartnerId } from "./partner-layout";
import { PayoutDialog } from "./payout-dialog";
import { PayoutsTable } from "./payouts-table";
import { ReferralFunnel, ReferralStats } from "./referral-funnel";

const EarningsChart = lazy(() => import("./earnings-chart"));

type Partner = NonNullable<RevenuePageQuery["partner"]>;

/** What a partner earned and was paid, and what is outstanding. The first paint takes a single request. */
export function RevenuePage() {
  useDocumentTitle("Revenue & Commissions");
  const partnerId = usePartnerId();
  const { calendar, onViewerChange } = useSession();
  const { params } = useUrlState();
  const currency = params.get("currency");
  const { filter, orderBy } = parseCommissionParams(params, calendar);
  const tableVariables = { filter, orderBy, ...usePageArgs(50) };
  // The first rows of the table come with the query of the page; after a change of filter, order or page, the table has
  // a query of its own.
  const [initialVariables] = useState(tableVariables);
  const isInitial = JSON.stringify(initialVariables) === JSON.stringify(tableVariables);
  const payoutFilter = currency ? { currency } : null;
  const page = useApiQuery(RevenuePageDocument, { partnerId, currency, payoutFilter, ...initialVariables });
  const table = useApiQuery(CommissionEventsTableDocument, { partnerId, ...tableVariables }, isInitial);
  const partner = page.data?.partner ?? undefined;
  const viewer = page.data?.viewer;
  useEffect(() => {
    if (viewer) onViewerChange(viewer);
  }, [viewer, onViewerChange]);

  const header = (
    <PageHeader
      title="Revenue & Commissions"
      lead="Track your earnings, payouts, and referral performance"
      actions={
        <>
          {partner && <CurrencySelect partner={partner} />}
          <PartnerSelect name={partner?.companyName} />
        </>
      }
    />
  );
  if (!partner && page.error) {
    return (
      <>
        {header}
        <ErrorAlert error={page.error} onRetry={page.refetch} />
      </>
    );
  }
  if (page.data && !partner) {
    return (
      <>
        {header}
        <EmptyState>Partner not found.</EmptyState>
      </>
    );
  }
  const laterCommissions = isInitial ? undefined : table.data?.partner?.commissionEvents;
  const commissions = laterCommissions ?? partner?.commissionEvents;
  const isMixed = partner !== undefined && currenciesOf(partner).length > 1;
  const inCurrency = currency ? `, in ${currency}` : isMixed ? ", in all currencies" : "";
  const areCommissionsLoading = isInitial ? page.isLoading && !partner : table.isLoading;
  return (
    <>
      {header}
      {page.error && <ErrorAlert error={page.error} onRetry={page.refetch} />}
      <StatCards partner={partner} />
      <div className="columns">
        <Section title="Earnings by month" lead="Commissions by event date, and completed payouts">
          <Suspense fallback={<div style={{ height: 260 }} />}>
            <EarningsChart months={partner?.months} />
          </Suspense>
        </Section>
        <Section title="Balance" lead="Every commission counts in exactly one of four parts">
          <BalanceBreakdown balance={partner?.dashboard.balance} />
        </Section>
      </div>
      <Section
        title="Recent commissions"
        lead={`Commission events from your managed accounts${inCurrency}`}
      >
        {table.error && !isInitial && <ErrorAlert error={table.error} onRetry={table.refetch} />}
        <CommissionsTable commissions={commissions} isLoading={areCommissionsLoading} />
      </Section>
      <Section
        title="Payout history"
        lead={`Previous payouts and payment references${inCurrency}`}
        actions={<PartnerLink to="/partners/payouts">All payouts</PartnerLink>}
      >
        <PayoutsTable
          payouts={partner?.payouts.nodes}
          isLoading={page.isLoading}
          emptyText={currency ? `No payouts in ${currency} yet.` : "No payouts yet."}
        />
      </Section>
      <Section
        title="Referrals"
        lead="From lead to customer"
        actions={<PartnerLink to="/partners/referrals">All referrals</PartnerLink>}
      >
        <div className="stack">
          <ReferralStats stats={partner?.dashboard} />
          <ReferralFunnel stages={partner?.referralFunnel} />
        </div>
      </Section>
      <Section
        title="Managed accounts"
        lead="Customers you earn commission on"
        actions={<PartnerLink to="/partners/accounts">All accounts</PartnerLink>}
      >
        <ManagedAccountsTable accounts={partner?.managedAccounts.nodes} isLoading={page.isLoading} />
      </Section>
      <CommissionDialog />
      <PayoutDialog />
    </>
  );
}

function StatCards({ partner }: { readonly partner: Partner | undefined }) {
  const { calendar } = useSession();
  const dashboard = partner?.dashboard;
  const value = <Skeleton width="short" />;
  const description = <Skeleton width="long" />;
  return (
    <div className="cards">
      <StatCard
        title="Outstanding balance"
        value={dashboard ? formatMoney(dashboard.outstandingBalance) : value}
        description={dashboard ? outstandingLines(dashboard, calendar).map((line) => <div key={line}>{line}</div>) : description}
      />
      <StatCard
        title="This month"
        value={dashboard ? formatMoney(dashboard.currentMonthCommissions) : value}
        description={dashboard ? `From ${formatCount(dashboard.activeCustomers, "active account")}` : description}
      />
      <StatCard
        title="Lifetime earnings"
        value={dashboard ? formatMoney(dashboard.totalCommissionsEarned) : value}
        description={dashboard ? `${formatPercentage(dashboard.conversionRate)} referral conversion` : description}
      />
      <StatCard
        title="Managed accounts"
        value={dashboard ? formatCount(dashboard.activeCustomers) : value}
        description={dashboard ? `Generating ${formatMoney(dashboard.currentMonthRevenue)} this month` : description}
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

/** The currencies of a partner: that of its payouts, and those in which it has commissions. */
function currenciesOf({ payoutCurrency, balances }: Partner): string[] {
  return [...new Set([payoutCurrency, ...balances.map(({ currency }) => currency)])].sort();
}

/** Selects the currency of the page, for partners with more than one. */
function CurrencySelect({ partner }: { readonly partner: Partner }) {
  const { setParams } = useUrlState();
  const currencies = currenciesOf(partner);
  if (currencies.length < 2) return null;
  return (
    <SelectField
      label="Currency"
      value={partner.dashboard.currency}
      onChange={(currency) => setParams({ ...FIRST_PAGE, currency })}
      options={currencies.map((currency) => ({ value: currency, label: currency }))}
    />
  );
}

/** A link to another page of the same partner. */
function PartnerLink({ to, children }: { readonly to: string; readonly children: string }) {
  const { params } = useUrlState();
  const partner = params.get("partner");
  return <Link to={partner ? `${to}?partner=${encodeURIComponent(partner)}` : to}>{children}</Link>;
}
