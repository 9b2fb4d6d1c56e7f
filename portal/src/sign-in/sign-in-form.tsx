import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { type FormEvent, type ReactNode, useState } from "react";
import { LanguageSelect } from "../components/language-select";
import icon from "../icon.svg?no-inline";

interface Props {
  readonly title: string;
  readonly lead: string;
  /** The token to start with. */
  readonly initialToken: string;
  /** Why the last attempt failed, or why the session ended. */
  readonly error: string | null;
  readonly isSigningIn: boolean;
  readonly onSignIn: (token: string) => void;
  /** Signs in at the identity provider. If given, it comes first, and the token field is collapsed. */
  readonly onProviderSignIn?: (() => void) | undefined;
  /** Shown below the form. */
  readonly children: ReactNode;
}

/** The sign-in page: a button for the identity provider if there is one, and a field for a token. */
export function SignInForm(props: Props) {
  const { title, lead, initialToken, error, isSigningIn, onSignIn, onProviderSignIn, children } = props;
  // The text is state of this component because the token form moves in the tree, and remounts, once the provider is
  // known.
  const [text, setText] = useState(initialToken);
  const tokenForm = (
    <TokenForm
      text={text}
      onTextChange={setText}
      isInvalid={error !== null && text !== ""}
      isSigningIn={isSigningIn}
      onSignIn={onSignIn}
      autoFocus={!onProviderSignIn}
    />
  );
  return (
    <main className="sign-in-page">
      <div className="sign-in-card">
        <img className="logo" src={icon} alt="" width="36" height="36" />
        <h1>{title}</h1>
        <p className="lead">{lead}</p>
        {onProviderSignIn && (
          <div className="provider-sign-in">
            <button className="button-large" type="button" onClick={onProviderSignIn} autoFocus>
              <Trans>Sign in with your organization</Trans>
            </button>
          </div>
        )}
        {onProviderSignIn ? (
          <details className="token-sign-in">
            <summary><Trans>Sign in with a token</Trans></summary>
            {tokenForm}
          </details>
        ) : (
          tokenForm
        )}
        <p className="sign-in-error" role="alert">
          {error}
        </p>
        {children}
      </div>
      <LanguageSelect />
    </main>
  );
}

interface TokenFormProps {
  readonly text: string;
  readonly onTextChange: (text: string) => void;
  readonly isInvalid: boolean;
  readonly isSigningIn: boolean;
  readonly onSignIn: (token: string) => void;
  readonly autoFocus: boolean;
}

function TokenForm({ text, onTextChange, isInvalid, isSigningIn, onSignIn, autoFocus }: TokenFormProps) {
  const submit = (event: FormEvent) => {
    event.preventDefault();
    // Accepts a token that was copied with its "Bearer" prefix or with line breaks.
    const token = text.trim().replace(/^Bearer\s+/i, "").replace(/\s*\n\s*/g, "");
    if (token && !isSigningIn) onSignIn(token);
  };
  return (
    <form onSubmit={submit} aria-busy={isSigningIn}>
      <label htmlFor="token"><Trans>Token</Trans></label>
      {/* Not type="password": browsers would offer to store the token, which must not outlive the tab. */}
      <input
        id="token"
        className="token"
        type="text"
        name="token"
        value={text}
        onChange={(event) => onTextChange(event.target.value)}
        aria-describedby="token-hint"
        aria-invalid={isInvalid}
        autoCapitalize="off"
        autoComplete="off"
        autoCorrect="off"
        spellCheck={false}
        autoFocus={autoFocus}
        required
      />
      <p className="hint" id="token-hint">
        <Trans>Stored in this tab only, until you sign out.</Trans>
      </p>
      {/* aria-disabled instead of disabled, which would drop the focus. */}
      <button className="button-large" type="submit" aria-disabled={isSigningIn}>
        {isSigningIn ? t`Signing in…` : t`Sign in`}
      </button>
    </form>
  );
}
