import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { useState } from "react";
import { ConfirmDialog } from "../components/confirm-dialog";
import { SelectField, TextAreaField, TextField } from "../components/fields";
import { rejected } from "../format/input";
import { isolated } from "../format/isolation";
import { formatMoney } from "../format/money";
import type { PayoutAttemptRowFragment } from "../gql/graphql";
import type { PayoutDetail } from "../partners/payout-dialog";
import { useAttemptChange } from "./attempt-change";

export type AttemptAct = "withdraw" | "resolve" | "recall" | "dismiss";

interface Props {
  readonly payout: PayoutDetail;
  readonly attempt: PayoutAttemptRowFragment;
  readonly onClose: () => void;
  /** Called with a message for the user. */
  readonly onSuccess: (message: string) => void;
}

const summaryOf = ({ partner, totalAmount }: PayoutDetail) => t`${formatMoney(totalAmount)} to ${isolated(partner.companyName)}`;

/** Asks for confirmation of an act on an attempt to send a payout. */
export function AttemptDialog({ act, ...props }: Props & { readonly act: AttemptAct }) {
  if (act === "withdraw") return <WithdrawDialog {...props} />;
  if (act === "dismiss") return <DismissDialog {...props} />;
  return act === "resolve" ? <ResolveDialog {...props} /> : <RecallDialog {...props} />;
}

function WithdrawDialog({ payout, attempt, onClose, onSuccess }: Props) {
  const { withdraw } = useAttemptChange();
  const summary = summaryOf(payout);
  return (
    <ConfirmDialog
      title={t`Withdraw this attempt?`}
      confirmLabel={t`Withdraw`}
      onClose={onClose}
      onConfirm={(valueOf) => withdraw({ id: attempt.id, payoutId: payout.id }, valueOf("reason"))}
      onSuccess={() => onSuccess(t`Attempt withdrawn, and the payout is ready again: ${summary}`)}
    >
      {(errorOf) => (
        <>
          <p>{summary}</p>
          <p><Trans>Nothing is sent, and the payout is ready again.</Trans></p>
          <TextAreaField label={t`Reason`} name="reason" required hint={t`Stored in the history`} error={errorOf("reason")} />
        </>
      )}
    </ConfirmDialog>
  );
}

/** The words about what became of an attempt, by its rail. */
const RESOLVE_WORDS = {
  STRIPE: {
    title: t`Was the money sent?`,
    moved: t`The money was sent: complete the payout`,
    notMoved: t`No transfer: make the payout ready again`,
    reference: t`Id of the transfer`,
    referenceHint: t`As in tr_1AbC`,
    noReference: t`Enter the id of the transfer at Stripe`,
    notMovedHint: t`Accepted once a search at least 24 hours after the last request has found nothing.`,
  },
  FILE: {
    title: t`Has the bank paid this payout?`,
    moved: t`The bank has paid: complete the payout`,
    notMoved: t`The bank has not paid: make the payout ready again`,
    reference: t`Reference of the bank`,
    referenceHint: t`Such as that of the booking on the statement of your account`,
    noReference: t`Enter the reference of the bank`,
    notMovedHint: t`Only if the bank will not pay it any more: it has rejected the payment, or you have deleted it there. Otherwise it is paid twice.`,
  },
} as const;

function ResolveDialog({ payout, attempt, onClose, onSuccess }: Props) {
  const { resolve } = useAttemptChange();
  const [outcome, setOutcome] = useState("");
  const summary = summaryOf(payout);
  const isMoved = outcome === "MOVED";
  const words = RESOLVE_WORDS[attempt.rail];
  const confirm = (valueOf: (name: string) => string) => {
    const reference = valueOf("reference");
    if (isMoved && reference === "") return Promise.resolve(rejected("reference", words.noReference));
    return resolve({ id: attempt.id, payoutId: payout.id }, isMoved ? reference : null, valueOf("reason"));
  };
  return (
    <ConfirmDialog
      title={words.title}
      confirmLabel={t`Resolve`}
      canConfirm={outcome !== ""}
      onClose={onClose}
      onConfirm={confirm}
      onSuccess={() =>
        onSuccess(isMoved ? t`Payout completed: ${summary}` : t`Attempt resolved, and the payout is ready again: ${summary}`)
      }
    >
      {(errorOf) => (
        <>
          <p>{summary}</p>
          {attempt.rail === "STRIPE" ? (
            <p>
              <Trans>
                Look at Stripe for a transfer to the account {attempt.destination} with the transfer group{" "}
                <code dir="ltr">{`rvs_${payout.id}`}</code>.
              </Trans>
            </p>
          ) : (
            <p><Trans>Look at the statement of your account for a payment to the account {attempt.destination}.</Trans></p>
          )}
          <SelectField
            label={t`What you found`}
            value={outcome}
            onChange={setOutcome}
            options={[
              { value: "", label: t`Choose…` },
              { value: "MOVED", label: words.moved },
              { value: "NOT_MOVED", label: words.notMoved },
            ]}
          />
          {isMoved && (
            <TextField
              label={words.reference}
              name="reference"
              required
              maxLength={255}
              autoComplete="off"
              defaultValue={attempt.reference ?? ""}
              hint={words.referenceHint}
              error={errorOf("reference")}
            />
          )}
          {outcome === "NOT_MOVED" && <p className="muted">{words.notMovedHint}</p>}
          <TextAreaField label={t`How it was found out`} name="reason" required error={errorOf("reason")} />
        </>
      )}
    </ConfirmDialog>
  );
}

function RecallDialog({ payout, onClose, onSuccess }: Props) {
  const { recall } = useAttemptChange();
  const summary = summaryOf(payout);
  return (
    <ConfirmDialog
      title={t`Recall the money of this payout?`}
      confirmLabel={t`Recall`}
      onClose={onClose}
      onConfirm={(valueOf) => recall(payout.id, valueOf("reason"))}
      onSuccess={() => onSuccess(t`Stripe is asked for the money: ${summary}`)}
    >
      {(errorOf) => (
        <>
          <p>{summary}</p>
          <p>
            <Trans>
              Stripe is asked to take the money back from the account of the partner. The payout is returned once it has; if
              Stripe refuses, nothing changes, and the attempt says why.
            </Trans>
          </p>
          <TextAreaField label={t`Reason`} name="reason" required hint={t`Shown to the partner`} error={errorOf("reason")} />
        </>
      )}
    </ConfirmDialog>
  );
}

function DismissDialog({ payout, attempt, onClose, onSuccess }: Props) {
  const { dismiss } = useAttemptChange();
  const summary = summaryOf(payout);
  const returned = attempt.returnedAmount && formatMoney(attempt.returnedAmount);
  return (
    <ConfirmDialog
      title={t`Dismiss the attention?`}
      confirmLabel={t`Dismiss`}
      onClose={onClose}
      onConfirm={(valueOf) => dismiss(payout.id, valueOf("reason"))}
      onSuccess={() => onSuccess(t`The payout needs no attention any more: ${summary}`)}
    >
      {(errorOf) => (
        <>
          <p>{summary}</p>
          {returned && <p><Trans>Came back: {returned}</Trans></p>}
          <p>
            <Trans>
              Confirm it once an adjustment for that part is recorded. If another part comes back, the payout needs attention
              again.
            </Trans>
          </p>
          <TextAreaField label={t`What was done about it`} name="reason" required error={errorOf("reason")} />
        </>
      )}
    </ConfirmDialog>
  );
}
