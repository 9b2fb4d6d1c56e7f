// Shared by the tests of all clients: the command line, assertions, and test data.
// Arguments: <origin> <admin token> <partner user token> <billing service token>

import assert from "node:assert/strict";
import { createHash, randomUUID } from "node:crypto";

import manifest from "../../src/gql/persisted-documents.json" with { type: "json" };

const [origin = "", admin = "", partner = "", billing = ""] = process.argv.slice(2);
export const url = `${origin}/graphql`;
export const tokens = { admin, partner, billing };

/** The persisted documents of the portal, by hash. */
export const persistedDocuments: Record<string, string> = manifest;

export const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");

/** Asserts that two values are deeply equal, and prints the name of the check. A failure ends the test. */
export function check(name: string, actual: unknown, expected: unknown = true) {
  assert.deepEqual(actual, expected, name);
  console.log(`ok ${name}`);
}

/** A request, whether its parameters were in the body or in the URL. */
export interface SentRequest {
  method: string;
  hash: string | undefined;
  text: string | undefined;
}

/** Creates a fetch that sends a token and records the requests. `takeRequests` returns and forgets them. */
export function recordingFetch(token: string) {
  const sent: SentRequest[] = [];
  const fetchFn: typeof fetch = (input, init = {}) => {
    const method = init.method ?? "GET";
    const urlParams = Object.fromEntries(new URL(String(input)).searchParams);
    const params = method === "GET" ? urlParams : JSON.parse(String(init.body));
    const extensions = typeof params.extensions === "string" ? JSON.parse(params.extensions) : params.extensions;
    sent.push({ method, hash: extensions?.persistedQuery?.sha256Hash, text: params.query });
    const headers = new Headers(init.headers);
    if (token) headers.set("authorization", `Bearer ${token}`);
    return fetch(input, { ...init, headers });
  };
  return { fetch: fetchFn, takeRequests: () => sent.splice(0) };
}

/** Sends a request without any client library, to create test data. */
async function request(token: string, query: string, variables: object = {}) {
  const headers = { "content-type": "application/json", authorization: `Bearer ${token}` };
  const response = await fetch(url, { method: "POST", headers, body: JSON.stringify({ query, variables }) });
  const { data, errors } = await response.json();
  assert.equal(errors, undefined, JSON.stringify(errors));
  return data;
}

const RECORD = `mutation ($input: RecordInvoicePaidInput!) {
  recordInvoicePaid(input: $input) { outcome commissionEvent { id } }
}`;

const ASSIGN = `mutation ($input: AssignManagedAccountInput!) {
  assignManagedAccount(input: $input) { managedAccount { id } }
}`;

const DAY_IN_MS = 86_400_000;

/** The timestamp a number of days ago. */
export const daysAgo = (days: number) => new Date(Date.now() - days * DAY_IN_MS).toISOString();

/** The input of recordInvoicePaid for an invoice of a customer that was paid a number of days ago. */
export const invoiceInput = (customerId: string, days: number, currency = "EUR") => ({
  invoiceId: randomUUID() as string,
  customerId,
  totalAmount: { amount: "100.00", currency },
  paidAt: daysAgo(days),
});

/**
 * Creates a new customer of the partner user's first partner, with paid invoices. Returns their commission events, latest
 * first; each is dated a thousandth of a day after the next.
 */
export async function createCommissions(invoices: number, days = 0, currency = "EUR") {
  const { viewer } = await request(partner, "{ viewer { partners { id } } }");
  const partnerId: string = viewer.partners[0].id;
  const customerId: string = randomUUID();
  const input = { partnerId, customerId, customCommissionRate: "0.1", startsAt: daysAgo(days + 1) };
  await request(admin, ASSIGN, { input });
  const events: string[] = [];
  for (let i = 1; i <= invoices; i++) {
    const input = invoiceInput(customerId, days + i / 1000, currency);
    const { recordInvoicePaid } = await request(billing, RECORD, { input });
    events.push(recordInvoicePaid.commissionEvent.id);
  }
  return { partnerId, customerId, events };
}
