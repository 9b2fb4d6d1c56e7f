// Relay: its compiler takes the schema, and its runtime pages, acts and refetches with what was compiled.

import { execFileSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { fileURLToPath } from "node:url";

import {
  commitMutation, createOperationDescriptor, Environment, fetchQuery, getPaginationMetadata, getPaginationVariables,
  getSingularSelector, Network, RecordSource, Store, type Variables,
} from "relay-runtime";

import { invoice, ok, recorder, story, tokens, url } from "./support";

const path = (relative: string) => fileURLToPath(new URL(relative, import.meta.url));
const artifacts = path("../../node_modules/.cache/relay/");
const compiler = path("../../node_modules/relay-compiler/cli.js");
mkdirSync(artifacts, { recursive: true });
execFileSync(process.execPath, [compiler, "relay.config.json"], { cwd: path("relay") });
const compiled = async (name: string) => (await import(`${artifacts}relayQueries${name}.graphql.ts`)).default;

const partnerQuery = await compiled("PartnerQuery");
const partnerEvents = await compiled("Events_partner");
const oneEvent = await compiled("Event_event");
const eventRefetch = await compiled("EventRefetchQuery");
const approve = await compiled("ApproveMutation");
const record = await compiled("RecordMutation");
ok("the compiler takes the schema", true);

function client(token: string) {
  const { fetch } = recorder(token);
  const network = Network.create(async ({ text }, variables) => {
    const headers = { "content-type": "application/json" };
    return (await fetch(url, { method: "POST", headers, body: JSON.stringify({ query: text, variables }) })).json();
  });
  // Relay takes whatever has an id for a row, and asks whatever can have one for it. That of an error is its row's.
  const getDataID = ({ id }: any, type: string) => (type === "UserError" ? undefined : id);
  const relay = new Environment({ network, store: new Store(new RecordSource()), getDataID });
  const query = (node: any, variables: Variables): Promise<any> => fetchQuery(relay, node, variables).toPromise();
  const mutate = (mutation: any, variables: Variables) =>
    new Promise<any>((onCompleted, onError) => commitMutation(relay, { mutation, variables, onCompleted, onError }));
  /** What a component with the fragment is given. */
  const read = (fragment: any, reference: unknown): any =>
    relay.lookup(getSingularSelector(fragment, reference)!).data;
  return { relay, query, mutate, read };
}

const { partnerId, customerId, events } = await story(5);
const staff = client(tokens.admin);

// Pages, asked for as usePaginationFragment does
const variables = { id: partnerId, filter: { customerId } };
const { partner } = await staff.query(partnerQuery, variables);
staff.relay.retain(createOperationDescriptor(partnerQuery, variables));
const list = () => staff.read(partnerEvents, partner).commissionEvents;
ok("a query with variables", list().edges.length, 2);

const { paginationRequest, paginationMetadata } = getPaginationMetadata(partnerEvents, "the test");
while (list().pageInfo.hasNextPage) {
  const { endCursor } = list().pageInfo;
  const next = getPaginationVariables("forward", 2, endCursor, variables, {}, paginationMetadata);
  await staff.query(paginationRequest, next);
}
const rows = () => list().edges.map(({ node }: any) => staff.read(oneEvent, node));
ok("pages by cursor merge into one list", rows().map(({ id }: any) => id), events);

// Acts
const input = { ids: events.slice(0, 2) };
const { approveCommissionEvents: approval } = await staff.mutate(approve, { input });
ok("an act", approval.userErrors, []);
const statuses = rows().map(({ status }: any) => status);
ok("what it changed shows in the list at once", statuses, ["APPROVED", "APPROVED", "PENDING", "PENDING", "PENDING"]);
const { approveCommissionEvents: refusal } = await staff.mutate(approve, { input });
const refused = input.ids.map((row) => ({ code: "INVALID_STATE", row }));
ok("a refusal is data", refusal.userErrors, refused);
ok("and touches no row", staff.relay.getStore().getSource().get(events[0]!)?.__typename, "CommissionEvent");

const service = client(tokens.billing);
const paid = { input: invoice(customerId, 0) };
ok("an invoice is recorded", (await service.mutate(record, paid)).recordInvoicePaid.outcome, "RECORDED");
ok("once", (await service.mutate(record, paid)).recordInvoicePaid.outcome, "ALREADY_RECORDED");

// A row by its id alone
const own = client(tokens.partner);
const { node } = await own.query(eventRefetch, { id: events[0] });
ok("any row is refetched by its id", own.read(oneEvent, node).status, "APPROVED");

// Errors
ok("a refused partner is null", (await own.query(partnerQuery, { id: customerId })).partner, null);
const nobody: any = await client("").query(partnerQuery, variables).then(() => undefined, (error) => error);
ok("the code without a token", nobody?.source.errors[0].extensions.code, "UNAUTHENTICATED");
