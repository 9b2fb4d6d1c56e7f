//! Row-level security: which rows a statement without a tenant filter finds, and that a connection never keeps the
//! tenant of its previous user.

use std::time::Duration;

use async_graphql::MaybeUndefined;
use diesel::prelude::*;
use diesel::sql_types::Text;
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection};
use revshare::auth::{Caller, Identity, Role};
use revshare::domain::admission;
use revshare::domain::audit::seal::{Reach, seal};
use revshare::domain::db::act::Act;
use revshare::domain::db::migrate;
use revshare::domain::db::session::Session;
use revshare::domain::db::transaction::Transaction;
use revshare::domain::partner::create::{self, CreatePartnerInput};
use revshare::domain::reporting;
use revshare::domain::tenant::{self, settings};
use revshare::primitives::error::{Error, Result};
use revshare::primitives::id::TenantId;
use serde_json::{Value, json};

use super::planted_rows::{file_of_a_statement, sent_payout};
use crate::support::{Folder, TestApp, TestTenant, ok, output_text, run_input, superuser, with_superuser};

#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = Text)]
    line: String,
}

async fn lines(connection: &mut AsyncPgConnection, sql: &str) -> Vec<String> {
    let lines: Vec<Line> = diesel::sql_query(sql).load(connection).await.expect(sql);
    lines.into_iter().map(|line| line.line).collect()
}

async fn connect(url: &str) -> AsyncPgConnection {
    AsyncPgConnection::establish(url).await.expect("a connection")
}

async fn run(connection: &mut AsyncPgConnection, sql: &str) {
    connection.batch_execute(sql).await.expect(sql);
}

/// Runs SQL that must fail, and returns the error.
async fn error_of(connection: &mut AsyncPgConnection, sql: &str) -> String {
    connection.batch_execute(sql).await.expect_err(sql).to_string()
}

/// Returns every table with a `tenant_id`.
async fn tenant_tables(app: &TestApp) -> Vec<String> {
    let sql = "SELECT relname::text AS line FROM pg_class JOIN pg_attribute ON attrelid = pg_class.oid
        WHERE relkind IN ('r', 'p') AND relnamespace = 'public'::regnamespace AND attname = 'tenant_id' ORDER BY 1";
    let tables = lines(&mut superuser(&app.database).await, sql).await;
    assert!(tables.len() >= 15, "{tables:?}");
    tables
}

/// Returns the tenants whose rows a connection sees in a table, without a WHERE.
async fn visible_tenants(connection: &mut AsyncPgConnection, table: &str) -> Vec<String> {
    lines(connection, &format!("SELECT DISTINCT tenant_id AS line FROM {table} ORDER BY 1")).await
}

/// Creates two tenants with rows in every table.
async fn populated_tenants(app: &TestApp) -> [TestTenant; 2] {
    let tenants = [app.tenant("acme").await, app.tenant("globex").await];
    for tenant in &tenants {
        let id = &tenant.id;
        let partner = tenant.create_partner_with_account(&format!("{id} one")).await;
        tenant.partner_user(&partner, &format!("{id} user")).await.turn_digest_off().await;
        let lead = tenant.submit_lead(&partner).await;
        let erasure = json!({ "referralLeadId": lead, "reason": "asked for it" });
        tenant.admin().mutate_ok("erasePerson", erasure, "referralLead{id}").await;
        tenant.approved_event(&format!("{id} one"), "paid", "10.00", "EUR").await;
        let payout = tenant.create_payout(&partner).await;
        tenant.refund("paid", "refund", "1.00").await;
        tenant.reverse_refund("refund").await;
        tenant.create_partner_with_account(&format!("{id} two")).await;
        tenant.approved_event(&format!("{id} two"), "small", "1.00", "EUR").await;
        tenant.tested_webhook_endpoint().await;
        let token = format!(
            "INSERT INTO service_tokens (tenant_id, id, name, token_hash, created_at, created_by)
            VALUES ('{id}', gen_random_uuid(), 'billing', sha256('secret'), now(), 'operator')"
        );
        with_superuser(&app.database, &token).await.expect("a service token");
        let settings = json!({ "minimumPayouts": [{ "amount": "5.00", "currency": "EUR" }] });
        tenant.admin().mutate_ok("updateTenantSettings", settings, "tenant{id}").await;
        tenant.finance().mutate_ok("runPayouts", run_input(), "skipped{code}").await;
        let adjustment = json!({
            "partnerId": partner,
            "amount": { "amount": "0.10", "currency": "EUR" },
            "reason": "rounding",
            "idempotencyKey": "adjustment",
        });
        tenant.finance().mutate_ok("recordAdjustment", adjustment, "commissionEvent{id}").await;
        let view = json!({ "list": "PAYOUTS", "name": "all" });
        tenant.admin().mutate_ok("createSavedView", view, "savedView{id}").await;
        tenant.set_legal_identities(&partner).await;
        tenant.complete_payout(&payout).await;
        tenant.finance().mutate_ok("issueStatements", json!({}), "hasMore").await;
        ok(seal(&app.pool, &caller(app, id).await, Reach::Recent).await);
        with_superuser(&app.database, &file_of_a_statement(id)).await.expect("a file");
        with_superuser(&app.database, &sent_payout(id, &payout)).await.expect("an attempt");
    }
    tenants
}

#[tokio::test]
async fn every_tenant_table_has_forced_row_level_security() {
    let app = TestApp::new().await;
    let actual = lines(
        &mut superuser(&app.database).await,
        "SELECT format('%s %s %s %s', relname, relrowsecurity, relforcerowsecurity,
            (SELECT string_agg(format('%s %s %s %s %s', policyname, permissive, cmd, roles, qual || coalesce(with_check, '')),
                '; ' ORDER BY policyname) FROM pg_policies WHERE tablename = relname AND policyname NOT LIKE 'list\\_of\\_%')) AS line
         FROM pg_class WHERE relkind IN ('r', 'p') AND relnamespace = 'public'::regnamespace AND relname NOT LIKE '\\_\\_%'
         ORDER BY relname",
    )
    .await;
    let expected = tenant_tables(&app).await.into_iter().map(|table| {
        format!(
            "{table} t t migration_bypass PERMISSIVE ALL {{revshare}} \
             (current_setting('app.every_tenant'::text, true) = 'on'::text); \
             tenant_isolation PERMISSIVE ALL {{public}} (tenant_id = current_setting('app.tenant_id'::text, true))",
        )
    });
    assert_eq!(actual, expected.collect::<Vec<_>>());
}

#[tokio::test]
async fn a_query_without_a_tenant_filter_returns_one_tenant_or_nothing() {
    let app = TestApp::new().await;
    populated_tenants(&app).await;
    let tables = tenant_tables(&app).await;
    let urls = app.database.urls();
    for url in [&urls.serving, &urls.owner] {
        let mut connection = connect(url).await;
        for table in &tables {
            run(&mut connection, "RESET app.tenant_id").await;
            assert_eq!(visible_tenants(&mut connection, table).await, [""; 0], "{table}");
            let insert = |tenant: &str| format!("INSERT INTO {table} (tenant_id) VALUES ('{tenant}')");
            let violation = "new row violates row-level security policy";
            let error = error_of(&mut connection, &insert("acme")).await;
            assert!(error.starts_with(violation), "{table}: {error}");
            for (tenant, other) in [("acme", "globex"), ("globex", "acme")] {
                run(&mut connection, &format!("SET app.tenant_id = '{tenant}'")).await;
                assert_eq!(visible_tenants(&mut connection, table).await, [tenant], "{table}");
                let error = error_of(&mut connection, &insert(other)).await;
                assert!(error.starts_with(violation), "{table}: {error}");
                let error = error_of(&mut connection, &insert(tenant)).await;
                assert!(!error.starts_with(violation), "{table}: {error}");
            }
            // The value that SET LOCAL leaves behind.
            run(&mut connection, "SET app.tenant_id = ''").await;
            assert_eq!(visible_tenants(&mut connection, table).await, [""; 0], "{table}");
        }
    }
    let mut owner = connect(&urls.owner).await;
    run(&mut owner, "SET app.tenant_id = 'acme'").await;
    for table in &tables {
        let error = error_of(&mut owner, &format!("UPDATE {table} SET tenant_id = 'globex'")).await;
        assert!(error.starts_with("new row violates row-level security policy"), "{table}: {error}");
    }
}

#[tokio::test]
async fn across_tenants_the_serving_role_reads_the_lists_of_tenants_and_jobs_and_the_owner_every_row() {
    let app = TestApp::new().await;
    populated_tenants(&app).await;
    let urls = app.database.urls();
    let (mut serving, mut owner) = (connect(&urls.serving).await, connect(&urls.owner).await);
    for connection in [&mut serving, &mut owner] {
        run(connection, "SET app.every_tenant = 'on'").await;
    }
    for table in tenant_tables(&app).await {
        assert_eq!(visible_tenants(&mut owner, &table).await, ["acme", "globex"], "{table}");
        let expected: &[_] = if ["tenants", "jobs"].contains(&&*table) { &["acme", "globex"] } else { &[] };
        assert_eq!(visible_tenants(&mut serving, &table).await, expected, "{table}");
    }
    run(&mut serving, "UPDATE tenants SET name = 'mine'").await;
    assert_eq!(lines(&mut owner, "SELECT name AS line FROM tenants WHERE name = 'mine'").await, [""; 0]);
    let names = |tenants: Vec<TenantId>| tenants.into_iter().map(|tenant| tenant.0).collect::<Vec<_>>();
    // The connection that has listed the tenants does not stay open for all of them.
    let app = app.with_connections(1);
    assert_eq!(names(ok(tenant::all(&app.pool).await)), ["acme", "globex"]);
    let caller = caller(&app, "acme").await;
    let mut db = ok(Session::open(&app.pool, &caller).await);
    assert_eq!(ok(settings(&mut db).await).tenant.tenant_id.0, "acme");
    drop(db);
    assert_eq!(names(ok(tenant::all(&app.pool).await)), ["acme", "globex"]);
}

async fn caller(app: &TestApp, tenant: &str) -> Caller {
    let identity = Identity::operator(TenantId(tenant.to_owned()), "adam", Role::Admin);
    ok(admission::admit(&app.pool, identity).await).caller
}

/// Queries for lists, references, sums and a snapshot, with and without a statement that the connection has prepared.
const QUERIES: [&str; 4] = [
    "{
        viewer { tenant { id minimumPayouts { amount } } }
        partners { nodes { companyName users { userId } managedAccounts { nodes { customerId } } } }
    }",
    "{
        commissionEvents {
            totalCount
            nodes { customerId partner { companyName } payout { id totalAmount { amount } } history { to } }
        }
    }",
    "{
        partners {
            nodes {
                companyName
                dashboard { totalCommissionsEarned { amount } recentPayouts { id } }
                referralLeads { totalCount }
            }
        }
    }",
    "{
        reconciliation { balanced }
        payouts { nodes { partner { companyName } commissionEvents { nodes { id customerId } } } }
    }",
];

#[tokio::test(flavor = "multi_thread")]
async fn tenants_sharing_a_connection_never_see_each_other() {
    let app = TestApp::new().await;
    let [acme, globex] = populated_tenants(&app).await;
    let mut expected = Vec::<(TestTenant, &str, Value)>::new();
    for tenant in [acme, globex] {
        for query in QUERIES {
            let data = tenant.admin().query(query).await.data();
            let other = if tenant.id == "acme" { "globex" } else { "acme" };
            assert!(data.to_string().contains(&tenant.id) && !data.to_string().contains(other), "{data}");
            expected.push((tenant.clone(), query, data));
        }
    }
    for connections in [1, 3] {
        let app = app.with_connections(connections);
        for round in 0..25 {
            let requests = expected.iter().cycle().skip(round * 3).step_by(5).take(8).map(
                |(tenant, query, expected)| {
                    let admin = TestTenant { id: tenant.id.clone(), app: app.clone() }.admin();
                    async move { assert_eq!(admin.query(query).await.data(), *expected) }
                },
            );
            if round % 2 == 0 {
                futures_util::future::join_all(requests).await;
            } else {
                for request in requests {
                    request.await;
                }
            }
        }
    }
}

/// Creates a partner, then returns an error, fails in a statement, or hangs until it is dropped.
async fn create_and_fail(db: &mut Transaction, how: &&str) -> Result<()> {
    let mut input = CreatePartnerInput {
        company_name: (*how).to_owned(),
        partner_number: Some("ours".to_owned()),
        tier: MaybeUndefined::Undefined,
        status: MaybeUndefined::Undefined,
        default_commission_rate: None,
        payout_currency: MaybeUndefined::Undefined,
        idempotency_key: None,
    };
    create::create(db, &input).await?;
    match *how {
        "an error" => Err(Error::bad_input("how", "an error")),
        "a statement" => {
            input.company_name = "the number is taken".to_owned();
            create::create(db, &input).await.map(|_| ())
        }
        _ => std::future::pending().await,
    }
}

#[tokio::test]
async fn a_failed_or_dropped_transaction_does_not_leave_its_tenant_behind() {
    let app = TestApp::new().await;
    populated_tenants(&app).await;
    let app = app.with_connections(1);
    let [acme, globex] = [caller(&app, "acme").await, caller(&app, "globex").await];
    for how in ["an error", "a statement", "dropped", "an error"] {
        for (one, other) in [(&acme, &globex), (&globex, &acme)] {
            let transaction = Transaction::run(&app.pool, one, Act::CreatePartner, create_and_fail, &how);
            let result = tokio::time::timeout(Duration::from_millis(200), transaction).await;
            assert!(!matches!(result, Ok(Ok(()))), "{how}");
            for caller in [other, one] {
                let mut db = ok(Session::open(&app.pool, caller).await);
                let name = ok(settings(&mut db).await).tenant.name.clone();
                assert_eq!(name, format!("Tenant {}", caller.identity().tenant()));
            }
        }
    }
}

#[tokio::test]
async fn a_session_keeps_its_tenant_after_a_snapshot() {
    let app = TestApp::new().await;
    populated_tenants(&app).await;
    let app = app.with_connections(1);
    for name in ["acme", "globex", "acme"] {
        let caller = caller(&app, name).await;
        // The tenant that the connection had before, which the rollback of the snapshot would restore.
        let before = if name == "acme" { "globex" } else { "acme" };
        self::caller(&app, before).await;
        let mut db = ok(Session::open(&app.pool, &caller).await);
        for _ in 0..2 {
            let read =
                db.read_snapshot(async |db| Ok((settings(db).await?, reporting::reconcile(db).await?)));
            let (tenant, reconciliation) = ok(read.await);
            assert_eq!((tenant.tenant.tenant_id.0.as_str(), reconciliation.differences.len()), (name, 0));
            assert_eq!(ok(settings(&mut db).await).tenant.tenant_id.0, name);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_migration_changes_the_rows_of_every_tenant() {
    let app = TestApp::new().await;
    populated_tenants(&app).await;
    let urls = app.database.urls();
    let mut owner = connect(&urls.owner).await;
    let migration = "UPDATE partners SET company_name = 'migrated'";
    run(&mut owner, migration).await;
    let migrated =
        "SELECT DISTINCT tenant_id AS line FROM partners WHERE company_name = 'migrated' ORDER BY 1";
    let mut superuser = superuser(&app.database).await;
    assert_eq!(lines(&mut superuser, migrated).await, [""; 0]);
    // As every migration does.
    run(&mut owner, "SET app.every_tenant = 'on'").await;
    run(&mut owner, migration).await;
    assert_eq!(lines(&mut superuser, migrated).await, ["acme", "globex"]);
}

#[tokio::test]
async fn a_new_foreign_key_is_validated_against_the_rows_of_every_tenant() {
    let app = TestApp::new().await;
    populated_tenants(&app).await;
    let urls = app.database.urls();
    // A migration that saw no rows would find no violation.
    let orphan = "SET session_replication_role = replica;
        INSERT INTO partner_users SELECT 'acme', gen_random_uuid(), gen_random_uuid(), 'u', 'e', 'OWNER';
        ALTER TABLE partner_users DROP CONSTRAINT partner_user_has_its_partner";
    with_superuser(&app.database, orphan).await.expect("a row without its partner");
    let check = "ALTER TABLE partner_users ADD CONSTRAINT partner_user_has_its_partner
        FOREIGN KEY (tenant_id, partner_id) REFERENCES partners (tenant_id, id)";
    let mut owner = connect(&urls.owner).await;
    run(&mut owner, "SET app.every_tenant = 'on'").await;
    let error = error_of(&mut owner, check).await;
    assert!(error.contains("violates foreign key constraint"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn migrating_restores_row_level_security_that_was_switched_off() {
    let app = TestApp::new().await;
    populated_tenants(&app).await;
    let urls = app.database.urls();
    let by_hand =
        "ALTER TABLE partners DISABLE ROW LEVEL SECURITY; ALTER TABLE payouts NO FORCE ROW LEVEL SECURITY;
        ALTER POLICY migration_bypass ON commission_events TO revshare_app";
    with_superuser(&app.database, by_hand).await.expect("no row-level security");
    let mut serving = connect(&urls.serving).await;
    assert_eq!(visible_tenants(&mut serving, "partners").await, ["acme", "globex"]);
    ok(migrate::run(&urls.owner, &urls.serving).await);
    assert_eq!(visible_tenants(&mut serving, "partners").await, [""; 0]);
    assert_eq!(visible_tenants(&mut connect(&urls.owner).await, "payouts").await, [""; 0]);
    run(&mut serving, "SET app.every_tenant = 'on'").await;
    assert_eq!(visible_tenants(&mut serving, "commission_events").await, [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn commands_work_if_the_owner_serves() {
    let app = TestApp::new().await;
    populated_tenants(&app).await;
    // Of transfers that differ, `reconcile` tells by its exit code.
    with_superuser(&app.database, "DELETE FROM transfer_findings").await.expect("no findings");
    let command = |arguments: &[&str]| {
        let mut command = Folder::new().command(arguments);
        let output = command.env("DATABASE_URL", app.database.urls().owner).output().expect("a program");
        assert!(output.status.success(), "{}", output_text(&output));
        output_text(&output)
    };
    let create = ["tenant", "create", "initech", "--name", "I", "--time-zone", "UTC", "--currency", "EUR"];
    command(&create);
    let reconciled = command(&["reconcile"]);
    for tenant in ["acme", "globex", "initech"] {
        assert!(reconciled.contains(&format!("{tenant}: balanced")), "{reconciled}");
    }
    assert!(
        command(&["payouts", "run", "--tenant", "acme", "--until", "2030-01-01"]).contains("BELOW_MINIMUM")
    );
}
