//! What the schema does not show of the cost of a field: the lists that are long, and the prices of fields that read many rows.

/// Lists that can be as long as the tenant's list of partners, or as the most invoices that one call assesses.
pub(super) const LONG_LISTS: [(&str, &str); 8] = [
    ("RunPayoutsPayload", "payouts"),
    ("RunPayoutsPayload", "planned"),
    ("RunPayoutsPayload", "skipped"),
    ("ReassessInvoicesPayload", "earning"),
    ("ReassessInvoicesPayload", "failed"),
    ("IssueStatementsPayload", "statements"),
    ("IssueStatementsPayload", "previews"),
    ("PaymentFile", "attempts"),
];
/// The assumed length of those lists: a client cannot shorten them, and would otherwise be refused the rows of a short one.
/// The rows that there really are count while the response is made (`graphql::work`).
pub(super) const LONG_LIST_LENGTH: u64 = 100;

/// The price of fields that read far more rows than they return, by type, field, and the argument without which the field
/// has no price. In fields of a response, like the rest of a cost. A page of the largest size stays within the limit.
pub(super) const PRICES: [(&str, &str, Option<&str>, u64); 17] = [
    // A dozen look-ups.
    ("Query", "search", None, 50),
    // Reads every row of the tenant, a dozen times.
    ("Query", "reconciliation", None, 3_000),
    // Adds up the monthly totals of all partners, three times.
    ("Query", "overview", None, 500),
    // Counts the rows that wait, by indexes of them.
    ("Query", "workQueue", None, 20),
    // Add up every row that matches.
    ("Query", "commissionEventTotals", None, 200),
    ("Query", "payoutTotals", None, 200),
    // Counts every job of the tenant.
    ("Query", "jobLanes", None, 200),
    // Adds up the approved events of all partners.
    ("Mutation", "runPayouts", None, 1_000),
    // Adds up the pending events of all partners.
    ("Mutation", "approvePendingCommissionEvents", None, 1_000),
    // Assesses up to 500 invoices, each with a dozen statements.
    ("Mutation", "reassessInvoices", None, 3_000),
    // Reads the history of up to 500 accounts.
    ("Mutation", "issueStatements", None, 3_000),
    // Completes up to 500 payouts, each with a dozen statements.
    ("Mutation", "settlePaymentFile", None, 3_000),
    // Seal or change up to 500 rows in a few statements.
    ("Mutation", "createPaymentFile", None, 500),
    ("Mutation", "withdrawPaymentFile", None, 500),
    // Reads the history of the account.
    ("Partner", "openStatement", None, 200),
    // A past instant is not in the monthly totals: all events of the partner are added up.
    ("Partner", "dashboard", Some("asOf"), 200),
    ("Partner", "balances", Some("asOf"), 200),
];
