import { type FormEvent, type ReactNode, useState } from "react";
import icon from "../icon.svg?no-inline";

interface Props {
  readonly title: string;
  readonly lead: string;
  /** The token to begin with. */
  readonly token: string;
  /** Why nobody is signed in, if there is more to say than that. */
  readonly reason: string | null;
  readonly busy: boolean;
  readonly onSignIn: (token: string) => void;
  /** Signs in at the identity provider, where there is one: then a token is the other way. */
  readonly onLeave?: (() => void) | undefined;
  /** What comes after the form. */
  readonly children: ReactNode;
}

/** The box before the pages: a token, or another way in. */
export function Door({ title, lead, token, reason, busy, onSignIn, onLeave, children }: Props) {
  const [text, setText] = useState(token);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    // As it is often copied: from a header, or over the end of a line.
    const pasted = text.trim().replace(/^Bearer\s+/i, "").replace(/\s*\n\s*/g, "");
    if (pasted && !busy) onSignIn(pasted);
  };
  const form = (
    <form onSubmit={submit} aria-busy={busy}>
      <label htmlFor="token">Token</label>
      {/* No password field: browsers would offer to store what should be gone with the tab. */}
      <input
        id="token"
        className="token"
        type="text"
        name="token"
        value={text}
        onChange={(event) => setText(event.target.value)}
        aria-describedby="token-hint"
        aria-invalid={reason !== null && text !== ""}
        autoCapitalize="off"
        autoComplete="off"
        autoCorrect="off"
        spellCheck={false}
        autoFocus={!onLeave}
        required
      />
      <p className="hint" id="token-hint">
        Kept in this tab only, until you sign out.
      </p>
      {/* Not disabled while busy: that would take the focus away. */}
      <button className="primary" type="submit" aria-disabled={busy}>
        {busy ? "Signing in…" : "Sign in"}
      </button>
    </form>
  );
  return (
    <main className="door">
      <div className="box">
        <img className="mark" src={icon} alt="" width="36" height="36" />
        <h1>{title}</h1>
        <p className="lead">{lead}</p>
        {onLeave && (
          <div className="provider">
            <button className="primary" type="button" onClick={onLeave} autoFocus>
              Sign in with your organization
            </button>
          </div>
        )}
        {onLeave ? (
          <details className="other">
            <summary>Sign in with a token</summary>
            {form}
          </details>
        ) : (
          form
        )}
        <p className="reason" role="alert">
          {reason}
        </p>
        {children}
      </div>
    </main>
  );
}
