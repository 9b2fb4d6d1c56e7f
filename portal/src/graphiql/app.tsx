import { lazy, Suspense, useCallback, useEffect, useState } from "react";
import { DemoChoice } from "../sign-in/demo-choice";
import { Door as DoorBox } from "../sign-in/door";
import { type DemoToken, demoTokens } from "../sign-in/options";
import { Bar } from "./bar";
import { LoadFailed } from "./load-failed";
import * as session from "../sign-in/kept";
import { type Viewer, viewerOf } from "./viewer";

// Large, and for staff only: loaded once somebody is signed in.
const Editor = lazy(() => import("./editor").catch(() => ({ default: LoadFailed })));

interface Door {
  readonly at: "door";
  readonly token: string;
  readonly reason: string | null;
  readonly busy: boolean;
}

interface Desk {
  readonly at: "desk";
  readonly token: string;
  readonly viewer: Viewer;
}

const DOOR: Door = { at: "door", token: "", reason: null, busy: false };

/** Who is not signed in sees the door, and who is, the desk. */
export function App() {
  const [returning] = useState(session.kept);
  const [demo, setDemo] = useState<readonly DemoToken[]>([]);
  const [state, setState] = useState<Door | Desk | { readonly at: "way back" }>(returning ? { at: "way back" } : DOOR);

  const leave = useCallback((reason: string | null) => {
    session.forget();
    // GraphiQL leaves its theme behind; the door follows the system.
    document.body.classList.remove("graphiql-light", "graphiql-dark");
    setState({ ...DOOR, reason });
  }, []);

  const enter = useCallback(
    async (token: string) => {
      const answer = await viewerOf(token);
      if ("viewer" in answer) {
        session.keep(token);
        setState({ at: "desk", token, viewer: answer.viewer });
      } else if (answer.final) {
        leave(answer.reason);
      } else {
        setState({ ...DOOR, token, reason: answer.reason });
      }
    },
    [leave],
  );

  useEffect(() => {
    void demoTokens().then(setDemo);
  }, []);

  useEffect(() => {
    if (returning) void enter(returning);
  }, [returning, enter]);

  if (state.at === "way back") return <p className="notice whole">Signing in…</p>;
  if (state.at === "door") {
    const signIn = (token: string) => {
      setState({ ...DOOR, token, busy: true });
      void enter(token);
    };
    const { token, reason, busy } = state;
    return (
      <DoorBox
        title="revshare GraphiQL"
        lead="Explore the API and try it. For staff."
        token={token}
        reason={reason}
        busy={busy}
        onSignIn={signIn}
      >
        <DemoChoice tokens={demo} busy={busy} isForStaff onChoose={signIn} />
      </DoorBox>
    );
  }
  return (
    <div className="desk">
      <Bar viewer={state.viewer} onSignOut={() => leave(null)} />
      <main>
        <Suspense fallback={<p className="notice">Loading GraphiQL…</p>}>
          <Editor token={state.token} onRefused={leave} />
        </Suspense>
      </main>
    </div>
  );
}
