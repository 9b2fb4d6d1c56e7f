import { type FormEvent, useState } from "react";
import { DemoChoice } from "./demo-choice";
import icon from "./icon.svg?no-inline";

interface Props {
  /** The token to begin with. */
  readonly token: string;
  /** Why nobody is signed in, if there is more to say than that. */
  readonly reason: string | null;
  readonly busy: boolean;
  readonly onSignIn: (token: string) => void;
}

/** The box before GraphiQL: a token, or on a demo server somebody to try it as. */
export function SignIn({ token, reason, busy, onSignIn }: Props) {
  const [text, setText] = useState(token);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    // As it is often copied: from a header, or over the end of a line.
    const pasted = text.trim().replace(/^Bearer\s+/i, "").replace(/\s*\n\s*/g, "");
    if (pasted && !busy) onSignIn(pasted);
  };
  return (
    <main className="door">
      <div className="box">
        <img className="mark" src={icon} alt="" width="36" height="36" />
        <h1>revshare GraphiQL</h1>
        <p className="lead">Explore the API and try it. For staff.</p>
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
            autoFocus
            required
          />
          <p className="hint" id="token-hint">
            Kept in this tab only, until you sign out.
          </p>
          <p className="reason" role="alert">
            {reason}
          </p>
          {/* Not disabled while busy: that would take the focus away. */}
          <button className="primary" type="submit" aria-disabled={busy}>
            {busy ? "Signing in…" : "Sign in"}
          </button>
        </form>
        <DemoChoice busy={busy} onChoose={onSignIn} />
      </div>
    </main>
  );
}
