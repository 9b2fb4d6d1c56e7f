// Runs the audit suite of the GraphQL over HTTP specification against a server:
//   node tests/graphql-over-http.mjs <url> <token>
// Prints a line per audit, and fails unless all of them pass.

import { serverAudits } from "graphql-http";

const [url, token] = process.argv.slice(2);

const fetchFn = (input, init = {}) => {
  const headers = new Headers(init.headers);
  headers.set("authorization", `Bearer ${token}`);
  return fetch(input, { ...init, headers });
};

let failures = 0;
for (const audit of serverAudits({ url, fetchFn })) {
  const { status, reason } = await audit.fn();
  console.log(`${status} ${audit.id} ${audit.name}${reason ? `: ${reason}` : ""}`);
  failures += status === "ok" ? 0 : 1;
}
process.exitCode = failures === 0 ? 0 : 1;
