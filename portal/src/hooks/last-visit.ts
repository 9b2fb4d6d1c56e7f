import { useCallback, useEffect, useState } from "react";
import { useSession } from "../sign-in/session";

/** A change becomes visible some seconds after its time, so that the times asked for overlap. */
const OVERLAP_MS = 60_000;

interface LastVisit {
  /** When the user was here last, by the server’s clock; null at the first visit. */
  readonly since: string | null;
  /** Sets the time of the visit that goes on. */
  readonly record: (asOf: string) => void;
  /** Declares everything up to now as seen. */
  readonly dismiss: () => void;
}

/**
 * When the user looked at a partner last. The time of this visit is kept in the browser and read at the next one; a reload is
 * still the same visit.
 */
export function useLastVisit(partnerId: string): LastVisit {
  const { viewer } = useSession();
  const key = `revshare.visit ${viewer.tenant.id} ${viewer.userId} ${partnerId}`;
  const [since, setSince] = useState(() => {
    const known = sessionStorage.getItem(key);
    if (known !== null) return known || null;
    const last = localStorage.getItem(key);
    sessionStorage.setItem(key, last ?? "");
    return last;
  });
  const [asOf, setAsOf] = useState<string | null>(null);
  useEffect(() => {
    if (asOf) localStorage.setItem(key, asOf);
  }, [asOf, key]);
  const dismiss = useCallback(() => {
    sessionStorage.setItem(key, "");
    setSince(null);
  }, [key]);
  return { since, record: setAsOf, dismiss };
}

/** The time from which to ask for changes since a visit. */
export const changedFrom = (since: string) => new Date(new Date(since).getTime() - OVERLAP_MS).toISOString();
