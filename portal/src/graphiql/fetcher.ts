import { createGraphiQLFetcher, type Fetcher } from "@graphiql/toolkit";
import { rejectedTokenMessage } from "../sign-in/graphql-errors";
import { parseJson } from "../sign-in/json";

/** Creates GraphiQL's fetcher. It sends the user's token unless the tab has an Authorization header of its own. */
export function createFetcher(token: string, onTokenRejected: (message: string) => void): Fetcher {
  return createGraphiQLFetcher({
    url: "/graphql",
    enableIncrementalDelivery: false,
    fetch: async (input, init) => {
      const headers = new Headers(init?.headers);
      const hasOwnToken = headers.has("authorization");
      if (!hasOwnToken) headers.set("authorization", `Bearer ${token}`);
      const response = await fetch(input, { ...init, headers });
      if (response.status !== 401 || hasOwnToken) return response;
      onTokenRejected(rejectedTokenMessage(await parseJson(response)));
      // The sign-in form has replaced GraphiQL. Never resolve, so that it does not write to an editor that is disposed.
      return new Promise<never>(() => {});
    },
  });
}
