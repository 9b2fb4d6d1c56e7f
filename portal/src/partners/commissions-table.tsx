import { Link } from "react-router";
import { Amount, EmptyValue } from "../components/amounts";
import { EmptyState } from "../components/empty-state";
import { DateField, FieldRow, StatusFilter } from "../components/fields";
import { Pagination } from "../components/pagination";
import { StatusBadge } from "../components/status-badge";
import { type Column, type Sorting, Table } from "../components/table";
import type { Calendar } from "../format/dates";
import { COMMISSION_STATUSES, commissionStatusLabel } from "../format/labels";
import { formatRate } from "../format/money";
import type {
  CommissionEventFilter, CommissionEventOrder, CommissionRowFragment, CommissionRowsFragment,
} from "../gql/graphql";
import { FIRST_PAGE, useOpenItem, useUrlState } from "../hooks/url-state";
import { useSession } from "../sign-in/session";
import { CustomerCell } from "./customer-cell";

type Commission = CommissionRowFragment;

const FILTER_PARAMS = ["status", "from", "to"];

/** Reads the filter and the sort order of the commissions from the URL. Dates are days in the tenant's time zone. */
export function parseCommissionParams(params: URLSearchParams, calendar: Calendar) {
  const status = COMMISSION_STATUSES.find((status) => status === params.get("status"));
  const from = calendar.startOfDay(params.get("from") ?? "");
  const to = calendar.startOfDay(params.get("to") ?? "", 1);
  // The API rejects a period that ends before it starts, so such an end is not sent; the table shows a hint instead.
  const isPeriodReversed = from !== null && to !== null && to <= from;
  const filter: CommissionEventFilter = {
    ...(status && { status: [status] }),
    ...(from && { eventDateFrom: from }),
    ...(to && !isPeriodReversed && { eventDateTo: to }),
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
  readonly isLoading: boolean;
}

/** The commissions of a partner, with filters, sorting and pages in the URL. A click on a row opens its details. */
export function CommissionsTable({ commissions, isLoading }: Props) {
  const { calendar } = useSession();
  const { params, setParams } = useUrlState();
  const { orderBy, isPeriodReversed } = parseCommissionParams(params, calendar);
  if (isPeriodReversed) {
    return (
      <div className="stack">
        <CommissionFilter />
        <EmptyState>The start date is after the end date.</EmptyState>
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
        <EmptyState>{isFiltered ? "No commissions match these filters." : "No commission events yet."}</EmptyState>
      ) : (
        <CommissionRows rows={commissions?.nodes} isLoading={isLoading} sorting={sorting} />
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
  readonly sorting: Sorting;
}

function CommissionRows({ rows, isLoading, sorting }: RowsProps) {
  const { calendar } = useSession();
  const { linkTo, open } = useOpenItem("event");
  const columns: readonly Column<Commission>[] = [
    {
      header: "Event date",
      sort: "date",
      cell: ({ id, eventDate }) => <Link {...linkTo(id)}>{calendar.formatDate(eventDate)}</Link>,
    },
    { header: "Customer", cell: (commission) => <CustomerCell commission={commission} /> },
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
    {
      header: "Commission",
      isNumber: true,
      sort: "commission",
      cell: ({ commissionAmount }) => <Amount value={commissionAmount} />,
    },
    { header: "Status", cell: ({ status }) => <StatusBadge {...commissionStatusLabel(status)} /> },
    { header: "Payout", cell: (commission) => <PayoutDate commission={commission} /> },
  ];
  return (
    <Table
      caption="Commission events"
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
      {commission.settledAt ? calendar.formatDate(commission.settledAt) : `due ${calendar.formatDate(payoutDate)}`}
    </Link>
  );
}

function CommissionFilter() {
  const { params, setParams } = useUrlState();
  const isFiltered = FILTER_PARAMS.some((name) => params.has(name));
  return (
    <form role="search" aria-label="Commission events" onSubmit={(event) => event.preventDefault()}>
      <FieldRow>
        <StatusFilter statuses={COMMISSION_STATUSES} labelOf={commissionStatusLabel} />
        <DateField label="From" value={params.get("from") ?? ""} onDate={(from) => setParams({ ...FIRST_PAGE, from })} />
        <DateField label="To" value={params.get("to") ?? ""} onDate={(to) => setParams({ ...FIRST_PAGE, to })} />
        <button
          className="button"
          type="button"
          disabled={!isFiltered}
          onClick={() => setParams({ ...FIRST_PAGE, status: null, from: null, to: null })}
        >
          Clear
        </button>
      </FieldRow>
    </form>
  );
}
