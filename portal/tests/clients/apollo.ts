// Apollo Client: queries, pagination, mutations, errors, persisted queries.

import {
  ApolloClient, ApolloLink, CombinedGraphQLErrors, gql, HttpLink, InMemoryCache, type TypedDocumentNode,
} from "@apollo/client";
import { PersistedQueryLink } from "@apollo/client/link/persisted-queries";
import { relayStylePagination } from "@apollo/client/utilities";
import { filter, firstValueFrom } from "rxjs";

import { ApproveCommissionEventsDocument, PartnerContextDocument, RevenuePageDocument } from "../../src/gql/graphql";
import { check, createCommissions, invoiceInput, recordingFetch, sha256, tokens, url } from "./support";

interface RecordResult {
  recordInvoicePaid: { outcome: string; commissionEvent: { id: string } };
}

const RECORD: TypedDocumentNode<RecordResult> = gql`
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
  const { fetch, takeRequests } = recordingFetch(token);
  const cache = new InMemoryCache({
    typePolicies: { Partner: { fields: { commissionEvents: relayStylePagination(["filter", "orderBy"]) } } },
  });
  const apollo = new ApolloClient({ cache, link: ApolloLink.from([...before, new HttpLink({ uri: url, fetch })]) });
  return { apollo, cache, takeRequests };
}

/** The code of the GraphQL error with which a request must fail. */
async function errorCode(request: Promise<unknown>) {
  const error = await request.then(() => undefined, (error: unknown) => error);
  if (!CombinedGraphQLErrors.is(error)) throw error ?? new Error("an error was expected");
  return error.errors[0]?.extensions?.["code"];
}

const { partnerId, customerId, events } = await createCommissions(5);
const partner = client(tokens.partner);
const admin = client(tokens.admin);
const billing = client(tokens.billing);

// Queries
const revenue = await partner.apollo.query({
  query: RevenuePageDocument,
  variables: { partnerId, currency: "EUR", filter: { customerId }, first: 3 },
});
check("a query with variables", revenue.data?.partner?.commissionEvents.nodes.map(({ id }) => id), events.slice(0, 3));
check("its amounts are strings", revenue.data?.partner?.commissionEvents.nodes[0]?.commissionAmount.amount, "10.00");
check("its dashboard is in the requested currency", revenue.data?.partner?.dashboard.balance.earned.currency, "EUR");

// Pagination
interface PageResult {
  partner: {
    commissionEvents: {
      edges: { node: { id: string; status: string } }[];
      pageInfo: { hasNextPage: boolean; endCursor: string | null };
    };
  };
}

const PAGE: TypedDocumentNode<PageResult> = gql`
  query Page($id: ID!, $customerId: String!, $after: String) {
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
const pages = admin.apollo.watchQuery({ query: PAGE, variables });
const watched = pages.subscribe(() => {});
let last = (await firstValueFrom(pages.pipe(filter(({ loading }) => !loading)))).data as PageResult;
while (last.partner.commissionEvents.pageInfo.hasNextPage) {
  const { endCursor } = last.partner.commissionEvents.pageInfo;
  last = (await pages.fetchMore({ variables: { after: endCursor } })).data as PageResult;
}
const list = () => admin.apollo.readQuery({ query: PAGE, variables })?.partner.commissionEvents.edges ?? [];
check("pages by cursor merge into one list", list().map(({ node }) => node.id), events);
check("each event is stored once in the cache", events.every((id) => `CommissionEvent:${id}` in admin.cache.extract()));

// Mutations
const approved = { mutation: ApproveCommissionEventsDocument, variables: { input: { ids: events.slice(0, 2) } } };
const { data: approval } = await admin.apollo.mutate(approved);
check("a mutation", approval?.approveCommissionEvents?.userErrors, []);
const statuses = list().map(({ node }) => node.status);
check("the list shows the change at once", statuses, ["APPROVED", "APPROVED", "PENDING", "PENDING", "PENDING"]);
const { data: rejected } = await admin.apollo.mutate(approved);
const userErrors = rejected?.approveCommissionEvents?.userErrors.map(({ code, row }) => ({ code, row }));
const expectedErrors = events.slice(0, 2).map((row) => ({ code: "INVALID_STATE", row }));
check("user errors are data", userErrors, expectedErrors);
watched.unsubscribe();

const record = { mutation: RECORD, variables: { input: invoiceInput(customerId, 0) } };
const first = (await billing.apollo.mutate(record)).data?.recordInvoicePaid;
const again = (await billing.apollo.mutate(record)).data?.recordInvoicePaid;
check("an invoice is recorded", first?.outcome, "RECORDED");
check("an invoice is recorded only once", again?.outcome, "ALREADY_RECORDED");
check("a retry returns the same event", again?.commissionEvent?.id, first?.commissionEvent?.id);

// Errors
const otherPartner = partner.apollo.query({ query: RevenuePageDocument, variables: { partnerId: customerId } });
check("the code for another partner", await errorCode(otherPartner), "FORBIDDEN");
const tooLarge = partner.apollo.query({ query: RevenuePageDocument, variables: { partnerId, first: 101 } });
check("the code for a page that is too large", await errorCode(tooLarge), "BAD_USER_INPUT");
const unknownField = partner.apollo.query({ query: gql("{ nothing }") });
check("the code for an unknown field", await errorCode(unknownField), "BAD_USER_INPUT");
const anonymous = client("").apollo.query({ query: PartnerContextDocument });
check("the code without a token", await errorCode(anonymous), "UNAUTHENTICATED");

// Persisted queries
for (const useGETForHashedQueries of [false, true]) {
  const method = useGETForHashedQueries ? "GET" : "POST";
  const persisted = () => client(tokens.partner, new PersistedQueryLink({ sha256, useGETForHashedQueries }));

  const known = persisted();
  const viewer = (await known.apollo.query({ query: PartnerContextDocument })).data?.viewer;
  const [request, ...rest] = known.takeRequests();
  check(`${method} by hash alone`, [viewer?.kind, request?.method, request?.text, rest.length], [
    "PARTNER_USER", method, undefined, 0,
  ]);

  const query = gql(`query Unknown { viewer { kind alias${Date.now()}: userId } }`);
  const unknown = persisted();
  await unknown.apollo.query({ query });
  const hasText = ({ text }: { text: string | undefined }) => text !== undefined;
  check(`${method} by hash, then with the text`, unknown.takeRequests().map(hasText), [false, true]);
  const later = persisted();
  await later.apollo.query({ query });
  check(`${method} by hash from then on`, later.takeRequests().map(hasText), [false]);
}
