import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import type { ReactNode } from "react";
import type { ApiError } from "../api";
import type { ErrorWords } from "../format/server-words";
import css from "./alert.module.css";
import { ErrorText } from "./error-text";

const TITLES: Readonly<Record<ApiError["kind"], string>> = {
  network: t`The server cannot be reached`,
  forbidden: t`You do not have access to this`,
  unavailable: t`The server is busy`,
  unauthenticated: t`Your session has ended`,
  "invalid-input": t`The server rejected the request`,
  internal: t`Something went wrong`,
};

interface ErrorAlertProps {
  readonly error: ApiError;
  readonly onRetry?: () => void;
}

/** Shows why a request failed, with a retry button where a retry can help. */
export function ErrorAlert({ error, onRetry }: ErrorAlertProps) {
  return (
    <div className={css.error} role="alert">
      <p className={css.title}>{TITLES[error.kind]}</p>
      <p>
        <ErrorText {...error} />
      </p>
      {error.requestId && <p className={css.requestId}><Trans>Request {error.requestId}</Trans></p>}
      {onRetry && error.kind !== "forbidden" && (
        <button className="button" type="button" onClick={onRetry}>
          <Trans>Try again</Trans>
        </button>
      )}
    </div>
  );
}

/** Shows why a mutation changed nothing; renders nothing if there are no errors. */
export function UserErrorsAlert({ errors }: { readonly errors: readonly ErrorWords[] }) {
  if (errors.length === 0) return null;
  const unique = new Map(errors.map((error) => [error.original ?? error.message, error]));
  return (
    <div className={css.error} role="alert">
      <p className={css.title}><Trans>Nothing was changed</Trans></p>
      {[...unique.values()].map((error) => (
        <p key={error.original ?? error.message}>
          <ErrorText {...error} />
        </p>
      ))}
    </div>
  );
}

/** Confirms that a mutation succeeded. */
export function SuccessAlert({ children }: { readonly children: ReactNode }) {
  return (
    <p className={css.success} role="status">
      {children}
    </p>
  );
}
