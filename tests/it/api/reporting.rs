//! What a partner earned month by month, and how far its leads came.

use serde_json::{Value, json};

use crate::support::{TestTenant, acme_with_partner, in_days, refund_input, with_superuser};

async fn months(tenant: &TestTenant, partner: &str, arguments: &str) -> Vec<Value> {
    let fields = "month startsAt endsAt revenue{amount currency} commissions{amount} payouts{amount}";
    let query = format!("{{partner(id:\"{partner}\"){{months{arguments}{{{fields}}}}}}}");
    let data = tenant.admin().query(&query).await.data();
    data["partner"]["months"].as_array().cloned().expect("months")
}

/// The 15th of the month that lies so many months back, at noon.
fn mid_month(back: u32) -> String {
    use chrono::{Datelike, Months, Utc};
    let day = Utc::now().date_naive().with_day(15).expect("a day") - Months::new(back);
    format!("{day}T12:00:00Z")
}

#[tokio::test]
async fn months_hold_what_was_earned_and_paid_in_them_and_add_up_to_the_balance() {
    let (acme, partner) = acme_with_partner().await;
    for (invoice, amount, currency, back) in [
        ("a", "100.00", "EUR", 2),
        ("b", "10.10", "EUR", 2),
        ("c", "300.00", "EUR", 1),
        ("d", "1000", "JPY", 1),
    ] {
        acme.commission_event_at("p", invoice, amount, currency, &mid_month(back)).await;
    }
    let gone = acme.commission_event_at("p", "gone", "500.00", "EUR", &mid_month(1)).await;
    let input = json!({ "ids": [gone], "reason": "x" });
    acme.finance().mutate_ok("cancelCommissionEvents", input, "commissionEvents{id}").await;
    let mut refund = refund_input("c", "r", "30.00");
    refund["refundedAt"] = json!(in_days(0));
    acme.billing().mutate_ok("recordInvoiceRefunded", refund, "outcome").await;
    let pending = json!({ "eventDateTo": in_days(1) });
    acme.finance().mutate_ok("approvePendingCommissionEvents", pending, "approvedCount").await;
    let payout = acme.create_payout(&partner).await;
    acme.transition_payout("completePayout", &payout).await;

    let found = months(&acme, &partner, "(count:3)").await;
    let told: Vec<_> = found
        .iter()
        .map(|month| ["revenue", "commissions", "payouts"].map(|figure| month[figure]["amount"].clone()))
        .collect();
    let this_month = chrono::Utc::now().format("%Y-%m").to_string();
    assert_eq!(told[0], ["110.10", "16.52", "0.00"]);
    assert_eq!(told[1], ["300.00", "45.00", "0.00"]);
    // The refund is of today.
    assert_eq!(told[2], ["-30.00", "-4.50", "57.02"]);
    assert_eq!((&found[2]["month"], found.len()), (&json!(this_month), 3));
    assert_eq!(found[0]["endsAt"], found[1]["startsAt"]);
    assert_eq!(
        months(&acme, &partner, "(count:2,currency:\"JPY\")").await[0]["commissions"]["amount"],
        "150"
    );
    assert_eq!(months(&acme, &partner, "").await.len(), 12);
    assert_eq!(acme.balance(&partner).await.earned, "57.02");
}

#[tokio::test]
async fn months_begin_at_midnight_where_the_tenant_is() {
    let (acme, partner) = acme_with_partner().await;
    acme.admin()
        .mutate_ok("updateTenantSettings", json!({ "timeZone": "America/New_York" }), "tenant{id}")
        .await;
    let found = months(&acme, &partner, "(count:120)").await;
    let start = |month: &str| {
        let month = found.iter().find(|found| found["month"] == month).expect("a month");
        month["startsAt"].as_str().expect("a moment").to_owned()
    };
    assert_eq!(start("2026-01"), "2026-01-01T05:00:00Z");
    assert_eq!(start("2026-07"), "2026-07-01T04:00:00Z");
    // The last hour of December there is January already in UTC.
    acme.commission_event_at("p", "1", "100.00", "EUR", "2026-01-01T04:59:59Z").await;
    acme.commission_event_at("p", "2", "200.00", "EUR", "2026-01-01T05:00:00Z").await;
    let found = months(&acme, &partner, "(count:120)").await;
    let revenue = |month: &str| {
        let month = found.iter().find(|found| found["month"] == month).expect("a month");
        month["revenue"]["amount"].clone()
    };
    assert_eq!((revenue("2025-12"), revenue("2026-01")), (json!("100.00"), json!("200.00")));
    // Five and a half hours before midnight where UTC is, January begins in India; both of these are of January there.
    acme.admin().mutate_ok("updateTenantSettings", json!({ "timeZone": "Asia/Kolkata" }), "tenant{id}").await;
    acme.commission_event_at("p", "3", "400.00", "EUR", "2025-12-31T18:29:59Z").await;
    acme.commission_event_at("p", "4", "800.00", "EUR", "2025-12-31T18:30:00Z").await;
    for zone in ["Asia/Kolkata", "America/New_York", "UTC", "Pacific/Kiritimati"] {
        acme.admin().mutate_ok("updateTenantSettings", json!({ "timeZone": zone }), "tenant{id}").await;
        let found = months(&acme, &partner, "(count:120)").await;
        let revenue = |month: &str| {
            let month = found.iter().find(|found| found["month"] == month).expect("a month");
            month["revenue"]["amount"].as_str().expect("an amount").to_owned()
        };
        let expected = match zone {
            "Asia/Kolkata" => ["400.00", "1100.00"],
            "America/New_York" => ["1300.00", "200.00"],
            "UTC" => ["1200.00", "300.00"],
            _ => ["0.00", "1500.00"],
        };
        assert_eq!(["2025-12", "2026-01"].map(revenue), expected, "{zone}");
        // Wherever the months asked for begin, each of them is the same.
        let since = found.iter().position(|month| month["month"] == "2025-12").expect("December");
        for count in found.len() - since - 2..found.len() - since + 2 {
            let fewer = months(&acme, &partner, &format!("(count:{count})")).await;
            assert_eq!(fewer, found[found.len() - count..], "{count} in {zone}");
        }
    }
}

#[tokio::test]
async fn so_many_months_are_no_number_of_months() {
    let (acme, partner) = acme_with_partner().await;
    for count in ["0", "-1", "121"] {
        let query = format!("{{partner(id:\"{partner}\"){{months(count:{count}){{month}}}}}}");
        assert_eq!(acme.admin().query(&query).await.code(), "BAD_USER_INPUT", "{count}");
    }
}

#[tokio::test]
async fn the_funnel_counts_who_ever_came_to_a_stage_and_how_long_it_took() {
    let (acme, partner) = acme_with_partner().await;
    let paths: [&[&str]; 6] = [
        &[],
        &["CONTACTED"],
        &["CONTACTED", "LOST"],
        &["CONTACTED", "QUALIFIED", "LOST"],
        &["CONTACTED", "QUALIFIED", "CONVERTED"],
        // Converted by mistake: that is taken back.
        &["CONVERTED", "NEW"],
    ];
    for path in paths {
        let lead = acme.submit_lead(&partner).await;
        for status in path {
            let input = json!({ "id": lead, "status": status });
            acme.admin().mutate_ok("advanceReferralLead", input, "referralLead{id}").await;
        }
    }
    let sql = "UPDATE referral_leads SET first_contact_at = submitted_at + interval '3 days'
            WHERE first_contact_at IS NOT NULL;
        UPDATE referral_leads SET qualified_at = submitted_at + interval '36 hours' * (1 + (status = 'LOST')::int)
            WHERE qualified_at IS NOT NULL";
    with_superuser(&acme.app.database, sql).await.expect("a superuser");
    let query = format!("{{partner(id:\"{partner}\"){{referralFunnel{{status leads medianDays}}}}}}");
    let data = acme.admin().query(&query).await.data();
    let stages = data["partner"]["referralFunnel"].as_array().expect("stages");
    let told: Vec<_> = stages.iter().map(|stage| (stage["status"].clone(), stage["leads"].clone())).collect();
    let expected = [("NEW", 6), ("CONTACTED", 4), ("QUALIFIED", 2), ("CONVERTED", 1)];
    assert_eq!(told, expected.map(|(status, leads)| (json!(status), json!(leads))));
    assert_eq!([0, 1, 2].map(|at| stages[at]["medianDays"].clone()), [Value::Null, json!(3.0), json!(2.25)]);
}

#[tokio::test]
async fn a_partner_without_leads_has_a_funnel_of_zeros() {
    let (acme, partner) = acme_with_partner().await;
    let query = format!("{{partner(id:\"{partner}\"){{referralFunnel{{leads medianDays}}}}}}");
    let data = acme.admin().query(&query).await.data();
    assert_eq!(data["partner"]["referralFunnel"], json!(vec![json!({ "leads": 0, "medianDays": null }); 4]));
}
