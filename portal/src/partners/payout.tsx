import type { ReactNode } from "react";
import { useState } from "react";
import { Link } from "react-router";
import { useLoaded } from "../api";
import { PayoutDetailDocument, type PayoutDetailQuery } from "../gql/graphql";
import { count } from "../format/money";
import { commissionStatus, payoutStatus, plain } from "../format/words";
import { useOpen } from "../parts/address";
import { Amount, Badge, Pending } from "../parts/figures";
import { History } from "../parts/history";
import { Empty, TroubleNotice } from "../parts/notice";
import { Fact, Facts } from "../parts/section";
import { Sheet } from "../parts/sheet";
import { useSession } from "../sign-in/session";
import { Customer } from "./commissions";
import css from "./commission.module.css";

export type PayoutDetail = NonNullable<PayoutDetailQuery["payout"]>;

interface OpenProps {
  /** What can be done with it. */
  readonly actions?: ((payout: PayoutDetail) => ReactNode) | undefined;
}

/** The payout that the address opens, if it does. */
export function OpenPayout({ actions }: OpenProps) {
  const { id, close } = useOpen("payout");
  if (!id) return null;
  return (
    <Sheet title="Payout" onClose={close}>
      <Payout key={id} id={id} actions={actions} />
    </Sheet>
  );
}

function Payout({ id, actions }: OpenProps & { readonly id: string }) {
  const [after, setAfter] = useState<string | null>(null);
  const { data, trouble, isLoading, reload } = useLoaded(PayoutDetailDocument, { id, first: 50, after });
  if (data?.payout) return <Details of={data.payout} actions={actions} onPage={setAfter} isFirst={after === null} />;
  if (trouble) return <TroubleNotice trouble={trouble} onRetry={reload} />;
  return isLoading ? <Pending width="long" /> : <Empty>There is no such payout.</Empty>;
}

interface DetailsProps extends OpenProps {
  readonly of: PayoutDetail;
  readonly isFirst: boolean;
  readonly onPage: (after: string | null) => void;
}

function Details({ of, actions, isFirst, onPage }: DetailsProps) {
  const { calendar } = useSession();
  const event = useOpen("event");
  const lines = of.commissionEvents;
  const isReleased = of.status === "FAILED" || of.status === "CANCELLED";
  return (
    <>
      <div className={css.sum}>
        <strong>
          <Amount of={of.totalAmount} />
        </strong>
        <Badge {...payoutStatus(of.status)} />
      </div>
      {of.failureReason && (
        <p className={css.formula}>
          <strong>Why it failed:</strong> {of.failureReason}
        </p>
      )}
      {isReleased && <p className="quiet">Its commissions were released: they can be paid by another payout.</p>}
      {actions?.(of)}
      <section aria-label="The payout">
        <Facts>
          <Fact name="Partner">{of.partner.companyName}</Fact>
          <Fact name="Due">{calendar.date(of.payoutDate)}</Fact>
          <Fact name="Period">{calendar.period(of.periodStart, of.periodEnd)}</Fact>
          <Fact name="Payment method">{plain(of.paymentMethod)}</Fact>
          {of.paymentReference && <Fact name="Payment reference">{of.paymentReference}</Fact>}
          {of.completedAt && <Fact name="Completed">{calendar.moment(of.completedAt)}</Fact>}
          {of.notes && <Fact name="Notes">{of.notes}</Fact>}
        </Facts>
      </section>
      <section aria-label="Lines">
        <h3>{count(of.commissionCount, "line")}</h3>
        <ul className={css.lines}>
          {lines.nodes.map((line) => (
            <li key={line.id}>
              <Link {...event.link(line.id)}>
                {calendar.date(line.eventDate)}
              </Link>
              <span>
                <Customer commission={line} />
              </span>
              {isReleased && <Badge {...commissionStatus(line.status)} />}
              <span className={css.end}>
                <Amount of={line.commissionAmount} />
              </span>
            </li>
          ))}
        </ul>
        {(lines.pageInfo.hasNextPage || !isFirst) && (
          <div className="buttons">
            <button className="plain" type="button" disabled={isFirst} onClick={() => onPage(null)}>
              First lines
            </button>
            <button
              className="plain"
              type="button"
              disabled={!lines.pageInfo.hasNextPage}
              onClick={() => onPage(lines.pageInfo.endCursor)}
            >
              Next lines
            </button>
          </div>
        )}
      </section>
      <History of={of.history} wordOf={payoutStatus} />
    </>
  );
}
