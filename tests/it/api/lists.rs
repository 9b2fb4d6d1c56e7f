//! Lists: pages, filters, orders, counts.

use std::collections::{BTreeSet, HashMap};

use serde_json::{Value, json};

use crate::support::{Client, acme, acme_with_partner, in_days, refund_input};

fn strings(nodes: &Value, field: &str) -> Vec<String> {
    let nodes = nodes.as_array().expect("a list").iter();
    nodes.map(|node| node[field].as_str().unwrap_or_default().to_owned()).collect()
}

/// Reads a connection page by page; answers the invoice ids of each page.
async fn pages(
    actor: &Client,
    list: &str,
    backward: bool,
    mut between: impl AsyncFnMut(),
) -> Vec<Vec<String>> {
    let (count, from) = if backward { ("last", "before") } else { ("first", "after") };
    let (more, next) =
        if backward { ("hasPreviousPage", "startCursor") } else { ("hasNextPage", "endCursor") };
    let mut pages = Vec::new();
    let mut cursor = Value::Null;
    loop {
        let query = list.replace("PAGE", &format!("{count}:50,{from}:$cursor"));
        let query = format!(
            "query($cursor:String){{{}}}",
            query.replace("NODES", &format!("nodes{{invoiceId}} pageInfo{{{more} {next}}}"))
        );
        let data = actor.query_with(&query, json!({ "cursor": cursor })).await.data();
        let connection = match data.get("partner") {
            Some(partner) => &partner["commissionEvents"],
            None => &data["commissionEvents"],
        };
        pages.push(strings(&connection["nodes"], "invoiceId"));
        if connection["pageInfo"][more] == false {
            return pages;
        }
        cursor = connection["pageInfo"][next].clone();
        between().await;
    }
}

#[tokio::test]
async fn a_list_of_one_date_is_paged_both_ways_each_row_once() {
    let (acme, partner) = acme_with_partner().await;
    let at = in_days(-1);
    for n in 0..120 {
        acme.commission_event_at("p", &format!("{n:03}"), "10.00", "EUR", &at).await;
    }
    let all: Vec<String> = (0..120).map(|n| format!("{n:03}")).collect();
    let root = "commissionEvents(PAGE){NODES}".to_owned();
    let nested = format!("partner(id:\"{partner}\"){{commissionEvents(PAGE){{NODES}}}}");
    let by_amount =
        "commissionEvents(orderBy:{field:COMMISSION_AMOUNT,direction:ASC},PAGE){NODES}".to_owned();
    for list in [root.clone(), nested, by_amount] {
        for backward in [false, true] {
            let pages = pages(&acme.admin(), &list, backward, async || {}).await;
            assert_eq!(pages.iter().map(Vec::len).collect::<Vec<_>>(), [50, 50, 20], "{list}");
            let mut seen = pages.concat();
            seen.sort();
            assert_eq!(seen, all, "{list}");
        }
    }
    let newcomer = async || {
        let id = format!("new-{}", uuid::Uuid::now_v7());
        acme.commission_event_at("p", &id, "10.00", "EUR", &in_days(0)).await;
    };
    let disturbed = pages(&acme.admin(), &root, false, newcomer).await;
    let mut seen = disturbed.concat();
    seen.sort();
    assert_eq!(seen, all);
}

#[tokio::test]
async fn a_page_tells_where_it_lies() {
    let (acme, _) = acme_with_partner().await;
    for n in 0..3 {
        acme.commission_event_at("p", &n.to_string(), "10.00", "EUR", &in_days(n - 10)).await;
    }
    let page = async |arguments: &str| {
        let query = format!(
            "{{commissionEvents({arguments}){{totalCount nodes{{invoiceId}} edges{{cursor node{{invoiceId}}}} pageInfo{{hasNextPage hasPreviousPage startCursor endCursor}}}}}}"
        );
        acme.admin().query(&query).await.data()["commissionEvents"].clone()
    };
    let first = page("first:1").await;
    assert_eq!(first["totalCount"], 3);
    assert_eq!(strings(&first["nodes"], "invoiceId"), ["2"]);
    assert_eq!(first["pageInfo"]["hasNextPage"], true);
    assert_eq!(first["pageInfo"]["hasPreviousPage"], false);
    assert_eq!(first["pageInfo"]["startCursor"], first["edges"][0]["cursor"]);
    let cursor = first["pageInfo"]["endCursor"].as_str().expect("a cursor");
    let rest = page(&format!("first:5,after:\"{cursor}\"")).await;
    assert_eq!(strings(&rest["nodes"], "invoiceId"), ["1", "0"]);
    assert_eq!(
        (&rest["pageInfo"]["hasNextPage"], &rest["pageInfo"]["hasPreviousPage"]),
        (&json!(false), &json!(true))
    );
    let last = page("last:2").await;
    assert_eq!(strings(&last["nodes"], "invoiceId"), ["1", "0"]);
    assert_eq!(last["pageInfo"]["hasPreviousPage"], true);
    let none = page("filter:{status:[PAID]}").await;
    assert_eq!((&none["nodes"], &none["pageInfo"]["endCursor"]), (&json!([]), &Value::Null));
}

#[tokio::test]
async fn only_sensible_pages_can_be_asked_for() {
    let (acme, partner) = acme_with_partner().await;
    acme.commission_event("p", "1", "10.00", "EUR").await;
    let data = acme.admin().query("{commissionEvents{pageInfo{endCursor}}}").await.data();
    let cursor = data["commissionEvents"]["pageInfo"]["endCursor"].as_str().expect("a cursor").to_owned();
    let refused = [
        "first:0".to_owned(),
        "first:-1".to_owned(),
        "first:101".to_owned(),
        "last:101".to_owned(),
        "first:1,last:1".to_owned(),
        "after:\"nonsense\"".to_owned(),
        "after:\"\"".to_owned(),
        format!("after:\"{cursor}x\""),
        format!("after:\"{cursor}\",orderBy:{{field:EVENT_DATE,direction:ASC}}"),
        format!("before:\"{cursor}\",orderBy:{{field:COMMISSION_AMOUNT,direction:DESC}}"),
        "filter:{eventDateFrom:\"2024-02-01T00:00:00Z\",eventDateTo:\"2024-01-01T00:00:00Z\"}".to_owned(),
        "filter:{invoiceId:\"a\\u0000b\"}".to_owned(),
        "filter:{partnerId:\"x\"}".to_owned(),
        "filter:{status:[NONSENSE]}".to_owned(),
    ];
    for arguments in refused {
        let root = format!("{{commissionEvents({arguments}){{totalCount nodes{{id}}}}}}");
        assert_eq!(acme.admin().query(&root).await.code(), "BAD_USER_INPUT", "{arguments}");
        let nested = format!(
            "{{partner(id:\"{partner}\"){{commissionEvents({arguments}){{totalCount nodes{{id}}}}}}}}"
        );
        assert_eq!(acme.admin().query(&nested).await.code(), "BAD_USER_INPUT", "{arguments}");
    }
    let ascending = "{commissionEvents(first:100,orderBy:{field:EVENT_DATE,direction:ASC}){nodes{id}}}";
    acme.admin().query(ascending).await.data();
}

#[tokio::test]
async fn every_filter_of_commission_events_filters() {
    let (acme, partner) = acme_with_partner().await;
    let other = acme.create_partner_with_account("q").await;
    acme.commission_event_at("p", "a", "10.00", "EUR", "2024-01-01T00:00:00Z").await;
    acme.commission_event_at("p", "b", "1000", "JPY", "2024-02-01T00:00:00Z").await;
    let approved = acme.commission_event_at("q", "c", "30.00", "EUR", "2024-03-01T00:00:00Z").await;
    acme.approve(&[approved]).await;
    let found = async |filter: &str| {
        let query = format!(
            "{{commissionEvents(orderBy:{{field:EVENT_DATE,direction:ASC}},filter:{{{filter}}}){{totalCount nodes{{invoiceId}}}}}}"
        );
        let data = acme.admin().query(&query).await.data()["commissionEvents"].clone();
        let invoices = strings(&data["nodes"], "invoiceId").concat();
        assert_eq!(data["totalCount"], invoices.len(), "{filter}");
        invoices
    };
    assert_eq!(found("").await, "abc");
    assert_eq!(found(&format!("partnerId:\"{partner}\"")).await, "ab");
    assert_eq!(found(&format!("partnerId:\"{other}\"")).await, "c");
    assert_eq!(found("partnerId:\"00000000-0000-7000-8000-000000000000\"").await, "");
    assert_eq!(found("status:[PENDING]").await, "ab");
    assert_eq!(found("status:[APPROVED,PAID]").await, "c");
    assert_eq!(found("status:[]").await, "");
    assert_eq!(found("eventType:[INVOICE_PAID]").await, "abc");
    assert_eq!(found("eventType:[CLAWBACK,ADJUSTMENT]").await, "");
    assert_eq!(found("currency:\"JPY\"").await, "b");
    assert_eq!(found("eventDateFrom:\"2024-02-01T00:00:00Z\"").await, "bc");
    assert_eq!(found("eventDateTo:\"2024-02-01T00:00:00Z\"").await, "a");
    assert_eq!(
        found("eventDateFrom:\"2024-02-01T01:00:00+01:00\",eventDateTo:\"2024-03-01T00:00:00Z\"").await,
        "b"
    );
    assert_eq!(found("invoiceId:\"b\"").await, "b");
    assert_eq!(found("customerId:\"p\",currency:\"EUR\"").await, "a");
}

#[tokio::test]
async fn the_other_lists_filter_and_order_too() {
    let (acme, partner) = acme_with_partner().await;
    let other = acme.create_partner_with_account("q").await;
    for (customer, amount, due) in [("p", "10.00", -2), ("q", "30.00", -3), ("p", "20.00", -1)] {
        let event = acme.approved_event(customer, amount, amount, "EUR").await;
        let owner = if customer == "p" { &partner } else { &other };
        let mut input = crate::support::batch_input(owner);
        input["payoutDate"] = json!(in_days(due));
        acme.finance().mutate_ok("createPayoutBatch", input, "payout{id}").await;
        drop(event);
    }
    let admin = acme.admin();
    let totals = async |arguments: &str| {
        let query = format!("{{payouts({arguments}){{nodes{{totalAmount{{amount}}}}}}}}");
        let data = admin.query(&query).await.data();
        let nodes = data["payouts"]["nodes"].as_array().cloned().unwrap_or_default();
        nodes
            .iter()
            .map(|node| node["totalAmount"]["amount"].as_str().unwrap_or_default().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(totals("first:9").await, ["3.00", "1.50", "4.50"]);
    assert_eq!(totals("orderBy:{field:TOTAL_AMOUNT,direction:ASC}").await, ["1.50", "3.00", "4.50"]);
    assert_eq!(
        totals(&format!("filter:{{partnerId:\"{other}\",status:[READY],currency:\"EUR\"}}")).await,
        ["4.50"]
    );
    assert_eq!(
        totals(&format!("filter:{{payoutDateFrom:\"{}\"}}", in_days(-2)).replace("000Z", "Z")).await.len(),
        1
    );

    let names = async |arguments: &str| {
        let data = admin.query(&format!("{{partners({arguments}){{nodes{{companyName}}}}}}")).await.data();
        strings(&data["partners"]["nodes"], "companyName")
    };
    acme.admin()
        .mutate_ok("createPartner", json!({ "companyName": "50%_Off", "tier": "GOLD" }), "partner{id}")
        .await;
    assert_eq!(names("first:9").await, ["50%_Off", "p", "q"]);
    assert_eq!(names("filter:{tier:GOLD}").await, ["50%_Off"]);
    assert_eq!(names("filter:{search:\"%_o\"}").await, ["50%_Off"]);
    assert_eq!(names("filter:{search:\"p-0000\"}").await.len(), 3);
    assert_eq!(names("filter:{status:SUSPENDED}").await.len(), 0);

    acme.assign_account(&partner, "past", None).await;
    let data = admin.query("{managedAccounts(filter:{customerId:\"past\"}){nodes{id}}}").await.data();
    let past = data["managedAccounts"]["nodes"][0]["id"].clone();
    acme.admin()
        .mutate_ok("endManagedAccount", json!({ "id": past, "endsAt": in_days(-1) }), "managedAccount{id}")
        .await;
    let customers = async |filter: &str| {
        let data = admin
            .query(&format!("{{managedAccounts(filter:{{{filter}}}){{nodes{{customerId}}}}}}"))
            .await
            .data();
        let mut found = strings(&data["managedAccounts"]["nodes"], "customerId");
        found.sort();
        found
    };
    assert_eq!(customers("isActive:true").await, ["p", "q"]);
    assert_eq!(customers("isActive:false").await, ["past"]);
    assert_eq!(customers(&format!("partnerId:\"{partner}\"")).await, ["p", "past"]);

    acme.submit_lead(&partner).await;
    let lead = acme.submit_lead(&other).await;
    acme.admin()
        .mutate_ok("advanceReferralLead", json!({ "id": lead, "status": "LOST" }), "referralLead{id}")
        .await;
    let data = admin.query("{referralLeads(filter:{status:[LOST]}){totalCount nodes{id}}}").await.data();
    assert_eq!(data["referralLeads"], json!({ "totalCount": 1, "nodes": [{ "id": lead }] }));
}

#[tokio::test]
async fn one_connection_under_two_aliases_answers_each_rightly() {
    let (acme, partner) = acme_with_partner().await;
    acme.approved_event("p", "a", "10.00", "EUR").await;
    acme.commission_event("p", "b", "10.00", "EUR").await;
    let query = format!(
        "{{partner(id:\"{partner}\"){{
            pending:commissionEvents(filter:{{status:[PENDING]}}){{totalCount nodes{{invoiceId}}}}
            approved:commissionEvents(filter:{{status:[APPROVED]}}){{totalCount nodes{{invoiceId}}}}
            one:commissionEvents(first:1){{totalCount nodes{{invoiceId}}}}
        }}}}"
    );
    let data = acme.admin().query(&query).await.data();
    let expected = json!({
        "pending": { "totalCount": 1, "nodes": [{ "invoiceId": "b" }] },
        "approved": { "totalCount": 1, "nodes": [{ "invoiceId": "a" }] },
        "one": { "totalCount": 2, "nodes": [{ "invoiceId": "b" }] },
    });
    assert_eq!(data["partner"], expected);
}

#[tokio::test]
async fn a_list_has_as_many_events_as_its_total_count_says() {
    let acme = acme().await;
    let partner = acme.create_partner_with_account("p").await;
    acme.create_partner_with_account("q").await;
    let mut ids = HashMap::new();
    for (number, (customer, currency)) in [("p", "EUR"), ("p", "JPY"), ("q", "EUR")].iter().enumerate() {
        for n in 0..6 {
            let (invoice, paid) = (format!("{number}-{n}"), in_days(-40 * n));
            let event = acme.commission_event_at(customer, &invoice, "100", currency, &paid).await;
            ids.insert(invoice, event);
        }
    }
    let id = |invoice: &str| ids[invoice].clone();
    let ids = json!({ "ids": [id("0-0"), id("0-1"), id("1-0"), id("2-1"), id("2-2"), id("0-5")] });
    acme.finance().mutate_ok("approveCommissionEvents", ids, "commissionEvents{id}").await;
    let cancelled = json!({ "ids": [id("0-2"), id("2-1")], "reason": "x" });
    acme.finance().mutate_ok("cancelCommissionEvents", cancelled, "commissionEvents{id}").await;
    for (invoice, refund, amount) in [("0-3", "all", "100"), ("0-5", "part", "10")] {
        let mut input = refund_input(invoice, refund, amount);
        input["refundedAt"] = json!(in_days(0));
        acme.billing().mutate_ok("recordInvoiceRefunded", input, "outcome").await;
    }
    acme.create_payout(&partner).await;

    let mut seen = BTreeSet::new();
    for status in ["", "status:[]", "status:[PAID,CLAWBACK,PAID]"]
        .into_iter()
        .map(str::to_owned)
        .chain(["PENDING", "APPROVED", "PAID", "CLAWBACK", "CANCELLED"].map(|one| format!("status:[{one}]")))
    {
        for currency in ["", ",currency:\"EUR\"", ",currency:\"JPY\"", ",currency:\"USD\""] {
            for by in ["", ",eventType:[INVOICE_PAID]"] {
                let filter = format!("filter:{{{status}{currency}{by}}},first:100");
                let of_one = format!("filter:{{partnerId:\"{partner}\",{status}{currency}{by}}},first:100");
                let query = format!(
                    "{{all:commissionEvents({filter}){{totalCount nodes{{id}}}} of:commissionEvents({of_one}){{totalCount nodes{{id}}}}
                      partner(id:\"{partner}\"){{commissionEvents({filter}){{totalCount nodes{{id}}}}}}}}"
                );
                let data = acme.finance().query(&query).await.data();
                for list in [&data["all"], &data["of"], &data["partner"]["commissionEvents"]] {
                    let count = list["nodes"].as_array().expect("events").len();
                    assert_eq!(list["totalCount"], count, "{filter}");
                    seen.insert(count);
                }
            }
        }
    }
    assert!(seen.len() > 5, "{seen:?}");
}
