import { createLocalStorage, type Storage } from "@graphiql/toolkit";

const local = createLocalStorage({ namespace: "revshare" });

// GraphiQL's keys whose values include the headers of tabs. Its history stores them even with `shouldPersistHeaders`
// off.
const KEYS_WITH_HEADERS = /:(tabState|queries|favorites)$/;

/** GraphiQL's tabs, history and settings in localStorage, without headers, which may contain a token. */
export const storage: Storage = {
  getItem: (key) => local.getItem(key),
  setItem: (key, value) => {
    if (!key.endsWith(":headers")) local.setItem(key, KEYS_WITH_HEADERS.test(key) ? removeHeaders(value) : value);
  },
  removeItem: (key) => local.removeItem(key),
  clear: () => local.clear(),
  get length() {
    return local.length;
  },
};

function removeHeaders(json: string): string {
  return JSON.stringify(JSON.parse(json), (key, value: unknown) => (key === "headers" ? null : value));
}
