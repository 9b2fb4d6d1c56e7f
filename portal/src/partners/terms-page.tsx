import { plural, t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { useApiQuery } from "../api";
import { ErrorAlert } from "../components/alert";
import { EmptyValue } from "../components/amounts";
import { EmptyState } from "../components/empty-state";
import { PageHeader } from "../components/page-header";
import { Section } from "../components/section";
import { Skeleton } from "../components/skeleton";
import { StatusBadge } from "../components/status-badge";
import { type Column, Table } from "../components/table";
import { DateOf } from "../components/timestamp";
import { isolated } from "../format/isolation";
import { partnerStatusLabel, tierLabel } from "../format/labels";
import { formatRate } from "../format/money";
import {
  approvalSentence, holdSentence, minimumSentence, nextPayoutSentence, payoutDaySentence, rateSentence, REFUND_SENTENCE,
} from "../format/sentences";
import { PartnerTermsPageDocument, type PartnerTermsPageQuery } from "../gql/graphql";
import { useDocumentTitle } from "../hooks/document-title";
import { useSession } from "../sign-in/session";
import { CustomerName } from "./customer-cell";
import { PartnerLink, PartnerSelect, usePartnerId } from "./partner-layout";

type Data = PartnerTermsPageQuery;
type Partner = NonNullable<Data["partner"]>;
type Tenant = Data["viewer"]["tenant"];

/** By which terms a partner earns and is paid, in sentences, and what they were before. */
export function TermsPage() {
  useDocumentTitle(t`How you earn`);
  const partnerId = usePartnerId();
  const { data, error, refetch } = useApiQuery(PartnerTermsPageDocument, { partnerId });
  const partner = data?.partner ?? undefined;
  const tenant = data?.viewer.tenant;
  return (
    <>
      <PageHeader
        title={t`How you earn`}
        lead={t`Your terms, in sentences`}
        actions={<PartnerSelect />}
      />
      {error && <ErrorAlert error={error} onRetry={refetch} />}
      {/* The sentences take more room than placeholders, which would move what is below them. */}
      {!data && !error && <Skeleton width="long" />}
      {data && !partner && <EmptyState><Trans>Partner not found.</Trans></EmptyState>}
      {partner && tenant && (
        <>
          <div className="columns">
            <Section title={t`What you earn`}>
              <Earning partner={partner} tenant={tenant} />
            </Section>
            <Section title={t`When you are paid`}>
              <Paying partner={partner} tenant={tenant} />
            </Section>
          </div>
          <CustomRates partner={partner} />
          <Section
            title={t`Your terms over time`}
            lead={t`An invoice earns by the terms that hold when it is paid: later changes leave your commissions as they are.`}
          >
            <TermsTable partner={partner} />
          </Section>
        </>
      )}
    </>
  );
}

interface TermsProps {
  readonly partner: Partner;
  readonly tenant: Tenant;
}

function Earning({ partner, tenant }: TermsProps) {
  return (
    <div className="stack">
      <p>{rateSentence(partner.defaultCommissionRate)}</p>
      <p>{approvalSentence(isolated(tenant.name))}</p>
      <p>{REFUND_SENTENCE}</p>
      <p>
        <PartnerLink to="/partners/accounts">
          {plural(partner.managedAccounts.totalCount, {
            one: "You have # active account.",
            other: "You have # active accounts.",
          })}
        </PartnerLink>
      </p>
      {partner.status !== "ACTIVE" && (
        <p>
          {t`Your status is “${partnerStatusLabel(partner.status).label}”. Ask ${isolated(tenant.name)} what that means for new commissions and payouts.`}
        </p>
      )}
    </div>
  );
}

function Paying({ partner, tenant }: TermsProps) {
  const { calendar } = useSession();
  const { payoutCurrency, dashboard } = partner;
  const minimum = tenant.minimumPayouts.find(({ currency }) => currency === payoutCurrency) ?? null;
  const next = dashboard.nextPayoutDate && calendar.formatDate(dashboard.nextPayoutDate);
  return (
    <div className="stack">
      <p>{holdSentence(tenant.holdDays)}</p>
      <p>{minimumSentence(minimum, payoutCurrency)}</p>
      <p>
        {payoutDaySentence(tenant.payoutDay, isolated(tenant.name))} {nextPayoutSentence(next)}
      </p>
      <p>
        <PartnerLink to="/partners/payouts"><Trans>See your payouts.</Trans></PartnerLink>
      </p>
      <p>
        <PartnerLink to="/partners/payout-account"><Trans>See the account that you are paid to.</Trans></PartnerLink>
      </p>
    </div>
  );
}

type Account = Partner["managedAccounts"]["nodes"][number];

const RATE_COLUMNS: readonly Column<Account>[] = [
  { header: t`Customer`, cell: (account) => <CustomerName {...account} /> },
  {
    header: t`Rate`,
    isNumber: true,
    cell: ({ customCommissionRate }) => formatRate(customCommissionRate ?? "0"),
  },
];

/** The customers with a rate of their own. Renders nothing if there are none. */
function CustomRates({ partner }: { readonly partner: Partner }) {
  const accounts = partner.managedAccounts.nodes.filter(({ customCommissionRate }) => customCommissionRate !== null);
  if (accounts.length === 0) return null;
  return (
    <Section title={t`Rates that were agreed for a customer`} lead={t`They hold instead of your default rate.`}>
      <Table caption={t`Rates of customers`} columns={RATE_COLUMNS} rows={accounts} isLoading={false} />
    </Section>
  );
}

/** The time from which terms hold with which a partner began. */
const BEGINNING = "2000-01-01";

function TermsTable({ partner }: { readonly partner: Partner }) {
  const rows = partner.terms.map((terms) => ({ ...terms, id: `${terms.effectiveFrom} ${terms.changedAt}` }));
  const columns: readonly Column<(typeof rows)[number]>[] = [
    {
      header: t`From`,
      isCompact: true,
      cell: ({ effectiveFrom }) => (effectiveFrom.startsWith(BEGINNING) ? t`the beginning` : <DateOf at={effectiveFrom} />),
    },
    {
      header: t`Default rate`,
      isNumber: true,
      cell: ({ defaultCommissionRate }) => (defaultCommissionRate ? formatRate(defaultCommissionRate) : <EmptyValue />),
    },
    { header: t`Tier`, isCompact: true, cell: ({ tier }) => tierLabel(tier) },
    { header: t`Status`, isCompact: true, cell: ({ status }) => <StatusBadge {...partnerStatusLabel(status)} /> },
    { header: t`Agreed`, isCompact: true, cell: ({ changedAt }) => <DateOf at={changedAt} /> },
  ];
  return <Table caption={t`Terms`} columns={columns} rows={rows} isLoading={false} />;
}
