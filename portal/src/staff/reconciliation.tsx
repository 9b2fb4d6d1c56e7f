import { Link } from "react-router";
import { useLoaded } from "../api";
import { ReconciliationDocument, type ReconciliationQuery } from "../gql/graphql";
import { count } from "../format/money";
import { OpenCommission } from "../partners/commission";
import { Customer } from "../partners/commissions";
import { useOpen } from "../parts/address";
import { Amount, Pending } from "../parts/figures";
import { Done, Empty, TroubleNotice } from "../parts/notice";
import { Heading, Section } from "../parts/section";
import { type Column, Table } from "../parts/table";
import { useTitle } from "../parts/title";
import { useSession } from "../sign-in/session";

type Books = ReconciliationQuery["reconciliation"];
type Difference = Books["differences"][number];
type Debt = Books["debts"][number];
type Event = Books["strandedEvents"][number];

const withId = <Row extends object>(rows: readonly Row[]) => rows.map((row, at) => ({ ...row, id: String(at) }));

/** Do the books agree? Every stored figure is held against rows that it was not made from. */
export function Reconciliation() {
  useTitle("Reconciliation");
  const { calendar } = useSession();
  const { data, trouble, isLoading, reload } = useLoaded(ReconciliationDocument, {});
  const event = useOpen("event");
  const books = data?.reconciliation;
  const differences: readonly Column<Difference>[] = [
    { header: "Partner", cell: ({ partner }) => partner.companyName },
    { header: "Rule", cell: ({ rule }) => rule },
    { header: "Expected", isNumber: true, cell: ({ expected }) => <Amount of={expected} /> },
    { header: "Actual", isNumber: true, cell: ({ actual }) => <Amount of={actual} /> },
    { header: "Rows", cell: ({ ids }) => ids.join(", ") },
  ];
  const debts: readonly Column<Debt>[] = [
    { header: "Partner", cell: ({ partner }) => partner.companyName },
    { header: "Amount", isNumber: true, cell: ({ amount }) => <Amount of={amount} /> },
  ];
  const stranded: readonly Column<Event>[] = [
    {
      header: "Event date",
      cell: ({ id, eventDate }) => (
        <Link {...event.link(id)}>
          {calendar.date(eventDate)}
        </Link>
      ),
    },
    { header: "Partner", cell: ({ partner }) => partner.companyName },
    { header: "Customer", cell: (row) => <Customer commission={row} /> },
    { header: "Commission", isNumber: true, cell: ({ commissionAmount }) => <Amount of={commissionAmount} /> },
  ];
  return (
    <>
      <Heading
        title="Reconciliation"
        lead="Do the books agree?"
        actions={
          <button className="plain" type="button" aria-disabled={isLoading} onClick={() => isLoading || reload()}>
            {isLoading ? "Checking…" : "Check again"}
          </button>
        }
      />
      {trouble && <TroubleNotice trouble={trouble} onRetry={reload} />}
      {!books && !trouble && <Pending width="long" />}
      {books?.balanced && <Done>The books agree: payouts, lines, commissions, receipts, refunds and balances.</Done>}
      {books && !books.balanced && (
        <Section title={count(books.differences.length, "difference")} lead="Nothing is repaired silently: find out what happened first">
          <Table caption="Differences" columns={differences.map(onRow)} rows={withId(books.differences)} isLoading={isLoading} />
        </Section>
      )}
      {books && (
        <>
          <Section title="Debts" lead="Partners who owe more than they are owed; the next payout nets it">
            {books.debts.length === 0 ? (
              <Empty>Nobody owes anything.</Empty>
            ) : (
              <Table caption="Debts" columns={debts.map(onRow)} rows={withId(books.debts)} isLoading={isLoading} />
            )}
          </Section>
          <Section title="Left behind" lead="Approved and due, but dated before the end of a payout that did not take them">
            {books.strandedEvents.length === 0 ? (
              <Empty>Nothing was left behind.</Empty>
            ) : (
              <Table
                caption="Commissions left behind"
                columns={stranded}
                rows={books.strandedEvents}
                isLoading={isLoading}
                onOpen={({ id }) => event.open(id)}
              />
            )}
          </Section>
        </>
      )}
      <OpenCommission />
    </>
  );
}

function onRow<Row>(column: Column<Row>): Column<Row & { readonly id: string }> {
  return column;
}
