import { lazy, Suspense, useEffect } from "react";
import { useLiveQuery } from "../api";
import { ErrorAlert } from "../components/alert";
import { EmptyState } from "../components/empty-state";
import { SelectField } from "../components/fields";
import { PageHeader } from "../components/page-header";
import { Section } from "../components/section";
import { RevenuePageDocument, type RevenuePageQuery } from "../gql/graphql";
import { useDocumentTitle } from "../hooks/document-title";
import { changedFrom, useLastVisit } from "../hooks/last-visit";
import { FIRST_PAGE, useUrlState } from "../hooks/url-state";
import { useSession } from "../sign-in/session";
import { BalanceBreakdown } from "./balance-breakdown";
import { ChangesSection } from "./changes-section";
import { CommissionDialog } from "./commission-dialog";
import { CommissionRows } from "./commissions-table";
import { currenciesOf } from "./currencies";
import { FailedPayoutBanner } from "./failed-payout-banner";
import { ManagedAccountsTable } from "./managed-accounts-table";
import { PartnerLink, PartnerSelect, usePartnerId } from "./partner-layout";
import { PayoutDialog } from "./payout-dialog";
import { PayoutsTable } from "./payouts-table";
import { ReferralFunnel, ReferralStats } from "./referral-funnel";
import { RevenueCards } from "./revenue-cards";
import { WelcomeSection } from "./welcome-section";

const EarningsChart = lazy(() => import("./earnings-chart"));

type Partner = NonNullable<RevenuePageQuery["partner"]>;

/** The numbers of months that the chart can show. */
const MONTHS = [12, 24, 36] as const;

/** What a partner earned and was paid, and what is outstanding. The page takes a single request. */
export function RevenuePage() {
  useDocumentTitle("Revenue & Commissions");
  const partnerId = usePartnerId();
  const { viewer: reader, onViewerChange } = useSession();
  const { params } = useUrlState();
  const currency = params.get("currency");
  const months = MONTHS.find((count) => String(count) === params.get("months")) ?? MONTHS[0];
  const { since, record, dismiss } = useLastVisit(partnerId);
  const isPartner = reader.kind === "PARTNER_USER";
  const changed = isPartner && since ? { changedFrom: changedFrom(since) } : null;
  const inPageCurrency = currency ? { currency } : null;
  const page = useLiveQuery(
    RevenuePageDocument,
    {
      partnerId,
      currency,
      months,
      filter: inPageCurrency,
      payoutFilter: inPageCurrency,
      wasHereBefore: changed !== null,
      changedEvents: changed,
      changedPayouts: changed,
    },
    60,
  );
  const partner = page.data?.partner ?? undefined;
  const viewer = page.data?.viewer;
  useEffect(() => {
    if (viewer) onViewerChange(viewer);
  }, [viewer, onViewerChange]);
  const seenAt = partner?.dashboard.asOf;
  useEffect(() => {
    if (seenAt && isPartner) record(seenAt);
  }, [seenAt, isPartner, record]);

  const header = (
    <PageHeader
      title="Revenue & Commissions"
      lead="Track your earnings, payouts, and referral performance"
      asOf={page.asOf}
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
  return (
    <>
      {header}
      {page.error && <ErrorAlert error={page.error} onRetry={page.refetch} />}
      {partner && <FailedPayoutBanner payouts={partner.payouts.nodes} />}
      {partner && isPartner && <WelcomeSection partner={partner} />}
      <RevenueCards partner={partner} />
      <div className="columns">
        <Section title="Earnings by month" lead="Commissions by event date, and completed payouts" actions={<MonthsSelect />}>
          <Suspense fallback={<div style={{ height: 303 }} />}>
            <EarningsChart months={partner?.months} currency={partner?.dashboard.currency} />
          </Suspense>
        </Section>
        <Section title="Balance" lead="Every commission counts in exactly one of four parts">
          <BalanceBreakdown balance={partner?.dashboard.balance} />
        </Section>
      </div>
      {partner && since && changed && <ChangesSection since={since} partner={partner} onDismiss={dismiss} />}
      <Lists partner={partner} currency={currency} isLoading={page.isLoading} />
      <CommissionDialog />
      <PayoutDialog />
    </>
  );
}

interface ListsProps {
  readonly partner: Partner | undefined;
  readonly currency: string | null;
  readonly isLoading: boolean;
}

/** A handful of each list; all of it is on a page of its own. */
function Lists({ partner, currency, isLoading }: ListsProps) {
  const isMixed = partner !== undefined && currenciesOf(partner).length > 1;
  const suffix = currency ? `, in ${currency}` : isMixed ? ", in all currencies" : "";
  return (
    <>
      <Section
        title="Recent commissions"
        lead={`Commission events from your managed accounts${suffix}`}
        actions={
          <PartnerLink to="/partners/commissions" {...(currency && { params: { currency } })}>
            All commissions
          </PartnerLink>
        }
      >
        {partner?.commissionEvents.nodes.length === 0 ? (
          <EmptyState>
            No commissions yet. The first one is recorded when a customer that is assigned to you pays an invoice.
          </EmptyState>
        ) : (
          <CommissionRows rows={partner?.commissionEvents.nodes} isLoading={isLoading} />
        )}
      </Section>
      <Section
        title="Payout history"
        lead={`Previous payouts and payment references${suffix}`}
        actions={<PartnerLink to="/partners/payouts">All payouts</PartnerLink>}
      >
        <PayoutsTable
          payouts={partner?.payouts.nodes}
          isLoading={isLoading}
          emptyText={
            currency
              ? `No payouts in ${currency} yet.`
              : "No payouts yet. Approved commissions are paid out together; “How you earn” says when."
          }
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
        <ManagedAccountsTable
          accounts={partner?.managedAccounts.nodes}
          isLoading={isLoading}
          emptyText="No managed accounts. Customers appear here when they are assigned to you."
        />
      </Section>
    </>
  );
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

/** Selects how many months the chart shows. */
function MonthsSelect() {
  const { params, setParams } = useUrlState();
  return (
    <SelectField
      label="Months"
      value={params.get("months") ?? String(MONTHS[0])}
      onChange={(months) => setParams({ months: months === String(MONTHS[0]) ? null : months })}
      options={MONTHS.map((count) => ({ value: String(count), label: `The last ${count}` }))}
    />
  );
}
