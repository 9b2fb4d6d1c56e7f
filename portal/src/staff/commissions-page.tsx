import { t } from "@lingui/core/macro";
import { Link } from "react-router";
import { useApiQuery } from "../api";
import { ErrorAlert } from "../components/alert";
import { Amount, EmptyValue } from "../components/amounts";
import { EmptyState } from "../components/empty-state";
import { ListTotal } from "../components/list-total";
import { PageHeader } from "../components/page-header";
import { Pagination } from "../components/pagination";
import { Section } from "../components/section";
import { StatusBadge } from "../components/status-badge";
import { type Column, type Sorting, Table } from "../components/table";
import { useToast } from "../components/toasts";
import { commissionLabel, eventTypeLabel } from "../format/labels";
import { StaffCommissionsDocument, type StaffCommissionsQuery } from "../gql/graphql";
import { useDocumentTitle } from "../hooks/document-title";
import { useOpenItem, usePageArgs } from "../hooks/url-state";
import { CustomerCell } from "../partners/customer-cell";
import { useSession } from "../sign-in/session";
import { ListFilter } from "./list-filter";
import { useListView } from "./list-view";
import { COMMISSIONS_VIEW } from "./list-views";
import { SavedViews } from "./saved-views";
import { StaffCommissionDialog } from "./staff-commission-dialog";
import { StaffPayoutDialog } from "./staff-payout-dialog";

type Commission = StaffCommissionsQuery["commissionEvents"]["nodes"][number];

/** The commission events of all partners. A click on a row opens its details. */
export function CommissionsPage() {
  useDocumentTitle(t`Commissions`);
  const { filter, problem, orderBy, sorting, isFiltered } = useListView(COMMISSIONS_VIEW);
  const variables = { filter, orderBy, ...usePageArgs(50) };
  const { data, error, isLoading, refetch } = useApiQuery(StaffCommissionsDocument, variables, problem !== null);
  const showToast = useToast();
  const commissions = problem === null ? data?.commissionEvents : undefined;
  return (
    <>
      <PageHeader title={t`Commissions`} lead={t`What all partners earned or owe, each invoice, refund and adjustment by itself`} />
      {error && <ErrorAlert error={error} onRetry={refetch} />}
      <Section title={t`All commissions`}>
        <div className="stack">
          <SavedViews view={COMMISSIONS_VIEW} />
          <ListFilter view={COMMISSIONS_VIEW} />
          {commissions?.nodes.length === 0 && !isLoading ? (
            <EmptyState>{isFiltered ? t`No commissions match these filters.` : t`No commission events yet.`}</EmptyState>
          ) : (
            problem === null &&
            !(error && !data) && <CommissionRows rows={commissions?.nodes} isLoading={isLoading} sorting={sorting} />
          )}
          {commissions && commissions.totalCount > 1 && <ListTotal totals={data?.commissionEventTotals ?? []} />}
          {commissions && (
            <Pagination
              noun="commission event"
              totalCount={commissions.totalCount}
              pageInfo={commissions.pageInfo}
              files={commissions}
            />
          )}
        </div>
      </Section>
      <StaffCommissionDialog
        onSuccess={(message) => {
          showToast(message);
          refetch();
        }}
      />
      <StaffPayoutDialog onSuccess={showToast} />
    </>
  );
}

interface RowsProps {
  readonly rows: readonly Commission[] | undefined;
  readonly isLoading: boolean;
  readonly sorting: Sorting;
}

function CommissionRows({ rows, isLoading, sorting }: RowsProps) {
  const { calendar } = useSession();
  const { linkTo, open } = useOpenItem("event");
  const columns: readonly Column<Commission>[] = [
    {
      header: t`Event date`,
      isCompact: true,
      sort: "date",
      cell: ({ id, eventDate }) => <Link {...linkTo(id)}>{calendar.formatDate(eventDate)}</Link>,
    },
    { header: t`Partner`, cell: ({ partner }) => <bdi>{partner.companyName}</bdi> },
    { header: t`Customer`, cell: (commission) => <CustomerCell commission={commission} /> },
    {
      header: t`Base amount`,
      isNumber: true,
      cell: ({ baseAmount }) => (baseAmount ? <Amount value={baseAmount} /> : <EmptyValue />),
    },
    {
      header: t`Commission`,
      isNumber: true,
      sort: "commission",
      cell: ({ commissionAmount }) => <Amount value={commissionAmount} />,
    },
    {
      header: t`Status`,
      isCompact: true,
      cell: (commission) => (
        <>
          <StatusBadge {...commissionLabel(commission)} />
          {commission.eventType !== "INVOICE_PAID" && <div className="muted">{eventTypeLabel(commission.eventType)}</div>}
        </>
      ),
    },
    {
      header: t`Recorded`,
      isCompact: true,
      sort: "recorded",
      cell: ({ recordedAt }) => calendar.formatDate(recordedAt),
    },
    {
      header: t`Payable from`,
      isCompact: true,
      sort: "payable",
      cell: ({ payableAt }) => calendar.formatDate(payableAt),
    },
  ];
  return (
    <Table
      caption={t`Commissions`}
      columns={columns}
      rows={rows}
      isLoading={isLoading}
      sorting={sorting}
      onRowClick={({ id }) => open(id)}
      rowTestId="commission-row"
    />
  );
}
