// The input of relay-compiler. relay.ts runs the compiled artifacts; this file is not imported.

import { graphql } from "relay-runtime";

export const partner = graphql`
  query relayQueriesPartnerQuery($id: ID!, $filter: CommissionEventFilter) {
    partner(id: $id) {
      ...relayQueriesEvents_partner @arguments(filter: $filter)
    }
  }
`;

export const events = graphql`
  fragment relayQueriesEvents_partner on Partner
  @refetchable(queryName: "relayQueriesEventsPaginationQuery")
  @argumentDefinitions(
    filter: { type: "CommissionEventFilter" }
    count: { type: "Int", defaultValue: 2 }
    cursor: { type: "String" }
    countBack: { type: "Int" }
    cursorBack: { type: "String" }
  ) {
    companyName
    commissionEvents(filter: $filter, first: $count, after: $cursor, last: $countBack, before: $cursorBack)
      @connection(key: "relayQueries_commissionEvents", filters: ["filter"]) {
      edges {
        node {
          ...relayQueriesEvent_event
        }
      }
    }
  }
`;

export const event = graphql`
  fragment relayQueriesEvent_event on CommissionEvent @refetchable(queryName: "relayQueriesEventRefetchQuery") {
    id
    status
    commissionAmount {
      amount
      currency
    }
    payout {
      status
    }
  }
`;

export const approve = graphql`
  mutation relayQueriesApproveMutation($input: ApproveCommissionEventsInput!) {
    approveCommissionEvents(input: $input) {
      commissionEvents {
        ...relayQueriesEvent_event
      }
      userErrors {
        code
        row: id
      }
    }
  }
`;

export const record = graphql`
  mutation relayQueriesRecordMutation($input: RecordInvoicePaidInput!) {
    recordInvoicePaid(input: $input) {
      outcome
      commissionEvent {
        ...relayQueriesEvent_event
      }
    }
  }
`;
