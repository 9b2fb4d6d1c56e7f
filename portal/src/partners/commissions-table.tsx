import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { Link } from "react-router";
import { Amount, EmptyValue } from "../components/amounts";
import { EmptyState } from "../components/empty-state";
import { DateField, FieldRow, SelectField, StatusFilter } from "../components/fields";
import { ListTotal } from "../components/list-total";
import { Pagination } from "../components/pagination";
import { StatusBadge } from "../components/status-badge";
import { type Column, type Sorting, Table } from "../components/table";
import { DateOf } from "../components/timestamp";
import type { Calendar } from "../format/dates";
import { COMMISSION_STATUSES, commissionLabel, commissionStatusLabel, EVENT_TYPES, eventTypeLabel } from "../format/labels";
import { formatRate, type Money } from "../format/money";
import type {
  CommissionEventFilter, CommissionEventOrder, CommissionRowFragment, CommissionRowsFragment,
} from "../gql/graphql";
import { changedFrom } from "../hooks/last-visit";
import { FIRST_PAGE, useOpenItem, useUrlState } from "../hooks/url-state";
import { useSession } from "../sign-in/session";
import { CustomerCell } from "./customer-cell";

type Commission = CommissionRowFragment;

const FILTER_PARAMS = ["status", "type", "from", "to", "changed"];

/**
 * Reads the filter and the sort order of the commissions from the URL. Dates are days in the tenant's time zone; the
 * currency is that of the whole page, if one is selected.
 */
export function parseCommissionParams(params: URLSearchParams, calendar: Calendar) {
  const status = COMMISSION_STATUSES.find((status) => status === params.get("status"));
  const eventType = EVENT_TYPES.find((type) => type === params.get("type"));
  const currency = params.get("currency");
  const changed = params.get("changed");
  const from = calendar.startOfDay(params.get("from") ?? "");
  const to = calendar.startOfDay(params.get("to") ?? "", 1);
  // The API rejects a period that ends before it starts, so such an end is not sent; the table shows a hint instead.
  const isPeriodReversed = from !== null && to !== null && to <= from;
  const filter: CommissionEventFilter = {
    ...(status && { status: [status] }),
    ...(eventType && { eventType: [eventType] }),
    ...(currency && { currency }),
    ...(from && { eventDateFrom: from }),
    ...(to && !isPeriodReversed && { eventDateTo: to }),
    ...(changed && !Number.isNaN(Date.parse(changed)) && { changedFrom: changedFrom(changed) }),
  };
  const [field, direction] = (params.get("sort") ?? "").split("-");
  const orderBy: CommissionEventOrder = {
    field: field === "commission" ? "COMMISSION_AMOUNT" : "EVENT_DATE",
    direction: direction === "asc" ? "ASC" : "DESC",
  };
  return { filter, orderBy, isPeriodReversed };
}

interface Props {
  readonly commissions: CommissionRowsFragment | undefined;
  /** The totals of all pages, one per currency. */
  readonly totals: readonly Money[] | undefined;
  readonly isLoading: boolean;
}

/** The commissions of a partner, with filters, sorting and pages in the URL. A click on a row opens its details. */
export function CommissionsTable({ commissions, totals = [], isLoading }: Props) {
  const { calendar } = useSession();
  const { params, setParams } = useUrlState();
  const { orderBy, isPeriodReversed } = parseCommissionParams(params, calendar);
  if (isPeriodReversed) {
    return (
      <div className="stack">
        <CommissionFilter />
        <EmptyState><Trans>The start date is after the end date.</Trans></EmptyState>
      </div>
    );
  }
  const isFiltered = FILTER_PARAMS.some((name) => params.has(name));
  const sorting: Sorting = {
    by: orderBy.field === "COMMISSION_AMOUNT" ? "commission" : "date",
    isDescending: orderBy.direction === "DESC",
    onSort: (by, isDescending) => {
      const isDefault = by === "date" && isDescending;
      setParams({ ...FIRST_PAGE, sort: isDefault ? null : `${by}-${isDescending ? "desc" : "asc"}` });
    },
  };
  return (
    <div className="stack">
      <CommissionFilter />
      {commissions?.nodes.length === 0 && !isLoading ? (
        <EmptyState>{isFiltered ? t`No commissions match these filters.` : t`No commissions yet. The first one is recorded when a customer that is assigned to you pays an invoice.`}</EmptyState>
      ) : (
        <CommissionRows rows={commissions?.nodes} isLoading={isLoading} sorting={sorting} />
      )}
      {commissions && commissions.totalCount > 1 && (
        <ListTotal totals={totals} note={params.has("status") ? undefined : t`Without those that were cancelled or clawed back in full`} />
      )}
      {commissions && (
        <Pagination
          noun="commission event"
          totalCount={commissions.totalCount}
          pageInfo={commissions.pageInfo}
          files={commissions}
        />
      )}
    </div>
  );
}

interface RowsProps {
  readonly rows: readonly Commission[] | undefined;
  readonly isLoading: boolean;
  readonly sorting?: Sorting;
}

/** The rows of commissions. A click on one opens its details. */
export function CommissionRows({ rows, isLoading, sorting }: RowsProps) {
  const { linkTo, open } = useOpenItem("event");
  const columns: readonly Column<Commission>[] = [
    {
      header: t`Event date`,
      isCompact: true,
      sort: "date",
      cell: ({ id, eventDate }) => (
        <Link {...linkTo(id)}>
          <DateOf at={eventDate} />
        </Link>
      ),
    },
    { header: t`Customer`, cell: (commission) => <CustomerCell commission={commission} /> },
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
    { header: t`Payout`, isCompact: true, cell: (commission) => <PayoutDate commission={commission} /> },
  ];
  return (
    <Table
      caption={t`Commission events`}
      columns={columns}
      rows={rows}
      isLoading={isLoading}
      sorting={sorting}
      onRowClick={({ id }) => open(id)}
      testId="commission-events-table"
      rowTestId="commission-row"
    />
  );
}

/** When the commission was or will be paid, linked to the payout. */
function PayoutDate({ commission }: { readonly commission: Commission }) {
  const { calendar } = useSession();
  const { linkTo } = useOpenItem("payout");
  if (!commission.payout) return <EmptyValue />;
  const { id, payoutDate } = commission.payout;
  return (
    <Link {...linkTo(id)}>
      {commission.settledAt ? calendar.formatDate(commission.settledAt) : t`due ${calendar.formatDate(payoutDate)}`}
    </Link>
  );
}

function CommissionFilter() {
  const { params, setParams } = useUrlState();
  const isFiltered = FILTER_PARAMS.some((name) => params.has(name));
  return (
    <form role="search" aria-label={t`Commission events`} onSubmit={(event) => event.preventDefault()}>
      <FieldRow>
        <StatusFilter statuses={COMMISSION_STATUSES} labelOf={commissionStatusLabel} />
        <SelectField
          label={t`Type`}
          value={EVENT_TYPES.find((type) => type === params.get("type")) ?? ""}
          onChange={(type) => setParams({ ...FIRST_PAGE, type })}
          options={[{ value: "", label: t`All` }, ...EVENT_TYPES.map((value) => ({ value, label: eventTypeLabel(value) }))]}
        />
        <DateField label={t`From`} value={params.get("from") ?? ""} onDate={(from) => setParams({ ...FIRST_PAGE, from })} />
        <DateField label={t`To`} value={params.get("to") ?? ""} onDate={(to) => setParams({ ...FIRST_PAGE, to })} />
        {params.has("changed") && <p className="muted"><Trans>Only those that are new or have changed since your last visit</Trans></p>}
        <button
          className="button"
          type="button"
          disabled={!isFiltered}
          onClick={() => setParams({ ...FIRST_PAGE, status: null, type: null, from: null, to: null, changed: null })}
        >
          <Trans>Clear</Trans>
        </button>
      </FieldRow>
    </form>
  );
}
