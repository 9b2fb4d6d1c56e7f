//! The GraphQL documents of the workloads.

/// The persisted documents of the portal, by hash.
const PORTAL: &str = include_str!("../../portal/src/gql/persisted-documents.json");

macro_rules! dashboard {
    () => {
        "dashboard { currency asOf
    totalRevenueGenerated { amount currency } totalCommissionsEarned { amount currency }
    totalCommissionsPaid { amount currency } outstandingBalance { amount currency }
    currentMonthRevenue { amount currency } currentMonthCommissions { amount currency }
    currentMonthPayouts { amount currency } totalReferrals convertedReferrals conversionRate activeReferrals
    totalCustomers activeCustomers pendingCommissionEvents nextPayoutDate
    balance { currency pending { amount currency } approved { amount currency } inTransit { amount currency }
      settled { amount currency } earned { amount currency } paid { amount currency }
      outstanding { amount currency } }
    recentCommissionEvents { id status eventDate commissionAmount { amount currency } }
    recentPayouts { id status totalAmount { amount currency } payoutDate } }"
    };
}

/// W1.
pub const DASHBOARD: &str =
    concat!("query Dashboard($id: ID!) { partner(id: $id) { companyName ", dashboard!(), " } }");

/// W2.
pub const EVENTS: &str = "query Events($filter: CommissionEventFilter) { commissionEvents(filter: $filter, first: 50) { nodes {
    id status eventType eventDate invoiceId commissionAmount { amount currency } baseAmount { amount currency }
    commissionRate partner { id companyName tier } payout { id status payoutDate totalAmount { amount currency } }
    managedAccount { id customerId customerName } } } }";

/// W3.
pub const PAGE: &str = concat!(
    "query Page($id: ID!) { partner(id: $id) { companyName ",
    dashboard!(),
    " commissionEvents(first: 50) { nodes { id status eventType eventDate invoiceId commissionAmount { amount currency }
      baseAmount { amount currency } commissionRate payout { id status payoutDate }
      managedAccount { id customerId customerName } } }
    payouts(first: 20) { nodes { id status totalAmount { amount currency } commissionCount paymentMethod payoutDate
      completedAt } }
    referralLeads(first: 20) { nodes { id companyName contactName status submittedAt convertedAt } }
    managedAccounts(filter: { isActive: true }, first: 20) { nodes { id customerId customerName engagementType startsAt
      endsAt customCommissionRate } } } }"
);

/// W4.
pub const INVOICE: &str =
    "mutation Paid($input: RecordInvoicePaidInput!) { recordInvoicePaid(input: $input) { outcome
    commissionEvent { id status commissionAmount { amount currency } } userErrors { code message } } }";

/// W5.
pub const BATCH: &str = "mutation Batch($input: CreatePayoutBatchInput!) { createPayoutBatch(input: $input) {
    payout { commissionCount totalAmount { amount currency } } userErrors { code message } } }";
/// W5, over all partners of a tenant.
pub const RUN: &str = "mutation Run($input: RunPayoutsInput!) { runPayouts(input: $input) { payouts { id } userErrors { message } } }";

/// W6.
pub const LIST: &str = "query List($id: ID!, $after: String) { partner(id: $id) { commissionEvents(first: 50, after: $after) {
    nodes { id eventDate status commissionAmount { amount currency } } pageInfo { hasNextPage endCursor } } } }";
/// W6.
pub const COUNT: &str =
    "query Count($id: ID!) { partner(id: $id) { commissionEvents(first: 1) { totalCount } } }";

/// Returns the hash of W7, the document of the portal's revenue page.
pub fn revenue_page() -> String {
    let documents: serde_json::Map<String, serde_json::Value> = serde_json::from_str(PORTAL).unwrap();
    let page = documents.iter().find(|(_, text)| text.as_str().unwrap().contains("query RevenuePage"));
    format!("sha256:{}", page.expect("the page").0)
}
