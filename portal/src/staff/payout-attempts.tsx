import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { useState } from "react";
import { Link } from "react-router";
import { Copyable } from "../components/copy-button";
import { DescriptionItem, DescriptionList } from "../components/description-list";
import { StatusBadge } from "../components/status-badge";
import { ExactTime } from "../components/timestamp";
import { attemptStatusLabel } from "../format/labels";
import { formatMoney } from "../format/money";
import type { PayoutAttemptRowFragment } from "../gql/graphql";
import type { PayoutDetail } from "../partners/payout-dialog";
import { type AttemptAct, AttemptDialog } from "./attempt-dialogs";
import css from "./payout-attempts.module.css";

type Attempt = PayoutAttemptRowFragment;

/** The acts that an attempt permits. */
function actsOf(
  { status: payoutStatus, attention }: PayoutDetail,
  { rail, status, recalledAt, paymentFile }: Attempt,
): readonly AttemptAct[] {
  // A file that was not downloaded is withdrawn as a whole.
  if (rail === "FILE") return status === "SENT" && paymentFile?.downloadedAt ? ["resolve"] : [];
  if (status === "QUEUED") return ["withdraw"];
  if (status === "UNCERTAIN") return ["resolve"];
  if (status !== "SETTLED" || payoutStatus !== "COMPLETED") return [];
  return [
    ...(attention === "RETURNED_IN_PART" ? (["dismiss"] as const) : []),
    ...(recalledAt ? [] : (["recall"] as const)),
  ];
}

const ACT_LABELS: Readonly<Record<AttemptAct, string>> = {
  withdraw: t`Withdraw…`,
  resolve: t`Resolve…`,
  recall: t`Recall…`,
  dismiss: t`Dismiss attention…`,
};

interface Props {
  readonly payout: PayoutDetail;
  readonly canManage: boolean;
  /** Called with a message for the user. */
  readonly onSuccess: (message: string) => void;
}

/** The attempts to send a payout by Stripe or by a payment file, latest first, with what can be done about them. */
export function PayoutAttempts({ payout, canManage, onSuccess }: Props) {
  const [open, setOpen] = useState<{ readonly act: AttemptAct; readonly attempt: Attempt } | null>(null);
  if (payout.attempts.length === 0) return null;
  return (
    <section aria-label={t`Attempts`}>
      <h3><Trans>Attempts to pay</Trans></h3>
      <ol className={css.attempts}>
        {payout.attempts.map((attempt) => {
          const acts = canManage ? actsOf(payout, attempt) : [];
          return (
            <li key={attempt.id} data-testid="payout-attempt">
              <AttemptDetails attempt={attempt} />
              {acts.length > 0 && (
                <div className="buttons">
                  {acts.map((act) => (
                    <button
                      key={act}
                      className={act === "resolve" ? "button-primary" : "button"}
                      type="button"
                      onClick={() => setOpen({ act, attempt })}
                    >
                      {ACT_LABELS[act]}
                    </button>
                  ))}
                </div>
              )}
            </li>
          );
        })}
      </ol>
      {open && (
        <AttemptDialog
          {...open}
          payout={payout}
          onClose={() => setOpen(null)}
          onSuccess={(message) => {
            setOpen(null);
            onSuccess(message);
          }}
        />
      )}
    </section>
  );
}

function AttemptDetails({ attempt }: { readonly attempt: Attempt }) {
  const { rail, paymentFile, status, isLive, destination, reference, code, message, createdAt, createdBy, firstSentAt, lookedAt, recalledAt, returnedAmount, endedAt } = attempt;
  return (
    <>
      <p className={css.status}>
        <StatusBadge {...attemptStatusLabel(status)} />
        {!isLive && <StatusBadge label={t`Test mode`} tone="pending" />}
        {recalledAt && status === "SETTLED" && <StatusBadge label={t`Being recalled`} tone="active" />}
      </p>
      {(message ?? code) && (
        <p lang="en" dir="ltr">
          {message ?? code}
        </p>
      )}
      <DescriptionList>
        {paymentFile && (
          <DescriptionItem term={t`Payment file`}>
            <Link to={`/staff/payouts/files/${paymentFile.id}`}>{paymentFile.messageId}</Link>
          </DescriptionItem>
        )}
        {reference && rail === "STRIPE" && (
          <DescriptionItem term={t`Transfer`}>
            <Copyable value={reference} copyLabel={t`Copy id of the transfer`} />
          </DescriptionItem>
        )}
        {reference && rail === "FILE" && (
          <DescriptionItem term={t`Reference of the bank`}>
            <Copyable value={reference} copyLabel={t`Copy reference of the bank`} />
          </DescriptionItem>
        )}
        <DescriptionItem term={t`To account`}>{destination}</DescriptionItem>
        <DescriptionItem term={t`Ordered`}>
          <Trans>
            <ExactTime at={createdAt} />, by <bdi>{createdBy}</bdi>
          </Trans>
        </DescriptionItem>
        {firstSentAt && (
          <DescriptionItem term={t`First request`}>
            <ExactTime at={firstSentAt} />
          </DescriptionItem>
        )}
        {lookedAt && (
          <DescriptionItem term={t`Last searched`}>
            <ExactTime at={lookedAt} />
          </DescriptionItem>
        )}
        {recalledAt && (
          <DescriptionItem term={t`Recalled`}>
            <ExactTime at={recalledAt} />
          </DescriptionItem>
        )}
        {returnedAmount && <DescriptionItem term={t`Came back`}>{formatMoney(returnedAmount)}</DescriptionItem>}
        {endedAt && (
          <DescriptionItem term={t`Ended`}>
            <ExactTime at={endedAt} />
          </DescriptionItem>
        )}
      </DescriptionList>
    </>
  );
}
