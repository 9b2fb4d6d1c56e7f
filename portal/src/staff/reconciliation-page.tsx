import { plural, t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { Link } from "react-router";
import { useApiQuery } from "../api";
import { ErrorAlert, SuccessAlert } from "../components/alert";
import { Amount } from "../components/amounts";
import { EmptyState } from "../components/empty-state";
import { PageHeader } from "../components/page-header";
import { Section } from "../components/section";
import { Skeleton } from "../components/skeleton";
import { type Column, Table } from "../components/table";
import { findingLabel } from "../format/labels";
import { countOf } from "../format/nouns";
import { ReconciliationDocument, type ReconciliationQuery } from "../gql/graphql";
import { useDocumentTitle } from "../hooks/document-title";
import { useOpenItem } from "../hooks/url-state";
import { CommissionDialog } from "../partners/commission-dialog";
import { CustomerCell } from "../partners/customer-cell";
import { useSession } from "../sign-in/session";

type Report = ReconciliationQuery["reconciliation"];
type TransferAudit = NonNullable<Report["transferAudit"]>;
/** Rows of a report that have no id of their own get their index. */
type Indexed<Row> = Row & { readonly id: string };

const withIndexAsId = <Row extends object>(rows: readonly Row[]): Indexed<Row>[] =>
  rows.map((row, index) => ({ ...row, id: String(index) }));

const DIFFERENCE_COLUMNS: readonly Column<Indexed<Report["differences"][number]>>[] = [
  { header: t`Partner`, cell: ({ partner }) => <bdi>{partner.companyName}</bdi> },
  { header: t`Rule`, cell: ({ rule }) => <span translate="no">{rule}</span> },
  { header: t`Expected`, isNumber: true, cell: ({ expected }) => <Amount value={expected} /> },
  { header: t`Actual`, isNumber: true, cell: ({ actual }) => <Amount value={actual} /> },
  { header: t`Rows`, cell: ({ ids }) => <span translate="no">{ids.join(", ")}</span> },
];

const DEBT_COLUMNS: readonly Column<Indexed<Report["debts"][number]>>[] = [
  {
    header: t`Partner`,
    cell: ({ partner }) => (
      <Link to={`/staff/partners/${partner.id}`}>
        <bdi>{partner.companyName}</bdi>
      </Link>
    ),
  },
  { header: t`Amount`, isNumber: true, cell: ({ amount }) => <Amount value={amount} /> },
];

/**
 * The reconciliation report: differences between stored totals and the rows they derive from, debts, missed
 * commissions.
 */
export function ReconciliationPage() {
  useDocumentTitle(t`Reconciliation`);
  const { calendar } = useSession();
  const { data, error, isLoading, refetch } = useApiQuery(ReconciliationDocument, {});
  const report = data?.reconciliation;
  return (
    <>
      <PageHeader
        title={t`Reconciliation`}
        lead={t`Compares every stored total with independent records`}
        actions={
          <button className="button" type="button" aria-disabled={isLoading} onClick={() => isLoading || refetch()}>
            {isLoading ? t`Checking…` : t`Check again`}
          </button>
        }
      />
      {error && <ErrorAlert error={error} onRetry={refetch} />}
      {!report && !error && <Skeleton width="long" />}
      {report?.balanced && (
        <SuccessAlert><Trans>Balanced: payouts, lines, commissions, receipts, refunds and balances agree.</Trans></SuccessAlert>
      )}
      {report && (
        <p className="muted" data-testid="reconciled">
          {t`Checked ${calendar.formatDateTime(report.asOf)}: ${countOf("commission", report.commissionEventCount)}, ${countOf("payout", report.payoutCount)} and ${countOf("invoice", report.invoiceCount)}.`}
        </p>
      )}
      {report && !report.balanced && (
        <Section
          title={plural(report.differences.length, { one: "# difference", other: "# differences" })}
          lead={t`Differences are never corrected automatically. Find the cause first.`}
        >
          <Table
            caption={t`Differences`}
            columns={DIFFERENCE_COLUMNS}
            rows={withIndexAsId(report.differences)}
            isLoading={isLoading}
          />
        </Section>
      )}
      {report && (
        <>
          <Section title={t`Debts`} lead={t`Negative balances, which are deducted from the partners’ next payouts`}>
            {report.debts.length === 0 ? (
              <EmptyState><Trans>No partner has a negative balance.</Trans></EmptyState>
            ) : (
              <Table caption={t`Debts`} columns={DEBT_COLUMNS} rows={withIndexAsId(report.debts)} isLoading={isLoading} />
            )}
          </Section>
          <Section
            title={t`Missed commissions`}
            lead={t`Approved and due, but not included in the payout for their period`}
          >
            {report.strandedEvents.length === 0 ? (
              <EmptyState><Trans>No commissions were missed.</Trans></EmptyState>
            ) : (
              <MissedCommissions rows={report.strandedEvents} isLoading={isLoading} />
            )}
          </Section>
        </>
      )}
      {report?.transferAudit && <TransferAuditSection audit={report.transferAudit} isLoading={isLoading} />}
      <CommissionDialog />
    </>
  );
}

const FINDING_COLUMNS: readonly Column<TransferAudit["findings"][number]>[] = [
  { header: t`Finding`, cell: ({ kind }) => findingLabel(kind) },
  { header: t`Transfer`, cell: ({ reference }) => <span translate="no">{reference}</span> },
  {
    header: t`Payout`,
    cell: ({ payout }) => payout && <Link to={`/staff/payouts?payout=${payout.id}`}>{t`See the payout`}</Link>,
  },
  { header: t`Details`, cell: ({ message }) => <span lang="en">{message}</span> },
];

interface TransferAuditSectionProps {
  readonly audit: TransferAudit;
  readonly isLoading: boolean;
}

/** What the nightly comparison of the transfers at Stripe with the payouts that were sent has found. */
function TransferAuditSection({ audit, isLoading }: TransferAuditSectionProps) {
  const { calendar } = useSession();
  const { endedAt, transferCount, findings } = audit;
  const transfers = plural(transferCount, { one: "# transfer", other: "# transfers" });
  return (
    <Section
      title={t`Transfers at Stripe`}
      lead={endedAt ? t`Compared ${calendar.formatDateTime(endedAt)}: ${transfers}` : t`Not compared yet`}
    >
      {audit.failure && <p>{t`Stripe could last not be read: ${audit.failure}`}</p>}
      {!audit.isComplete && <p><Trans>There were too many transfers or findings to compare all of them.</Trans></p>}
      {findings.length === 0 ? (
        <EmptyState><Trans>All transfers are those of payouts that were sent.</Trans></EmptyState>
      ) : (
        <Table caption={t`Transfers at Stripe`} columns={FINDING_COLUMNS} rows={findings} isLoading={isLoading} />
      )}
    </Section>
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
    { header: t`Event date`, cell: ({ id, eventDate }) => <Link {...linkTo(id)}>{calendar.formatDate(eventDate)}</Link> },
    { header: t`Partner`, cell: ({ partner }) => <bdi>{partner.companyName}</bdi> },
    { header: t`Customer`, cell: (row) => <CustomerCell commission={row} /> },
    { header: t`Commission`, isNumber: true, cell: ({ commissionAmount }) => <Amount value={commissionAmount} /> },
  ];
  return (
    <Table
      caption={t`Missed commissions`}
      columns={columns}
      rows={rows}
      isLoading={isLoading}
      onRowClick={({ id }) => open(id)}
    />
  );
}
