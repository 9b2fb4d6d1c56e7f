//! The migration of rows that were stored before they had the time of their last change.

use diesel::prelude::*;
use diesel::sql_types::BigInt;
use diesel_async::RunQueryDsl;
use revshare::domain::db::migrate;

use crate::support::{acme_with_partner, ok, superuser, with_superuser};

#[tokio::test(flavor = "multi_thread")]
async fn existing_rows_get_the_time_of_their_last_change() {
    #[derive(QueryableByName)]
    struct Count {
        #[diesel(sql_type = BigInt)]
        count: i64,
    }
    let (acme, partner) = acme_with_partner().await;
    acme.commission_event("p", "pending", "100.00", "EUR").await;
    acme.approved_event("p", "paid", "100.00", "EUR").await;
    let payout = acme.create_payout(&partner).await;
    acme.complete_payout(&payout).await;
    let down = include_str!("../../../migrations/2026-11-28-000016_holds/down.sql");
    let forget = "DELETE FROM __diesel_schema_migrations WHERE version = '20261128000016'";
    with_superuser(&acme.app.database, &format!("{down} {forget}")).await.expect("an older schema");
    let urls = acme.app.database.urls();
    assert_eq!(ok(migrate::run(&urls.owner, &urls.serving).await).len(), 1);

    let query = "SELECT (SELECT count(*) FROM commission_events AS event WHERE changed_at =
                (SELECT max(changed_at) FROM status_changes WHERE commission_event_id = event.id))
            + (SELECT count(*) FROM payouts AS payout WHERE changed_at =
                (SELECT max(changed_at) FROM status_changes WHERE payout_id = payout.id)) AS count";
    let mut connection = superuser(&acme.app.database).await;
    let counts: Vec<Count> = diesel::sql_query(query).load(&mut connection).await.expect("a count");
    assert_eq!(counts[0].count, 3);
    acme.assert_reconciled().await;
}
