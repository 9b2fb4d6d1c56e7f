import { useCallback, useMemo } from "react";
import { type NavigateOptions, useLocation, useNavigate, useSearchParams } from "react-router";

/** New values of query parameters; null or an empty text removes one. */
type ParamChanges = Readonly<Record<string, string | null>>;

/** The parameters that start a list at its first page. */
export const FIRST_PAGE = { after: null, before: null } as const;

function applyChanges(search: string | URLSearchParams, changes: ParamChanges): string {
  const params = new URLSearchParams(search);
  for (const [name, value] of Object.entries(changes)) {
    if (value) params.set(name, value);
    else params.delete(name);
  }
  return `?${params}`;
}

/**
 * Returns a function that changes some query parameters. It starts from the current URL rather than from the last render,
 * which may be older when two changes follow each other quickly.
 */
function useSetParams() {
  const navigate = useNavigate();
  return useCallback(
    (changes: ParamChanges, options?: NavigateOptions) =>
      void navigate(applyChanges(window.location.search, changes), options),
    [navigate],
  );
}

/** State in the query string: filters, sort order, the page of a list, the open item. */
export function useUrlState() {
  const [params] = useSearchParams();
  return { params, setParams: useSetParams() };
}

/** The page of a list in the URL, as the arguments of a GraphQL connection. */
export function usePageArgs(size: number) {
  const { params } = useUrlState();
  const after = params.get("after");
  const before = params.get("before");
  return useMemo(
    () => (before ? { first: null, after: null, last: size, before } : { first: size, after, last: null, before: null }),
    [size, after, before],
  );
}

/** Marks history entries that opened an item, so that closing it goes back instead of adding another entry. */
const OPENED_HERE = "opened-here";
const NO_OPEN_ITEM = { event: null, payout: null, lead: null, mail: null } as const;

/** The item that is open in a dialog, by its id in the query parameter `name`. The browser's back button closes it. */
export function useOpenItem(name: keyof typeof NO_OPEN_ITEM) {
  const [params] = useSearchParams();
  const location = useLocation();
  const navigate = useNavigate();
  const setParams = useSetParams();
  const open = useCallback(
    (id: string) => setParams({ ...NO_OPEN_ITEM, [name]: id }, { state: OPENED_HERE }),
    [name, setParams],
  );
  const close = useCallback(() => {
    if (location.state === OPENED_HERE) return void navigate(-1);
    setParams({ [name]: null }, { replace: true });
  }, [location.state, name, navigate, setParams]);
  /** The props of a link that opens the item. */
  const linkTo = (id: string) => ({ to: applyChanges(params, { ...NO_OPEN_ITEM, [name]: id }), state: OPENED_HERE });
  return { id: params.get(name), open, close, linkTo };
}
