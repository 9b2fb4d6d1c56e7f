import type { ReactNode } from "react";
import type { ApiError } from "../api";
import css from "./alert.module.css";

const TITLES: Readonly<Record<ApiError["kind"], string>> = {
  network: "The server cannot be reached",
  forbidden: "You do not have access to this",
  unavailable: "The server is busy",
  unauthenticated: "Your session has ended",
  "invalid-input": "The server rejected the request",
  internal: "Something went wrong",
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
      <p>{error.message}</p>
      {error.requestId && <p className={css.requestId}>Request {error.requestId}</p>}
      {onRetry && error.kind !== "forbidden" && (
        <button className="button" type="button" onClick={onRetry}>
          Try again
        </button>
      )}
    </div>
  );
}

/** Shows why a mutation changed nothing; renders nothing if there are no messages. */
export function UserErrorsAlert({ messages }: { readonly messages: readonly string[] }) {
  if (messages.length === 0) return null;
  return (
    <div className={css.error} role="alert">
      <p className={css.title}>Nothing was changed</p>
      {[...new Set(messages)].map((message) => (
        <p key={message}>{message}</p>
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
