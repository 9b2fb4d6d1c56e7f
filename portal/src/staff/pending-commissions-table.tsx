import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { memo } from "react";
import { Link } from "react-router";
import { Amount, AmountList, EmptyValue } from "../components/amounts";
import { EmptyState } from "../components/empty-state";
import { StatusBadge } from "../components/status-badge";
import { type Column, Table } from "../components/table";
import { DateOf } from "../components/timestamp";
import { formatDays } from "../format/dates";
import { isolated } from "../format/isolation";
import { formatRate, totalsByCurrency } from "../format/money";
import type { QueuedCommissionFragment } from "../gql/graphql";
import { useOpenItem } from "../hooks/url-state";
import { CustomerCell } from "../partners/customer-cell";
import { useSession } from "../sign-in/session";
import { isApprovedWithOriginal } from "./amendment";
import { largeAmounts, unusual } from "./unusual";

export type PendingCommission = QueuedCommissionFragment;

interface Props {
  readonly rows: readonly PendingCommission[] | undefined;
  readonly isLoading: boolean;
  readonly selection: ReadonlyMap<string, PendingCommission>;
  /** Whether all rows of all pages are selected. */
  readonly isAllSelected: boolean;
  /** Shown if there are no commissions. */
  readonly empty: string;
  /** Adds or removes a row. Without it the table has no checkboxes. */
  readonly onSelect: ((row: PendingCommission, isSelected: boolean) => void) | undefined;
}

/**
 * The commissions that wait for approval. Reversals and reinstatements of a pending commission are approved with it, and
 * have no checkbox. The table stays as it is while a dialog opens in front of it.
 */
export const PendingCommissionsTable = memo(function PendingCommissionsTable({ rows, isLoading, selection, isAllSelected, empty, onSelect }: Props) {
  const { linkTo, open } = useOpenItem("event");
  if (rows?.length === 0 && !isLoading) return <EmptyState>{empty}</EmptyState>;
  const checkboxColumn: Column<PendingCommission> = {
    header: t`Select`,
    isCompact: true,
    cell: (row) =>
      isApprovedWithOriginal(row) ? (
        <span className="muted" title={t`Approved or cancelled with its commission`}>
          <Trans>with original</Trans>
        </span>
      ) : (
        <input
          type="checkbox"
          aria-label={t`Select ${isolated(row.invoiceId ?? row.id)} of ${isolated(row.partner.companyName)}`}
          checked={isAllSelected || selection.has(row.id)}
          onChange={({ target }) => onSelect?.(row, target.checked)}
        />
      ),
  };
  const large = largeAmounts(rows ?? []);
  const columns: readonly Column<PendingCommission>[] = [
    ...(onSelect ? [checkboxColumn] : []),
    {
      header: t`Event date`,
      isCompact: true,
      cell: (row) => (
        <>
          <Link {...linkTo(row.id)}>
            <DateOf at={row.eventDate} />
          </Link>
          <Waiting commission={row} />
        </>
      ),
    },
    { header: t`Partner`, cell: ({ partner }) => <bdi>{partner.companyName}</bdi> },
    { header: t`Customer`, cell: (row) => <CustomerCell commission={row} /> },
    { header: t`Invoice`, cell: ({ invoiceId }) => (invoiceId ? <bdi>{invoiceId}</bdi> : <EmptyValue />) },
    {
      header: t`Base amount`,
      isNumber: true,
      cell: ({ baseAmount }) => (baseAmount ? <Amount value={baseAmount} /> : <EmptyValue />),
    },
    {
      header: t`Rate`,
      isNumber: true,
      cell: ({ commissionRate }) => (commissionRate ? formatRate(commissionRate) : <EmptyValue />),
    },
    {
      header: t`Commission`,
      isNumber: true,
      cell: (row) => (
        <>
          <Amount value={row.commissionAmount} />
          {unusual(row, large).map((mark) => (
            <div key={mark.label}>
              <StatusBadge {...mark} />
            </div>
          ))}
        </>
      ),
    },
  ];
  return (
    <Table
      caption={t`Commissions to approve`}
      columns={columns}
      rows={rows}
      isLoading={isLoading}
      totals={
        rows && rows.length > 1
          ? {
              label: t`This page`,
              cells: { [t`Commission`]: <AmountList values={totalsByCurrency(rows.map((row) => row.commissionAmount))} /> },
            }
          : undefined
      }
      onRowClick={({ id }) => open(id)}
      rowTestId="queued-commission"
    />
  );
});

const DAY_MS = 86_400_000;

/** How long a commission has waited for approval, and until when no payout can pay it. */
function Waiting({ commission }: { readonly commission: PendingCommission }) {
  const { calendar } = useSession();
  const { status, recordedAt, payableAt, heldAt } = commission;
  const days = Math.floor((Date.now() - new Date(recordedAt).getTime()) / DAY_MS);
  const isOnHold = status !== "PAID" && new Date(payableAt).getTime() > Date.now();
  return (
    <>
      {status === "PENDING" && <div className="muted">{days === 0 ? t`waiting since today` : t`waiting ${formatDays(days)}`}</div>}
      {isOnHold && <div className="muted">{t`on hold until ${calendar.formatDate(payableAt)}`}</div>}
      {heldAt && <div className="muted">{t`held back ${calendar.formatDate(heldAt)}`}</div>}
    </>
  );
}
