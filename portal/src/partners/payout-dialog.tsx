import { type ReactNode, useState } from "react";
import { Link } from "react-router";
import { useApiQuery } from "../api";
import { ErrorAlert } from "../components/alert";
import { Amount } from "../components/amounts";
import { Copyable } from "../components/copy-button";
import { DescriptionItem, DescriptionList } from "../components/description-list";
import { Dialog } from "../components/dialog";
import { DownloadForm } from "../components/download-form";
import { EmptyState } from "../components/empty-state";
import { Skeleton } from "../components/skeleton";
import { StatusBadge } from "../components/status-badge";
import { StatusHistory } from "../components/status-history";
import { ExactTime } from "../components/timestamp";
import { commissionLabel, enumLabel, payoutStatusLabel } from "../format/labels";
import { formatCount } from "../format/money";
import { PayoutDetailDocument, type PayoutDetailQuery } from "../gql/graphql";
import { useOpenItem } from "../hooks/url-state";
import { useSession } from "../sign-in/session";
import { CustomerCell } from "./customer-cell";
import css from "./details.module.css";
import { PayoutTimeline } from "./payout-timeline";
import { FileButtons } from "./statements-table";

export type PayoutDetail = NonNullable<PayoutDetailQuery["payout"]>;

interface Props {
  /** Renders buttons for the payout. */
  readonly actions?: ((payout: PayoutDetail) => ReactNode) | undefined;
}

/** The details of the payout in the URL: its properties, lines and history. */
export function PayoutDialog({ actions }: Props) {
  const { id, close } = useOpenItem("payout");
  if (!id) return null;
  return (
    <Dialog title="Payout" variant="drawer" onClose={close}>
      <PayoutLoader key={id} id={id} actions={actions} />
    </Dialog>
  );
}

function PayoutLoader({ id, actions }: Props & { readonly id: string }) {
  const [after, setAfter] = useState<string | null>(null);
  const { data, error, isLoading, refetch } = useApiQuery(PayoutDetailDocument, { id, first: 50, after });
  if (data?.payout) {
    return <PayoutDetails payout={data.payout} actions={actions} isFirstPage={after === null} onPageChange={setAfter} />;
  }
  if (error) return <ErrorAlert error={error} onRetry={refetch} />;
  return isLoading ? <Skeleton width="long" /> : <EmptyState>Payout not found.</EmptyState>;
}

interface DetailsProps extends Props {
  readonly payout: PayoutDetail;
  readonly isFirstPage: boolean;
  /** Loads the lines after a cursor, or the first ones. */
  readonly onPageChange: (after: string | null) => void;
}

function PayoutDetails({ payout, actions, isFirstPage, onPageChange }: DetailsProps) {
  const areLinesReleased = payout.status === "FAILED" || payout.status === "CANCELLED";
  return (
    <>
      <div className={css.total}>
        <strong>
          <Amount value={payout.totalAmount} />
        </strong>
        <StatusBadge {...payoutStatusLabel(payout.status)} />
      </div>
      {payout.failureReason && (
        <p className={css.highlight}>
          <strong>Failure reason:</strong> <bdi>{payout.failureReason}</bdi>
        </p>
      )}
      <PayoutTimeline payout={payout} />
      {areLinesReleased && <p className="muted">Its commissions were released and can be paid by another payout.</p>}
      {actions?.(payout)}
      <Properties payout={payout} />
      {payout.statement && (
        <section aria-label="Statement">
          <h3>Statement {payout.statement.number}</h3>
          <DownloadForm label="Files of the statement">
            {(form) => payout.statement && <FileButtons statement={payout.statement} form={form} />}
          </DownloadForm>
        </section>
      )}
      <Lines payout={payout} showStatus={areLinesReleased} isFirstPage={isFirstPage} onPageChange={onPageChange} />
      <StatusHistory changes={payout.history} labelOf={payoutStatusLabel} />
    </>
  );
}

function Properties({ payout }: { readonly payout: PayoutDetail }) {
  const { calendar } = useSession();
  const { paymentReference, completedAt, notes } = payout;
  return (
    <section aria-label="Properties">
      <DescriptionList>
        <DescriptionItem term="Partner">
          <bdi>{payout.partner.companyName}</bdi>
        </DescriptionItem>
        <DescriptionItem term="Due">{calendar.formatDate(payout.payoutDate)}</DescriptionItem>
        <DescriptionItem term="Period">{calendar.formatPeriod(payout.periodStart, payout.periodEnd)}</DescriptionItem>
        <DescriptionItem term="Payment method">
          <bdi>{enumLabel(payout.paymentMethod)}</bdi>
        </DescriptionItem>
        {paymentReference && (
          <DescriptionItem term="Payment reference">
            <Copyable value={paymentReference} noun="payment reference" />
          </DescriptionItem>
        )}
        {completedAt && (
          <DescriptionItem term="Completed">
            <ExactTime at={completedAt} />
          </DescriptionItem>
        )}
        <DescriptionItem term="Id">
          <Copyable value={payout.id} noun="id of the payout" />
        </DescriptionItem>
        {notes && (
          <DescriptionItem term="Notes">
            <bdi>{notes}</bdi>
          </DescriptionItem>
        )}
      </DescriptionList>
    </section>
  );
}

interface LinesProps extends Omit<DetailsProps, "actions"> {
  readonly showStatus: boolean;
}

function Lines({ payout, showStatus, isFirstPage, onPageChange }: LinesProps) {
  const { calendar } = useSession();
  const { linkTo } = useOpenItem("event");
  const { nodes, pageInfo } = payout.commissionEvents;
  return (
    <section aria-label="Lines">
      <h3>{formatCount(payout.commissionCount, "line")}</h3>
      <ul className={css.list}>
        {nodes.map((commission) => (
          <li key={commission.id}>
            <Link {...linkTo(commission.id)}>{calendar.formatDate(commission.eventDate)}</Link>
            <span>
              <CustomerCell commission={commission} />
            </span>
            {showStatus && <StatusBadge {...commissionLabel(commission)} />}
            <span className={css.end}>
              <Amount value={commission.commissionAmount} />
            </span>
          </li>
        ))}
      </ul>
      {(pageInfo.hasNextPage || !isFirstPage) && (
        <div className="buttons">
          <button className="button" type="button" disabled={isFirstPage} onClick={() => onPageChange(null)}>
            First lines
          </button>
          <button
            className="button"
            type="button"
            disabled={!pageInfo.hasNextPage}
            onClick={() => onPageChange(pageInfo.endCursor)}
          >
            Next lines
          </button>
        </div>
      )}
    </section>
  );
}
