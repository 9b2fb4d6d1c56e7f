import { useCallback, useMemo } from "react";
import { useLocation, useNavigate, useSearchParams } from "react-router";

type Changes = Readonly<Record<string, string | null>>;

/** What the address says beside the page: filters, order, place in a list, what is open. */
export function useAddress() {
  const [search, setSearch] = useSearchParams();
  const change = useCallback(
    (changes: Changes) =>
      setSearch((before) => {
        const after = new URLSearchParams(before);
        for (const [name, value] of Object.entries(changes)) {
          if (value) after.set(name, value);
          else after.delete(name);
        }
        return after;
      }),
    [setSearch],
  );
  return { search, change };
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

/** Something that is open over the page, by its id in the address: the back button closes it. */
export function useOpen(name: string) {
  const [search, setSearch] = useSearchParams();
  const location = useLocation();
  const navigate = useNavigate();
  const open = useCallback(
    (id: string) =>
      setSearch(
        (before) => {
          const after = new URLSearchParams(before);
          for (const other of ["event", "payout", "lead"]) after.delete(other);
          after.set(name, id);
          return after;
        },
        { state: OPENED, preventScrollReset: true },
      ),
    [name, setSearch],
  );
  const close = useCallback(() => {
    if (location.state === OPENED) return void navigate(-1);
    setSearch(
      (before) => {
        const after = new URLSearchParams(before);
        after.delete(name);
        return after;
      },
      { replace: true },
    );
  }, [location.state, name, navigate, setSearch]);
  /** The address with something open, for links. */
  const to = (id: string) => {
    const after = new URLSearchParams(search);
    after.set(name, id);
    return `?${after}`;
  };
  return { id: search.get(name), open, close, to };
}
