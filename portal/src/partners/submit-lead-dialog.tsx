import { t } from "@lingui/core/macro";
import { useRef } from "react";
import { useApiMutation } from "../api";
import { ConfirmDialog } from "../components/confirm-dialog";
import { FieldRow, TextAreaField, TextField } from "../components/fields";
import { amountMessage, decimalText, parseAmount, rejected } from "../format/input";
import { SubmitReferralLeadDocument } from "../gql/graphql";

interface Props {
  readonly partnerId: string;
  /** The currency of the estimated value. */
  readonly currency: string;
  readonly onClose: () => void;
  /** Called with the name of the submitted lead. */
  readonly onSubmitted: (name: string) => void;
}

/** A form for a new lead. The server validates it; its message is shown at the field. */
export function SubmitLeadDialog({ partnerId, currency, onClose, onSubmitted }: Props) {
  const submitLead = useApiMutation(SubmitReferralLeadDocument);
  // As it was entered: the server masks it for partners.
  const name = useRef("");
  const submit = (valueOf: (name: string) => string) => {
    const valueText = valueOf("estimatedValue");
    const amount = parseAmount(valueText);
    if (valueText && !amount) return Promise.resolve(rejected("estimatedValue", amountMessage(valueText)));
    name.current = valueOf("companyName") || valueOf("contactName");
    return submitLead({
      input: {
        partnerId,
        companyName: valueOf("companyName") || null,
        contactName: valueOf("contactName"),
        contactEmail: valueOf("contactEmail"),
        contactPhone: valueOf("contactPhone") || null,
        estimatedValue: amount ? { amount, currency } : null,
        source: valueOf("source") || null,
        notes: valueOf("notes") || null,
      },
    });
  };
  return (
    <ConfirmDialog
      title={t`Submit a lead`}
      confirmLabel={t`Submit`}
      onClose={onClose}
      onConfirm={submit}
      onSuccess={() => onSubmitted(name.current)}
    >
      {(errorOf) => (
        <>
          <TextField label={t`Company`} name="companyName" autoComplete="off" error={errorOf("companyName")} />
          <TextField label={t`Contact name`} name="contactName" required autoComplete="off" error={errorOf("contactName")} />
          <FieldRow>
            <TextField
              label={t`E-mail`}
              name="contactEmail"
              type="email"
              required
              autoComplete="off"
              error={errorOf("contactEmail")}
            />
            <TextField label={t`Phone`} name="contactPhone" type="tel" autoComplete="off" error={errorOf("contactPhone")} />
          </FieldRow>
          <FieldRow>
            <TextField
              label={t`Estimated value in ${currency}`}
              name="estimatedValue"
              inputMode="decimal"
              placeholder={decimalText("1500.00")}
              autoComplete="off"
              error={errorOf("estimatedValue")}
            />
            <TextField label={t`Where you met`} name="source" autoComplete="off" error={errorOf("source")} />
          </FieldRow>
          <TextAreaField label={t`Notes`} name="notes" error={errorOf("notes")} />
        </>
      )}
    </ConfirmDialog>
  );
}
