import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { useApiMutation } from "../api";
import { ConfirmDialog } from "../components/confirm-dialog";
import { TextAreaField, TextField } from "../components/fields";
import type { Calendar } from "../format/dates";
import { isolated } from "../format/isolation";
import { formatMoney } from "../format/money";
import { CorrectPaymentReferenceDocument } from "../gql/graphql";
import type { PayoutDetail } from "../partners/payout-dialog";
import { useSession } from "../sign-in/session";
import { usePayoutChange } from "./payout-change";

export type PayoutAction = "start" | "complete" | "fail" | "cancel" | "correct-reference" | "return";

const LABELS: Readonly<Record<PayoutAction, string>> = {
  start: t`Mark as sent`,
  complete: t`Complete`,
  fail: t`Mark as failed`,
  cancel: t`Cancel payout`,
  "correct-reference": t`Correct reference`,
  return: t({ message: "Return", context: "payout" }),
};

export const payoutActionLabel = (action: PayoutAction) => LABELS[action];

/** The actions that are possible in a status. */
export function payoutActions(status: string): readonly PayoutAction[] {
  if (status === "READY") return ["start", "complete", "fail", "cancel"];
  if (status === "PROCESSING") return ["complete", "fail"];
  return status === "COMPLETED" ? ["correct-reference", "return"] : [];
}

/** When the money was back: the start of a day, but not before it arrived on that day; null for now. */
function timeOfReturn(day: string, { completedAt }: PayoutDetail, calendar: Calendar): string | null {
  return completedAt && calendar.dayOf(completedAt) === day ? completedAt : calendar.startOfDay(day);
}

interface Props {
  readonly action: PayoutAction;
  readonly payout: PayoutDetail;
  readonly onClose: () => void;
  readonly onSuccess: (message: string) => void;
}

/** Asks for confirmation of an action on a payout, and for its payment reference or reason. */
export function PayoutActionDialog({ action, payout, onClose, onSuccess }: Props) {
  const { start, complete, fail, cancel, giveBack } = usePayoutChange();
  const { calendar } = useSession();
  const correct = useApiMutation(CorrectPaymentReferenceDocument);
  const { id, partner, totalAmount } = payout;
  const summary = t`${formatMoney(totalAmount)} to ${isolated(partner.companyName)}`;
  const reason = <TextAreaField label={t`Reason`} name="reason" required hint={t`Stored in the history`} />;
  switch (action) {
    case "start":
      return (
        <ConfirmDialog
          title={t`Mark this payout as sent?`}
          confirmLabel={LABELS.start}
          onClose={onClose}
          onConfirm={() => start(id)}
          onSuccess={() => onSuccess(t`Payout marked as sent: ${summary}`)}
        >
          <p>{summary}</p>
          <p><Trans>After this it can be completed or marked as failed, but no longer cancelled.</Trans></p>
        </ConfirmDialog>
      );
    case "complete":
      return (
        <ConfirmDialog
          title={t`Complete this payout?`}
          confirmLabel={LABELS.complete}
          onClose={onClose}
          onConfirm={(valueOf) => complete(id, valueOf("reference"))}
          onSuccess={() => onSuccess(t`Payout completed: ${summary}`)}
        >
          <p>{summary}</p>
          <p><Trans>Confirm that the money has arrived. This is final: the commissions are settled.</Trans></p>
          <TextField
            label={t`Payment reference`}
            name="reference"
            required
            maxLength={255}
            hint={t`The reference from your bank or payment provider`}
            autoComplete="off"
          />
        </ConfirmDialog>
      );
    case "correct-reference":
      return (
        <ConfirmDialog
          title={t`Correct the payment reference?`}
          confirmLabel={t`Correct reference`}
          onClose={onClose}
          onConfirm={(valueOf) =>
            correct({ input: { id, paymentReference: valueOf("paymentReference"), reason: valueOf("reason") } })
          }
          onSuccess={() => onSuccess(t`Payment reference corrected: ${summary}`)}
        >
          {(errorOf) => (
            <>
              <p><Trans>{summary}. The former reference stays in the history.</Trans></p>
              <TextField
                label={t`Payment reference`}
                name="paymentReference"
                required
                maxLength={255}
                autoComplete="off"
                defaultValue={payout.paymentReference ?? ""}
                error={errorOf("paymentReference")}
              />
              <TextAreaField label={t`Reason`} name="reason" required error={errorOf("reason")} />
            </>
          )}
        </ConfirmDialog>
      );
    case "fail":
      return (
        <ConfirmDialog
          title={t`Mark this payout as failed?`}
          confirmLabel={LABELS.fail}
          onClose={onClose}
          onConfirm={(valueOf) => fail(id, valueOf("reason"))}
          onSuccess={() => onSuccess(t`Payout failed, and its commissions can be paid again: ${summary}`)}
        >
          <p>{summary}</p>
          <p><Trans>Its commissions are released at once and can be paid by another payout. The partner sees the reason.</Trans></p>
          {reason}
        </ConfirmDialog>
      );
    case "return":
      return (
        <ConfirmDialog
          title={t`Has the money of this payout come back?`}
          confirmLabel={LABELS.return}
          onClose={onClose}
          onConfirm={(valueOf) => giveBack(id, valueOf("reason"), timeOfReturn(valueOf("returnedAt"), payout, calendar))}
          onSuccess={() => onSuccess(t`Payout returned, and its commissions can be paid again: ${summary}`)}
        >
          {(errorOf) => (
            <>
              <p>{summary}</p>
              <p>
                <Trans>
                  Its commissions are released at once and can be paid by another payout. Its statement stays as it is, and a
                  credit note to it is issued. This is final.
                </Trans>
              </p>
              <TextAreaField label={t`Reason`} name="reason" required hint={t`Shown to the partner`} error={errorOf("reason")} />
              <TextField
                label={t`Back on`}
                name="returnedAt"
                type="date"
                hint={t`Empty: now`}
                error={errorOf("returnedAt")}
              />
            </>
          )}
        </ConfirmDialog>
      );
    case "cancel":
      return (
        <ConfirmDialog
          title={t`Cancel this payout?`}
          confirmLabel={LABELS.cancel}
          onClose={onClose}
          onConfirm={(valueOf) => cancel(id, valueOf("reason"))}
          onSuccess={() => onSuccess(t`Payout cancelled, and its commissions can be paid again: ${summary}`)}
        >
          <p>{summary}</p>
          <p><Trans>Nothing was sent. Its commissions are released at once and can be paid by another payout.</Trans></p>
          {reason}
        </ConfirmDialog>
      );
  }
}
