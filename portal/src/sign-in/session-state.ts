import { t } from "@lingui/core/macro";
import { useCallback, useState } from "react";
import { fetchViewer, type Viewer } from "../api";
import { isolated } from "../format/isolation";
import { clearSession, loadToken, loadViewer, storeToken, storeViewer } from "./session-storage";
import { malformedTokenMessage } from "./token-format";

/** The signed-in user and the token of their requests. */
interface SignedIn {
  readonly token: string;
  readonly viewer: Viewer;
}

/** What the sign-in form shows. */
interface SignInState {
  /** The token to start with, for another attempt. */
  readonly token: string;
  readonly error: string | null;
  readonly isSigningIn: boolean;
}

const INITIAL: SignInState = { token: "", error: null, isSigningIn: false };

function restoreSession(): SignedIn | null {
  const token = loadToken();
  const viewer = loadViewer();
  return token && viewer ? { token, viewer } : null;
}

/** The state of the session and its transitions: sign in, renew the token, update the user, expire, sign out. */
export function useSessionState() {
  const [signedIn, setSignedIn] = useState<SignedIn | null>(restoreSession);
  const [signInState, setSignInState] = useState<SignInState>(INITIAL);

  const failSignIn = useCallback((error: string) => setSignInState({ ...INITIAL, error }), []);

  const signIn = useCallback(
    async (token: string) => {
      const malformed = malformedTokenMessage(token);
      if (malformed) return failSignIn(malformed);
      setSignInState({ token, error: null, isSigningIn: true });
      const result = await fetchViewer(token);
      if ("error" in result) {
        const { kind, message } = result.error;
        const isTokenRejected = kind === "unauthenticated" || kind === "forbidden";
        return setSignInState({ token: isTokenRejected ? "" : token, error: message, isSigningIn: false });
      }
      const { viewer } = result;
      if (viewer.kind === "SERVICE") {
        return failSignIn(t`${isolated(viewer.userId)} is a service account, which can use the API but not the portal.`);
      }
      storeToken(token);
      storeViewer(viewer);
      setSignInState(INITIAL);
      setSignedIn({ token, viewer });
    },
    [failSignIn],
  );

  const renewToken = useCallback((token: string) => {
    storeToken(token);
    setSignedIn((signedIn) => signedIn && { ...signedIn, token });
  }, []);

  const updateViewer = useCallback((viewer: Viewer) => {
    storeViewer(viewer);
    setSignedIn((signedIn) => signedIn && { ...signedIn, viewer });
  }, []);

  const endSession = useCallback((error: string | null) => {
    clearSession();
    setSignedIn(null);
    setSignInState({ ...INITIAL, error });
  }, []);

  const expireSession = useCallback(
    (reason: string) => endSession(t`Your session has ended: ${reason}. Sign in again to continue where you left off.`),
    [endSession],
  );

  return { signedIn, signInState, signIn, failSignIn, renewToken, updateViewer, endSession, expireSession };
}
