import { Link } from "react-router";
import { useApiQuery } from "../api";
import { ErrorAlert, SuccessAlert } from "../components/alert";
import { Amount } from "../components/amounts";
import { EmptyState } from "../components/empty-state";
import { PageHeader } from "../components/page-header";
import { Section } from "../components/section";
import { Skeleton } from "../components/skeleton";
import { type Column, Table } from "../components/table";
import { formatCount } from "../format/money";
import { ReconciliationDocument, type ReconciliationQuery } from "../gql/graphql";
import { useDocumentTitle } from "../hooks/document-title";
import { useOpenItem } from "../hooks/url-state";
import { CommissionDialog } from "../partners/commission-dialog";
import { CustomerCell } from "../partners/customer-cell";
import { useSession } from "../sign-in/session";

type Report = ReconciliationQuery["reconciliation"];
/** Rows of a report that have no id of their own get their index. */
type Indexed<Row> = Row & { readonly id: string };

const withIndexAsId = <Row extends object>(rows: readonly Row[]): Indexed<Row>[] =>
  rows.map((row, index) => ({ ...row, id: String(index) }));

const DIFFERENCE_COLUMNS: readonly Column<Indexed<Report["differences"][number]>>[] = [
  { header: "Partner", cell: ({ partner }) => <bdi>{partner.companyName}</bdi> },
  { header: "Rule", cell: ({ rule }) => rule },
  { header: "Expected", isNumber: true, cell: ({ expected }) => <Amount value={expected} /> },
  { header: "Actual", isNumber: true, cell: ({ actual }) => <Amount value={actual} /> },
  { header: "Rows", cell: ({ ids }) => ids.join(", ") },
];

const DEBT_COLUMNS: readonly Column<Indexed<Report["debts"][number]>>[] = [
  {
    header: "Partner",
    cell: ({ partner }) => (
      <Link to={`/staff/partners/${partner.id}`}>
        <bdi>{partner.companyName}</bdi>
      </Link>
    ),
  },
  { header: "Amount", isNumber: true, cell: ({ amount }) => <Amount value={amount} /> },
];

/**
 * The reconciliation report: differences between stored totals and the rows they derive from, debts, missed
 * commissions.
 */
export function ReconciliationPage() {
  useDocumentTitle("Reconciliation");
  const { calendar } = useSession();
  const { data, error, isLoading, refetch } = useApiQuery(ReconciliationDocument, {});
  const report = data?.reconciliation;
  return (
    <>
      <PageHeader
        title="Reconciliation"
        lead="Compares every stored total with independent records"
        actions={
          <button className="button" type="button" aria-disabled={isLoading} onClick={() => isLoading || refetch()}>
            {isLoading ? "Checking…" : "Check again"}
          </button>
        }
      />
      {error && <ErrorAlert error={error} onRetry={refetch} />}
      {!report && !error && <Skeleton width="long" />}
      {report?.balanced && (
        <SuccessAlert>Balanced: payouts, lines, commissions, receipts, refunds and balances agree.</SuccessAlert>
      )}
      {report && (
        <p className="muted" data-testid="reconciled">
          Checked {calendar.formatDateTime(report.asOf)}: {formatCount(report.commissionEventCount, "commission")},{" "}
          {formatCount(report.payoutCount, "payout")} and {formatCount(report.invoiceCount, "invoice")}.
        </p>
      )}
      {report && !report.balanced && (
        <Section
          title={formatCount(report.differences.length, "difference")}
          lead="Differences are never corrected automatically. Find the cause first."
        >
          <Table
            caption="Differences"
            columns={DIFFERENCE_COLUMNS}
            rows={withIndexAsId(report.differences)}
            isLoading={isLoading}
          />
        </Section>
      )}
      {report && (
        <>
          <Section title="Debts" lead="Negative balances, which are deducted from the partners’ next payouts">
            {report.debts.length === 0 ? (
              <EmptyState>No partner has a negative balance.</EmptyState>
            ) : (
              <Table caption="Debts" columns={DEBT_COLUMNS} rows={withIndexAsId(report.debts)} isLoading={isLoading} />
            )}
          </Section>
          <Section
            title="Missed commissions"
            lead="Approved and due, but not included in the payout for their period"
          >
            {report.strandedEvents.length === 0 ? (
              <EmptyState>No commissions were missed.</EmptyState>
            ) : (
              <MissedCommissions rows={report.strandedEvents} isLoading={isLoading} />
            )}
          </Section>
        </>
      )}
      <CommissionDialog />
    </>
  );
}

interface MissedCommissionsProps {
  readonly rows: Report["strandedEvents"];
  readonly isLoading: boolean;
}

function MissedCommissions({ rows, isLoading }: MissedCommissionsProps) {
  const { calendar } = useSession();
  const { linkTo, open } = useOpenItem("event");
  const columns: readonly Column<Report["strandedEvents"][number]>[] = [
    { header: "Event date", cell: ({ id, eventDate }) => <Link {...linkTo(id)}>{calendar.formatDate(eventDate)}</Link> },
    { header: "Partner", cell: ({ partner }) => <bdi>{partner.companyName}</bdi> },
    { header: "Customer", cell: (row) => <CustomerCell commission={row} /> },
    { header: "Commission", isNumber: true, cell: ({ commissionAmount }) => <Amount value={commissionAmount} /> },
  ];
  return (
    <Table
      caption="Missed commissions"
      columns={columns}
      rows={rows}
      isLoading={isLoading}
      onRowClick={({ id }) => open(id)}
    />
  );
}
