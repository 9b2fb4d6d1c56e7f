//! Conversions that were made before a customer converted one lead only.

use revshare::domain::db::migrate;

use super::REVERT_SEARCH;
use crate::support::{TestDatabase, ok, superuser, with_superuser};
use diesel_async::SimpleAsyncConnection;

const DOWN: &str = include_str!("../../../migrations/2026-11-28-000017_people/down.sql");

const TWO_CONVERSIONS: &str = "
    INSERT INTO tenants (tenant_id, name, time_zone, default_currency) VALUES ('acme', 'acme', 'UTC', 'EUR');
    INSERT INTO partners (tenant_id, id, partner_number, company_name, payout_currency)
    SELECT 'acme', gen_random_uuid(), 'P-1', 'p', 'EUR';
    INSERT INTO referral_leads (tenant_id, id, partner_id, contact_name, contact_email, status, submitted_by,
        submitted_by_partner, converted_at, converted_customer_id)
    SELECT 'acme', gen_random_uuid(), id, 'lead ' || n, 'a@example.com', 'CONVERTED', 'u', true,
        '2026-01-01'::timestamptz + n * interval '1 day', 'c'
    FROM partners, generate_series(1, 3) AS n";

/// Fails unless only the first conversion counts, and a further one of the same customer is rejected.
const CHECK: &str = "DO $$ BEGIN
    IF (SELECT string_agg(contact_name, ',') FROM referral_leads WHERE NOT is_second_conversion) <> 'lead 1' THEN
        RAISE 'another conversion counts';
    END IF;
    BEGIN
        UPDATE referral_leads SET is_second_conversion = false;
        RAISE 'a second conversion is accepted';
    EXCEPTION WHEN unique_violation THEN
    END;
END $$";

#[tokio::test(flavor = "multi_thread")]
async fn earlier_conversions_of_a_customer_are_kept_and_marked() {
    let database = TestDatabase::empty().await;
    let urls = database.urls();
    ok(migrate::run(&urls.owner, &urls.serving).await);
    let mut connection = superuser(&database).await;
    connection.batch_execute(REVERT_SEARCH).await.expect("an older schema");
    connection.batch_execute(DOWN).await.expect("an older schema");
    let forget = "DELETE FROM __diesel_schema_migrations WHERE version = '20261128000017'";
    connection.batch_execute(forget).await.expect("an older schema");
    with_superuser(&database, TWO_CONVERSIONS).await.expect("rows");
    assert_eq!(ok(migrate::run(&urls.owner, &urls.serving).await).len(), 2);
    with_superuser(&database, CHECK).await.expect("one conversion");
}
