import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import type { ReactNode } from "react";
import { Link } from "react-router";
import { useApiQuery } from "../api";
import { ErrorAlert } from "../components/alert";
import { Amount, EmptyValue } from "../components/amounts";
import { Copyable } from "../components/copy-button";
import { DescriptionItem, DescriptionList } from "../components/description-list";
import { Dialog } from "../components/dialog";
import { EmptyState } from "../components/empty-state";
import { Skeleton } from "../components/skeleton";
import { StatusBadge } from "../components/status-badge";
import { StatusHistory } from "../components/status-history";
import { ExactTime } from "../components/timestamp";
import { commissionLabel, commissionStatusLabel, enumLabel, eventTypeLabel, rateSourceLabel } from "../format/labels";
import { absolute, formatMoney, formatRate, isNegative, totalsByCurrency } from "../format/money";
import { earnedSentence, refundedSentence } from "../format/sentences";
import {
  CommissionEventDetailDocument, type CommissionEventDetailQuery, type CommissionRowFragment,
} from "../gql/graphql";
import { useOpenItem } from "../hooks/url-state";
import { useSession } from "../sign-in/session";
import css from "./details.module.css";
import { PartnerItem } from "./partner-item";

export type CommissionDetail = NonNullable<CommissionEventDetailQuery["commissionEvent"]>;

interface Props {
  /** Renders buttons for the commission. */
  readonly actions?: ((commission: CommissionDetail) => ReactNode) | undefined;
}

/** The details of the commission in the URL: its calculation, dates, payout, reversals and history. */
export function CommissionDialog({ actions }: Props) {
  const { id, close } = useOpenItem("event");
  if (!id) return null;
  return (
    <Dialog title={t`Commission`} variant="drawer" onClose={close}>
      <CommissionLoader id={id} actions={actions} />
    </Dialog>
  );
}

function CommissionLoader({ id, actions }: Props & { readonly id: string }) {
  const { data, error, isLoading, refetch } = useApiQuery(CommissionEventDetailDocument, { id });
  if (data?.commissionEvent) return <CommissionDetails commission={data.commissionEvent} actions={actions} />;
  if (error) return <ErrorAlert error={error} onRetry={refetch} />;
  return isLoading ? <Skeleton width="long" /> : <EmptyState><Trans>Commission not found.</Trans></EmptyState>;
}

interface DetailProps {
  readonly commission: CommissionDetail;
}

function CommissionDetails({ commission, actions }: DetailProps & Props) {
  const { commissionAmount, reverses, reversedBy, history } = commission;
  return (
    <>
      <div className={css.total}>
        <strong>
          <Amount value={commissionAmount} />
        </strong>
        <StatusBadge {...commissionLabel(commission)} />
      </div>
      {actions?.(commission)}
      <section aria-label={t`Calculation`}>
        <h3><Trans>Calculation</Trans></h3>
        <div className={css.highlight}>
          <p>
            <Calculation commission={commission} />
          </p>
          <Explanation commission={commission} />
        </div>
        <Properties commission={commission} />
      </section>
      {reverses && (
        <section aria-label={t`Reverses`}>
          <h3>{commission.eventType === "REINSTATEMENT" ? t`Restores part of` : t`Reverses part of`}</h3>
          <CommissionList commissions={[reverses]} />
        </section>
      )}
      {reversedBy.length > 0 && (
        <section aria-label={t`Reversals`}>
          <h3><Trans>Refunds and their reversals</Trans></h3>
          <CommissionList commissions={reversedBy} />
        </section>
      )}
      <StatusHistory changes={history} labelOf={commissionStatusLabel} />
    </>
  );
}

function Properties({ commission }: DetailProps) {
  const { calendar } = useSession();
  const { customerId, invoiceId, managedAccount, commissionRate, rateSource, heldAt, partnerNote, notes } = commission;
  return (
    <DescriptionList>
      <PartnerItem partner={commission.partner} />
      <DescriptionItem term={t`Type`}>{eventTypeLabel(commission.eventType)}</DescriptionItem>
      {customerId && (
        <DescriptionItem term={t`Customer`}>
          <bdi>{managedAccount?.customerName ?? customerId}</bdi>
          {managedAccount?.customerName && (
            <span className="muted">
              {" "}
              <bdi>{customerId}</bdi>
            </span>
          )}
        </DescriptionItem>
      )}
      {invoiceId && (
        <DescriptionItem term={t`Invoice`}>
          <Copyable value={invoiceId} copyLabel={t`Copy invoice id`} />
        </DescriptionItem>
      )}
      {rateSource && (
        <DescriptionItem term={t`Rate`}>
          {formatRate(commissionRate ?? "0")}, {rateSourceLabel(rateSource)}
        </DescriptionItem>
      )}
      {managedAccount && (
        <DescriptionItem term={t`Engagement`}>
          <bdi>{enumLabel(managedAccount.engagementType)}</bdi>
        </DescriptionItem>
      )}
      <DescriptionItem term={t`Event date`}>
        <ExactTime at={commission.eventDate} />
      </DescriptionItem>
      <DescriptionItem term={t`Recorded`}>
        <ExactTime at={commission.recordedAt} />
      </DescriptionItem>
      <DescriptionItem term={t`Payable from`}>
        <ExactTime at={commission.payableAt} />
      </DescriptionItem>
      {heldAt && (
        <DescriptionItem term={t`Held back`}><Trans>since {calendar.formatDateTime(heldAt)}, in no payout until released</Trans></DescriptionItem>
      )}
      <DescriptionItem term={t`Payout`}>
        <PayoutLink payout={commission.payout} />
      </DescriptionItem>
      {partnerNote && (
        <DescriptionItem term={t`Note`}>
          <bdi>{partnerNote}</bdi>
        </DescriptionItem>
      )}
      <DescriptionItem term={t`Id`}>
        <Copyable value={commission.id} copyLabel={t`Copy id of the commission`} />
      </DescriptionItem>
      {notes && (
        <DescriptionItem term={t`Notes`}>
          <bdi>{notes}</bdi>
        </DescriptionItem>
      )}
    </DescriptionList>
  );
}

function PayoutLink({ payout }: { readonly payout: CommissionDetail["payout"] }) {
  const { calendar } = useSession();
  const { linkTo } = useOpenItem("payout");
  if (!payout) return <EmptyValue />;
  const { id, completedAt, payoutDate, paymentReference } = payout;
  return (
    <Link {...linkTo(id)}>
      {completedAt ? t`paid ${calendar.formatDate(completedAt)}` : t`due ${calendar.formatDate(payoutDate)}`}
      {paymentReference && (
        <>
          {" · "}
          <bdi>{paymentReference}</bdi>
        </>
      )}
    </Link>
  );
}

/** How the amount follows from the base amount and the rate. */
function Calculation({ commission }: DetailProps) {
  const { baseAmount, commissionRate, commissionAmount, eventType } = commission;
  if (!baseAmount || !commissionRate) return <><Trans>Adjustment by staff: {formatMoney(commissionAmount)}</Trans></>;
  if (eventType === "CLAWBACK") {
    return (
      <>
        <Trans>
          A refund reduced the base by {formatMoney(absolute(baseAmount))}. At {formatRate(commissionRate)}, and after
          earlier refunds, this reverses {formatMoney(absolute(commissionAmount))}.
        </Trans>
      </>
    );
  }
  if (eventType === "REINSTATEMENT") {
    return (
      <>
        <Trans>
          The reversal of a refund restored {formatMoney(baseAmount)} of the base. At {formatRate(commissionRate)}, and after
          all other refunds, this gives back {formatMoney(commissionAmount)}.
        </Trans>
      </>
    );
  }
  return (
    <>
      <Trans>
        {formatMoney(baseAmount)} × {formatRate(commissionRate)} = <strong>{formatMoney(commissionAmount)}</strong>, rounded
      </Trans>
    </>
  );
}

/** Why the amount is as it is, and what refunds have taken of it. */
function Explanation({ commission }: DetailProps) {
  const { viewer } = useSession();
  const { baseAmount: base, commissionRate: rate, commissionAmount: amount, rateSource: source, eventType } = commission;
  if (eventType !== "INVOICE_PAID" || !base || !rate) return null;
  const amendments = commission.reversedBy.filter(({ status }) => status !== "CANCELLED").map((row) => row.commissionAmount);
  const [taken] = totalsByCurrency(amendments);
  const [remaining] = totalsByCurrency([amount, ...amendments]);
  return (
    <>
      <p>{earnedSentence({ base, rate, amount, source }, viewer.kind === "STAFF" ? "staff" : "partner")}</p>
      {taken && remaining && isNegative(taken) && <p>{refundedSentence(absolute(taken), remaining)}</p>}
    </>
  );
}

function CommissionList({ commissions }: { readonly commissions: readonly CommissionRowFragment[] }) {
  const { calendar } = useSession();
  const { linkTo } = useOpenItem("event");
  return (
    <ul className={css.list}>
      {commissions.map(({ id, eventDate, commissionAmount, status, settledAt }) => (
        <li key={id}>
          <Link {...linkTo(id)}>{calendar.formatDate(eventDate)}</Link>
          <StatusBadge {...commissionLabel({ status, settledAt })} />
          <span className={css.end}>
            <Amount value={commissionAmount} />
          </span>
        </li>
      ))}
    </ul>
  );
}
