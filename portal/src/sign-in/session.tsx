import { createContext, type ReactNode, useContext, useMemo } from "react";
import { useSearchParams } from "react-router";
import type { Viewer } from "../api";
import { Calendar } from "../format/dates";

/** The session of the signed-in user, for all components of the portal. */
export interface Session {
  readonly viewer: Viewer;
  /** Dates in the time zone of the user's tenant. */
  readonly calendar: Calendar;
  readonly signOut: () => void;
  /** Called with newer data about the user. */
  readonly onViewerChange: (viewer: Viewer) => void;
}

const SessionContext = createContext<Session | null>(null);

interface Props extends Omit<Session, "calendar"> {
  readonly children: ReactNode;
}

export function SessionProvider({ viewer, signOut, onViewerChange, children }: Props) {
  const calendar = useMemo(() => new Calendar(viewer.tenant.timeZone), [viewer.tenant.timeZone]);
  const session = useMemo(
    () => ({ viewer, calendar, signOut, onViewerChange }),
    [viewer, calendar, signOut, onViewerChange],
  );
  return <SessionContext value={session}>{children}</SessionContext>;
}

export function useSession(): Session {
  const session = useContext(SessionContext);
  if (!session) throw new Error("useSession must be used within a SessionProvider");
  return session;
}

/** The id of the partner in the URL, or of the user's first partner; null if there is none. */
export function useSelectedPartnerId(): string | null {
  const { viewer } = useSession();
  const [params] = useSearchParams();
  return params.get("partner") ?? viewer.partners[0]?.id ?? null;
}

/** The rails by which the tenant can send payouts. */
export function useRails(): Viewer["tenant"]["payoutRails"] {
  const { tenant }: { readonly tenant: Partial<Viewer["tenant"]> } = useSession().viewer;
  // A session that began before the program had rails knows of none.
  return tenant.payoutRails ?? [];
}

/** Whether the user may change partners, their users and accounts. */
export function useCanManagePartners(): boolean {
  const { viewer } = useSession();
  return viewer.role === "support" || viewer.role === "admin";
}

/** Whether the user may approve, cancel and pay commissions, and correct invoices. */
export function useCanManageCommissions(): boolean {
  const { viewer } = useSession();
  return viewer.role === "finance" || viewer.role === "admin";
}

/** Whether the user may erase persons. */
export function useCanErasePersons(): boolean {
  const { viewer } = useSession();
  return viewer.role === "admin";
}
