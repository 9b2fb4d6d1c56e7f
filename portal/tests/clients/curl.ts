// curl: what a shell script meets, over HTTP/1.1 and HTTP/2.

import { execFileSync } from "node:child_process";

import { ok, sha256, tokens, trusted, url } from "./support";

/** The status, the version of HTTP, the media type and the body of an answer. */
function curl(token: string, ...args: string[]) {
  const told = "\n%{http_code} %{http_version} %{content_type}";
  const input = token && `header = "Authorization: Bearer ${token}"`;
  const flags = ["-sS", "--max-time", "20", "-w", told, "-K", "-"];
  const output = execFileSync("curl", [...flags, ...args, url], { encoding: "utf8", input });
  const at = output.lastIndexOf("\n");
  const [status, version, type] = output.slice(at + 1).split(" ");
  return { status: Number(status), version, type: type?.replace(";", ""), body: JSON.parse(output.slice(0, at)) };
}

const query = "query ($of: String) { viewer { kind } partners(filter: { search: $of }, first: 1) { totalCount } }";
const variables = JSON.stringify({ of: "%_'\"\\ ü" });
const body = JSON.stringify({ query, variables: JSON.parse(variables) });
const data = { viewer: { kind: "PARTNER_USER" }, partners: { totalCount: 0 } };
const json = ["-H", "Content-Type: application/json"];
const get = ["-G", "--data-urlencode", `query=${query}`, "--data-urlencode", `variables=${variables}`];

for (const [version, flags] of [["1.1", ["--http1.1"]], ["2", ["--http2-prior-knowledge"]]] as const) {
  const post = curl(tokens.partner, ...flags, ...json, "-d", body);
  ok(`HTTP/${version} POST`, [post.status, post.version, post.body], [200, version, { data }]);
  const got = curl(tokens.partner, ...flags, ...get);
  ok(`HTTP/${version} GET`, [got.status, got.version, got.body], [200, version, { data }]);
}

const media = "application/graphql-response+json";
const asked = curl(tokens.partner, ...json, "-H", `Accept: ${media}`, "-d", '{"query":"{ nothing }"}');
ok("the media type that was asked for, with its status", [asked.status, asked.type], [400, media]);
ok("no token", curl("", ...json, "-d", body).status, 401);
ok("no Content-Type of JSON", curl(tokens.partner, "-d", body).status, 415);
const act = 'mutation { startPayout(input: { id: "00000000-0000-0000-0000-000000000000" }) { userErrors { code } } }';
ok("no act by GET", curl(tokens.admin, "-G", "--data-urlencode", `query=${act}`).status, 405);
const chunks = ["-H", "Expect: 100-continue", "-H", "Transfer-Encoding: chunked"];
ok("a body in chunks, once it is asked for", curl(tokens.partner, ...chunks, ...json, "-d", body).body, { data });

// Persisted queries
const hash = Object.keys(trusted).find((hash) => trusted[hash]!.startsWith("query PartnerContext"))!;
const by = (sha256Hash: string) => JSON.stringify({ persistedQuery: { version: 1, sha256Hash } });
const signedIn = (answer: ReturnType<typeof curl>) => answer.body.data?.viewer.kind;
ok("by its hash", signedIn(curl(tokens.partner, ...json, "-d", `{"extensions":${by(hash)}}`)), "PARTNER_USER");
const inAddress = ["-G", "--data-urlencode", `extensions=${by(hash)}`];
ok("by its hash, GET", signedIn(curl(tokens.partner, ...inAddress)), "PARTNER_USER");
const named = `{"documentId":"sha256:${hash}"}`;
ok("by its documentId", signedIn(curl(tokens.partner, ...json, "-d", named)), "PARTNER_USER");
const missing = curl(tokens.partner, ...json, "-d", `{"extensions":${by(sha256(String(Date.now())))}}`);
ok("an unknown hash", [missing.status, missing.body.errors[0].message, missing.body.errors[0].extensions.code], [
  200, "PersistedQueryNotFound", "PERSISTED_QUERY_NOT_FOUND",
]);
const other = JSON.stringify({ query: "{ viewer { kind } }", extensions: JSON.parse(by(hash)) });
const wrong = curl(tokens.partner, ...json, "-d", other);
ok("a hash of another text is refused", [wrong.body.data, wrong.body.errors.length], [undefined, 1]);
