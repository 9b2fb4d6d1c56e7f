import { type FormEvent, type ReactNode, useState } from "react";
import type { ApiError, MutationResult, UserError } from "../api";
import { ErrorAlert, UserErrorsAlert } from "./alert";
import { Dialog } from "./dialog";

interface Props<Payload> {
  readonly title: string;
  /** What confirming will do, and any form fields. */
  readonly children?: ReactNode;
  readonly confirmLabel: string;
  readonly canConfirm?: boolean;
  readonly onClose: () => void;
  /** Runs the mutation. `valueOf` returns the trimmed value of the form field with a name. */
  readonly onConfirm: (valueOf: (name: string) => string) => Promise<MutationResult<Payload>>;
  readonly onSuccess: (payload: Payload) => void;
  /** Called with the user errors of a mutation that changed nothing; returns what to show instead of their messages. */
  readonly onUserErrors?: ((errors: readonly UserError[]) => readonly string[]) | undefined;
}

/**
 * Asks for confirmation and runs a mutation. If it fails, the dialog stays open with the error, and it can be
 * retried.
 */
export function ConfirmDialog<Payload>(props: Props<Payload>) {
  const { title, children, confirmLabel, canConfirm = true, onClose, onConfirm, onSuccess, onUserErrors } = props;
  const [isSubmitting, setIsSubmitting] = useState(false);
  const [error, setError] = useState<ApiError | null>(null);
  const [userErrors, setUserErrors] = useState<readonly string[]>([]);
  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    if (isSubmitting || !canConfirm) return;
    const fields = new FormData(event.currentTarget);
    setIsSubmitting(true);
    const result = await onConfirm((name) => String(fields.get(name) ?? "").trim());
    setIsSubmitting(false);
    setError("error" in result ? result.error : null);
    const errors = "userErrors" in result ? result.userErrors : [];
    setUserErrors(errors.length > 0 && onUserErrors ? onUserErrors(errors) : errors.map(({ message }) => message));
    if ("payload" in result && result.userErrors.length === 0) onSuccess(result.payload);
  };
  return (
    <Dialog title={title} variant="modal" onClose={onClose}>
      <form className="stack" onSubmit={(event) => void submit(event)} aria-busy={isSubmitting}>
        {children}
        {error && <ErrorAlert error={error} />}
        <UserErrorsAlert messages={userErrors} />
        <div className="buttons">
          <button className="button-primary" type="submit" aria-disabled={isSubmitting || !canConfirm}>
            {isSubmitting ? "One moment…" : confirmLabel}
          </button>
          <button className="button" type="button" onClick={onClose}>
            Back
          </button>
        </div>
      </form>
    </Dialog>
  );
}
