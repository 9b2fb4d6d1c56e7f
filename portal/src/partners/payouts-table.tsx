import { t } from "@lingui/core/macro";
import { Link } from "react-router";
import { Amount, EmptyValue } from "../components/amounts";
import { EmptyState } from "../components/empty-state";
import { StatusBadge } from "../components/status-badge";
import { type Column, type Sorting, Table } from "../components/table";
import { DateOf } from "../components/timestamp";
import { attentionLabel, payoutStatusLabel } from "../format/labels";
import { formatCount } from "../format/money";
import type { PayoutRowFragment } from "../gql/graphql";
import { useOpenItem } from "../hooks/url-state";
import { useSession } from "../sign-in/session";
import css from "./payouts-table.module.css";

interface Props<Row> {
  readonly payouts: readonly Row[] | undefined;
  readonly isLoading: boolean;
  /** Shown if there are no payouts. */
  readonly emptyText: string;
  /** A first column with checkboxes. */
  readonly selectColumn?: Column<Row> | undefined;
  /** Additional columns, after the date. */
  readonly extraColumns?: readonly Column<Row>[];
  /** For lists that can be sorted. */
  readonly sorting?: Sorting | undefined;
}

/** A table of payouts. A click on a row opens its details. */
export function PayoutsTable<Row extends PayoutRowFragment>(props: Props<Row>) {
  const { payouts, isLoading, emptyText, selectColumn, extraColumns = [], sorting } = props;
  const { calendar } = useSession();
  const { linkTo, open } = useOpenItem("payout");
  if (payouts?.length === 0 && !isLoading) return <EmptyState>{emptyText}</EmptyState>;
  // A column of its own where the list can be sorted by it.
  const completed: Column<Row> = {
    header: t`Completed`,
    isCompact: true,
    sort: "completed",
    cell: ({ completedAt }) => (completedAt ? calendar.formatDate(completedAt) : <EmptyValue />),
  };
  const columns: readonly Column<Row>[] = [
    ...(selectColumn ? [selectColumn] : []),
    {
      header: t`Due`,
      isCompact: true,
      sort: "date",
      cell: ({ id, payoutDate }) => (
        <Link {...linkTo(id)}>
          <DateOf at={payoutDate} />
        </Link>
      ),
    },
    ...extraColumns,
    { header: t`Period`, cell: ({ periodStart, periodEnd }) => calendar.formatPeriod(periodStart, periodEnd) },
    { header: t`Amount`, isNumber: true, sort: "total", cell: ({ totalAmount }) => <Amount value={totalAmount} /> },
    { header: t`Lines`, isNumber: true, cell: ({ commissionCount }) => formatCount(commissionCount) },
    {
      header: t`Status`,
      cell: ({ status, attention, failureReason, returnReason, completedAt }) => (
        <>
          <StatusBadge {...payoutStatusLabel(status)} />
          {attention && (
            <div>
              <StatusBadge {...attentionLabel(attention)} />
            </div>
          )}
          {completedAt && !sorting && (
            <div className="muted">
              <DateOf at={completedAt} />
            </div>
          )}
          {(failureReason ?? returnReason) && (
            <div className={`muted ${css.reason}`}>
              <bdi>{failureReason ?? returnReason}</bdi>
            </div>
          )}
        </>
      ),
    },
    ...(sorting ? [completed] : []),
    {
      header: t`Payment reference`,
      cell: ({ paymentReference }) => (paymentReference ? <bdi>{paymentReference}</bdi> : <EmptyValue />),
    },
  ];
  return (
    <Table
      caption={t`Payouts`}
      columns={columns}
      rows={payouts}
      isLoading={isLoading}
      sorting={sorting}
      onRowClick={({ id }) => open(id)}
      rowTestId="payout-row"
    />
  );
}
