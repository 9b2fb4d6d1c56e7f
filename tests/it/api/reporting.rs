//! The monthly reports of a partner, and the stages that its referral leads reached.

use chrono::{Datelike, Months, Utc};
use serde_json::{Value, json};

use crate::support::{TestTenant, acme_with_partner, in_days, refund_input, with_fields, with_superuser};

const MONTHS: &str = "query($partner: ID!, $count: Int, $currency: CurrencyCode) {
    partner(id: $partner) {
        months(count: $count, currency: $currency) {
            month startsAt endsAt revenue { amount currency } commissions { amount } payouts { amount }
        }
    }
}";

const FUNNEL: &str = "query($partner: ID!) {
    partner(id: $partner) { referralFunnel { status leads medianDays } }
}";

/// The maximum number of months in a report: ten years.
const ALL_MONTHS: usize = 120;

/// The months of a partner; this many, in this currency if one is given.
async fn months(tenant: &TestTenant, partner: &str, count: usize, currency: Option<&str>) -> Vec<Value> {
    let mut variables = json!({ "partner": partner, "count": count });
    if let Some(currency) = currency {
        variables["currency"] = json!(currency);
    }
    let data = tenant.admin().query_with(MONTHS, variables).await.data();
    data["partner"]["months"].as_array().cloned().expect("months")
}

/// The entry of a month, given as `2026-01`.
fn month<'m>(months: &'m [Value], name: &str) -> &'m Value {
    months.iter().find(|month| month["month"] == name).expect("a month")
}

/// Revenue, commissions and payouts of a month.
fn amounts(month: &Value) -> [&str; 3] {
    ["revenue", "commissions", "payouts"].map(|field| month[field]["amount"].as_str().expect("an amount"))
}

/// Noon on the 15th of a month, counted back from the current one.
fn mid_month(months_ago: u32) -> String {
    let day = Utc::now().date_naive().with_day(15).expect("a day") - Months::new(months_ago);
    format!("{day}T12:00:00Z")
}

#[tokio::test]
async fn the_months_show_what_was_earned_and_paid_in_each_and_add_up_to_the_balance() {
    let (acme, partner) = acme_with_partner().await;
    acme.commission_event_at("p", "a", "100.00", "EUR", &mid_month(2)).await;
    acme.commission_event_at("p", "b", "10.10", "EUR", &mid_month(2)).await;
    acme.commission_event_at("p", "c", "300.00", "EUR", &mid_month(1)).await;
    acme.commission_event_at("p", "yen", "1000", "JPY", &mid_month(1)).await;
    let cancelled = acme.commission_event_at("p", "cancelled", "500.00", "EUR", &mid_month(1)).await;
    acme.cancel(&[cancelled]).await;
    let refund = with_fields(refund_input("c", "r", "30.00"), json!({ "refundedAt": in_days(0) }));
    acme.billing().mutate_ok("recordInvoiceRefunded", refund, "outcome").await;
    acme.approve_all_pending().await;
    let payout = acme.create_payout(&partner).await;
    acme.complete_payout(&payout).await;

    let [two_months_ago, last_month, this_month] = &months(&acme, &partner, 3, None).await[..] else {
        panic!("not three months");
    };
    assert_eq!(this_month["month"], Utc::now().format("%Y-%m").to_string());
    assert_eq!(two_months_ago["endsAt"], last_month["startsAt"]);
    assert_eq!(amounts(two_months_ago), ["110.10", "16.52", "0.00"]);
    assert_eq!(amounts(last_month), ["300.00", "45.00", "0.00"]);
    assert_eq!(amounts(this_month), ["-30.00", "-4.50", "57.02"], "today's refund and payout");
    assert_eq!(acme.balance(&partner).await.earned, "57.02");

    let in_yen = months(&acme, &partner, 2, Some("JPY")).await;
    assert_eq!(in_yen[0]["commissions"]["amount"], "150");
}

#[tokio::test]
async fn there_are_twelve_months_by_default_and_at_most_120() {
    let (acme, partner) = acme_with_partner().await;
    let data = acme.admin().query_with(MONTHS, json!({ "partner": partner })).await.data();
    assert_eq!(data["partner"]["months"].as_array().map(Vec::len), Some(12));
    for count in [0, -1, 121] {
        let response = acme.admin().query_with(MONTHS, json!({ "partner": partner, "count": count })).await;
        assert_eq!(response.code(), "BAD_USER_INPUT", "{count}");
    }
}

#[tokio::test]
async fn months_begin_at_midnight_in_the_time_zone_of_the_tenant() {
    let (acme, partner) = acme_with_partner().await;
    acme.update_settings(json!({ "timeZone": "America/New_York" })).await;
    let all = months(&acme, &partner, ALL_MONTHS, None).await;
    assert_eq!(month(&all, "2026-01")["startsAt"], "2026-01-01T05:00:00Z");
    assert_eq!(month(&all, "2026-07")["startsAt"], "2026-07-01T04:00:00Z");

    // The first two are around midnight in New York, the others around midnight in Kolkata.
    for (invoice, amount, paid_at) in [
        ("1", "100.00", "2026-01-01T04:59:59Z"),
        ("2", "200.00", "2026-01-01T05:00:00Z"),
        ("3", "400.00", "2025-12-31T18:29:59Z"),
        ("4", "800.00", "2025-12-31T18:30:00Z"),
    ] {
        acme.commission_event_at("p", invoice, amount, "EUR", paid_at).await;
    }
    for (time_zone, december, january) in [
        ("Asia/Kolkata", "400.00", "1100.00"),
        ("America/New_York", "1300.00", "200.00"),
        ("UTC", "1200.00", "300.00"),
        ("Pacific/Kiritimati", "0.00", "1500.00"),
    ] {
        acme.update_settings(json!({ "timeZone": time_zone })).await;
        let all = months(&acme, &partner, ALL_MONTHS, None).await;
        assert_eq!(month(&all, "2025-12")["revenue"]["amount"], december, "{time_zone}");
        assert_eq!(month(&all, "2026-01")["revenue"]["amount"], january, "{time_zone}");

        // A month is the same in every list that contains it, even as its first.
        let since_december = all.iter().rev().position(|month| month["month"] == "2025-12");
        let since_december = since_december.expect("December") + 1;
        for count in since_december - 2..since_december + 2 {
            let fewer = months(&acme, &partner, count, None).await;
            assert_eq!(fewer, all[all.len() - count..], "{count} months in {time_zone}");
        }
    }
}

#[tokio::test]
async fn the_funnel_counts_the_leads_that_ever_reached_a_stage_and_the_days_they_took() {
    let (acme, partner) = acme_with_partner().await;
    let paths: [&[&str]; 6] = [
        &[],
        &["CONTACTED"],
        &["CONTACTED", "LOST"],
        &["CONTACTED", "QUALIFIED", "LOST"],
        &["CONTACTED", "QUALIFIED", "CONVERTED"],
        // Converted by mistake and moved back: not a conversion.
        &["CONVERTED", "NEW"],
    ];
    for path in paths {
        let lead = acme.submit_lead(&partner).await;
        for status in path {
            acme.advance_lead(&lead, status).await;
        }
    }
    let take_days = "
        UPDATE referral_leads SET first_contact_at = submitted_at + interval '3 days'
            WHERE first_contact_at IS NOT NULL;
        UPDATE referral_leads SET qualified_at = submitted_at + interval '36 hours' * (1 + (status = 'LOST')::int)
            WHERE qualified_at IS NOT NULL";
    with_superuser(&acme.app.database, take_days).await.expect("an update");

    let data = acme.admin().query_with(FUNNEL, json!({ "partner": partner })).await.data();
    let stages = data["partner"]["referralFunnel"].as_array().expect("stages");
    let counts: Vec<_> = stages.iter().map(|stage| json!([stage["status"], stage["leads"]])).collect();
    assert_eq!(json!(counts), json!([["NEW", 6], ["CONTACTED", 4], ["QUALIFIED", 2], ["CONVERTED", 1]]));
    let median_days: Vec<_> = stages.iter().map(|stage| stage["medianDays"].clone()).collect();
    assert_eq!(median_days[..3], [json!(null), json!(3.0), json!(2.25)]);
}

#[tokio::test]
async fn the_funnel_of_a_partner_without_leads_shows_zeros() {
    let (acme, partner) = acme_with_partner().await;
    let data = acme.admin().query_with(FUNNEL, json!({ "partner": partner })).await.data();
    let stage = |status: &str| json!({ "status": status, "leads": 0, "medianDays": null });
    assert_eq!(
        data["partner"]["referralFunnel"],
        json!([stage("NEW"), stage("CONTACTED"), stage("QUALIFIED"), stage("CONVERTED")])
    );
}
