// The only module that talks to the GraphQL API. Components use the hooks below or receive plain data as props.

import { t } from "@lingui/core/macro";
import { persistedExchange } from "@urql/exchange-persisted";
import { createContext, type ReactNode, use, useCallback, useRef, useState } from "react";
import {
  type AnyVariables, cacheExchange, Client, CombinedError, fetchExchange, mapExchange, Provider, type TypedDocumentNode,
  useClient, useQuery,
} from "urql";
import { errorWords, type ErrorWords } from "./format/server-words";
import { PartnerContextDocument, type ViewerContextFragment } from "./gql/graphql";
import { usePolling } from "./hooks/polling";

export type Viewer = ViewerContextFragment;

/** Why a request failed, ready to be shown to the user. */
export interface ApiError {
  readonly kind: "network" | "forbidden" | "unavailable" | "unauthenticated" | "invalid-input" | "internal";
  readonly message: string;
  /** The language of the message if it is not that of the page. */
  readonly language?: ErrorWords["language"];
  /** The words of the server, in English, if they say more than the message. */
  readonly original?: string;
  /** The top-level input field that was rejected. */
  readonly field: string | null;
  /** The id of the request in the server's log. */
  readonly requestId: string | null;
}

const KIND_BY_CODE: Readonly<Record<string, ApiError["kind"]>> = {
  UNAUTHENTICATED: "unauthenticated",
  FORBIDDEN: "forbidden",
  BAD_USER_INPUT: "invalid-input",
  LIMIT_EXCEEDED: "unavailable",
  UNAVAILABLE: "unavailable",
  TIMEOUT: "unavailable",
};

function toApiError(error: CombinedError): ApiError {
  const [first] = error.graphQLErrors;
  if (!first) {
    const message = t`The server cannot be reached. The data on this page may be out of date.`;
    return { kind: "network", message, field: null, requestId: null };
  }
  const extension = (name: string) => {
    const value = first.extensions[name];
    return typeof value === "string" ? value : null;
  };
  const code = extension("code") ?? "INTERNAL_ERROR";
  const kind = KIND_BY_CODE[code] ?? "internal";
  const path = extension("field");
  const message = path && first.message.startsWith(`${path}: `) ? first.message.slice(path.length + 2) : first.message;
  return { kind, ...errorWords(code, message), field: path?.split(".")[0] ?? null, requestId: extension("requestId") };
}

/** The HTTP response that an error came with, if there was one. */
const responseOf = (error: CombinedError | undefined) => error?.response as Response | undefined;

/** How long the server asks to wait before the next request, in milliseconds; 0 if it does not. */
function retryDelayOf(error: CombinedError | undefined): number {
  const seconds = Number(responseOf(error)?.headers.get("retry-after") ?? 0);
  return Number.isFinite(seconds) ? seconds * 1_000 : 0;
}

/** Parses a response that rejects a request other than of GraphQL, whose errors have the same form. */
export function parseApiError(text: string): ApiError {
  try {
    const { errors } = JSON.parse(text) as { errors: { message: string; extensions: Record<string, unknown> }[] };
    return toApiError(new CombinedError({ graphQLErrors: errors }));
  } catch {
    return toApiError(noAnswer());
  }
}

interface HashedDocument {
  readonly __meta__?: { readonly hash?: string };
}

/** Creates a client that reads the token for every request, so that a renewed token takes effect at once. */
function createClient(getToken: () => string, onSessionExpired: (reason: string) => void): Client {
  return new Client({
    url: "/graphql",
    preferGetMethod: false,
    // Balances and statuses change all the time: show the cached answer, and refetch on every visit.
    requestPolicy: "cache-and-network",
    fetchOptions: () => ({ headers: { authorization: `Bearer ${getToken()}` } }),
    exchanges: [
      mapExchange({
        onResult({ error }) {
          const apiError = error && toApiError(error);
          // 403 rejects the whole request: every link of the user to a partner was removed. A field that the user may not
          // see is an error within a response.
          const isRejected = apiError?.kind === "unauthenticated" || responseOf(error)?.status === 403;
          if (apiError && isRejected) onSessionExpired(apiError.message);
        },
      }),
      cacheExchange,
      // Sends the hash of a document that the server knows. A server of another version asks for the text.
      persistedExchange({
        enableForMutation: true,
        preferGetForPersistedQueries: false,
        generateHash: async (_, document) => (document as HashedDocument).__meta__?.hash ?? "",
      }),
      fetchExchange,
    ],
  });
}

const TokenContext = createContext<() => string>(() => "");

interface ApiProviderProps {
  readonly token: string;
  /** Called when the server no longer accepts the token. */
  readonly onSessionExpired: (reason: string) => void;
  readonly children: ReactNode;
}

/** Provides the API client. The client and its cache survive the renewal of the token. */
export function ApiProvider({ token, onSessionExpired, children }: ApiProviderProps) {
  const currentToken = useRef(token);
  currentToken.current = token;
  const [getToken] = useState(() => () => currentToken.current);
  const [client] = useState(() => createClient(getToken, onSessionExpired));
  return (
    <TokenContext value={getToken}>
      <Provider value={client}>{children}</Provider>
    </TokenContext>
  );
}

/** Returns a function that returns the present token, for requests that the browser sends by itself. */
export const useToken = (): (() => string) => use(TokenContext);

/** Fetches the user that a token belongs to. */
export async function fetchViewer(token: string): Promise<{ viewer: Viewer } | { error: ApiError }> {
  const { data, error } = await createClient(() => token, () => {}).query(PartnerContextDocument, {});
  if (data) return { viewer: data.viewer };
  return { error: toApiError(error ?? noAnswer()) };
}

const noAnswer = () => new CombinedError({ networkError: new Error("no answer") });

export interface QueryResult<Data> {
  /** The answer, or the previous one while the next is loading. */
  readonly data: Data | undefined;
  readonly error: ApiError | null;
  /** Whether `data` does not (yet) belong to the current variables. */
  readonly isLoading: boolean;
  readonly refetch: () => void;
}

/** The result of a query that is repeated while its page is in view. */
export interface LiveQueryResult<Data> extends QueryResult<Data> {
  /** When `data` was received, if it could not be repeated since; otherwise null. */
  readonly asOf: Date | null;
}

/** Runs a query, and again when its variables change or a mutation touches its types. */
export function useApiQuery<Data, Variables extends AnyVariables>(
  document: TypedDocumentNode<Data, Variables>,
  variables: Variables,
  pause = false,
): QueryResult<Data> {
  const [{ data, error, fetching, operation }, execute] = useQuery({ query: document, variables, pause });
  const refetch = useCallback(() => execute({ requestPolicy: "network-only" }), [execute]);
  const isStale = operation !== undefined && JSON.stringify(operation.variables) !== JSON.stringify(variables);
  const apiError = error && !fetching ? toApiError(error) : null;
  return { data, error: apiError, isLoading: !pause && (fetching || isStale || (!data && !apiError)), refetch };
}

/** The errors after which what is shown stays, because repeating the request can help. */
const TRANSIENT: ReadonlySet<ApiError["kind"]> = new Set(["network", "unavailable"]);

/**
 * Runs a query as `useApiQuery` does, and repeats it about every `seconds` while the page is in view, which can depend on what
 * was received. A repetition shows nothing while it runs, and if it fails, the data stays with the time of which it is.
 */
export function useLiveQuery<Data, Variables extends AnyVariables>(
  document: TypedDocumentNode<Data, Variables>,
  variables: Variables,
  seconds: number | ((data: Data | undefined) => number),
  isPaused = false,
): LiveQueryResult<Data> {
  const [{ data, error, fetching, stale, operation }, execute] = useQuery({ query: document, variables, pause: isPaused });
  const refetch = useCallback(() => execute({ requestPolicy: "network-only" }), [execute]);
  const key = JSON.stringify(variables);
  const isCurrent = JSON.stringify(operation?.variables ?? variables) === key;
  const kept = useRef<{ readonly key: string; readonly data: Data; readonly at: Date } | null>(null);
  if (data && isCurrent && kept.current?.data !== data) kept.current = { key, data, at: new Date() };
  usePolling(typeof seconds === "number" ? seconds : seconds(data), fetching || stale || isPaused, refetch, retryDelayOf(error));

  const apiError = error && !fetching ? toApiError(error) : null;
  const former = kept.current?.key === key ? kept.current : null;
  const isKept = !data && former !== null && (!apiError || TRANSIENT.has(apiError.kind));
  return {
    data: isKept ? former.data : data,
    error: isKept ? null : apiError,
    isLoading: !isPaused && (!isCurrent || (!data && !isKept && !apiError)),
    refetch,
    asOf: isKept && apiError ? former.at : null,
  };
}

/** Returns a function that runs a query once, for an act that needs to know something first. */
export function useApiLookup<Data, Variables extends AnyVariables>(document: TypedDocumentNode<Data, Variables>) {
  const client = useClient();
  return useCallback(
    async (variables: Variables): Promise<{ readonly data: Data } | { readonly error: ApiError }> => {
      const { data, error } = await client.query(document, variables, { requestPolicy: "network-only" });
      return data && !error ? { data } : { error: toApiError(error ?? noAnswer()) };
    },
    [client, document],
  );
}

/** Why a mutation changed nothing. */
export interface UserError extends ErrorWords {
  /** The id of the row that the error is about. */
  readonly row: string | null;
  /** The path of the input field that the error is about. */
  readonly field: readonly string[] | null;
}

/** The payload of a mutation with its user errors, or the error because of which there is none. */
export type MutationResult<Payload> =
  | { readonly payload: Payload; readonly userErrors: readonly UserError[] }
  | { readonly error: ApiError };

interface HasUserErrors {
  readonly userErrors: readonly (Omit<UserError, "language"> & { readonly code: string })[];
}

/** The types whose rows many acts change. */
export type ChangedType = "CommissionEvent" | "Payout";

/**
 * Returns a function that runs a mutation. The document must select exactly one field; its payload is the result. Queries with
 * rows of `type` run again even if the mutation is rejected: they show what is no longer so.
 */
export function useApiMutation<Data, Variables extends AnyVariables>(document: TypedDocumentNode<Data, Variables>, type?: ChangedType) {
  const client = useClient();
  return useCallback(
    async (variables: Variables): Promise<MutationResult<PayloadOf<Data>>> => {
      const { data, error } = await client.mutation(document, variables, type ? { additionalTypenames: [type] } : {});
      const payload = data && (Object.values(data as object).find((value) => typeof value === "object") as PayloadOf<Data>);
      if (payload) {
        const userErrors = payload.userErrors.map(({ code, message, row, field }) => ({ ...errorWords(code, message), row, field }));
        return { payload, userErrors };
      }
      return { error: toApiError(error ?? noAnswer()) };
    },
    [client, document, type],
  );
}

type PayloadOf<Data> = Extract<Data[keyof Data], HasUserErrors>;
