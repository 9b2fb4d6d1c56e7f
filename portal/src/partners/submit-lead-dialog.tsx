import { type FormEvent, useRef, useState } from "react";
import { type ApiError, useApiMutation } from "../api";
import { ErrorAlert, UserErrorsAlert } from "../components/alert";
import { Dialog } from "../components/dialog";
import { FieldRow, TextAreaField, TextField } from "../components/fields";
import { SubmitReferralLeadDocument, type SubmitReferralLeadInput } from "../gql/graphql";

interface Props {
  readonly partnerId: string;
  /** The currency of the estimated value. */
  readonly currency: string;
  readonly onClose: () => void;
  /** Called with the name of the submitted lead. */
  readonly onSubmitted: (name: string) => void;
}

const FIELDS = ["companyName", "contactName", "contactEmail", "contactPhone", "estimatedValue", "source", "notes"];

/** A form for a new lead. The server validates it; its message is shown at the field. */
export function SubmitLeadDialog({ partnerId, currency, onClose, onSubmitted }: Props) {
  const submitLead = useApiMutation(SubmitReferralLeadDocument);
  const [error, setError] = useState<ApiError | null>(null);
  const [userErrors, setUserErrors] = useState<readonly string[]>([]);
  const [isSubmitting, setIsSubmitting] = useState(false);
  const form = useRef<HTMLFormElement>(null);

  const showError = (error: ApiError) => {
    setError(error);
    const { field } = error;
    if (field) form.current?.querySelector<HTMLElement>(`[name="${CSS.escape(field)}"]`)?.focus();
  };
  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    if (isSubmitting) return;
    const input = readInput(new FormData(event.currentTarget), partnerId, currency);
    if (input.estimatedValue && !/^\d+(\.\d+)?$/.test(input.estimatedValue.amount)) {
      const message = "Use digits, with a dot before the decimals, as in 1500.00";
      return showError({ kind: "invalid-input", message, field: "estimatedValue", requestId: null });
    }
    setIsSubmitting(true);
    const result = await submitLead({ input });
    setIsSubmitting(false);
    if ("error" in result) return showError(result.error);
    setError(null);
    setUserErrors(result.userErrors.map(({ message }) => message));
    if (result.userErrors.length === 0) onSubmitted(input.companyName ?? input.contactName);
  };

  const errorOf = (name: string) => (error?.kind === "invalid-input" && error.field === name ? error.message : null);
  const isFieldError = error?.kind === "invalid-input" && error.field !== null && FIELDS.includes(error.field);
  return (
    <Dialog title="Submit a lead" variant="modal" onClose={onClose}>
      <form ref={form} className="stack" onSubmit={(event) => void submit(event)} noValidate aria-busy={isSubmitting}>
        <TextField label="Company" name="companyName" autoComplete="off" error={errorOf("companyName")} />
        <TextField label="Contact name" name="contactName" required autoComplete="off" error={errorOf("contactName")} />
        <FieldRow>
          <TextField
            label="E-mail"
            name="contactEmail"
            type="email"
            required
            autoComplete="off"
            error={errorOf("contactEmail")}
          />
          <TextField label="Phone" name="contactPhone" type="tel" autoComplete="off" error={errorOf("contactPhone")} />
        </FieldRow>
        <FieldRow>
          <TextField
            label={`Estimated value in ${currency}`}
            name="estimatedValue"
            inputMode="decimal"
            placeholder="1500.00"
            autoComplete="off"
            error={errorOf("estimatedValue")}
          />
          <TextField label="Where you met" name="source" autoComplete="off" error={errorOf("source")} />
        </FieldRow>
        <TextAreaField label="Notes" name="notes" error={errorOf("notes")} />
        {error && !isFieldError && <ErrorAlert error={error} />}
        <UserErrorsAlert messages={userErrors} />
        <div className="buttons">
          <button className="button-primary" type="submit" aria-disabled={isSubmitting}>
            {isSubmitting ? "Submitting…" : "Submit"}
          </button>
          <button className="button" type="button" onClick={onClose}>
            Cancel
          </button>
        </div>
      </form>
    </Dialog>
  );
}

function readInput(fields: FormData, partnerId: string, currency: string): SubmitReferralLeadInput {
  const text = (name: string) => String(fields.get(name) ?? "");
  const optionalText = (name: string) => text(name).trim() || null;
  const estimatedValue = optionalText("estimatedValue");
  return {
    partnerId,
    companyName: optionalText("companyName"),
    contactName: text("contactName"),
    contactEmail: text("contactEmail"),
    contactPhone: optionalText("contactPhone"),
    estimatedValue: estimatedValue ? { amount: estimatedValue, currency } : null,
    source: optionalText("source"),
    notes: optionalText("notes"),
  };
}
