// Apollo Client: queries, pages, acts, errors, persisted queries.

import {
  ApolloClient, ApolloLink, CombinedGraphQLErrors, gql, HttpLink, InMemoryCache, type TypedDocumentNode,
} from "@apollo/client";
import { PersistedQueryLink } from "@apollo/client/link/persisted-queries";
import { relayStylePagination } from "@apollo/client/utilities";
import { filter, firstValueFrom } from "rxjs";

import { ApproveCommissionEventsDocument, PartnerContextDocument, RevenuePageDocument } from "../../src/gql/graphql";
import { invoice, ok, recorder, sha256, story, tokens, url } from "./support";

interface Recorded {
  recordInvoicePaid: { outcome: string; commissionEvent: { id: string } };
}

const RECORD: TypedDocumentNode<Recorded> = gql`
  mutation Record($input: RecordInvoicePaidInput!) {
    recordInvoicePaid(input: $input) {
      outcome
      commissionEvent {
        id
      }
    }
  }
`;

function client(token: string, ...before: ApolloLink[]) {
  const { fetch, requests } = recorder(token);
  const cache = new InMemoryCache({
    typePolicies: { Partner: { fields: { commissionEvents: relayStylePagination(["filter", "orderBy"]) } } },
  });
  const apollo = new ApolloClient({ cache, link: ApolloLink.from([...before, new HttpLink({ uri: url, fetch })]) });
  return { apollo, cache, requests };
}

async function code(asked: Promise<unknown>) {
  const error = await asked.then(() => undefined, (error: unknown) => error);
  if (!CombinedGraphQLErrors.is(error)) throw error ?? new Error("an error was expected");
  return error.errors[0]?.extensions?.["code"];
}

const { partnerId, customerId, events } = await story(5);
const partner = client(tokens.partner);
const admin = client(tokens.admin);
const billing = client(tokens.billing);

// Queries
const page = await partner.apollo.query({
  query: RevenuePageDocument,
  variables: { partnerId, currency: "EUR", filter: { customerId }, first: 3 },
});
ok("a query with variables", page.data?.partner?.commissionEvents.nodes.map(({ id }) => id), events.slice(0, 3));
ok("its amounts are strings", page.data?.partner?.commissionEvents.nodes[0]?.commissionAmount.amount, "10.00");
ok("its dashboard is in the currency that was asked for", page.data?.partner?.dashboard.balance.earned.currency, "EUR");

// Pages
interface Pages {
  partner: {
    commissionEvents: {
      edges: { node: { id: string; status: string } }[];
      pageInfo: { hasNextPage: boolean; endCursor: string | null };
    };
  };
}

const PAGES: TypedDocumentNode<Pages> = gql`
  query Pages($id: ID!, $customerId: String!, $after: String) {
    partner(id: $id) {
      id
      commissionEvents(filter: { customerId: $customerId }, first: 2, after: $after) {
        edges {
          node {
            id
            status
          }
        }
        pageInfo {
          hasNextPage
          endCursor
        }
      }
    }
  }
`;
const variables = { id: partnerId, customerId };
const pages = admin.apollo.watchQuery({ query: PAGES, variables });
const watched = pages.subscribe(() => {});
let last = (await firstValueFrom(pages.pipe(filter(({ loading }) => !loading)))).data as Pages;
while (last.partner.commissionEvents.pageInfo.hasNextPage) {
  const { endCursor } = last.partner.commissionEvents.pageInfo;
  last = (await pages.fetchMore({ variables: { after: endCursor } })).data as Pages;
}
const list = () => admin.apollo.readQuery({ query: PAGES, variables })?.partner.commissionEvents.edges ?? [];
ok("pages by cursor merge into one list", list().map(({ node }) => node.id), events);
ok("each event is one record of the cache", events.every((id) => `CommissionEvent:${id}` in admin.cache.extract()));

// Acts
const approved = { mutation: ApproveCommissionEventsDocument, variables: { input: { ids: events.slice(0, 2) } } };
const { data: approval } = await admin.apollo.mutate(approved);
ok("an act", approval?.approveCommissionEvents.userErrors, []);
const statuses = list().map(({ node }) => node.status);
ok("what it changed shows in the list at once", statuses, ["APPROVED", "APPROVED", "PENDING", "PENDING", "PENDING"]);
const { data: refusal } = await admin.apollo.mutate(approved);
const refused = refusal?.approveCommissionEvents.userErrors.map(({ code, row }) => ({ code, row }));
ok("a refusal is data", refused, events.slice(0, 2).map((row) => ({ code: "INVALID_STATE", row })));
watched.unsubscribe();

const record = { mutation: RECORD, variables: { input: invoice(customerId, 0) } };
const first = (await billing.apollo.mutate(record)).data?.recordInvoicePaid;
const again = (await billing.apollo.mutate(record)).data?.recordInvoicePaid;
ok("an invoice is recorded", first?.outcome, "RECORDED");
ok("once", [again?.outcome, again?.commissionEvent?.id], ["ALREADY_RECORDED", first?.commissionEvent?.id]);

// Errors
const strangers = partner.apollo.query({ query: RevenuePageDocument, variables: { partnerId: customerId } });
ok("the code of a refused partner", await code(strangers), "FORBIDDEN");
const many = partner.apollo.query({ query: RevenuePageDocument, variables: { partnerId, first: 101 } });
ok("the code of a page too large", await code(many), "BAD_USER_INPUT");
ok("the code of an unknown field", await code(partner.apollo.query({ query: gql("{ nothing }") })), "BAD_USER_INPUT");
const nobody = client("").apollo.query({ query: PartnerContextDocument });
ok("the code without a token", await code(nobody), "UNAUTHENTICATED");

// Persisted queries
for (const useGETForHashedQueries of [false, true]) {
  const method = useGETForHashedQueries ? "GET" : "POST";
  const persisted = () => client(tokens.partner, new PersistedQueryLink({ sha256, useGETForHashedQueries }));

  const known = persisted();
  const viewer = (await known.apollo.query({ query: PartnerContextDocument })).data?.viewer;
  const [request, ...rest] = known.requests();
  ok(`${method} by hash alone`, [viewer?.kind, request?.method, request?.text, rest.length], [
    "PARTNER_USER", method, undefined, 0,
  ]);

  const query = gql(`query Unknown { viewer { kind alias${Date.now()}: userId } }`);
  const unknown = persisted();
  await unknown.apollo.query({ query });
  ok(`${method} by hash, then with the text`, unknown.requests().map(({ text }) => text !== undefined), [false, true]);
  const later = persisted();
  await later.apollo.query({ query });
  ok(`${method} by hash from then on`, later.requests().map(({ text }) => text !== undefined), [false]);
}
