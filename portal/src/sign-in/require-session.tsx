import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { type ReactNode, useCallback, useEffect, useState } from "react";
import { useLocation, useNavigate } from "react-router";
import { ApiProvider } from "../api";
import { useDocumentTitle } from "../hooks/document-title";
import { DemoUsers } from "./demo-users";
import { redirectToProvider, signOutAtProvider, useProviderCallback, useTokenRenewal } from "./identity-provider";
import { SessionProvider } from "./session";
import { useSessionState } from "./session-state";
import { hasProviderSession } from "./session-storage";
import { SignInForm } from "./sign-in-form";
import { fetchSignInOptions, type IdentityProvider, type SignInOptions } from "./sign-in-options";

/** Renders its children for a signed-in user, with the session and the API client; otherwise the sign-in page. */
export function RequireSession({ children }: { readonly children: ReactNode }) {
  const session = useSessionState();
  const { signedIn, signIn, failSignIn, endSession } = session;
  const options = useSignInOptions(signedIn !== null);
  const provider = options?.provider ?? null;
  const isReturningFromProvider = useProviderCallback(provider, signIn, failSignIn);
  useTokenRenewal(provider, signedIn !== null, session.renewToken);
  const location = useLocation();
  const navigate = useNavigate();

  const signOut = useCallback(() => {
    const end = () => {
      endSession(null);
      // The page may not exist for the next user.
      void navigate("/");
    };
    if (provider && hasProviderSession()) void signOutAtProvider(provider).finally(end);
    else end();
  }, [provider, endSession, navigate]);

  if (signedIn) {
    return (
      <ApiProvider token={signedIn.token} onSessionExpired={session.expireSession}>
        <SessionProvider viewer={signedIn.viewer} signOut={signOut} onViewerChange={session.updateViewer}>
          {children}
        </SessionProvider>
      </ApiProvider>
    );
  }
  if (isReturningFromProvider) return <p className="page-message full-height"><Trans>Signing in…</Trans></p>;
  const startProviderSignIn = (provider: IdentityProvider) => {
    redirectToProvider(provider, location.pathname + location.search).catch((error: unknown) =>
      failSignIn(t`The identity provider cannot be reached: ${String(error)}`),
    );
  };
  return (
    <SignInPage
      {...session.signInState}
      options={options}
      onSignIn={(token) => void signIn(token)}
      onProviderSignIn={startProviderSignIn}
    />
  );
}

/**
 * The server's sign-in options, once they are fetched. A restored session does not need them, unless it came from the
 * identity provider, where it is renewed.
 */
function useSignInOptions(isSignedIn: boolean): SignInOptions | null {
  const [options, setOptions] = useState<SignInOptions | null>(null);
  const isNeeded = !isSignedIn || hasProviderSession();
  useEffect(() => {
    if (isNeeded && !options) void fetchSignInOptions().then(setOptions);
  }, [isNeeded, options]);
  return options;
}

interface SignInPageProps {
  readonly token: string;
  readonly error: string | null;
  readonly isSigningIn: boolean;
  readonly options: SignInOptions | null;
  readonly onSignIn: (token: string) => void;
  readonly onProviderSignIn: (provider: IdentityProvider) => void;
}

function SignInPage({ token, error, isSigningIn, options, onSignIn, onProviderSignIn }: SignInPageProps) {
  useDocumentTitle(t`Sign in`);
  const provider = options?.provider;
  return (
    <SignInForm
      title="revshare"
      lead={t`Your commissions, balances and payouts.`}
      initialToken={token}
      error={error}
      isSigningIn={isSigningIn}
      onSignIn={onSignIn}
      onProviderSignIn={provider ? () => onProviderSignIn(provider) : undefined}
    >
      <DemoUsers
        // The portal has no pages for service accounts.
        users={options?.demoUsers.filter(({ role }) => role !== "billing") ?? []}
        isSigningIn={isSigningIn}
        onSignIn={onSignIn}
      />
    </SignInForm>
  );
}
