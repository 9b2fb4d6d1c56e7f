// curl: HTTP/1.1 and HTTP/2, methods, media types and persisted documents, as shell scripts use them.

import { execFileSync } from "node:child_process";

import { check, persistedDocuments, sha256, tokens, url } from "./support";

/** Sends a request. Returns the status, the HTTP version, the media type and the body of the response. */
function curl(token: string, ...args: string[]) {
  const format = "\n%{http_code} %{http_version} %{content_type}";
  const input = token && `header = "Authorization: Bearer ${token}"`;
  const flags = ["-sS", "--max-time", "20", "-w", format, "-K", "-"];
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
  check(`HTTP/${version} POST`, [post.status, post.version, post.body], [200, version, { data }]);
  const got = curl(tokens.partner, ...flags, ...get);
  check(`HTTP/${version} GET`, [got.status, got.version, got.body], [200, version, { data }]);
}

const media = "application/graphql-response+json";
const requested = curl(tokens.partner, ...json, "-H", `Accept: ${media}`, "-d", '{"query":"{ nothing }"}');
check("the requested media type, with its status", [requested.status, requested.type], [400, media]);
check("a missing token", curl("", ...json, "-d", body).status, 401);
check("a Content-Type other than JSON", curl(tokens.partner, "-d", body).status, 415);
const mutation = 'mutation { startPayout(input: { id: "00000000-0000-0000-0000-000000000000" }) { userErrors { code } } }';
check("no mutation by GET", curl(tokens.admin, "-G", "--data-urlencode", `query=${mutation}`).status, 405);
const chunks = ["-H", "Expect: 100-continue", "-H", "Transfer-Encoding: chunked"];
check("a chunked body after 100 Continue", curl(tokens.partner, ...chunks, ...json, "-d", body).body, { data });

// Persisted queries
const hash = Object.keys(persistedDocuments).find((hash) => persistedDocuments[hash]!.startsWith("query PartnerContext"))!;
const persistedQuery = (sha256Hash: string) => JSON.stringify({ persistedQuery: { version: 1, sha256Hash } });
const viewerKind = (answer: ReturnType<typeof curl>) => answer.body.data?.viewer.kind;
const byHash = `{"extensions":${persistedQuery(hash)}}`;
check("a document by its hash", viewerKind(curl(tokens.partner, ...json, "-d", byHash)), "PARTNER_USER");
const inUrl = ["-G", "--data-urlencode", `extensions=${persistedQuery(hash)}`];
check("a document by its hash, GET", viewerKind(curl(tokens.partner, ...inUrl)), "PARTNER_USER");
const byDocumentId = `{"documentId":"sha256:${hash}"}`;
check("a document by its documentId", viewerKind(curl(tokens.partner, ...json, "-d", byDocumentId)), "PARTNER_USER");
const unknown = curl(tokens.partner, ...json, "-d", `{"extensions":${persistedQuery(sha256(String(Date.now())))}}`);
check("an unknown hash", [unknown.status, unknown.body.errors[0].message, unknown.body.errors[0].extensions.code], [
  200, "PersistedQueryNotFound", "PERSISTED_QUERY_NOT_FOUND",
]);
const mismatch = JSON.stringify({ query: "{ viewer { kind } }", extensions: JSON.parse(persistedQuery(hash)) });
const rejected = curl(tokens.partner, ...json, "-d", mismatch);
check("a hash that does not match the text is rejected", [rejected.body.data, rejected.body.errors.length], [undefined, 1]);
