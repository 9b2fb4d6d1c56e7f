// Runs the audit suite of GraphQL over HTTP against a server: node tests/audits.mjs <url> <token>
// Prints a line for each audit, and fails if one is not passed.

import { serverAudits } from "graphql-http";

const [url, token] = process.argv.slice(2);

const fetchFn = (input, init = {}) => {
  const headers = new Headers(init.headers);
  headers.set("authorization", `Bearer ${token}`);
  return fetch(input, { ...init, headers });
};

let failed = 0;
for (const audit of serverAudits({ url, fetchFn })) {
  const { status, reason } = await audit.fn();
  console.log(`${status} ${audit.id} ${audit.name}${reason ? `: ${reason}` : ""}`);
  failed += status === "ok" ? 0 : 1;
}
process.exitCode = failed === 0 ? 0 : 1;
