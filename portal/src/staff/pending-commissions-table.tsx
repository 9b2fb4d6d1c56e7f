import { Link } from "react-router";
import { Amount, AmountList, EmptyValue } from "../components/amounts";
import { EmptyState } from "../components/empty-state";
import { type Column, Table } from "../components/table";
import { DateOf, RelativeTime } from "../components/timestamp";
import { isolated } from "../format/isolation";
import { formatRate, totalsByCurrency } from "../format/money";
import type { QueuedCommissionFragment } from "../gql/graphql";
import { useOpenItem } from "../hooks/url-state";
import { CustomerCell } from "../partners/customer-cell";
import { isApprovedWithOriginal } from "./amendment";

export type PendingCommission = QueuedCommissionFragment;

interface Props {
  readonly rows: readonly PendingCommission[] | undefined;
  readonly isLoading: boolean;
  readonly selection: ReadonlyMap<string, PendingCommission>;
  /** Adds or removes a row. Without it the table has no checkboxes. */
  readonly onSelect: ((row: PendingCommission, isSelected: boolean) => void) | undefined;
}

/**
 * The commissions that wait for approval. Reversals and reinstatements of a pending commission are approved with it, and
 * have no checkbox.
 */
export function PendingCommissionsTable({ rows, isLoading, selection, onSelect }: Props) {
  const { linkTo, open } = useOpenItem("event");
  if (rows?.length === 0 && !isLoading) return <EmptyState>No commissions are waiting for approval.</EmptyState>;
  const checkboxColumn: Column<PendingCommission> = {
    header: "Select",
    isCompact: true,
    cell: (row) =>
      isApprovedWithOriginal(row) ? (
        <span className="muted" title="Approved or cancelled with its commission">
          with original
        </span>
      ) : (
        <input
          type="checkbox"
          aria-label={`Select ${isolated(row.invoiceId ?? row.id)} of ${isolated(row.partner.companyName)}`}
          checked={selection.has(row.id)}
          onChange={({ target }) => onSelect?.(row, target.checked)}
        />
      ),
  };
  const columns: readonly Column<PendingCommission>[] = [
    ...(onSelect ? [checkboxColumn] : []),
    {
      header: "Event date",
      isCompact: true,
      cell: ({ id, eventDate }) => (
        <>
          <Link {...linkTo(id)}>
            <DateOf at={eventDate} />
          </Link>
          <div className="muted">
            <RelativeTime at={eventDate} />
          </div>
        </>
      ),
    },
    { header: "Partner", cell: ({ partner }) => <bdi>{partner.companyName}</bdi> },
    { header: "Customer", cell: (row) => <CustomerCell commission={row} /> },
    { header: "Invoice", cell: ({ invoiceId }) => (invoiceId ? <bdi>{invoiceId}</bdi> : <EmptyValue />) },
    {
      header: "Base amount",
      isNumber: true,
      cell: ({ baseAmount }) => (baseAmount ? <Amount value={baseAmount} /> : <EmptyValue />),
    },
    {
      header: "Rate",
      isNumber: true,
      cell: ({ commissionRate }) => (commissionRate ? formatRate(commissionRate) : <EmptyValue />),
    },
    { header: "Commission", isNumber: true, cell: ({ commissionAmount }) => <Amount value={commissionAmount} /> },
  ];
  return (
    <Table
      caption="Commissions to approve"
      columns={columns}
      rows={rows}
      isLoading={isLoading}
      totals={
        rows && rows.length > 1
          ? {
              label: "This page",
              cells: { Commission: <AmountList values={totalsByCurrency(rows.map((row) => row.commissionAmount))} /> },
            }
          : undefined
      }
      onRowClick={({ id }) => open(id)}
      rowTestId="queued-commission"
    />
  );
}
