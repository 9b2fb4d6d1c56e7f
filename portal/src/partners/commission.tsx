import { Link } from "react-router";
import { useLoaded } from "../api";
import { CommissionEventDetailDocument, type CommissionEventDetailQuery, type CommissionRowFragment } from "../gql/graphql";
import { money, rate } from "../format/money";
import { commissionStatus, eventType, plain, rateSource } from "../format/words";
import { useOpen } from "../parts/address";
import { Amount, Badge, None, Pending } from "../parts/figures";
import { History } from "../parts/history";
import { Empty, TroubleNotice } from "../parts/notice";
import { Fact, Facts } from "../parts/section";
import { Sheet } from "../parts/sheet";
import { useSession } from "../sign-in/session";
import css from "./commission.module.css";

type Detail = NonNullable<CommissionEventDetailQuery["commissionEvent"]>;

/** The commission that the address opens, if it does: how it came about, and what became of it. */
export function OpenCommission() {
  const { id, close } = useOpen("event");
  if (!id) return null;
  return (
    <Sheet title="Commission" onClose={close}>
      <Commission id={id} />
    </Sheet>
  );
}

function Commission({ id }: { readonly id: string }) {
  const { data, trouble, isLoading, reload } = useLoaded(CommissionEventDetailDocument, { id });
  if (data?.commissionEvent) return <Details of={data.commissionEvent} />;
  if (trouble) return <TroubleNotice trouble={trouble} onRetry={reload} />;
  return isLoading ? <Pending width="long" /> : <Empty>There is no such commission.</Empty>;
}

function Details({ of }: { readonly of: Detail }) {
  const { calendar } = useSession();
  const payout = useOpen("payout");
  const { commissionAmount, status, managedAccount, payableAt, notes, reverses, reversedBy, history } = of;
  return (
    <>
      <div className={css.sum}>
        <strong>
          <Amount of={commissionAmount} />
        </strong>
        <Badge {...commissionStatus(status)} />
      </div>
      <section aria-label="How it came about">
        <h3>How it came about</h3>
        <p className={css.formula}>
          <Formula of={of} />
        </p>
        <Facts>
          <Fact name="For">{eventType(of.eventType)}</Fact>
          {of.customerId && (
            <Fact name="Customer">
              {managedAccount?.customerName ?? of.customerId}
              {managedAccount?.customerName && <span className="quiet"> {of.customerId}</span>}
            </Fact>
          )}
          {of.invoiceId && <Fact name="Invoice">{of.invoiceId}</Fact>}
          {of.rateSource && <Fact name="Rate">{`${rate(of.commissionRate ?? "0")}, ${rateSource(of.rateSource)}`}</Fact>}
          {managedAccount && <Fact name="Engagement">{plain(managedAccount.engagementType)}</Fact>}
          <Fact name="Event date">{calendar.moment(of.eventDate)}</Fact>
          <Fact name="Recorded">{calendar.moment(of.recordedAt)}</Fact>
          <Fact name="Payable from">{calendar.moment(payableAt)}</Fact>
          <Fact name="Payout">
            {of.payout ? (
              <Link {...payout.link(of.payout.id)}>
                {of.payout.completedAt
                  ? `paid ${calendar.date(of.payout.completedAt)}`
                  : `due ${calendar.date(of.payout.payoutDate)}`}
                {of.payout.paymentReference && ` · ${of.payout.paymentReference}`}
              </Link>
            ) : (
              <None />
            )}
          </Fact>
          {notes && <Fact name="Notes">{notes}</Fact>}
        </Facts>
      </section>
      {reverses && (
        <section aria-label="Takes back">
          <h3>Takes back part of</h3>
          <Lines of={[reverses]} />
        </section>
      )}
      {reversedBy.length > 0 && (
        <section aria-label="Taken back">
          <h3>Taken back by refunds</h3>
          <Lines of={reversedBy} />
        </section>
      )}
      <History of={history} wordOf={commissionStatus} />
    </>
  );
}

function Formula({ of }: { readonly of: Detail }) {
  const { baseAmount, commissionRate, commissionAmount, eventType: type } = of;
  if (!baseAmount || !commissionRate) return <>An amount that staff set: {money(commissionAmount)}.</>;
  if (type === "CLAWBACK") {
    return (
      <>
        A refund took {money(baseAmount)} off the base. At {rate(commissionRate)}, all refunds so far together make this{" "}
        {money(commissionAmount)}.
      </>
    );
  }
  return (
    <>
      {money(baseAmount)} × {rate(commissionRate)} = <strong>{money(commissionAmount)}</strong>, rounded once
    </>
  );
}

function Lines({ of }: { readonly of: readonly CommissionRowFragment[] }) {
  const { calendar } = useSession();
  const event = useOpen("event");
  return (
    <ul className={css.lines}>
      {of.map(({ id, eventDate, commissionAmount, status }) => (
        <li key={id}>
          <Link {...event.link(id)}>
            {calendar.date(eventDate)}
          </Link>
          <Badge {...commissionStatus(status)} />
          <span className={css.end}>
            <Amount of={commissionAmount} />
          </span>
        </li>
      ))}
    </ul>
  );
}
