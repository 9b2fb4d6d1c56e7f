import { t } from "@lingui/core/macro";
import { Link } from "react-router";
import { useApiQuery } from "../api";
import { ErrorAlert } from "../components/alert";
import { EmptyValue } from "../components/amounts";
import { EmptyState } from "../components/empty-state";
import { PageHeader } from "../components/page-header";
import { Pagination } from "../components/pagination";
import { Section } from "../components/section";
import { StatusBadge } from "../components/status-badge";
import { type Column, type Sorting, Table } from "../components/table";
import { formatRate } from "../format/money";
import { StaffAccountsDocument, type StaffAccountsQuery } from "../gql/graphql";
import { useDocumentTitle } from "../hooks/document-title";
import { usePageArgs } from "../hooks/url-state";
import { useSession } from "../sign-in/session";
import { ListFilter } from "./list-filter";
import { useListView } from "./list-view";
import { ACCOUNTS_VIEW } from "./list-views";
import { SavedViews } from "./saved-views";

type Account = StaffAccountsQuery["managedAccounts"]["nodes"][number];

/** The managed accounts of all partners: which partner earns on the invoices of which customer, and when. */
export function AccountsPage() {
  useDocumentTitle(t`Accounts`);
  const { filter, problem, orderBy, sorting, isFiltered } = useListView(ACCOUNTS_VIEW);
  const variables = { filter, orderBy, ...usePageArgs(50) };
  const { data, error, isLoading, refetch } = useApiQuery(StaffAccountsDocument, variables, problem !== null);
  const accounts = problem === null ? data?.managedAccounts : undefined;
  return (
    <>
      <PageHeader title={t`Accounts`} lead={t`Which partner manages which customer, and when. Open the partner to change it.`} />
      {error && <ErrorAlert error={error} onRetry={refetch} />}
      <Section title={t`All accounts`}>
        <div className="stack">
          <SavedViews view={ACCOUNTS_VIEW} />
          <ListFilter view={ACCOUNTS_VIEW} />
          {accounts?.nodes.length === 0 && !isLoading ? (
            <EmptyState>{isFiltered ? t`No accounts match these filters.` : t`No managed accounts yet.`}</EmptyState>
          ) : (
            problem === null &&
            !(error && !data) && <AccountRows rows={accounts?.nodes} isLoading={isLoading} sorting={sorting} />
          )}
          {accounts && (
            <Pagination noun="account" totalCount={accounts.totalCount} pageInfo={accounts.pageInfo} files={accounts} />
          )}
        </div>
      </Section>
    </>
  );
}

interface RowsProps {
  readonly rows: readonly Account[] | undefined;
  readonly isLoading: boolean;
  readonly sorting: Sorting;
}

function AccountRows({ rows, isLoading, sorting }: RowsProps) {
  const { calendar } = useSession();
  const columns: readonly Column<Account>[] = [
    {
      header: t`Customer`,
      sort: "customer",
      cell: ({ customerId, customerName }) => (
        <>
          <Link to={`/staff/commissions?customer=${encodeURIComponent(customerId)}`}>
            <bdi>{customerName ?? customerId}</bdi>
          </Link>
          {customerName && (
            <div className="muted">
              <bdi>{customerId}</bdi>
            </div>
          )}
        </>
      ),
    },
    {
      header: t`Partner`,
      cell: ({ partner }) => (
        <Link to={`/staff/partners/${partner.id}`}>
          <bdi>{partner.companyName}</bdi>
        </Link>
      ),
    },
    { header: t`Engagement`, cell: ({ engagementType }) => <bdi>{engagementType}</bdi> },
    { header: t`Start`, isCompact: true, sort: "start", cell: ({ startsAt }) => calendar.formatDate(startsAt) },
    {
      header: t`End`,
      isCompact: true,
      cell: ({ endsAt }) => (endsAt ? calendar.formatDate(endsAt) : <EmptyValue />),
    },
    {
      header: t`Rate`,
      isNumber: true,
      cell: ({ effectiveCommissionRate: rate }) => (rate ? formatRate(rate) : <EmptyValue />),
    },
    {
      header: t`Status`,
      isCompact: true,
      cell: ({ isActive }) => (
        <StatusBadge {...(isActive ? { label: t`In force`, tone: "success" } : { label: t`Not in force`, tone: "neutral" })} />
      ),
    },
  ];
  return (
    <Table caption={t`Accounts`} columns={columns} rows={rows} isLoading={isLoading} sorting={sorting} rowTestId="account-row" />
  );
}
