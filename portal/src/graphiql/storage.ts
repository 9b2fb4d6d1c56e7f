import { createLocalStorage, type Storage } from "@graphiql/toolkit";

const local = createLocalStorage({ namespace: "revshare" });

// GraphiQL's own names for what holds the headers of a tab. Its history keeps them whatever it is told.
const WITH_HEADERS = /:(tabState|queries|favorites)$/;

/** Where GraphiQL keeps tabs, history and settings: localStorage, without headers, since they may hold a token. */
export const storage: Storage = {
  getItem: (key) => local.getItem(key),
  setItem: (key, value) => {
    if (!key.endsWith(":headers")) local.setItem(key, WITH_HEADERS.test(key) ? withoutHeaders(value) : value);
  },
  removeItem: (key) => local.removeItem(key),
  clear: () => local.clear(),
  get length() {
    return local.length;
  },
};

function withoutHeaders(json: string): string {
  return JSON.stringify(JSON.parse(json), (key, value: unknown) => (key === "headers" ? null : value));
}
