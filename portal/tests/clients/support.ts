// What the tests of all clients share: how they are called, how they tell, and a story to ask about.
// Each is called with <origin> <admin's token> <partner user's token> <billing service's token>.

import assert from "node:assert/strict";
import { createHash, randomUUID } from "node:crypto";

import manifest from "../../src/gql/persisted-documents.json" with { type: "json" };

const [origin = "", admin = "", partner = "", billing = ""] = process.argv.slice(2);
export const url = `${origin}/graphql`;
export const tokens = { admin, partner, billing };

/** The trusted documents, by hash. */
export const trusted: Record<string, string> = manifest;

export const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");

/** Says that something holds, or ends the test. */
export function ok(what: string, actual: unknown, expected: unknown = true) {
  assert.deepEqual(actual, expected, what);
  console.log(`ok ${what}`);
}

export interface Sent {
  method: string;
  /** The members of the request, whether they came in the body or in the address. */
  hash: string | undefined;
  text: string | undefined;
}

/** A fetch that sends a token and takes down what it sent. */
export function recorder(token: string) {
  const sent: Sent[] = [];
  const fetchFn: typeof fetch = (input, init = {}) => {
    const method = init.method ?? "GET";
    const address = Object.fromEntries(new URL(String(input)).searchParams);
    const members = method === "GET" ? address : JSON.parse(String(init.body));
    const extensions = typeof members.extensions === "string" ? JSON.parse(members.extensions) : members.extensions;
    sent.push({ method, hash: extensions?.persistedQuery?.sha256Hash, text: members.query });
    const headers = new Headers(init.headers);
    if (token) headers.set("authorization", `Bearer ${token}`);
    return fetch(input, { ...init, headers });
  };
  return { fetch: fetchFn, sent, requests: () => sent.splice(0) };
}

/** Asks without any client, for what a test needs but is not about. */
async function ask(token: string, query: string, variables: object = {}) {
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

const DAY = 86_400_000;

/** Some days ago. */
export const past = (days: number) => new Date(Date.now() - days * DAY).toISOString();

/** An invoice of a customer, paid some days ago, as recordInvoicePaid takes it. */
export const invoice = (customerId: string, days: number, currency = "EUR") => ({
  invoiceId: randomUUID() as string,
  customerId,
  totalAmount: { amount: "100.00", currency },
  paidAt: past(days),
});

/**
 * The first partner of the partner user, and a customer of its own with some paid invoices, latest first, each a
 * thousandth of a day before the other.
 */
export async function story(invoices: number, days = 0, currency = "EUR") {
  const { viewer } = await ask(partner, "{ viewer { partners { id } } }");
  const partnerId: string = viewer.partners[0].id;
  const customerId: string = randomUUID();
  const input = { partnerId, customerId, customCommissionRate: "0.1", startsAt: past(days + 1) };
  await ask(admin, ASSIGN, { input });
  const events: string[] = [];
  for (let i = 1; i <= invoices; i++) {
    const { recordInvoicePaid } = await ask(billing, RECORD, { input: invoice(customerId, days + i / 1000, currency) });
    events.push(recordInvoicePaid.commissionEvent.id);
  }
  return { partnerId, customerId, events };
}
