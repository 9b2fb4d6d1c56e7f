import { type ReactNode, useCallback, useEffect, useState } from "react";
import { useLocation, useNavigate } from "react-router";
import { Connection, type Viewer, viewerOf } from "../api";
import { useTitle } from "../parts/title";
import { DemoChoice } from "./demo-choice";
import { Door } from "./door";
import { isRecord } from "./json";
import * as keeping from "./kept";
import { type Options, type Provider, signInOptions } from "./options";
import { SessionProvider } from "./session";

interface Outside {
  readonly token: string;
  readonly reason: string | null;
  readonly busy: boolean;
}

interface Inside {
  readonly token: string;
  readonly viewer: Viewer;
}

const OUTSIDE: Outside = { token: "", reason: null, busy: false };
const VIEWER = "revshare.viewer";

/** Who was signed in before the page was loaded again. */
function returning(): Inside | null {
  const token = keeping.kept();
  const text = sessionStorage.getItem(VIEWER);
  const viewer: unknown = text && JSON.parse(text);
  return token && isRecord(viewer) ? { token, viewer: viewer as Viewer } : null;
}

/** Lets in who has a token, and asks everybody else for one. */
export function Gate({ children }: { readonly children: ReactNode }) {
  const [inside, setInside] = useState<Inside | null>(returning);
  const [outside, setOutside] = useState<Outside>(OUTSIDE);
  const [options, setOptions] = useState<Options | null>(null);
  const isBack = useBackFromProvider(options?.provider ?? null, setOutside, enter);
  const location = useLocation();
  const navigate = useNavigate();

  async function enter(token: string) {
    setOutside({ token, reason: null, busy: true });
    // What is pasted by mistake may hold letters that no header can carry.
    if (!/^[\x21-\x7e]+$/.test(token)) {
      return setOutside({ ...OUTSIDE, reason: "This is not a token: it has spaces or special letters." });
    }
    const answer = await viewerOf(token);
    if ("trouble" in answer) {
      const { kind, message } = answer.trouble;
      const isFinal = kind === "ended" || kind === "refused";
      return setOutside({ token: isFinal ? "" : token, reason: message, busy: false });
    }
    if (answer.viewer.kind === "SERVICE") {
      return setOutside({ ...OUTSIDE, reason: `${answer.viewer.userId} is a service: it has the API, and no pages.` });
    }
    keeping.keep(token);
    setOutside(OUTSIDE);
    onInside({ token, viewer: answer.viewer });
  }

  const onInside = useCallback((inside: Inside) => {
    sessionStorage.setItem(VIEWER, JSON.stringify(inside.viewer));
    setInside(inside);
  }, []);
  const onViewer = useCallback((viewer: Viewer) => {
    sessionStorage.setItem(VIEWER, JSON.stringify(viewer));
    setInside((inside) => inside && { ...inside, viewer });
  }, []);
  const onEnded = useCallback((message: string) => {
    keeping.forget();
    setInside(null);
    setOutside({ ...OUTSIDE, reason: `Your session has ended: ${message}. Sign in again to go on where you were.` });
  }, []);
  const signOut = useCallback(() => {
    const go = () => {
      keeping.forget();
      setInside(null);
      setOutside(OUTSIDE);
      // Whoever signs in next has pages of their own.
      void navigate("/");
    };
    const provider = options?.provider;
    if (!provider || !wasProvided()) return go();
    void import("./oidc").then((oidc) => oidc.signOut(provider)).finally(go);
  }, [options, navigate]);

  // For the door, and for sessions that can be renewed; who comes back to a page does not need it to see the page.
  const isNeeded = !inside || wasProvided();
  useEffect(() => {
    if (isNeeded && !options) void signInOptions().then(setOptions);
  }, [isNeeded, options]);

  const onToken = useCallback((token: string) => {
    keeping.keep(token);
    setInside((inside) => inside && { ...inside, token });
  }, []);
  const isInside = inside !== null;
  const provider = options?.provider;
  useEffect(() => {
    if (!isInside || !provider || !wasProvided()) return;
    let end = () => {};
    let isOver = false;
    void import("./oidc").then(({ renew }) => {
      if (!isOver) end = renew(provider, onToken);
    });
    return () => {
      isOver = true;
      end();
    };
  }, [isInside, provider, onToken]);

  if (inside) {
    return (
      <Connection token={inside.token} onEnded={onEnded}>
        <SessionProvider viewer={inside.viewer} signOut={signOut} onViewer={onViewer}>
          {children}
        </SessionProvider>
      </Connection>
    );
  }
  if (isBack) return <p className="notice whole">Signing in…</p>;
  const leave = (provider: Provider) => {
    const failed = (error: unknown) =>
      setOutside({ ...OUTSIDE, reason: `The identity provider cannot be reached: ${String(error)}` });
    void import("./oidc").then((oidc) => oidc.leave(provider, location.pathname + location.search)).catch(failed);
  };
  return <Ways {...outside} options={options} onSignIn={(token) => void enter(token)} onLeave={leave} />;
}

interface WaysProps extends Outside {
  readonly options: Options | null;
  readonly onSignIn: (token: string) => void;
  readonly onLeave: (provider: Provider) => void;
}

/** The ways to sign in. */
function Ways({ options, busy, onSignIn, onLeave, ...outside }: WaysProps) {
  useTitle("Sign in");
  const provider = options?.provider;
  return (
    <Door
      title="revshare"
      lead="What you earned, what was paid, and when the rest comes."
      {...outside}
      busy={busy}
      onSignIn={onSignIn}
      onLeave={provider ? () => onLeave(provider) : undefined}
    >
      <DemoChoice
        tokens={options?.demo.filter(({ role }) => role !== "billing") ?? []}
        busy={busy}
        isForStaff={false}
        onChoose={onSignIn}
      />
    </Door>
  );
}

/** Whether the one who is signed in came from an identity provider. */
function wasProvided(): boolean {
  return Object.keys(sessionStorage).some((key) => key.startsWith("oidc.user:"));
}

/** Finishes what signing in at the provider began, when it sends somebody back; tells whether that goes on. */
function useBackFromProvider(
  provider: Provider | null,
  setOutside: (outside: Outside) => void,
  enter: (token: string) => Promise<void>,
): boolean {
  const { pathname, search } = useLocation();
  const navigate = useNavigate();
  const answer = new URLSearchParams(search);
  const isAnswer = pathname === "/sign-in" && answer.has("state") && (answer.has("code") || answer.has("error"));
  const [isBack, setIsBack] = useState(isAnswer);
  useEffect(() => {
    if (!isBack || !provider) return;
    const finish = async () => {
      try {
        const { token, to } = await import("./oidc").then((oidc) => oidc.back(provider));
        await navigate(to, { replace: true });
        await enter(token);
      } catch (error) {
        const why = error instanceof Error ? error.message : String(error);
        setOutside({ ...OUTSIDE, reason: `The identity provider did not sign you in: ${why}` });
        await navigate("/", { replace: true });
      }
      setIsBack(false);
    };
    void finish();
    // Once: a code can be used a single time.
  }, [isBack, provider]);
  return isBack;
}
