import { Link } from "react-router";
import type { CommissionEventFilter, CommissionEventOrder, CommissionRowFragment, CommissionRowsFragment } from "../gql/graphql";
import type { Calendar } from "../format/dates";
import { rate } from "../format/money";
import { COMMISSION_STATUSES, commissionStatus, eventType } from "../format/words";
import { useAddress, useOpen } from "../parts/address";
import { Amount, Badge, None } from "../parts/figures";
import { Row, StatusField, TextField } from "../parts/fields";
import { Empty } from "../parts/notice";
import { Pager } from "../parts/pager";
import { type Column, Table } from "../parts/table";
import { useSession } from "../sign-in/session";

type Commission = CommissionRowFragment;

/** Which commissions the address asks for, and in which order; days are those of the tenant. */
export function commissionsAsked(search: URLSearchParams, calendar: Calendar) {
  const status = COMMISSION_STATUSES.find((status) => status === search.get("status"));
  const from = calendar.midnight(search.get("from") ?? "");
  const to = calendar.midnight(search.get("to") ?? "", 1);
  // The server refuses a period that ends before it begins; to a reader it is simply empty.
  const isReversed = from !== null && to !== null && to <= from;
  const filter: CommissionEventFilter = {
    ...(status && { status: [status] }),
    ...(from && { eventDateFrom: from }),
    ...(to && !isReversed && { eventDateTo: to }),
  };
  const [field, direction] = (search.get("sort") ?? "").split("-");
  const orderBy: CommissionEventOrder = {
    field: field === "commission" ? "COMMISSION_AMOUNT" : "EVENT_DATE",
    direction: direction === "asc" ? "ASC" : "DESC",
  };
  return { filter, orderBy, isReversed };
}

interface Props {
  readonly commissions: CommissionRowsFragment | undefined;
  readonly isLoading: boolean;
}

/** A partner's commissions: choose, sort, turn pages, open one. */
export function CommissionsTable({ commissions, isLoading }: Props) {
  const { calendar } = useSession();
  const { search, change } = useAddress();
  const { orderBy, isReversed } = commissionsAsked(search, calendar);
  const event = useOpen("event");
  const isFiltered = ["status", "from", "to"].some((name) => search.has(name));
  const columns: readonly Column<Commission>[] = [
    {
      header: "Event date",
      sort: "date",
      cell: ({ id, eventDate }) => <Link {...event.link(id)}>{calendar.date(eventDate)}</Link>,
    },
    { header: "Customer", cell: (commission) => <Customer commission={commission} /> },
    { header: "Base amount", isNumber: true, cell: ({ baseAmount }) => (baseAmount ? <Amount of={baseAmount} /> : <None />) },
    { header: "Rate", isNumber: true, cell: ({ commissionRate }) => (commissionRate ? rate(commissionRate) : <None />) },
    { header: "Commission", isNumber: true, sort: "commission", cell: ({ commissionAmount }) => <Amount of={commissionAmount} /> },
    { header: "Status", cell: ({ status }) => <Badge {...commissionStatus(status)} /> },
    { header: "Payout", cell: (commission) => <PaidOn commission={commission} /> },
  ];
  const by = orderBy.field === "COMMISSION_AMOUNT" ? "commission" : "date";
  return (
    <div className="stack">
      <CommissionFilter />
      {isReversed && <Empty>The first day is after the last: no day is between them.</Empty>}
      {!isReversed && commissions?.nodes.length === 0 && !isLoading ? (
        <Empty>{isFiltered ? "No commission event is like that." : "No commission events yet."}</Empty>
      ) : (
        !isReversed && (
          <Table
            caption="Commission events"
            columns={columns}
            rows={commissions?.nodes}
            isLoading={isLoading}
            sorting={{
              by,
              isDescending: orderBy.direction === "DESC",
              onSort: (by, isDescending) => {
                const sort = by === "date" && isDescending ? null : `${by}-${isDescending ? "desc" : "asc"}`;
                change({ sort, after: null, before: null });
              },
            }}
            onOpen={({ id }) => event.open(id)}
            testId="commission-events-table"
            rowTestId="commission-row"
          />
        )
      )}
      {commissions && !isReversed && (
        <Pager of="commission event" totalCount={commissions.totalCount} pageInfo={commissions.pageInfo} />
      )}
    </div>
  );
}

/** Who paid: by name as far as the reader may know it, and by id; what is no invoice is called what it is. */
export function Customer({ commission }: { readonly commission: Pick<Commission, "customerId" | "eventType" | "managedAccount"> }) {
  const { customerId, managedAccount } = commission;
  const name = managedAccount?.customerName ?? customerId;
  const what = commission.eventType === "INVOICE_PAID" ? null : eventType(commission.eventType);
  if (!name) return <>{what}</>;
  return (
    <>
      {name}
      {what && <span className="quiet"> · {what}</span>}
    </>
  );
}

function PaidOn({ commission }: { readonly commission: Commission }) {
  const { calendar } = useSession();
  const payout = useOpen("payout");
  if (!commission.payout) return <None />;
  const { id, payoutDate } = commission.payout;
  return (
    <Link {...payout.link(id)}>
      {commission.settledAt ? calendar.date(commission.settledAt) : `due ${calendar.date(payoutDate)}`}
    </Link>
  );
}

function CommissionFilter() {
  const { search, change } = useAddress();
  const first = { after: null, before: null };
  const isFiltered = ["status", "from", "to"].some((name) => search.has(name));
  return (
    <form role="search" aria-label="Commission events" onSubmit={(event) => event.preventDefault()}>
      <Row>
        <StatusField statuses={COMMISSION_STATUSES} wordOf={commissionStatus} />
        <DayField label="From" value={search.get("from") ?? ""} onDay={(from) => change({ ...first, from })} />
        <DayField label="To" value={search.get("to") ?? ""} onDay={(to) => change({ ...first, to })} />
        <button
          className="plain"
          type="button"
          disabled={!isFiltered}
          onClick={() => change({ ...first, status: null, from: null, to: null })}
        >
          Clear
        </button>
      </Row>
    </form>
  );
}

interface DayProps {
  readonly label: string;
  readonly value: string;
  readonly onDay: (day: string) => void;
}

/** A day. It counts once it is whole: while a year is typed, browsers tell of the years 2, 20 and 202. */
export function DayField({ label, value, onDay }: DayProps) {
  return (
    <TextField
      label={label}
      type="date"
      key={value}
      defaultValue={value}
      onChange={({ target }) => (target.value === "" || target.value >= "1000") && onDay(target.value)}
    />
  );
}
