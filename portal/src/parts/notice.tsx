import type { ReactNode } from "react";
import type { Trouble } from "../api";
import css from "./notice.module.css";

/** What stands where there is nothing to show. */
export function Empty({ children }: { readonly children: ReactNode }) {
  return <p className={css.empty}>{children}</p>;
}

const TITLES: Readonly<Record<Trouble["kind"], string>> = {
  unreachable: "The server cannot be reached",
  refused: "You may not see this",
  busy: "The server is busy",
  ended: "Your session has ended",
  input: "The server did not understand the request",
  failed: "Something went wrong",
};

/** Why something could not be loaded, and what can be done. */
export function TroubleNotice({ trouble, onRetry }: { readonly trouble: Trouble; readonly onRetry?: () => void }) {
  return (
    <div className={css.trouble} role="alert">
      <p className={css.title}>{TITLES[trouble.kind]}</p>
      <p>{trouble.message}</p>
      {trouble.requestId && <p className={css.id}>Request {trouble.requestId}</p>}
      {onRetry && trouble.kind !== "refused" && (
        <button className="plain" type="button" onClick={onRetry}>
          Try again
        </button>
      )}
    </div>
  );
}

/** What came of something that the user did. */
export function Done({ children }: { readonly children: ReactNode }) {
  return (
    <p className={css.done} role="status">
      {children}
    </p>
  );
}

/** Why an act was refused; nothing where it was not. */
export function Refusals({ of }: { readonly of: readonly string[] }) {
  if (of.length === 0) return null;
  return (
    <div className={css.trouble} role="alert">
      <p className={css.title}>Nothing was changed</p>
      {[...new Set(of)].map((message) => (
        <p key={message}>{message}</p>
      ))}
    </div>
  );
}
