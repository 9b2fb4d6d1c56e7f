// urql: queries, pagination and mutations with its normalized cache, errors, persisted queries.

import { cacheExchange } from "@urql/exchange-graphcache";
import { relayPagination } from "@urql/exchange-graphcache/extras";
import { persistedExchange } from "@urql/exchange-persisted";
import { type DocumentNode, Kind } from "graphql";
import { Client, fetchExchange, gql, stringifyDocument } from "urql";

import * as documents from "../../src/gql/graphql";
import { check, createCommissions, invoiceInput, persistedDocuments, recordingFetch, sha256, tokens, url } from "./support";

const { ApproveCommissionEventsDocument, CommissionEventsTableDocument, PartnerContextDocument } = documents;

/** The cache key of types without an id, which are stored as part of their parent. */
const embedded = () => null;

function client(token: string, ...before: ReturnType<typeof persistedExchange>[]) {
  const { fetch, takeRequests } = recordingFetch(token);
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
  return { urql: new Client({ url, fetch, exchanges, preferGetMethod: false }), takeRequests };
}

const errorCode = ({ error }: { error?: { graphQLErrors: { extensions: Record<string, unknown> }[] } | undefined }) =>
  error?.graphQLErrors[0]?.extensions["code"];

const { partnerId, customerId, events } = await createCommissions(5);
const partner = client(tokens.partner);
const admin = client(tokens.admin);
const billing = client(tokens.billing);

// Queries and pagination
const variables = { partnerId, filter: { customerId }, first: 2 };
let list = (await admin.urql.query(CommissionEventsTableDocument, variables)).data?.partner?.commissionEvents;
check("a query with variables", list?.nodes.map(({ id }) => id), events.slice(0, 2));
while (list?.pageInfo.hasNextPage) {
  const next = { ...variables, after: list.pageInfo.endCursor };
  list = (await admin.urql.query(CommissionEventsTableDocument, next)).data?.partner?.commissionEvents;
}
check("pages by cursor merge into one list", list?.nodes.map(({ id }) => id), events);

// Mutations
const input = { ids: events.slice(0, 2) };
const approval = await admin.urql.mutation(ApproveCommissionEventsDocument, { input });
check("a mutation", approval.data?.approveCommissionEvents?.userErrors, []);
const cached = admin.urql.readQuery(CommissionEventsTableDocument, variables);
const statuses = cached?.data?.partner?.commissionEvents.nodes.map(({ status }) => status);
check("the list shows the change at once", statuses, ["APPROVED", "APPROVED", "PENDING", "PENDING", "PENDING"]);
const rejected = await admin.urql.mutation(ApproveCommissionEventsDocument, { input });
const userErrors = rejected.data?.approveCommissionEvents?.userErrors.map(({ code, row }) => ({ code, row }));
check("user errors are data", userErrors, input.ids.map((row) => ({ code: "INVALID_STATE", row })));

const RECORD = gql`
  mutation Record($input: RecordInvoicePaidInput!) {
    recordInvoicePaid(input: $input) {
      outcome
    }
  }
`;
const paid = { input: invoiceInput(customerId, 0) };
const first = (await billing.urql.mutation(RECORD, paid)).data?.recordInvoicePaid;
const again = (await billing.urql.mutation(RECORD, paid)).data?.recordInvoicePaid;
check("an invoice is recorded", first?.outcome, "RECORDED");
check("an invoice is recorded only once", again?.outcome, "ALREADY_RECORDED");

// Errors
const otherPartner = await partner.urql.query(CommissionEventsTableDocument, { partnerId: customerId });
check("the code for another partner", errorCode(otherPartner), "FORBIDDEN");
check("the code for an unknown field", errorCode(await partner.urql.query(gql("{ nothing }"), {})), "BAD_USER_INPUT");
check("the code without a token", errorCode(await client("").urql.query(PartnerContextDocument, {})), "UNAUTHENTICATED");

// Persisted queries, and the configuration of the portal: only the generated hashes, for mutations too
const hashes = {
  enforcePersistedQueries: true,
  enableForMutation: true,
  preferGetForPersistedQueries: false as const,
  generateHash: async (_: string, document: any) => document.__meta__.hash,
};
const portal = client(tokens.admin, persistedExchange(hashes));
const approvalByHash = await portal.urql.mutation(ApproveCommissionEventsDocument, { input: { ids: events.slice(2) } });
const [sent] = portal.takeRequests();
const { userErrors: portalErrors } = approvalByHash.data?.approveCommissionEvents ?? {};
const { hash } = (ApproveCommissionEventsDocument as any).__meta__;
check("a mutation by hash alone", [portalErrors, sent?.hash, sent?.text], [[], hash, undefined]);

const operations = (Object.values(documents) as DocumentNode[]).filter((document) =>
  document.definitions.some(({ kind }) => kind === Kind.OPERATION_DEFINITION),
);
const texts = operations.map((document) => stringifyDocument(document));
check("every persisted document is the text that is sent", texts.every((text) => persistedDocuments[sha256(text)] === text));
check("there are no other persisted documents", new Set(texts).size, Object.keys(persistedDocuments).length);

for (const preferGetForPersistedQueries of [false, "within-url-limit"] as const) {
  const method = preferGetForPersistedQueries ? "GET" : "POST";
  const persisted = () => client(tokens.partner, persistedExchange({ preferGetForPersistedQueries }));

  const known = persisted();
  const { data } = await known.urql.query(PartnerContextDocument, {});
  const [request, ...rest] = known.takeRequests();
  check(`${method} by hash alone`, [data?.viewer.kind, request?.method, request?.text, rest.length], [
    "PARTNER_USER", method, undefined, 0,
  ]);

  const query = gql(`query Unknown { viewer { kind alias${Date.now()}: userId } }`);
  const unknown = persisted();
  await unknown.urql.query(query, {});
  const hasText = ({ text }: { text: string | undefined }) => text !== undefined;
  check(`${method} by hash, then with the text`, unknown.takeRequests().map(hasText), [false, true]);
  const later = persisted();
  await later.urql.query(query, {});
  check(`${method} by hash from then on`, later.takeRequests().map(hasText), [false]);
}
