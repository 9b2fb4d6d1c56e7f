import { plural, t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { type ReactNode, useState } from "react";
import { Link } from "react-router";
import { useLiveQuery } from "../api";
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
import { PayoutDetailDocument, type PayoutDetailQuery } from "../gql/graphql";
import { useOpenItem } from "../hooks/url-state";
import { useSession } from "../sign-in/session";
import { CustomerCell } from "./customer-cell";
import css from "./details.module.css";
import { PartnerItem } from "./partner-item";
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
    <Dialog title={t`Payout`} variant="drawer" onClose={close}>
      <PayoutLoader key={id} id={id} actions={actions} />
    </Dialog>
  );
}

/** The attempts whose outcome the server waits for. */
const OPEN_ATTEMPTS: ReadonlySet<string> = new Set(["QUEUED", "SENDING"]);

/** How often the payout is asked for: often while it is being sent, or its money is being taken back. */
function secondsOf(data: PayoutDetailQuery | undefined): number {
  const isOpen = data?.payout?.attempts.some(
    ({ status, recalledAt }) => OPEN_ATTEMPTS.has(status) || (recalledAt !== null && status === "SETTLED"),
  );
  return isOpen ? 3 : 60;
}

function PayoutLoader({ id, actions }: Props & { readonly id: string }) {
  const [after, setAfter] = useState<string | null>(null);
  const { data, error, isLoading, refetch } = useLiveQuery(PayoutDetailDocument, { id, first: 50, after }, secondsOf);
  if (data?.payout) {
    return <PayoutDetails payout={data.payout} actions={actions} isFirstPage={after === null} onPageChange={setAfter} />;
  }
  if (error) return <ErrorAlert error={error} onRetry={refetch} />;
  return isLoading ? <Skeleton width="long" /> : <EmptyState><Trans>Payout not found.</Trans></EmptyState>;
}

interface DetailsProps extends Props {
  readonly payout: PayoutDetail;
  readonly isFirstPage: boolean;
  /** Loads the lines after a cursor, or the first ones. */
  readonly onPageChange: (after: string | null) => void;
}

/** The statuses in which the commissions of a payout can be paid by another one. */
const RELEASED: ReadonlySet<string> = new Set(["FAILED", "CANCELLED", "RETURNED"]);

function PayoutDetails({ payout, actions, isFirstPage, onPageChange }: DetailsProps) {
  const areLinesReleased = RELEASED.has(payout.status);
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
          <strong><Trans>Failure reason:</Trans></strong> <bdi>{payout.failureReason}</bdi>
        </p>
      )}
      {payout.returnReason && (
        <p className={css.highlight}>
          <strong><Trans>Return reason:</Trans></strong> <bdi>{payout.returnReason}</bdi>
        </p>
      )}
      <PayoutTimeline payout={payout} />
      {areLinesReleased && <p className="muted"><Trans>Its commissions were released and can be paid by another payout.</Trans></p>}
      {actions?.(payout)}
      <Properties payout={payout} />
      {payout.statement && (
        <section aria-label={t`Statement`}>
          <h3><Trans>Statement {payout.statement.number}</Trans></h3>
          <DownloadForm label={t`Files of the statement`}>
            {(form) => payout.statement && <FileButtons statement={payout.statement} form={form} />}
          </DownloadForm>
        </section>
      )}
      {payout.creditNote && (
        <section aria-label={t`Credit note`}>
          <h3><Trans>Credit note {payout.creditNote.number}</Trans></h3>
          <DownloadForm label={t`Files of the credit note`}>
            {(form) => payout.creditNote && <FileButtons statement={payout.creditNote} form={form} />}
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
  const { paymentReference, completedAt, returnedAt, notes } = payout;
  return (
    <section aria-label={t`Properties`}>
      <DescriptionList>
        <PartnerItem partner={payout.partner} />
        <DescriptionItem term={t`Due`}>{calendar.formatDate(payout.payoutDate)}</DescriptionItem>
        <DescriptionItem term={t`Period`}>{calendar.formatPeriod(payout.periodStart, payout.periodEnd)}</DescriptionItem>
        <DescriptionItem term={t`Payment method`}>
          <bdi>{enumLabel(payout.paymentMethod)}</bdi>
        </DescriptionItem>
        {paymentReference && (
          <DescriptionItem term={t`Payment reference`}>
            <Copyable value={paymentReference} copyLabel={t`Copy payment reference`} />
          </DescriptionItem>
        )}
        {completedAt && (
          <DescriptionItem term={t`Completed`}>
            <ExactTime at={completedAt} />
          </DescriptionItem>
        )}
        {returnedAt && (
          <DescriptionItem term={t`Returned`}>
            <ExactTime at={returnedAt} />
          </DescriptionItem>
        )}
        <DescriptionItem term={t`Id`}>
          <Copyable value={payout.id} copyLabel={t`Copy id of the payout`} />
        </DescriptionItem>
        {notes && (
          <DescriptionItem term={t`Notes`}>
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
    <section aria-label={t`Lines`}>
      <h3>{plural(payout.commissionCount, { one: "# line", other: "# lines" })}</h3>
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
            <Trans>First lines</Trans>
          </button>
          <button
            className="button"
            type="button"
            disabled={!pageInfo.hasNextPage}
            onClick={() => onPageChange(pageInfo.endCursor)}
          >
            <Trans>Next lines</Trans>
          </button>
        </div>
      )}
    </section>
  );
}
