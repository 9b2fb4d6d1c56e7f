import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { useState } from "react";
import { useApiMutation } from "../api";
import { ConfirmDialog } from "../components/confirm-dialog";
import { FieldRow, TextAreaField, TextField } from "../components/fields";
import { amountMessage, decimalText, parseAmount, rejected } from "../format/input";
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
      title={t`Record an adjustment`}
      confirmLabel={t`Record adjustment`}
      onClose={onClose}
      onConfirm={(valueOf) => {
        const amount = parseAmount(valueOf("amount"));
        if (!amount) return Promise.resolve(rejected("amount", amountMessage(valueOf("amount"))));
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
        onSuccess(t`Recorded an adjustment of ${commissionEvent ? formatMoney(commissionEvent.commissionAmount) : ""}.`)
      }
    >
      {(errorOf) => (
        <>
          <p><Trans>It waits for approval like a commission. A negative amount is deducted.</Trans></p>
          <FieldRow>
            <TextField
              label={t`Amount`}
              name="amount"
              inputMode="decimal"
              required
              placeholder={decimalText("-20.00")}
              autoComplete="off"
              error={errorOf("amount")}
            />
            <TextField
              label={t`Currency`}
              name="currency"
              maxLength={3}
              required
              autoComplete="off"
              defaultValue={currency}
              error={errorOf("currency")}
            />
          </FieldRow>
          <TextAreaField label={t`Reason`} name="reason" required hint={t`For staff`} error={errorOf("reason")} />
          <TextAreaField label={t`Note for the partner`} name="partnerNote" error={errorOf("partnerNote")} />
        </>
      )}
    </ConfirmDialog>
  );
}
