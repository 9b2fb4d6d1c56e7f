import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { type FormEvent, type ReactNode, useRef, useState } from "react";
import type { ApiError, MutationResult, UserError } from "../api";
import { ErrorAlert, UserErrorsAlert } from "./alert";
import type { ErrorWords } from "../format/server-words";
import { Dialog } from "./dialog";
import { ErrorText } from "./error-text";

/** Returns the server's message about the form field with a name, if it rejected that field. */
export type ErrorOf = (name: string) => ReactNode;

interface Props<Payload> {
  readonly title: string;
  /** What confirming will do, and any form fields; a function if the fields show their own errors. */
  readonly children?: ReactNode | ((errorOf: ErrorOf) => ReactNode);
  readonly confirmLabel: string;
  readonly canConfirm?: boolean;
  readonly onClose: () => void;
  /** Runs the mutation. `valueOf` returns the trimmed value of the form field with a name. */
  readonly onConfirm: (valueOf: (name: string) => string) => Promise<MutationResult<Payload>>;
  readonly onSuccess: (payload: Payload) => void;
  /** Called with the user errors of a mutation that changed nothing; returns what to show instead of their messages. */
  readonly onUserErrors?: ((errors: readonly UserError[]) => readonly ErrorWords[]) | undefined;
}

interface FieldError extends Pick<ErrorWords, "message" | "original"> {
  readonly name: string;
  readonly language?: ErrorWords["language"];
}

/**
 * Asks for confirmation and runs a mutation. If it fails, the dialog stays open with the error, and it can be
 * retried. The error of a field of the form is shown at the field, which gets the focus.
 */
export function ConfirmDialog<Payload>(props: Props<Payload>) {
  const { title, children, confirmLabel, canConfirm = true, onClose, onConfirm, onSuccess, onUserErrors } = props;
  const [isSubmitting, setIsSubmitting] = useState(false);
  const [error, setError] = useState<ApiError | null>(null);
  const [userErrors, setUserErrors] = useState<readonly ErrorWords[]>([]);
  const [fieldErrors, setFieldErrors] = useState<readonly FieldError[]>([]);
  const form = useRef<HTMLFormElement>(null);
  const showsFieldErrors = typeof children === "function";

  const controlOf = (name: string | null | undefined) =>
    name && showsFieldErrors ? form.current?.querySelector<HTMLElement>(`[name="${CSS.escape(name)}"]`) : null;
  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    if (isSubmitting || !canConfirm) return;
    const fields = new FormData(event.currentTarget);
    setIsSubmitting(true);
    const result = await onConfirm((name) => String(fields.get(name) ?? "").trim());
    setIsSubmitting(false);
    const apiError = "error" in result ? result.error : null;
    const errors = "userErrors" in result ? result.userErrors : [];
    const atFields: FieldError[] = [];
    if (apiError?.kind === "invalid-input" && controlOf(apiError.field)) {
      atFields.push({ ...apiError, name: apiError.field ?? "" });
    }
    const others = errors.filter((error) => {
      const name = error.field?.find((part) => part !== "input");
      if (name && controlOf(name)) atFields.push({ ...error, name });
      return !(name && controlOf(name));
    });
    setError(atFields.length > 0 ? null : apiError);
    setUserErrors(others.length > 0 && onUserErrors ? onUserErrors(others) : others);
    setFieldErrors(atFields);
    controlOf(atFields[0]?.name)?.focus();
    if ("payload" in result && errors.length === 0) onSuccess(result.payload);
  };
  const errorOf: ErrorOf = (name) => {
    const error = fieldErrors.find((error) => error.name === name);
    return error ? <ErrorText {...error} /> : null;
  };
  return (
    <Dialog title={title} variant="modal" onClose={onClose}>
      <form
        ref={form}
        className="stack"
        onSubmit={(event) => void submit(event)}
        noValidate={showsFieldErrors}
        aria-busy={isSubmitting}
      >
        {showsFieldErrors ? children(errorOf) : children}
        {error && <ErrorAlert error={error} />}
        <UserErrorsAlert errors={userErrors} />
        <div className="buttons">
          <button className="button-primary" type="submit" aria-disabled={isSubmitting || !canConfirm}>
            {isSubmitting ? t`One moment…` : confirmLabel}
          </button>
          <button className="button" type="button" onClick={onClose}>
            <Trans>Back</Trans>
          </button>
        </div>
      </form>
    </Dialog>
  );
}
