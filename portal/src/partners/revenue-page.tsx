import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { Fragment, lazy, Suspense, useEffect, useRef } from "react";
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
import { FailedPayoutBanner, openFailure } from "./failed-payout-banner";
import { ManagedAccountsTable } from "./managed-accounts-table";
import { PartnerLink, PartnerSelect, usePartnerId } from "./partner-layout";
import { PayoutAccountNotice, payoutAccountNeed } from "./payout-account-notice";
import { PayoutDialog } from "./payout-dialog";
import { PayoutsTable } from "./payouts-table";
import { ReferralFunnel, ReferralStats } from "./referral-funnel";
import { RevenueCards } from "./revenue-cards";
import { isNew, WelcomeSection } from "./welcome-section";

const EarningsChart = lazy(() => import("./earnings-chart"));

type Partner = NonNullable<RevenuePageQuery["partner"]>;

/** The numbers of months that the chart can show. */
const MONTHS = [12, 24, 36] as const;

/** What a partner earned and was paid, and what is outstanding. The page takes a single request. */
export function RevenuePage() {
  useDocumentTitle(t`Revenue & Commissions`);
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
  // Above the other sections, which begin anew below it: placeholders would be moved, with what a reader may have begun to use.
  const hasNotice = useRef<boolean>(undefined);
  if (partner && viewer) {
    hasNotice.current ??=
      openFailure(partner.payouts.nodes) !== undefined ||
      payoutAccountNeed(viewer, partnerId) !== undefined ||
      (isPartner && isNew(partner));
  }
  useEffect(() => {
    if (viewer) onViewerChange(viewer);
  }, [viewer, onViewerChange]);
  const seenAt = partner?.dashboard.asOf;
  useEffect(() => {
    if (seenAt && isPartner) record(seenAt);
  }, [seenAt, isPartner, record]);

  const header = (
    <PageHeader
      title={t`Revenue & Commissions`}
      lead={t`Track your earnings, payouts, and referral performance`}
      asOf={page.asOf}
      actions={
        <>
          {partner && <CurrencySelect partner={partner} />}
          <PartnerSelect />
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
        <EmptyState><Trans>Partner not found.</Trans></EmptyState>
      </>
    );
  }
  return (
    <>
      {header}
      {page.error && <ErrorAlert error={page.error} onRetry={page.refetch} />}
      <Fragment key={hasNotice.current ? "notice" : "page"}>
        {partner && <FailedPayoutBanner payouts={partner.payouts.nodes} />}
        {viewer && <PayoutAccountNotice viewer={viewer} partnerId={partnerId} />}
        {partner && isPartner && <WelcomeSection partner={partner} />}
        <RevenueCards partner={partner} />
        <div className="columns">
          <Section title={t`Earnings by month`} lead={t`Commissions by event date, and completed payouts`} actions={<MonthsSelect />}>
            <Suspense fallback={<div style={{ height: 303 }} />}>
              <EarningsChart months={partner?.months} currency={partner?.dashboard.currency} />
            </Suspense>
          </Section>
          <Section title={t`Balance`} lead={t`Every commission counts in exactly one of four parts`}>
            <BalanceBreakdown balance={partner?.dashboard.balance} />
          </Section>
        </div>
        {partner && since && changed && <ChangesSection since={since} partner={partner} onDismiss={dismiss} />}
        <Lists partner={partner} currency={currency} isLoading={page.isLoading} />
      </Fragment>
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
  const currencies = currency ? t`in ${currency}` : isMixed ? t`in all currencies` : null;
  const withCurrencies = (lead: string) => (currencies ? `${lead}, ${currencies}` : lead);
  return (
    <>
      <Section
        title={t`Recent commissions`}
        lead={withCurrencies(t`Commission events from your managed accounts`)}
        actions={
          <PartnerLink to="/partners/commissions" {...(currency && { params: { currency } })}>
            <Trans>All commissions</Trans>
          </PartnerLink>
        }
      >
        {partner?.commissionEvents.nodes.length === 0 ? (
          <EmptyState>
            <Trans>No commissions yet. The first one is recorded when a customer that is assigned to you pays an invoice.</Trans>
          </EmptyState>
        ) : (
          <CommissionRows rows={partner?.commissionEvents.nodes} isLoading={isLoading} />
        )}
      </Section>
      <Section
        title={t`Payout history`}
        lead={withCurrencies(t`Previous payouts and payment references`)}
        actions={<PartnerLink to="/partners/payouts"><Trans>All payouts</Trans></PartnerLink>}
      >
        <PayoutsTable
          payouts={partner?.payouts.nodes}
          isLoading={isLoading}
          emptyText={
            currency
              ? t`No payouts in ${currency} yet.`
              : t`No payouts yet. Approved commissions are paid out together; “How you earn” says when.`
          }
        />
      </Section>
      <Section
        title={t`Referrals`}
        lead={t`From lead to customer`}
        actions={<PartnerLink to="/partners/referrals"><Trans>All referrals</Trans></PartnerLink>}
      >
        <div className="stack">
          <ReferralStats stats={partner?.dashboard} />
          <ReferralFunnel stages={partner?.referralFunnel} />
        </div>
      </Section>
      <Section
        title={t`Managed accounts`}
        lead={t`Customers you earn commission on`}
        actions={<PartnerLink to="/partners/accounts"><Trans>All accounts</Trans></PartnerLink>}
      >
        <ManagedAccountsTable
          accounts={partner?.managedAccounts.nodes}
          isLoading={isLoading}
          emptyText={t`No managed accounts. Customers appear here when they are assigned to you.`}
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
      label={t`Currency`}
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
      label={t`Months`}
      value={params.get("months") ?? String(MONTHS[0])}
      onChange={(months) => setParams({ months: months === String(MONTHS[0]) ? null : months })}
      options={MONTHS.map((count) => ({ value: String(count), label: t`The last ${count}` }))}
    />
  );
}
