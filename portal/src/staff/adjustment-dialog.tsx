import { useState } from "react";
import { useApiMutation } from "../api";
import { ConfirmDialog } from "../components/confirm-dialog";
import { FieldRow, TextAreaField, TextField } from "../components/fields";
import { AMOUNT_MESSAGE, isAmount, rejected } from "../format/input";
import { formatMoney } from "../format/money";
import { randomKey } from "../format/random-key";
import { RecordAdjustmentDocument } from "../gql/graphql";

interface Props {
  readonly partnerId: string;
  readonly currency: string;
  readonly onClose: () => void;
  /** Called with a message for the user. */
  readonly onSuccess: (message: string) => void;
}

/** Records an adjustment of a partner's commissions by hand. */
export function AdjustmentDialog({ partnerId, currency, onClose, onSuccess }: Props) {
  const record = useApiMutation(RecordAdjustmentDocument);
  // One key per dialog: a repeated click records one adjustment.
  const [idempotencyKey] = useState(randomKey);
  return (
    <ConfirmDialog
      title="Record an adjustment"
      confirmLabel="Record adjustment"
      onClose={onClose}
      onConfirm={(valueOf) => {
        const amount = valueOf("amount");
        if (!isAmount(amount)) return Promise.resolve(rejected("amount", AMOUNT_MESSAGE));
        const partnerNote = valueOf("partnerNote");
        return record({
          input: {
            partnerId,
            amount: { amount, currency: valueOf("currency").toUpperCase() },
            reason: valueOf("reason"),
            ...(partnerNote && { partnerNote }),
            idempotencyKey,
          },
        });
      }}
      onSuccess={({ commissionEvent }) =>
        onSuccess(`Recorded an adjustment of ${commissionEvent ? formatMoney(commissionEvent.commissionAmount) : ""}.`)
      }
    >
      {(errorOf) => (
        <>
          <p>It waits for approval like a commission. A negative amount is deducted.</p>
          <FieldRow>
            <TextField
              label="Amount"
              name="amount"
              inputMode="decimal"
              required
              placeholder="-20.00"
              autoComplete="off"
              error={errorOf("amount")}
            />
            <TextField
              label="Currency"
              name="currency"
              maxLength={3}
              required
              autoComplete="off"
              defaultValue={currency}
              error={errorOf("currency")}
            />
          </FieldRow>
          <TextAreaField label="Reason" name="reason" required hint="For staff" error={errorOf("reason")} />
          <TextAreaField label="Note for the partner" name="partnerNote" error={errorOf("partnerNote")} />
        </>
      )}
    </ConfirmDialog>
  );
}
