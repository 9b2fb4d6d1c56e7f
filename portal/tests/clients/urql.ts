// urql: queries, pages and acts over its normalized cache, errors, persisted queries.

import { cacheExchange } from "@urql/exchange-graphcache";
import { relayPagination } from "@urql/exchange-graphcache/extras";
import { persistedExchange } from "@urql/exchange-persisted";
import { type DocumentNode, Kind } from "graphql";
import { Client, fetchExchange, gql, stringifyDocument } from "urql";

import * as documents from "../../src/gql/graphql";
import { invoice, ok, recorder, sha256, story, tokens, trusted, url } from "./support";

const { ApproveCommissionEventsDocument, CommissionEventsTableDocument, PartnerContextDocument } = documents;

/** What has no id of its own is part of what holds it. */
const embedded = () => null;

function client(token: string, ...before: ReturnType<typeof persistedExchange>[]) {
  const { fetch, requests } = recorder(token);
  const cache = cacheExchange({
    keys: {
      CommissionEventConnection: embedded,
      CommissionEventsPayload: embedded,
      Money: embedded,
      PageInfo: embedded,
      UserError: embedded,
      Viewer: embedded,
    },
    resolvers: { Partner: { commissionEvents: relayPagination() } },
  });
  const exchanges = [cache, ...before, fetchExchange];
  return { urql: new Client({ url, fetch, exchanges, preferGetMethod: false }), requests };
}

const code = ({ error }: { error?: { graphQLErrors: { extensions: Record<string, unknown> }[] } | undefined }) =>
  error?.graphQLErrors[0]?.extensions["code"];

const { partnerId, customerId, events } = await story(5);
const partner = client(tokens.partner);
const admin = client(tokens.admin);
const billing = client(tokens.billing);

// Queries and pages
const variables = { partnerId, filter: { customerId }, first: 2 };
let list = (await admin.urql.query(CommissionEventsTableDocument, variables)).data?.partner?.commissionEvents;
ok("a query with variables", list?.nodes.map(({ id }) => id), events.slice(0, 2));
while (list?.pageInfo.hasNextPage) {
  const next = { ...variables, after: list.pageInfo.endCursor };
  list = (await admin.urql.query(CommissionEventsTableDocument, next)).data?.partner?.commissionEvents;
}
ok("pages by cursor merge into one list", list?.nodes.map(({ id }) => id), events);

// Acts
const input = { ids: events.slice(0, 2) };
const approval = await admin.urql.mutation(ApproveCommissionEventsDocument, { input });
ok("an act", approval.data?.approveCommissionEvents.userErrors, []);
const cached = admin.urql.readQuery(CommissionEventsTableDocument, variables);
const statuses = cached?.data?.partner?.commissionEvents.nodes.map(({ status }) => status);
ok("what it changed shows in the list at once", statuses, ["APPROVED", "APPROVED", "PENDING", "PENDING", "PENDING"]);
const refusal = await admin.urql.mutation(ApproveCommissionEventsDocument, { input });
const refused = refusal.data?.approveCommissionEvents.userErrors.map(({ code, row }) => ({ code, row }));
ok("a refusal is data", refused, input.ids.map((row) => ({ code: "INVALID_STATE", row })));

const RECORD = gql`
  mutation Record($input: RecordInvoicePaidInput!) {
    recordInvoicePaid(input: $input) {
      outcome
    }
  }
`;
const paid = { input: invoice(customerId, 0) };
const first = (await billing.urql.mutation(RECORD, paid)).data?.recordInvoicePaid;
const again = (await billing.urql.mutation(RECORD, paid)).data?.recordInvoicePaid;
ok("an invoice is recorded", first?.outcome, "RECORDED");
ok("once", again?.outcome, "ALREADY_RECORDED");

// Errors
const strangers = await partner.urql.query(CommissionEventsTableDocument, { partnerId: customerId });
ok("the code of a refused partner", code(strangers), "FORBIDDEN");
ok("the code of an unknown field", code(await partner.urql.query(gql("{ nothing }"), {})), "BAD_USER_INPUT");
ok("the code without a token", code(await client("").urql.query(PartnerContextDocument, {})), "UNAUTHENTICATED");

// Persisted queries, and the way of the portal: nothing but the hashes that were generated, for acts too
const hashes = {
  enforcePersistedQueries: true,
  enableForMutation: true,
  preferGetForPersistedQueries: false as const,
  generateHash: async (_: string, document: any) => document.__meta__.hash,
};
const portal = client(tokens.admin, persistedExchange(hashes));
const act = await portal.urql.mutation(ApproveCommissionEventsDocument, { input: { ids: events.slice(2) } });
const [sent] = portal.requests();
const { userErrors } = act.data?.approveCommissionEvents ?? {};
const { hash } = (ApproveCommissionEventsDocument as any).__meta__;
ok("an act by hash alone", [userErrors, sent?.hash, sent?.text], [[], hash, undefined]);

const operations = (Object.values(documents) as DocumentNode[]).filter((document) =>
  document.definitions.some(({ kind }) => kind === Kind.OPERATION_DEFINITION),
);
const texts = operations.map((document) => stringifyDocument(document));
ok("every trusted document is the text that is sent", texts.every((text) => trusted[sha256(text)] === text));
ok("and there is no other", new Set(texts).size, Object.keys(trusted).length);

for (const preferGetForPersistedQueries of [false, "within-url-limit"] as const) {
  const method = preferGetForPersistedQueries ? "GET" : "POST";
  const persisted = () => client(tokens.partner, persistedExchange({ preferGetForPersistedQueries }));

  const known = persisted();
  const { data } = await known.urql.query(PartnerContextDocument, {});
  const [request, ...rest] = known.requests();
  ok(`${method} by hash alone`, [data?.viewer.kind, request?.method, request?.text, rest.length], [
    "PARTNER_USER", method, undefined, 0,
  ]);

  const query = gql(`query Unknown { viewer { kind alias${Date.now()}: userId } }`);
  const unknown = persisted();
  await unknown.urql.query(query, {});
  ok(`${method} by hash, then with the text`, unknown.requests().map(({ text }) => text !== undefined), [false, true]);
  const later = persisted();
  await later.urql.query(query, {});
  ok(`${method} by hash from then on`, later.requests().map(({ text }) => text !== undefined), [false]);
}
