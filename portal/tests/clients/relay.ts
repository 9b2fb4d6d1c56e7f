// Relay: its compiler accepts the schema, and its runtime paginates, mutates and refetches with the compiled artifacts.

import { execFileSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { fileURLToPath } from "node:url";

import {
  commitMutation, createOperationDescriptor, Environment, fetchQuery, getPaginationMetadata, getPaginationVariables,
  getSingularSelector, Network, RecordSource, Store, type Variables,
} from "relay-runtime";

import { check, createCommissions, invoiceInput, recordingFetch, tokens, url } from "./support";

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
check("the compiler accepts the schema", true);

function client(token: string) {
  const { fetch } = recordingFetch(token);
  const network = Network.create(async ({ text }, variables) => {
    const headers = { "content-type": "application/json" };
    return (await fetch(url, { method: "POST", headers, body: JSON.stringify({ query: text, variables }) })).json();
  });
  // Relay identifies every object by its `id`, and selects it wherever it exists. The `id` of an error is that of its
  // row.
  const getDataID = ({ id }: any, type: string) => (type === "UserError" ? undefined : id);
  const relay = new Environment({ network, store: new Store(new RecordSource()), getDataID });
  const query = (node: any, variables: Variables): Promise<any> => fetchQuery(relay, node, variables).toPromise();
  const mutate = (mutation: any, variables: Variables) =>
    new Promise<any>((onCompleted, onError) => commitMutation(relay, { mutation, variables, onCompleted, onError }));
  /** The data that a component with this fragment receives. */
  const read = (fragment: any, reference: unknown): any =>
    relay.lookup(getSingularSelector(fragment, reference)!).data;
  return { relay, query, mutate, read };
}

const { partnerId, customerId, events } = await createCommissions(5);
const staff = client(tokens.admin);

// Pagination, as usePaginationFragment does it
const variables = { id: partnerId, filter: { customerId } };
const { partner } = await staff.query(partnerQuery, variables);
staff.relay.retain(createOperationDescriptor(partnerQuery, variables));
const list = () => staff.read(partnerEvents, partner).commissionEvents;
check("a query with variables", list().edges.length, 2);

const { paginationRequest, paginationMetadata } = getPaginationMetadata(partnerEvents, "the test");
while (list().pageInfo.hasNextPage) {
  const { endCursor } = list().pageInfo;
  const next = getPaginationVariables("forward", 2, endCursor, variables, {}, paginationMetadata);
  await staff.query(paginationRequest, next);
}
const rows = () => list().edges.map(({ node }: any) => staff.read(oneEvent, node));
check("pages by cursor merge into one list", rows().map(({ id }: any) => id), events);

// Mutations
const input = { ids: events.slice(0, 2) };
const { approveCommissionEvents: approval } = await staff.mutate(approve, { input });
check("a mutation", approval.userErrors, []);
const statuses = rows().map(({ status }: any) => status);
check("the list shows the change at once", statuses, ["APPROVED", "APPROVED", "PENDING", "PENDING", "PENDING"]);
const { approveCommissionEvents: rejected } = await staff.mutate(approve, { input });
const expectedErrors = input.ids.map((row) => ({ code: "INVALID_STATE", row }));
check("user errors are data", rejected.userErrors, expectedErrors);
const storedRow = staff.relay.getStore().getSource().get(events[0]!);
check("a user error does not overwrite its row", storedRow?.__typename, "CommissionEvent");

const service = client(tokens.billing);
const paid = { input: invoiceInput(customerId, 0) };
check("an invoice is recorded", (await service.mutate(record, paid)).recordInvoicePaid.outcome, "RECORDED");
check("an invoice is recorded only once", (await service.mutate(record, paid)).recordInvoicePaid.outcome, "ALREADY_RECORDED");

// Refetch by id
const own = client(tokens.partner);
const { node } = await own.query(eventRefetch, { id: events[0] });
check("a row is refetched by its id", own.read(oneEvent, node).status, "APPROVED");

// Errors
check("another partner is null", (await own.query(partnerQuery, { id: customerId })).partner, null);
const anonymousError: any = await client("").query(partnerQuery, variables).then(() => undefined, (error) => error);
check("the code without a token", anonymousError?.source.errors[0].extensions.code, "UNAUTHENTICATED");
