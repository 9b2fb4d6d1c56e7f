import { createContext, type ReactNode, useContext, useMemo } from "react";
import { useSearchParams } from "react-router";
import type { Viewer } from "../api";
import { Calendar } from "../format/dates";

/** Somebody who is signed in. */
export interface Session {
  readonly viewer: Viewer;
  /** Dates as the books of their tenant have them. */
  readonly calendar: Calendar;
  readonly signOut: () => void;
  /** What was heard of them since they signed in. */
  readonly onViewer: (viewer: Viewer) => void;
}

const Current = createContext<Session | null>(null);

interface Props extends Omit<Session, "calendar"> {
  readonly children: ReactNode;
}

export function SessionProvider({ viewer, signOut, onViewer, children }: Props) {
  const calendar = useMemo(() => new Calendar(viewer.tenant.timeZone), [viewer.tenant.timeZone]);
  const session = useMemo(() => ({ viewer, calendar, signOut, onViewer }), [viewer, calendar, signOut, onViewer]);
  return <Current value={session}>{children}</Current>;
}

/** Who is signed in. */
export function useSession(): Session {
  const session = useContext(Current);
  if (!session) throw new Error("nobody is signed in");
  return session;
}

/** The partner that is looked at: the one in the address, or the first of the user's own. */
export function usePartnerId(): string | null {
  const { viewer } = useSession();
  const [search] = useSearchParams();
  return search.get("partner") ?? viewer.partners[0]?.id ?? null;
}

/** Whether the user may move money: approve, pay, adjust. */
export function useMaySettle(): boolean {
  const { viewer } = useSession();
  return viewer.role === "finance" || viewer.role === "admin";
}
