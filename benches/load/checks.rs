//! Checks of the program's responses against the dataset. Each panics if a response is wrong.

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use crate::copy_format::cents;
use crate::dataset::{Dataset, Partner};
use crate::workload::{Request, at};

/// W1.
pub fn dashboard(dataset: &Dataset, request: &Request, response: &Value) {
    figures(&dataset.partners[request.partner], at(response, "/data/partner/dashboard"));
    let recent = at(response, "/data/partner/dashboard/recentCommissionEvents").as_array().unwrap();
    let recent: Vec<_> = recent.iter().map(|event| event["id"].as_str().unwrap().to_owned()).collect();
    let expected: Vec<_> =
        dataset.partners[request.partner].latest.iter().map(|(_, id)| id.to_string()).collect();
    assert_eq!(recent, expected);
}

fn figures(partner: &Partner, dashboard: &Value) {
    let earned = partner.pending + partner.approved + partner.in_transit + partner.settled;
    for (path, expected) in [
        ("/totalRevenueGenerated/amount", partner.revenue),
        ("/totalCommissionsEarned/amount", earned),
        ("/totalCommissionsPaid/amount", partner.in_transit + partner.settled),
        ("/outstandingBalance/amount", partner.pending + partner.approved),
        ("/currentMonthRevenue/amount", partner.month_revenue),
        ("/currentMonthCommissions/amount", partner.month_commissions),
        ("/currentMonthPayouts/amount", partner.month_payouts),
        ("/balance/pending/amount", partner.pending),
        ("/balance/approved/amount", partner.approved),
        ("/balance/inTransit/amount", partner.in_transit),
        ("/balance/settled/amount", partner.settled),
    ] {
        assert_eq!(at(dashboard, path), &json!(cents(expected)), "{path} of {}", partner.id);
    }
    assert_eq!(dashboard["pendingCommissionEvents"], partner.pending_events);
    assert_eq!(dashboard["totalCustomers"], partner.accounts.len());
    assert_eq!(dashboard["totalReferrals"], 25);
    assert_eq!(dashboard["convertedReferrals"], 4);
}

/// W2.
pub fn events(_: &Dataset, request: &Request, response: &Value) {
    let nodes = at(response, "/data/commissionEvents/nodes").as_array().unwrap();
    assert!(nodes.len() == 50, "{} events", nodes.len());
    let filter = &request.body["variables"]["filter"];
    let timestamp = |value: &Value| value.as_str().unwrap().parse::<DateTime<Utc>>().unwrap();
    let mut previous = timestamp(&filter["eventDateTo"]);
    for node in nodes {
        let date = timestamp(&node["eventDate"]);
        assert!(timestamp(&filter["eventDateFrom"]) <= date && date <= previous, "{node}");
        previous = date;
        assert_eq!(node["status"], "PAID");
        assert_eq!(node["payout"]["status"], "COMPLETED");
        let customer = node["managedAccount"]["customerId"].as_str().unwrap();
        let partner = node["partner"]["companyName"].as_str().unwrap();
        let number = customer.split('-').nth(1).unwrap();
        assert_eq!(partner, format!("Partner {number} Limited"));
    }
}

/// W3.
pub fn page(dataset: &Dataset, request: &Request, response: &Value) {
    dashboard(dataset, request, response);
    let partner = &dataset.partners[request.partner];
    let page = at(response, "/data/partner");
    let rows = |list: &str| page[list]["nodes"].as_array().unwrap().len();
    assert!(rows("commissionEvents") >= usize::try_from(partner.size).unwrap().min(50));
    assert_eq!(rows("payouts"), usize::try_from(partner.payouts).unwrap().min(20));
    assert_eq!(rows("referralLeads"), 20);
    assert_eq!(rows("managedAccounts"), partner.accounts.len().min(20));
}

/// W4.
pub fn accrual(_: &Dataset, request: &Request, response: &Value) {
    let payload = at(response, "/data/recordInvoicePaid");
    assert_eq!(payload["outcome"], "RECORDED", "{response}");
    let amount = payload["commissionEvent"]["commissionAmount"]["amount"].as_str().unwrap();
    let customer = request.body["variables"]["input"]["customerId"].as_str().unwrap();
    let account: usize = customer.rsplit('-').next().unwrap().parse().unwrap();
    assert_eq!(amount, if account % 4 == 3 { "10.00" } else { "15.00" });
}

/// W6, a page.
pub fn list(_: &Dataset, _: &Request, response: &Value) {
    assert_eq!(at(response, "/data/partner/commissionEvents/nodes").as_array().unwrap().len(), 50);
}

/// W6, a count.
pub fn count(dataset: &Dataset, request: &Request, response: &Value) {
    let count = at(response, "/data/partner/commissionEvents/totalCount").as_u64().unwrap();
    assert!(count >= u64::from(dataset.partners[request.partner].size), "{count}");
}

/// W7.
pub fn revenue_page(dataset: &Dataset, request: &Request, response: &Value) {
    let partner = &dataset.partners[request.partner];
    let page = at(response, "/data/partner");
    figures(partner, at(page, "/dashboard"));
    let expected = usize::try_from(partner.size).unwrap().min(6);
    assert!(page["commissionEvents"]["nodes"].as_array().unwrap().len() >= expected);
    assert_eq!(page["payouts"]["totalCount"], partner.payouts);
    assert_eq!(page["managedAccounts"]["totalCount"], partner.accounts.len());
}
