import { Link } from "react-router";
import { useLoaded } from "../api";
import { PayoutHistoryDocument, type PayoutRowFragment } from "../gql/graphql";
import { count } from "../format/money";
import { PAYOUT_STATUSES, payoutStatus } from "../format/words";
import { useAddress, useOpen, usePage } from "../parts/address";
import { Amount, Badge, None } from "../parts/figures";
import { StatusField } from "../parts/fields";
import { Empty, TroubleNotice } from "../parts/notice";
import { Pager } from "../parts/pager";
import { Heading, Section } from "../parts/section";
import { type Column, Table } from "../parts/table";
import { useTitle } from "../parts/title";
import { useSession } from "../sign-in/session";
import { OpenCommission } from "./commission";
import { PartnerChoice, usePartner } from "./frame";
import { OpenPayout } from "./payout";

/** Everything a partner was paid, and is being paid. */
export function Payouts() {
  useTitle("Payouts");
  const partnerId = usePartner();
  const { search } = useAddress();
  const status = PAYOUT_STATUSES.find((status) => status === search.get("status"));
  const variables = { partnerId, filter: status ? { status: [status] } : null, ...usePage(20) };
  const { data, trouble, isLoading, reload } = useLoaded(PayoutHistoryDocument, variables);
  const payouts = data?.partner?.payouts;
  return (
    <>
      <Heading title="Payouts" lead="What was paid, and what is on its way" actions={<PartnerChoice name={undefined} />} />
      {trouble && <TroubleNotice trouble={trouble} onRetry={reload} />}
      {!(trouble && !payouts) && (
        <Section
          title="Payout history"
          lead="A payout shows its lines; one that failed says why"
          actions={
            <StatusField statuses={PAYOUT_STATUSES} wordOf={payoutStatus} />
          }
        >
          <PayoutsTable payouts={payouts?.nodes} isLoading={isLoading} empty={status && "No payout is like that."} />
          {payouts && <Pager of="payout" totalCount={payouts.totalCount} pageInfo={payouts.pageInfo} />}
        </Section>
      )}
      <OpenPayout />
      <OpenCommission />
    </>
  );
}

interface TableProps<Row> {
  readonly payouts: readonly Row[] | undefined;
  readonly isLoading: boolean;
  /** What stands there when there are none. */
  readonly empty?: string | undefined;
  /** What else to show of each, after its date. */
  readonly also?: readonly Column<Row>[];
}

/** Payouts; a click opens one. */
export function PayoutsTable<Row extends PayoutRowFragment>(props: TableProps<Row>) {
  const { payouts, isLoading, empty = "No payouts yet.", also = [] } = props;
  const { calendar } = useSession();
  const payout = useOpen("payout");
  if (payouts?.length === 0 && !isLoading) return <Empty>{empty}</Empty>;
  const columns: readonly Column<Row>[] = [
    {
      header: "Date",
      cell: ({ id, payoutDate }) => (
        <Link {...payout.link(id)}>
          {calendar.date(payoutDate)}
        </Link>
      ),
    },
    ...also,
    { header: "Period", cell: ({ periodStart, periodEnd }) => calendar.period(periodStart, periodEnd) },
    { header: "Amount", isNumber: true, cell: ({ totalAmount }) => <Amount of={totalAmount} /> },
    { header: "Lines", isNumber: true, cell: ({ commissionCount }) => count(commissionCount) },
    {
      header: "Status",
      cell: ({ status, failureReason }) => (
        <>
          <Badge {...payoutStatus(status)} />
          {failureReason && <div className="quiet">{failureReason}</div>}
        </>
      ),
    },
    { header: "Payment reference", cell: ({ paymentReference }) => paymentReference ?? <None /> },
  ];
  return (
    <Table
      caption="Payouts"
      columns={columns}
      rows={payouts}
      isLoading={isLoading}
      onOpen={({ id }) => payout.open(id)}
      rowTestId="payout-row"
    />
  );
}
