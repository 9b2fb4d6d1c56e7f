import { lazy, Suspense, useEffect, useState } from "react";
import { Link } from "react-router";
import { useLoaded } from "../api";
import { CommissionEventsTableDocument, RevenuePageDocument, type RevenuePageQuery } from "../gql/graphql";
import { count, money, share } from "../format/money";
import { useAddress, usePage } from "../parts/address";
import { Card, Pending } from "../parts/figures";
import { SelectField } from "../parts/fields";
import { Empty, TroubleNotice } from "../parts/notice";
import { Heading, Section } from "../parts/section";
import { useTitle } from "../parts/title";
import { useSession } from "../sign-in/session";
import { AccountsTable } from "./accounts";
import { BalanceBuckets } from "./balance";
import { OpenCommission } from "./commission";
import { commissionsAsked, CommissionsTable } from "./commissions";
import { PartnerChoice, usePartner } from "./frame";
import { Funnel, ReferralFigures } from "./funnel";
import { OpenPayout } from "./payout";
import { PayoutsTable } from "./payouts";

const EarningsChart = lazy(() => import("./earnings-chart"));

type Partner = NonNullable<RevenuePageQuery["partner"]>;

/** What a partner earned, what was paid, and when the rest comes. Its first paint is one request. */
export function Revenue() {
  useTitle("Revenue & Commissions");
  const partnerId = usePartner();
  const { calendar, onViewer } = useSession();
  const { search } = useAddress();
  const currency = search.get("currency");
  const { filter, orderBy } = commissionsAsked(search, calendar);
  const asked = { filter, orderBy, ...usePage(50) };
  // What the table shows at first comes along with everything else; what it shows later is asked for by itself.
  const [first] = useState(asked);
  const isFirst = JSON.stringify(first) === JSON.stringify(asked);
  const page = useLoaded(RevenuePageDocument, { partnerId, currency, ...first });
  const table = useLoaded(CommissionEventsTableDocument, { partnerId, ...asked }, isFirst);
  const partner = page.data?.partner ?? undefined;
  const viewer = page.data?.viewer;
  useEffect(() => {
    if (viewer) onViewer(viewer);
  }, [viewer, onViewer]);

  const heading = (
    <Heading
      title="Revenue & Commissions"
      lead="Track your earnings, payouts, and referral performance"
      actions={
        <>
          {partner && <CurrencyChoice partner={partner} />}
          <PartnerChoice name={partner?.companyName} />
        </>
      }
    />
  );
  if (!partner && page.trouble) {
    return (
      <>
        {heading}
        <TroubleNotice trouble={page.trouble} onRetry={page.reload} />
      </>
    );
  }
  if (page.data && !partner) {
    return (
      <>
        {heading}
        <Empty>There is no such partner.</Empty>
      </>
    );
  }
  const commissions = isFirst ? partner?.commissionEvents : (table.data?.partner?.commissionEvents ?? partner?.commissionEvents);
  return (
    <>
      {heading}
      {page.trouble && <TroubleNotice trouble={page.trouble} onRetry={page.reload} />}
      <Cards partner={partner} />
      <div className="columns">
        <Section title="Earnings by month" lead="Commissions by event date, and what was paid out">
          <Suspense fallback={<div style={{ height: 260 }} />}>
            <EarningsChart months={partner?.months} />
          </Suspense>
        </Section>
        <Section title="Where it stands" lead="Every commission is in exactly one of four places">
          <BalanceBuckets balance={partner?.dashboard.balance} />
        </Section>
      </div>
      <Section title="Recent commissions" lead="Commission events from your managed accounts">
        {table.trouble && !isFirst && <TroubleNotice trouble={table.trouble} onRetry={table.reload} />}
        <CommissionsTable commissions={commissions} isLoading={isFirst ? page.isLoading && !partner : table.isLoading} />
      </Section>
      <Section title="Payout history" lead="Previous payouts and payment references" actions={<More to="/partners/payouts">All payouts</More>}>
        <PayoutsTable payouts={partner?.payouts.nodes} isLoading={page.isLoading} />
      </Section>
      <Section title="Referrals" lead="From a lead to a customer" actions={<More to="/partners/referrals">All referrals</More>}>
        <div className="stack">
          <ReferralFigures figures={partner?.dashboard} />
          <Funnel stages={partner?.referralFunnel} />
        </div>
      </Section>
      <Section title="Managed accounts" lead="The customers you earn on" actions={<More to="/partners/accounts">All accounts</More>}>
        <AccountsTable accounts={partner?.managedAccounts.nodes} isLoading={page.isLoading} />
      </Section>
      <OpenCommission />
      <OpenPayout />
    </>
  );
}

function Cards({ partner }: { readonly partner: Partner | undefined }) {
  const { calendar } = useSession();
  const dashboard = partner?.dashboard;
  const short = <Pending width="short" />;
  const long = <Pending width="long" />;
  const next = dashboard?.nextPayoutDate;
  return (
    <div className="cards">
      <Card
        title="Outstanding balance"
        value={dashboard ? money(dashboard.outstandingBalance) : short}
        body={dashboard ? `Awaiting next payout${next ? `, ${calendar.date(next)}` : ""}` : long}
      />
      <Card
        title="This month"
        value={dashboard ? money(dashboard.currentMonthCommissions) : short}
        body={dashboard ? `From ${count(dashboard.activeCustomers, "active account")}` : long}
      />
      <Card
        title="Lifetime earnings"
        value={dashboard ? money(dashboard.totalCommissionsEarned) : short}
        body={dashboard ? `${share(dashboard.conversionRate)} referral conversion` : long}
      />
      <Card
        title="Managed accounts"
        value={dashboard ? count(dashboard.activeCustomers) : short}
        body={dashboard ? `Generating ${money(dashboard.currentMonthRevenue)}/mo` : long}
      />
    </div>
  );
}

/** The choice of the currency, for partners who have more than one. */
function CurrencyChoice({ partner }: { readonly partner: Partner }) {
  const { change } = useAddress();
  const currencies = [...new Set([partner.payoutCurrency, ...partner.balances.map(({ currency }) => currency)])].sort();
  if (currencies.length < 2) return null;
  return (
    <SelectField
      label="Currency"
      value={partner.dashboard.currency}
      onChange={(currency) => change({ currency: currency === partner.payoutCurrency ? null : currency })}
      options={currencies.map((currency) => ({ value: currency, label: currency }))}
    />
  );
}

/** The way to a page of its own, for the same partner. */
function More({ to, children }: { readonly to: string; readonly children: string }) {
  const { search } = useAddress();
  const partner = search.get("partner");
  return <Link to={partner ? `${to}?partner=${encodeURIComponent(partner)}` : to}>{children}</Link>;
}
