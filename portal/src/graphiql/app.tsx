import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { lazy, Suspense, useCallback, useEffect, useState } from "react";
import { DemoUsers } from "../sign-in/demo-users";
import { clearSession, loadToken, storeToken } from "../sign-in/session-storage";
import { SignInForm } from "../sign-in/sign-in-form";
import { type DemoUser, fetchSignInOptions, isStaffRole } from "../sign-in/sign-in-options";
import { Header } from "./header";
import { LoadError } from "./load-error";
import { fetchStaffViewer, type StaffViewer } from "./viewer";

// Large, and only for staff: loaded after the sign-in.
const Editor = lazy(() => import("./editor").catch(() => ({ default: LoadError })));

interface SignedOut {
  readonly status: "signed-out";
  readonly token: string;
  readonly error: string | null;
  readonly isSigningIn: boolean;
}

interface SignedIn {
  readonly status: "signed-in";
  readonly token: string;
  readonly viewer: StaffViewer;
}

interface Restoring {
  readonly status: "restoring";
}

const SIGNED_OUT: SignedOut = { status: "signed-out", token: "", error: null, isSigningIn: false };

/** GraphiQL, behind a sign-in form. */
export function App() {
  const [storedToken] = useState(loadToken);
  const demoUsers = useDemoUsers();
  const [state, setState] = useState<SignedOut | SignedIn | Restoring>(storedToken ? { status: "restoring" } : SIGNED_OUT);

  const signOut = useCallback((error: string | null) => {
    clearSession();
    // GraphiQL sets its theme on the body; the sign-in form follows the system.
    document.body.classList.remove("graphiql-light", "graphiql-dark");
    setState({ ...SIGNED_OUT, error });
  }, []);

  const signIn = useCallback(
    async (token: string) => {
      const result = await fetchStaffViewer(token);
      if ("viewer" in result) {
        storeToken(token);
        setState({ status: "signed-in", token, viewer: result.viewer });
      } else if (result.isTokenRejected) {
        signOut(result.error);
      } else {
        setState({ ...SIGNED_OUT, token, error: result.error });
      }
    },
    [signOut],
  );

  useEffect(() => {
    if (storedToken) void signIn(storedToken);
  }, [storedToken, signIn]);

  if (state.status === "restoring") return <p className="page-message full-height"><Trans>Signing in…</Trans></p>;
  if (state.status === "signed-out") {
    const handleSignIn = (token: string) => {
      setState({ ...SIGNED_OUT, token, isSigningIn: true });
      void signIn(token);
    };
    const { token, error, isSigningIn } = state;
    return (
      <SignInForm
        title="revshare GraphiQL"
        lead={t`Explore the API and try it. For staff.`}
        initialToken={token}
        error={error}
        isSigningIn={isSigningIn}
        onSignIn={handleSignIn}
      >
        <DemoUsers users={demoUsers} isSigningIn={isSigningIn} isStaffOnly onSignIn={handleSignIn} />
      </SignInForm>
    );
  }
  return (
    <div className="app">
      <Header viewer={state.viewer} onSignOut={() => signOut(null)} />
      <main>
        <Suspense fallback={<p className="page-message"><Trans>Loading GraphiQL…</Trans></p>}>
          <Editor token={state.token} onTokenRejected={signOut} />
        </Suspense>
      </main>
    </div>
  );
}

/** The users of a demo server, staff first. */
function useDemoUsers(): readonly DemoUser[] {
  const [users, setUsers] = useState<readonly DemoUser[]>([]);
  useEffect(() => {
    void fetchSignInOptions().then(({ demoUsers }) => {
      setUsers(demoUsers.toSorted((a, b) => Number(isStaffRole(b.role)) - Number(isStaffRole(a.role))));
    });
  }, []);
  return users;
}
