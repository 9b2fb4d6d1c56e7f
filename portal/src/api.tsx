// The only file that knows the API. Everything else asks with these three hooks, or is handed data.

import { persistedExchange } from "@urql/exchange-persisted";
import { type ReactNode, useCallback, useRef, useState } from "react";
import {
  type AnyVariables, cacheExchange, Client, CombinedError, fetchExchange, mapExchange, Provider, type TypedDocumentNode,
  useClient, useQuery,
} from "urql";
import { type ContextFragment, PartnerContextDocument } from "./gql/graphql";

export type Viewer = ContextFragment;

/** Why something was not answered, for the one who asked. */
export interface Trouble {
  /** The server is not there, it does not let them, it is too busy, the token has ended, the input was wrong, or something broke. */
  readonly kind: "unreachable" | "refused" | "busy" | "ended" | "input" | "failed";
  readonly message: string;
  /** The field of the input that was wrong. */
  readonly field: string | null;
  /** What the server's log knows the request by. */
  readonly requestId: string | null;
}

const KINDS: Readonly<Record<string, Trouble["kind"]>> = {
  UNAUTHENTICATED: "ended",
  FORBIDDEN: "refused",
  BAD_USER_INPUT: "input",
  LIMIT_EXCEEDED: "busy",
  UNAVAILABLE: "busy",
  TIMEOUT: "busy",
};

function troubleOf(error: CombinedError): Trouble {
  const [first] = error.graphQLErrors;
  if (!first) {
    const message = "The server cannot be reached. What you see may be out of date.";
    return { kind: "unreachable", message, field: null, requestId: null };
  }
  const text = (name: string) => {
    const value = first.extensions[name];
    return typeof value === "string" ? value : null;
  };
  const kind = KINDS[text("code") ?? ""] ?? "failed";
  const path = text("field");
  const message = path && first.message.startsWith(`${path}: `) ? first.message.slice(path.length + 2) : first.message;
  return { kind, message, field: path?.split(".")[0] ?? null, requestId: text("requestId") };
}

interface HashedDocument {
  readonly __meta__?: { readonly hash?: string };
}

/** A client that asks as whoever holds the token of the moment. */
function clientOf(token: () => string, onEnded: (reason: string) => void): Client {
  return new Client({
    url: "/graphql",
    preferGetMethod: false,
    // What is shown is asked for again whenever somebody comes back to it: money moves.
    requestPolicy: "cache-and-network",
    fetchOptions: () => ({ headers: { authorization: `Bearer ${token()}` } }),
    exchanges: [
      mapExchange({
        onResult({ error }) {
          if (error && troubleOf(error).kind === "ended") onEnded(troubleOf(error).message);
        },
      }),
      cacheExchange,
      // Documents go by their hash, which the server knows. A server of another version is sent the text.
      persistedExchange({
        enableForMutation: true,
        preferGetForPersistedQueries: false,
        generateHash: async (_, document) => (document as HashedDocument).__meta__?.hash ?? "",
      }),
      fetchExchange,
    ],
  });
}

interface ConnectionProps {
  readonly token: string;
  /** The server does not take the token any more. */
  readonly onEnded: (reason: string) => void;
  readonly children: ReactNode;
}

/** What is within asks the server as the holder of a token. A new token of the same holder keeps what was loaded. */
export function Connection({ token, onEnded, children }: ConnectionProps) {
  const current = useRef(token);
  current.current = token;
  const [client] = useState(() => clientOf(() => current.current, onEnded));
  return <Provider value={client}>{children}</Provider>;
}

/** Asks whose token this is. */
export async function viewerOf(token: string): Promise<{ viewer: Viewer } | { trouble: Trouble }> {
  const { data, error } = await clientOf(() => token, () => {}).query(PartnerContextDocument, {});
  if (data) return { viewer: data.viewer };
  return { trouble: troubleOf(error ?? new CombinedError({ networkError: new Error("no answer") })) };
}

/** Something that is asked for: what there is of it so far. */
export interface Loaded<Data> {
  /** The answer, or the last one while the next is on its way. */
  readonly data: Data | undefined;
  readonly trouble: Trouble | null;
  /** Whether what is shown is not (yet) what was asked for. */
  readonly isLoading: boolean;
  readonly reload: () => void;
}

/** Asks for something, and again when its variables change or somebody changed it from here. */
export function useLoaded<Data, Variables extends AnyVariables>(
  document: TypedDocumentNode<Data, Variables>,
  variables: Variables,
  pause = false,
): Loaded<Data> {
  const [{ data, error, fetching, operation }, execute] = useQuery({ query: document, variables, pause });
  const reload = useCallback(() => execute({ requestPolicy: "network-only" }), [execute]);
  const isOlder = operation !== undefined && JSON.stringify(operation.variables) !== JSON.stringify(variables);
  const trouble = error && !fetching ? troubleOf(error) : null;
  return { data, trouble, isLoading: !pause && (fetching || isOlder || (!data && !trouble)), reload };
}

/** What came of an act: what the server answered, or why it did nothing. */
export type Outcome<Payload> =
  | { readonly payload: Payload; readonly refusals: readonly string[] }
  | { readonly trouble: Trouble };

interface Refusable {
  readonly userErrors: readonly { readonly message: string }[];
}

/** Sends an act. Its document has one field, whose payload is what comes back. */
export function useAct<Data, Variables extends AnyVariables>(document: TypedDocumentNode<Data, Variables>) {
  const client = useClient();
  return useCallback(
    async (variables: Variables): Promise<Outcome<Payload<Data>>> => {
      const { data, error } = await client.mutation(document, variables);
      const payload = data && (Object.values(data as object).find((value) => typeof value === "object") as Payload<Data>);
      if (payload) return { payload, refusals: payload.userErrors.map(({ message }) => message) };
      return { trouble: troubleOf(error ?? new CombinedError({ networkError: new Error("no answer") })) };
    },
    [client, document],
  );
}

type Payload<Data> = Extract<Data[keyof Data], Refusable>;
