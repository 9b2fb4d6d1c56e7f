//! Migrations and the schema they build: reversibility, keys, and constraints that even a superuser cannot violate.

use std::collections::BTreeMap;

use diesel::prelude::*;
use diesel::sql_types::{Nullable, Text};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use private_postgres::Urls;
use revshare::domain::db::migrate;

use crate::support::{TestApp, TestDatabase, ok, superuser, with_superuser};

const MIGRATIONS: usize = 35;

#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = Nullable<Text>)]
    line: Option<String>,
}

async fn lines(connection: &mut AsyncPgConnection, sql: &str) -> Vec<String> {
    let lines: Vec<Line> = diesel::sql_query(sql).load(connection).await.expect(sql);
    lines.into_iter().filter_map(|line| line.line).collect()
}

/// Returns every column, constraint, index, function, trigger and policy of the public schema.
async fn structure(database: &TestDatabase) -> Vec<String> {
    let mut connection = superuser(database).await;
    lines(
        &mut connection,
        "SELECT format('%s.%s %s %s %s', table_name, column_name, data_type, is_nullable, column_default) AS line
         FROM information_schema.columns WHERE table_schema = 'public'
         UNION ALL SELECT format('%s %s %s', conrelid::regclass, conname, pg_get_constraintdef(oid))
         FROM pg_constraint WHERE connamespace = 'public'::regnamespace
         UNION ALL SELECT indexdef FROM pg_indexes WHERE schemaname = 'public'
         UNION ALL SELECT pg_get_functiondef(oid) FROM pg_proc
         WHERE pronamespace = 'public'::regnamespace AND prolang IN (SELECT oid FROM pg_language WHERE lanname IN ('sql', 'plpgsql'))
         UNION ALL SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal
         UNION ALL SELECT pg_get_statisticsobjdef(oid) FROM pg_statistic_ext
         UNION ALL SELECT format('%s %s %s %s %s', tablename, policyname, roles, cmd, qual) FROM pg_policies
         UNION ALL SELECT format('%s %s %s', relname, relrowsecurity, relforcerowsecurity) FROM pg_class
         WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
         ORDER BY 1",
    )
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn migrations_can_be_reverted_and_reapplied() {
    let database = TestDatabase::empty().await;
    assert_eq!(up(&database).await, MIGRATIONS);
    let first = structure(&database).await;
    assert_eq!(up(&database).await, 0);
    ok(migrate::revert_all(&database.urls().owner).await);
    let remaining = structure(&database).await;
    let is_bookkeeping = |line: &String| line.contains("__diesel_schema_migrations");
    assert!(remaining.iter().all(is_bookkeeping), "{remaining:#?}");
    up(&database).await;
    assert_eq!(structure(&database).await, first);
}

#[tokio::test(flavor = "multi_thread")]
async fn concurrent_migrations_run_one_after_the_other() {
    let database = TestDatabase::empty().await;
    let urls = database.urls();
    let migrate = |urls: Urls| tokio::spawn(async move { migrate::run(&urls.owner, &urls.serving).await });
    let (one, two) = tokio::join!(migrate(urls.clone()), migrate(urls));
    let (one, two) = (ok(one.expect("a task")), ok(two.expect("a task")));
    assert_eq!(one.len() + two.len(), MIGRATIONS);
}

/// Applies the pending migrations and returns how many there were.
async fn up(database: &TestDatabase) -> usize {
    let urls = database.urls();
    ok(migrate::run(&urls.owner, &urls.serving).await).len()
}

/// The declarations of the tables, in seven files.
const SCHEMA: [&str; 8] = [
    include_str!("../../../src/domain/db/audit_schema.rs"),
    include_str!("../../../src/domain/db/mail_schema.rs"),
    include_str!("../../../src/domain/db/request_schema.rs"),
    include_str!("../../../src/domain/db/saved_view_schema.rs"),
    include_str!("../../../src/domain/db/schema.rs"),
    include_str!("../../../src/domain/db/rail_schema.rs"),
    include_str!("../../../src/domain/db/statement_schema.rs"),
    include_str!("../../../src/domain/db/webhook_schema.rs"),
];

/// The columns of the schema files are those of the database, in order and type.
#[tokio::test]
async fn the_diesel_schema_matches_the_database() {
    let app = TestApp::new().await;
    let mut connection = superuser(&app.database).await;
    let actual = lines(
        &mut connection,
        "SELECT format('%s %s -> %s', table_name, column_name, CASE is_nullable WHEN 'YES' THEN format('Nullable<%s>', type)
            ELSE type END) AS line
         FROM information_schema.columns, LATERAL (SELECT CASE udt_name WHEN 'bpchar' THEN 'Bpchar' WHEN 'int8' THEN 'Int8'
            WHEN 'int4' THEN 'Int4' WHEN '_text' THEN 'Array<Text>' ELSE initcap(udt_name) END AS type) AS names
         WHERE table_schema = 'public' AND table_name NOT LIKE '\\_\\_%' ORDER BY table_name, ordinal_position",
    )
    .await;
    let mut table = String::new();
    let mut declared = Vec::new();
    for line in SCHEMA.iter().flat_map(|file| file.lines()).map(str::trim) {
        if let Some((name, _)) = line.strip_suffix(") {").and_then(|line| line.split_once(" (")) {
            table = name.to_owned();
        } else if let Some(column) = line.strip_suffix(',').filter(|line| line.contains(" -> ")) {
            declared.push(format!("{table} {column}"));
        }
    }
    declared.sort_by(|one, other| one.split(' ').next().cmp(&other.split(' ').next()));
    assert_eq!(declared, actual);
}

/// What a distributed database (Citus) would reject, or what would break in it; each row is a fault and the object that has it.
const NOT_DISTRIBUTABLE: &str = r"
    WITH tables AS (
        SELECT pg_class.oid, attnum FROM pg_class
        JOIN pg_attribute ON attrelid = pg_class.oid AND attname = 'tenant_id' AND attnotnull
        WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'
    ), constraints AS (
        SELECT * FROM pg_constraint WHERE connamespace = 'public'::regnamespace
    )
    SELECT 'no tenant_id: ' || relname AS line FROM pg_class
    WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND relname <> '__diesel_schema_migrations'
        AND oid NOT IN (SELECT oid FROM tables)
    UNION ALL
    SELECT 'a sequence, view or partition: ' || relname FROM pg_class
    WHERE relnamespace = 'public'::regnamespace AND relkind IN ('S', 'v', 'm', 'p')
    UNION ALL
    SELECT 'unique without tenant_id: ' || indexrelid::regclass FROM pg_index JOIN tables ON tables.oid = indrelid
    WHERE (indisunique OR indisexclusion) AND NOT (attnum = ANY (indkey[0:indnkeyatts - 1]))
    UNION ALL
    SELECT 'a primary key that does not begin with tenant_id: ' || conname FROM constraints JOIN tables ON tables.oid = conrelid
    WHERE contype = 'p' AND conkey[1] <> attnum
    UNION ALL
    SELECT 'an exclusion constraint without tenant_id =: ' || conname FROM constraints JOIN tables ON tables.oid = conrelid
    WHERE contype = 'x' AND NOT EXISTS (
        SELECT FROM unnest(conkey, conexclop) AS element (attnum, operator)
        JOIN pg_operator ON pg_operator.oid = operator WHERE element.attnum = tables.attnum AND oprname = '=')
    UNION ALL
    SELECT 'a foreign key that does not pair the tenants: ' || conname
    FROM constraints JOIN tables ON tables.oid = conrelid JOIN tables AS target ON target.oid = confrelid
    WHERE contype = 'f' AND NOT EXISTS (
        SELECT FROM unnest(conkey, confkey) AS pair (own, referenced)
        WHERE own = tables.attnum AND referenced = target.attnum)
    UNION ALL
    SELECT 'a foreign key that changes or deletes rows: ' || conname FROM constraints
    WHERE contype = 'f' AND (confdeltype <> 'r' OR confupdtype <> 'a')
    UNION ALL
    SELECT 'deferrable, or a name of more than 50 characters: ' || conname FROM constraints
    WHERE condeferrable OR length(conname) > 50
    UNION ALL
    SELECT 'a statement that writes while it reads a transition table: ' || tgname
    FROM pg_trigger JOIN pg_proc ON pg_proc.oid = tgfoid
    WHERE prosrc ~* ('(insert into|update|delete from)[^;]*\m('
        || nullif(concat_ws('|', tgnewtable, tgoldtable), '') || ')\M')
    ORDER BY 1";

#[tokio::test]
async fn the_schema_can_be_distributed_by_tenant() {
    let app = TestApp::new().await;
    let mut connection = superuser(&app.database).await;
    assert_eq!(lines(&mut connection, NOT_DISTRIBUTABLE).await, Vec::<String>::new());

    let faults = "CREATE TABLE loose (id bigserial PRIMARY KEY);
        CREATE TABLE tight (tenant_id text NOT NULL, id int, PRIMARY KEY (id), CHECK (id > 0));
        ALTER TABLE tight ADD CONSTRAINT tight_has_a_tenant FOREIGN KEY (tenant_id) REFERENCES tenants ON DELETE CASCADE;
        CREATE FUNCTION copy() RETURNS trigger LANGUAGE plpgsql AS
            $$ BEGIN INSERT INTO tight SELECT tenant_id, 1 FROM added; RETURN NULL; END $$;
        CREATE TRIGGER copied AFTER INSERT ON tenants REFERENCING NEW TABLE AS added EXECUTE FUNCTION copy()";
    with_superuser(&app.database, faults).await.expect("faults");
    let expected = [
        "a foreign key that changes or deletes rows: tight_has_a_tenant",
        "a primary key that does not begin with tenant_id: tight_pkey",
        "a sequence, view or partition: loose_id_seq",
        "a statement that writes while it reads a transition table: copied",
        "no tenant_id: loose",
        "unique without tenant_id: tight_pkey",
    ];
    assert_eq!(lines(&mut connection, NOT_DISTRIBUTABLE).await, expected);
}

/// Each CHECK on an enum column lists exactly the values of the GraphQL enum.
#[tokio::test]
async fn check_constraints_list_the_values_of_their_enums() {
    use async_graphql::resolver_utils::EnumType;
    use revshare::domain::{commission, history, partner, payout, referral, statement};

    fn names<E: EnumType>() -> Vec<String> {
        E::items().iter().map(|item| item.name.to_owned()).collect()
    }
    let app = TestApp::new().await;
    let mut connection = superuser(&app.database).await;
    let enums = BTreeMap::from([
        ("partner_status_is_known", names::<partner::PartnerStatus>()),
        ("partner_tier_is_known", names::<partner::PartnerTier>()),
        ("partner_user_role_is_known", names::<revshare::auth::PartnerUserRole>()),
        ("commission_status_is_known", names::<commission::CommissionStatus>()),
        ("commission_type_is_known", names::<commission::CommissionEventType>()),
        ("commission_rate_source_is_known", names::<commission::RateSource>()),
        ("payout_status_is_known", names::<payout::PayoutStatus>()),
        ("status_change_kind_is_known", names::<history::StatusChangeKind>()),
        ("lead_status_is_known", names::<referral::ReferralStatus>()),
        ("statement_kind_is_known", names::<statement::StatementKind>()),
        ("statement_movement_kind_is_known", names::<statement::movement::MovementKind>()),
    ]);
    for (constraint, values) in enums {
        let sql = format!(
            "SELECT pg_get_constraintdef(oid) AS line FROM pg_constraint WHERE conname = '{constraint}'"
        );
        let check = lines(&mut connection, &sql).await.concat();
        let listed: Vec<_> = check.split('\'').skip(1).step_by(2).map(str::to_owned).collect();
        assert_eq!(listed, values, "{constraint}");
    }
}

/// Inconsistent states and references across tenants, tried with SQL by a superuser.
#[tokio::test]
async fn constraints_reject_invalid_rows() {
    let app = TestApp::new().await;
    let (acme, globex) = (app.tenant("acme").await, app.tenant("globex").await);
    let (partner, other) =
        (acme.create_partner_with_account("p").await, acme.create_partner_with_account("q").await);
    globex.create_partner_with_account("g").await;
    let paid = acme.approved_event("p", "paid", "10.00", "EUR").await;
    let payout = acme.create_payout(&partner).await;
    let approved = acme.approved_event("p", "approved", "10.00", "EUR").await;
    let others = acme.approved_event("q", "others", "10.00", "EUR").await;
    let yen = acme.approved_event("p", "yen", "1000", "JPY").await;
    let line = |event: &str, amount: &str, currency: &str| {
        format!(
            "INSERT INTO payout_lines SELECT 'acme', '{payout}', '{event}', '{partner}', '{currency}', {amount}, now()"
        )
    };
    let change = |id: &str, set: &str| format!("UPDATE commission_events SET {set} WHERE id = '{id}'");
    let pay = format!("status = 'PAID', payout_id = '{payout}', paid_at = now()");
    let invalid = [
        (change(&approved, "commission_amount = 1.51"), "commission_is_the_rate_of_the_base"),
        (change(&approved, "base_amount = 'NaN'"), "commission_base_is_money"),
        (change(&yen, "commission_amount = 150.5"), "commission_amount_is_money"),
        (change(&approved, "commission_rate = 1.5"), "commission_is_the_rate_of_the_base"),
        (change(&approved, "currency = 'XXX'"), "commission_amount_is_money"),
        (change(&approved, "status = 'LOST'"), "commission_status_is_known"),
        (change(&approved, "status = 'PAID'"), "commission_paid_means_in_a_payout"),
        (change(&paid, "status = 'APPROVED'"), "commission_paid_means_in_a_payout"),
        (change(&paid, "paid_at = NULL"), "commission_paid_means_in_a_payout"),
        (change(&approved, &pay), "commission_event_has_its_payout_line"),
        (change(&approved, "tenant_id = 'globex'"), "status_change_has_its_event"),
        (change(&approved, &format!("partner_id = '{other}'")), "commission_event_has_its_account"),
        (
            change(
                &approved,
                "invoice_row_id = (SELECT id FROM invoice_revisions WHERE invoice_id = 'paid')",
            ),
            "commission_once_per_invoice",
        ),
        (line(&paid, "1.50", "EUR"), "payout_lines_pkey"),
        (line(&approved, "1.49", "EUR"), "payout_line_has_its_event"),
        (line(&others, "1.50", "EUR"), "payout_line_has_its_event"),
        (line(&yen, "150", "JPY"), "payout_line_has_its_payout"),
        (format!("DELETE FROM commission_events WHERE id = '{paid}'"), "payout_line_has_its_event"),
        (format!("DELETE FROM payouts WHERE id = '{payout}'"), "payout_line_has_its_payout"),
        (format!("DELETE FROM partners WHERE id = '{partner}'"), "managed_account_has_its_partner"),
        (
            "UPDATE managed_account_terms SET custom_commission_rate = -1".to_owned(),
            "managed_account_rate_is_a_fraction",
        ),
        (
            "UPDATE partner_terms SET effective_from = '0001-01-01'".to_owned(),
            "partner_terms_begin_in_2000",
        ),
        ("UPDATE payouts SET total_amount = 0".to_owned(), "payout_pays_something"),
        ("UPDATE payouts SET status = 'COMPLETED'".to_owned(), "payout_completed_has_a_reference"),
        ("UPDATE payouts SET status = 'FAILED'".to_owned(), "payout_failed_has_a_reason"),
        ("UPDATE payouts SET period_end = period_start".to_owned(), "payout_period_is_half_open"),
        (
            format!(
                "INSERT INTO partners SELECT 'nowhere', gen_random_uuid(), 'P-9', 'x', 'EUR' FROM partners WHERE id = '{partner}'"
            ),
            "partner_has_its_tenant",
        ),
        (
            format!(
                "INSERT INTO partner_users SELECT 'globex', gen_random_uuid(), '{partner}', 'u', 'e', 'OWNER'"
            ),
            "partner_user_has_its_partner",
        ),
        (
            "UPDATE managed_accounts SET customer_id = 'same' WHERE tenant_id = 'acme'".to_owned(),
            "customer_has_one_partner_at_a_time",
        ),
        (
            "UPDATE managed_accounts SET ends_at = starts_at".to_owned(),
            "managed_account_starts_before_it_ends",
        ),
        ("UPDATE partner_terms SET default_commission_rate = 1.5".to_owned(), "partner_rate_is_a_fraction"),
        (
            "INSERT INTO service_tokens VALUES ('nowhere', gen_random_uuid(), 'n', sha256(''), now(), 'u')".to_owned(),
            "service_token_has_its_tenant",
        ),
        (
            "INSERT INTO service_tokens VALUES ('acme', gen_random_uuid(), 'n', 'secret', now(), 'u')".to_owned(),
            "service_token_hash_is_sha_256",
        ),
        (
            "INSERT INTO service_tokens VALUES ('acme', gen_random_uuid(), 'n', sha256(''), now(), 'u', now())".to_owned(),
            "service_token_expires_after_it_was_created",
        ),
        (
            "INSERT INTO service_tokens VALUES ('acme', gen_random_uuid(), '', sha256(''), now(), 'u')".to_owned(),
            "service_token_has_a_name",
        ),
        ("UPDATE tenants SET payout_day = 31".to_owned(), "tenant_payout_day_is_in_every_month"),
    ];
    let mut unexpected = Vec::new();
    for (sql, constraint) in invalid {
        let result = with_superuser(&app.database, &sql).await;
        if result.as_ref().err().map(String::as_str) != Some(constraint) {
            unexpected.push(format!("{sql}: {result:?}, expected {constraint}"));
        }
    }
    assert!(unexpected.is_empty(), "{}", unexpected.join("\n"));
}

#[tokio::test]
async fn an_event_is_in_at_most_one_active_payout() {
    let app = TestApp::new().await;
    let acme = app.tenant("acme").await;
    let partner = acme.create_partner_with_account("p").await;
    let first = acme.approved_event("p", "1", "10.00", "EUR").await;
    acme.create_payout(&partner).await;
    acme.approved_event("p", "2", "10.00", "EUR").await;
    let second = acme.create_payout(&partner).await;
    let twice = format!(
        "INSERT INTO payout_lines SELECT 'acme', '{second}', '{first}', '{partner}', 'EUR', 1.50, now()"
    );
    let result = with_superuser(&app.database, &twice).await;
    assert_eq!(result, Err("commission_event_is_in_one_living_payout".to_owned()));
}
