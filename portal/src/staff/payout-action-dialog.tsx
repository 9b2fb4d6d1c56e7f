import { useApiMutation } from "../api";
import { ConfirmDialog } from "../components/confirm-dialog";
import { TextAreaField, TextField } from "../components/fields";
import { isolated } from "../format/isolation";
import { formatMoney } from "../format/money";
import {
  CancelPayoutDocument, CompletePayoutDocument, CorrectPaymentReferenceDocument, FailPayoutDocument, StartPayoutDocument,
} from "../gql/graphql";
import type { PayoutDetail } from "../partners/payout-dialog";

export type PayoutAction = "start" | "complete" | "fail" | "cancel" | "correct-reference";

const LABELS: Readonly<Record<PayoutAction, string>> = {
  start: "Mark as sent",
  complete: "Complete",
  fail: "Mark as failed",
  cancel: "Cancel payout",
  "correct-reference": "Correct reference",
};

export const payoutActionLabel = (action: PayoutAction) => LABELS[action];

/** The actions that are possible in a status. */
export function payoutActions(status: string): readonly PayoutAction[] {
  if (status === "READY") return ["start", "complete", "fail", "cancel"];
  if (status === "PROCESSING") return ["complete", "fail"];
  return status === "COMPLETED" ? ["correct-reference"] : [];
}

interface Props {
  readonly action: PayoutAction;
  readonly payout: PayoutDetail;
  readonly onClose: () => void;
  readonly onSuccess: (message: string) => void;
}

/** Asks for confirmation of an action on a payout, and for its payment reference or reason. */
export function PayoutActionDialog({ action, payout, onClose, onSuccess }: Props) {
  const start = useApiMutation(StartPayoutDocument);
  const complete = useApiMutation(CompletePayoutDocument);
  const fail = useApiMutation(FailPayoutDocument);
  const cancel = useApiMutation(CancelPayoutDocument);
  const correct = useApiMutation(CorrectPaymentReferenceDocument);
  const { id, partner, totalAmount } = payout;
  const summary = `${formatMoney(totalAmount)} to ${isolated(partner.companyName)}`;
  const reason = <TextAreaField label="Reason" name="reason" required hint="Stored in the history" />;
  switch (action) {
    case "start":
      return (
        <ConfirmDialog
          title="Mark this payout as sent?"
          confirmLabel={LABELS.start}
          onClose={onClose}
          onConfirm={() => start({ input: { id } })}
          onSuccess={() => onSuccess(`Payout marked as sent: ${summary}`)}
        >
          <p>{summary}</p>
          <p>After this it can be completed or marked as failed, but no longer cancelled.</p>
        </ConfirmDialog>
      );
    case "complete":
      return (
        <ConfirmDialog
          title="Complete this payout?"
          confirmLabel={LABELS.complete}
          onClose={onClose}
          onConfirm={(valueOf) => complete({ input: { id, paymentReference: valueOf("reference") } })}
          onSuccess={() => onSuccess(`Payout completed: ${summary}`)}
        >
          <p>{summary}</p>
          <p>Confirm that the money has arrived. This is final: the commissions are settled.</p>
          <TextField
            label="Payment reference"
            name="reference"
            required
            maxLength={255}
            hint="The reference from your bank or payment provider"
            autoComplete="off"
          />
        </ConfirmDialog>
      );
    case "correct-reference":
      return (
        <ConfirmDialog
          title="Correct the payment reference?"
          confirmLabel="Correct reference"
          onClose={onClose}
          onConfirm={(valueOf) =>
            correct({ input: { id, paymentReference: valueOf("paymentReference"), reason: valueOf("reason") } })
          }
          onSuccess={() => onSuccess(`Payment reference corrected: ${summary}`)}
        >
          {(errorOf) => (
            <>
              <p>{summary}. The former reference stays in the history.</p>
              <TextField
                label="Payment reference"
                name="paymentReference"
                required
                maxLength={255}
                autoComplete="off"
                defaultValue={payout.paymentReference ?? ""}
                error={errorOf("paymentReference")}
              />
              <TextAreaField label="Reason" name="reason" required error={errorOf("reason")} />
            </>
          )}
        </ConfirmDialog>
      );
    case "fail":
      return (
        <ConfirmDialog
          title="Mark this payout as failed?"
          confirmLabel={LABELS.fail}
          onClose={onClose}
          onConfirm={(valueOf) => fail({ input: { id, reason: valueOf("reason") } })}
          onSuccess={() => onSuccess(`Payout failed, and its commissions can be paid again: ${summary}`)}
        >
          <p>{summary}</p>
          <p>Its commissions are released at once and can be paid by another payout. The partner sees the reason.</p>
          {reason}
        </ConfirmDialog>
      );
    case "cancel":
      return (
        <ConfirmDialog
          title="Cancel this payout?"
          confirmLabel={LABELS.cancel}
          onClose={onClose}
          onConfirm={(valueOf) => cancel({ input: { id, reason: valueOf("reason") } })}
          onSuccess={() => onSuccess(`Payout cancelled, and its commissions can be paid again: ${summary}`)}
        >
          <p>{summary}</p>
          <p>Nothing was sent. Its commissions are released at once and can be paid by another payout.</p>
          {reason}
        </ConfirmDialog>
      );
  }
}
