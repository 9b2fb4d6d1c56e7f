import { createGraphiQLFetcher, type Fetcher } from "@graphiql/toolkit";
import { refusalText } from "../sign-in/errors";
import { jsonOf } from "../sign-in/json";

/** What sends GraphiQL's requests: as the one who is signed in, unless the tab's own headers say otherwise. */
export function fetcherFor(token: string, onRefused: (reason: string) => void): Fetcher {
  return createGraphiQLFetcher({
    url: "/graphql",
    enableIncrementalDelivery: false,
    fetch: async (input, init) => {
      const headers = new Headers(init?.headers);
      const asSomebodyElse = headers.has("authorization");
      if (!asSomebodyElse) headers.set("authorization", `Bearer ${token}`);
      const response = await fetch(input, { ...init, headers });
      if (response.status !== 401 || asSomebodyElse) return response;
      onRefused(refusalText(await jsonOf(response)));
      // GraphiQL is gone by now: an answer would be written into an editor that is no more.
      return new Promise<never>(() => {});
    },
  });
}
