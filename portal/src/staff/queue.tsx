import { useState } from "react";
import { Link } from "react-router";
import { useAct, useLoaded } from "../api";
import {
  ApproveCommissionEventsDocument, CancelCommissionEventsDocument,
  type CommissionEventFilter, type QueuedCommissionFragment, WorkQueueDocument,
} from "../gql/graphql";
import type { Calendar } from "../format/dates";
import { count, moneyList, rate, sums } from "../format/money";
import { Customer, DayField } from "../partners/commissions";
import { OpenCommission } from "../partners/commission";
import { useAddress, useOpen, usePage } from "../parts/address";
import { Amount, None } from "../parts/figures";
import { NoteField, Row, TextField } from "../parts/fields";
import { Done, Empty, TroubleNotice } from "../parts/notice";
import { Pager } from "../parts/pager";
import { Heading, Section } from "../parts/section";
import { type Column, Table } from "../parts/table";
import { useTitle } from "../parts/title";
import { useMaySettle, useSession } from "../sign-in/session";
import { ApproveAll } from "./approve-all";
import { Ask } from "./ask";
import { PartnerField } from "./partner-field";
import { OpenPayoutOfStaff, QueuedPayouts } from "./payout-acts";

type Commission = QueuedCommissionFragment;

/** Which pending commissions the address asks for. */
export function pendingAsked(search: URLSearchParams, calendar: Calendar): CommissionEventFilter {
  const from = calendar.midnight(search.get("from") ?? "");
  const to = calendar.midnight(search.get("to") ?? "", 1);
  const partnerId = search.get("partnerId");
  const currency = search.get("currency")?.toUpperCase();
  return {
    status: ["PENDING"],
    ...(partnerId && { partnerId }),
    ...(currency && /^[A-Z]{3}$/.test(currency) && { currency }),
    ...(from && { eventDateFrom: from }),
    ...(to && { eventDateTo: to }),
  };
}

/** What waits for finance: commissions to approve, and payouts to move on. */
export function Queue() {
  useTitle("Work queue");
  const { calendar } = useSession();
  const { search } = useAddress();
  const maySettle = useMaySettle();
  const events = pendingAsked(search, calendar);
  const page = usePage(50);
  const { data, trouble, isLoading, reload } = useLoaded(WorkQueueDocument, { events, ...page });
  const [picked, setPicked] = useState<ReadonlyMap<string, Commission>>(new Map());
  const [question, setQuestion] = useState<"approve" | "cancel" | "all" | null>(null);
  const [done, setDone] = useState<string | null>(null);
  const commissions = data?.commissionEvents;
  const approve = useAct(ApproveCommissionEventsDocument);
  const cancel = useAct(CancelCommissionEventsDocument);

  const chosen = [...picked.values()];
  const sum = moneyList(sums(chosen.flatMap(withItsLines)));
  const pick = (row: Commission, isPicked: boolean) => {
    const next = new Map(picked);
    if (isPicked) next.set(row.id, row);
    else next.delete(row.id);
    setPicked(next);
  };
  const finish = (text: string) => {
    setPicked(new Map());
    setQuestion(null);
    setDone(text);
    reload();
  };
  const pickable = commissions?.nodes.filter((row) => row.reverses === null) ?? [];
  const allPicked = pickable.length > 0 && pickable.every(({ id }) => picked.has(id));
  return (
    <>
      <Heading title="Work queue" lead="Commissions to approve, and payouts to move on" />
      {done && <Done>{done}</Done>}
      {trouble && <TroubleNotice trouble={trouble} onRetry={reload} />}
      {!(trouble && !data) && (
        <>
          <Section
            title="Commissions to approve"
            lead="Oldest first. Refund lines go with the commission that they take back"
            actions={
              maySettle && (
                <>
                  <button className="plain" type="button" disabled={chosen.length === 0} onClick={() => setQuestion("cancel")}>
                    Cancel selected
                  </button>
                  <button className="strong" type="button" disabled={chosen.length === 0} onClick={() => setQuestion("approve")}>
                    {chosen.length === 0 ? "Approve selected" : `Approve ${count(chosen.length)} selected: ${sum}`}
                  </button>
                  <button className="plain" type="button" disabled={!commissions?.totalCount} onClick={() => setQuestion("all")}>
                    Approve all that match…
                  </button>
                </>
              )
            }
          >
            <div className="stack">
              <Filter />
              {maySettle && pickable.length > 0 && (
                <label>
                  <input
                    type="checkbox"
                    checked={allPicked}
                    onChange={({ target }) => setPicked(new Map(target.checked ? pickable.map((row) => [row.id, row]) : []))}
                  />{" "}
                  Select all of this page
                </label>
              )}
              <Commissions rows={commissions?.nodes} isLoading={isLoading} picked={picked} onPick={maySettle ? pick : undefined} />
              {commissions && (
                <Pager of="pending commission" totalCount={commissions.totalCount} pageInfo={commissions.pageInfo} />
              )}
            </div>
          </Section>
          <Section title="Payouts under way" lead="Ready to be sent, or sent and not yet confirmed">
            <QueuedPayouts payouts={data?.payouts.nodes} isLoading={isLoading} />
            {data && data.payouts.totalCount > data.payouts.nodes.length && (
              <p className="quiet">
                The first {count(data.payouts.nodes.length)} of {count(data.payouts.totalCount)};{" "}
                <Link to="/staff/payouts">all payouts</Link>
              </p>
            )}
          </Section>
        </>
      )}
      {question === "approve" && (
        <Ask
          title={`Approve ${count(chosen.length, "commission")}?`}
          verb="Approve"
          onClose={() => setQuestion(null)}
          act={() => approve({ input: { ids: chosen.map(({ id }) => id) } })}
          onDone={({ commissionEvents }) => finish(`Approved ${count(commissionEvents?.length ?? 0, "commission")}: ${sum}.`)}
        >
          <p>They add up to {sum}, refund lines included. Approved commissions go into the partner’s next payout.</p>
        </Ask>
      )}
      {question === "cancel" && (
        <Ask
          title={`Cancel ${count(chosen.length, "commission")}?`}
          verb="Cancel them"
          onClose={() => setQuestion(null)}
          act={(text) => cancel({ input: { ids: chosen.map(({ id }) => id), reason: text("reason") } })}
          onDone={({ commissionEvents }) => finish(`Cancelled ${count(commissionEvents?.length ?? 0, "commission")}: ${sum}.`)}
        >
          <p>They add up to {sum}. A cancelled commission is never paid, and cannot be brought back.</p>
          <NoteField label="Reason" name="reason" required hint="Kept in the history" />
        </Ask>
      )}
      {question === "all" && (
        <ApproveAll filter={events} onClose={() => setQuestion(null)} onDone={finish} />
      )}
      <OpenCommission />
      <OpenPayoutOfStaff onDone={setDone} />
    </>
  );
}

/** A commission, and the pending lines that are approved with it. */
function withItsLines({ commissionAmount, reversedBy }: Commission) {
  const lines = reversedBy.filter(({ status }) => status === "PENDING");
  return [commissionAmount, ...lines.map((line) => line.commissionAmount)];
}

interface CommissionsProps {
  readonly rows: readonly Commission[] | undefined;
  readonly isLoading: boolean;
  readonly picked: ReadonlyMap<string, Commission>;
  /** For those who may approve. */
  readonly onPick: ((row: Commission, isPicked: boolean) => void) | undefined;
}

function Commissions({ rows, isLoading, picked, onPick }: CommissionsProps) {
  const { calendar } = useSession();
  const event = useOpen("event");
  if (rows?.length === 0 && !isLoading) return <Empty>Nothing waits for approval.</Empty>;
  const choice: Column<Commission> = {
    header: "Select",
    cell: (row) =>
      row.reverses ? (
        <span className="quiet">with its commission</span>
      ) : (
        <input
          type="checkbox"
          aria-label={`Select ${row.invoiceId ?? row.id} of ${row.partner.companyName}`}
          checked={picked.has(row.id)}
          onChange={({ target }) => onPick?.(row, target.checked)}
        />
      ),
  };
  const columns: readonly Column<Commission>[] = [
    ...(onPick ? [choice] : []),
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
    { header: "Invoice", cell: ({ invoiceId }) => invoiceId ?? <None /> },
    { header: "Base amount", isNumber: true, cell: ({ baseAmount }) => (baseAmount ? <Amount of={baseAmount} /> : <None />) },
    { header: "Rate", isNumber: true, cell: ({ commissionRate }) => (commissionRate ? rate(commissionRate) : <None />) },
    { header: "Commission", isNumber: true, cell: ({ commissionAmount }) => <Amount of={commissionAmount} /> },
  ];
  return (
    <Table caption="Commissions to approve" columns={columns} rows={rows} isLoading={isLoading} onOpen={({ id }) => event.open(id)} rowTestId="queued-commission" />
  );
}

function Filter() {
  const { search, change } = useAddress();
  const first = { after: null, before: null };
  return (
    <form role="search" aria-label="Pending commissions" onSubmit={(event) => event.preventDefault()}>
      <Row>
        <PartnerField />
        <TextField
          label="Currency"
          placeholder="All"
          maxLength={3}
          defaultValue={search.get("currency") ?? ""}
          onChange={({ target }) => target.value.length % 3 === 0 && change({ ...first, currency: target.value.toUpperCase() })}
        />
        <DayField label="From" value={search.get("from") ?? ""} onDay={(from) => change({ ...first, from })} />
        <DayField label="To" value={search.get("to") ?? ""} onDay={(to) => change({ ...first, to })} />
      </Row>
    </form>
  );
}
