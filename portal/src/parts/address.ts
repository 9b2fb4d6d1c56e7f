import { useCallback, useMemo } from "react";
import { type NavigateOptions, useLocation, useNavigate, useSearchParams } from "react-router";

type Changes = Readonly<Record<string, string | null>>;

function changed(search: string | URLSearchParams, changes: Changes): string {
  const after = new URLSearchParams(search);
  for (const [name, value] of Object.entries(changes)) {
    if (value) after.set(name, value);
    else after.delete(name);
  }
  return `?${after}`;
}

/**
 * Goes where the address has changed so. It starts from the address as it is now: what the page
 * was last drawn from may be older, when one change comes quickly after another.
 */
function useChange() {
  const navigate = useNavigate();
  return useCallback(
    (changes: Changes, options?: NavigateOptions) => void navigate(changed(window.location.search, changes), options),
    [navigate],
  );
}

/** What the address says beside the page: filters, order, place in a list, what is open. */
export function useAddress() {
  const [search] = useSearchParams();
  return { search, change: useChange() };
}

/** The page of a list that the address names, as arguments of a connection. */
export function usePage(size: number, name = "") {
  const { search } = useAddress();
  const after = search.get(`${name}after`);
  const before = search.get(`${name}before`);
  return useMemo(
    () => (before ? { first: null, after: null, last: size, before } : { first: size, after, last: null, before: null }),
    [size, after, before],
  );
}

const OPENED = "opened here";
const CLOSED = { event: null, payout: null, lead: null };

/** Something that is open over the page, by its id in the address: the back button closes it. */
export function useOpen(name: string) {
  const [search] = useSearchParams();
  const location = useLocation();
  const navigate = useNavigate();
  const change = useChange();
  const open = useCallback((id: string) => change({ ...CLOSED, [name]: id }, { state: OPENED }), [name, change]);
  const close = useCallback(() => {
    if (location.state === OPENED) return void navigate(-1);
    change({ [name]: null }, { replace: true });
  }, [location.state, name, navigate, change]);
  /** What a link needs that opens it. */
  const link = (id: string) => ({ to: changed(search, { ...CLOSED, [name]: id }), state: OPENED });
  return { id: search.get(name), open, close, link };
}
