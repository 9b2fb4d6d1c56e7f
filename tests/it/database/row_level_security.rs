//! Row-level security: what a statement that forgets its tenant finds, and that nobody ever speaks for somebody else.

use std::time::Duration;

use diesel::prelude::*;
use diesel::sql_types::Text;
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection};
use revshare::auth::{Caller, Identity, Role};
use revshare::domain::db::session::Session;
use revshare::domain::db::transaction::Transaction;
use revshare::domain::partner::create::{self, CreatePartnerInput};
use revshare::domain::tenant::{self, current};
use revshare::domain::{migrate, reporting};
use revshare::primitives::error::{Error, Result};
use revshare::primitives::id::TenantId;
use serde_json::{Value, json};

use crate::support::{Folder, TestApp, TestTenant, in_days, output_text, superuser, with_superuser};

#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = Text)]
    line: String,
}

async fn lines(connection: &mut AsyncPgConnection, sql: &str) -> Vec<String> {
    let lines: Vec<Line> = diesel::sql_query(sql).load(connection).await.expect(sql);
    lines.into_iter().map(|line| line.line).collect()
}

fn ok<T>(result: Result<T>) -> T {
    result.map_err(|error| error.describe()).expect("no error")
}

async fn connect(url: &str) -> AsyncPgConnection {
    AsyncPgConnection::establish(url).await.expect("a connection")
}

async fn run(connection: &mut AsyncPgConnection, sql: &str) {
    connection.batch_execute(sql).await.expect(sql);
}

/// What the database objects to.
async fn objection(connection: &mut AsyncPgConnection, sql: &str) -> String {
    connection.batch_execute(sql).await.expect_err(sql).to_string()
}

/// Every table that has a tenant.
async fn tables(app: &TestApp) -> Vec<String> {
    let sql = "SELECT relname::text AS line FROM pg_class JOIN pg_attribute ON attrelid = pg_class.oid
        WHERE relkind IN ('r', 'p') AND relnamespace = 'public'::regnamespace AND attname = 'tenant_id' ORDER BY 1";
    let tables = lines(&mut superuser(&app.database).await, sql).await;
    assert!(tables.len() >= 15, "{tables:?}");
    tables
}

/// Whose rows a connection sees in a table, without a WHERE.
async fn seen(connection: &mut AsyncPgConnection, table: &str) -> Vec<String> {
    lines(connection, &format!("SELECT DISTINCT tenant_id AS line FROM {table} ORDER BY 1")).await
}

/// Two tenants, with rows in every table.
async fn crowded(app: &TestApp) -> [TestTenant; 2] {
    let tenants = [app.tenant("acme").await, app.tenant("globex").await];
    for tenant in &tenants {
        let id = &tenant.id;
        let partner = tenant.create_partner_with_account(&format!("{id} one")).await;
        tenant.partner_user(&partner, &format!("{id} user")).await;
        tenant.submit_lead(&partner).await;
        tenant.approved_event(&format!("{id} one"), "paid", "10.00", "EUR").await;
        tenant.create_payout(&partner).await;
        tenant.refund("paid", "refund", "1.00").await;
        tenant.create_partner_with_account(&format!("{id} two")).await;
        tenant.approved_event(&format!("{id} two"), "small", "1.00", "EUR").await;
        let token = format!(
            "INSERT INTO service_tokens (tenant_id, id, name, token_hash, created_at, created_by)
            VALUES ('{id}', gen_random_uuid(), 'billing', sha256('secret'), now(), 'operator')"
        );
        with_superuser(&app.database, &token).await.expect("a service token");
        let settings = json!({ "minimumPayouts": [{ "amount": "5.00", "currency": "EUR" }] });
        tenant.admin().mutate_ok("updateTenantSettings", settings, "tenant{id}").await;
        let run = json!({ "periodStart": in_days(-9), "periodEnd": in_days(9), "idempotencyKey": "run" });
        tenant.finance().mutate_ok("runPayouts", run, "skipped{code}").await;
    }
    tenants
}

#[tokio::test]
async fn every_table_with_a_tenant_is_walled() {
    let app = TestApp::new().await;
    let found = lines(
        &mut superuser(&app.database).await,
        "SELECT format('%s %s %s %s', relname, relrowsecurity, relforcerowsecurity,
            (SELECT string_agg(format('%s %s %s %s %s', policyname, permissive, cmd, roles, qual || coalesce(with_check, '')),
                '; ' ORDER BY policyname) FROM pg_policies WHERE tablename = relname)) AS line
         FROM pg_class WHERE relkind IN ('r', 'p') AND relnamespace = 'public'::regnamespace AND relname NOT LIKE '\\_\\_%'
         ORDER BY relname",
    )
    .await;
    let expected = tables(&app).await.into_iter().map(|table| {
        let list = "list_of_tenants PERMISSIVE SELECT {public} (current_setting('app.every_tenant'::text, true) = 'on'::text); ";
        format!(
            "{table} t t {}rows_of_every_tenant PERMISSIVE ALL {{revshare}} \
             (current_setting('app.every_tenant'::text, true) = 'on'::text); \
             rows_of_one_tenant PERMISSIVE ALL {{public}} (tenant_id = current_setting('app.tenant_id'::text, true))",
            if table == "tenants" { list } else { "" }
        )
    });
    assert_eq!(found, expected.collect::<Vec<_>>());
}

#[tokio::test]
async fn a_statement_that_forgets_its_tenant_finds_one_or_none() {
    let app = TestApp::new().await;
    crowded(&app).await;
    let tables = tables(&app).await;
    let urls = app.database.urls();
    for url in [&urls.serving, &urls.owner] {
        let mut connection = connect(url).await;
        for table in &tables {
            run(&mut connection, "RESET app.tenant_id").await;
            assert_eq!(seen(&mut connection, table).await, [""; 0], "{table}");
            let insert = |tenant: &str| format!("INSERT INTO {table} (tenant_id) VALUES ('{tenant}')");
            let wall = "new row violates row-level security policy";
            let refused = objection(&mut connection, &insert("acme")).await;
            assert!(refused.starts_with(wall), "{table}: {refused}");
            for (tenant, other) in [("acme", "globex"), ("globex", "acme")] {
                run(&mut connection, &format!("SET app.tenant_id = '{tenant}'")).await;
                assert_eq!(seen(&mut connection, table).await, [tenant], "{table}");
                let refused = objection(&mut connection, &insert(other)).await;
                assert!(refused.starts_with(wall), "{table}: {refused}");
                let refused = objection(&mut connection, &insert(tenant)).await;
                assert!(!refused.starts_with(wall), "{table}: {refused}");
            }
            // As after SET LOCAL.
            run(&mut connection, "SET app.tenant_id = ''").await;
            assert_eq!(seen(&mut connection, table).await, [""; 0], "{table}");
        }
    }
    let mut owner = connect(&urls.owner).await;
    run(&mut owner, "SET app.tenant_id = 'acme'").await;
    for table in &tables {
        let refused = objection(&mut owner, &format!("UPDATE {table} SET tenant_id = 'globex'")).await;
        assert!(refused.starts_with("new row violates row-level security policy"), "{table}: {refused}");
    }
}

#[tokio::test]
async fn of_every_tenant_the_operator_learns_the_name_and_the_owner_everything() {
    let app = TestApp::new().await;
    crowded(&app).await;
    let urls = app.database.urls();
    let (mut serving, mut owner) = (connect(&urls.serving).await, connect(&urls.owner).await);
    for connection in [&mut serving, &mut owner] {
        run(connection, "SET app.every_tenant = 'on'").await;
    }
    for table in tables(&app).await {
        assert_eq!(seen(&mut owner, &table).await, ["acme", "globex"], "{table}");
        let expected: &[_] = if table == "tenants" { &["acme", "globex"] } else { &[] };
        assert_eq!(seen(&mut serving, &table).await, expected, "{table}");
    }
    run(&mut serving, "UPDATE tenants SET name = 'mine'").await;
    assert_eq!(lines(&mut owner, "SELECT name AS line FROM tenants WHERE name = 'mine'").await, [""; 0]);
    let names = |tenants: Vec<TenantId>| tenants.into_iter().map(|tenant| tenant.0).collect::<Vec<_>>();
    // What was opened for the list is shut again on its connection.
    let app = app.with_connections(1);
    assert_eq!(names(ok(tenant::all(&app.pool).await)), ["acme", "globex"]);
    let caller = caller(&app, "acme").await;
    let mut db = ok(Session::open(&app.pool, &caller).await);
    assert_eq!(ok(current(&mut db).await).tenant_id.0, "acme");
    drop(db);
    assert_eq!(names(ok(tenant::all(&app.pool).await)), ["acme", "globex"]);
}

async fn caller(app: &TestApp, tenant: &str) -> Caller {
    let identity = Identity::operator(TenantId(tenant.to_owned()), "adam", Role::Admin);
    ok(tenant::resolve_caller(&app.pool, identity).await)
}

/// Reads of many kinds: lists, references, sums, a snapshot, what a connection has not prepared yet.
const READS: [&str; 4] = [
    "{viewer{tenant{id minimumPayouts{amount}}} partners{nodes{companyName users{userId} managedAccounts{nodes{customerId}}}}}",
    "{commissionEvents{totalCount nodes{customerId partner{companyName} payout{id totalAmount{amount}} history{to}}}}",
    "{partners{nodes{companyName dashboard{totalCommissionsEarned{amount} recentPayouts{id}} referralLeads{totalCount}}}}",
    "{reconciliation{balanced} payouts{nodes{partner{companyName} commissionEvents{nodes{id customerId}}}}}",
];

#[tokio::test(flavor = "multi_thread")]
async fn two_tenants_over_one_connection_never_see_each_other() {
    let app = TestApp::new().await;
    let [acme, globex] = crowded(&app).await;
    let mut expected = Vec::<(TestTenant, &str, Value)>::new();
    for tenant in [acme, globex] {
        for read in READS {
            let data = tenant.admin().query(read).await.data();
            let other = if tenant.id == "acme" { "globex" } else { "acme" };
            assert!(data.to_string().contains(&tenant.id) && !data.to_string().contains(other), "{data}");
            expected.push((tenant.clone(), read, data));
        }
    }
    for connections in [1, 3] {
        let app = app.with_connections(connections);
        for round in 0..25 {
            let asked =
                expected.iter().cycle().skip(round * 3).step_by(5).take(8).map(|(tenant, read, expected)| {
                    let admin = TestTenant { id: tenant.id.clone(), app: app.clone() }.admin();
                    async move { assert_eq!(admin.query(read).await.data(), *expected) }
                });
            if round % 2 == 0 {
                futures_util::future::join_all(asked).await;
            } else {
                for asked in asked {
                    asked.await;
                }
            }
        }
    }
}

/// Makes a partner, then fails, by itself or by a statement, or waits to be dropped.
async fn spoil(db: &mut Transaction, how: &&str) -> Result<()> {
    let mut input = CreatePartnerInput {
        company_name: (*how).to_owned(),
        partner_number: Some("ours".to_owned()),
        tier: None,
        status: None,
        default_commission_rate: None,
        payout_currency: None,
    };
    create::create(db, &input).await?;
    match *how {
        "an error" => Err(Error::bad_input("how", "by itself")),
        "a statement" => {
            input.company_name = "the number is taken".to_owned();
            create::create(db, &input).await.map(|_| ())
        }
        _ => std::future::pending().await,
    }
}

#[tokio::test]
async fn whatever_became_of_an_act_the_next_one_has_its_own_rows() {
    let app = TestApp::new().await;
    crowded(&app).await;
    let app = app.with_connections(1);
    let [acme, globex] = [caller(&app, "acme").await, caller(&app, "globex").await];
    for how in ["an error", "a statement", "nobody waits", "an error"] {
        for (one, other) in [(&acme, &globex), (&globex, &acme)] {
            let act = Transaction::run(&app.pool, one, spoil, &how);
            let spoiled = tokio::time::timeout(Duration::from_millis(200), act).await;
            assert!(!matches!(spoiled, Ok(Ok(()))), "{how}");
            for caller in [other, one] {
                let mut db = ok(Session::open(&app.pool, caller).await);
                let name = ok(current(&mut db).await).name;
                assert_eq!(name, format!("Tenant {}", caller.identity().tenant()));
            }
        }
    }
}

#[tokio::test]
async fn a_session_speaks_on_after_its_snapshot_was_given_up() {
    let app = TestApp::new().await;
    crowded(&app).await;
    let app = app.with_connections(1);
    for name in ["acme", "globex", "acme"] {
        let caller = caller(&app, name).await;
        // Whoever had the connection before: what a rollback brings back is theirs.
        let before = if name == "acme" { "globex" } else { "acme" };
        self::caller(&app, before).await;
        let mut db = ok(Session::open(&app.pool, &caller).await);
        for _ in 0..2 {
            let read = db.read_snapshot(async |db| Ok((current(db).await?, reporting::reconcile(db).await?)));
            let (tenant, books) = ok(read.await);
            assert_eq!((tenant.tenant_id.0.as_str(), books.differences.len()), (name, 0));
            assert_eq!(ok(current(&mut db).await).tenant_id.0, name);
        }
    }
}

/// Does something for one tenant, for another, and for the first again.
async fn in_turns(db: &mut Transaction, other: &Caller) -> Result<Vec<String>> {
    let mut names = vec![current(db).await?.tenant_id.0];
    let one = db.continue_for(other.clone());
    names.push(current(db).await?.tenant_id.0);
    db.continue_for(one);
    names.push(current(db).await?.tenant_id.0);
    Ok(names)
}

#[tokio::test]
async fn an_act_that_continues_for_another_speaks_for_the_other() {
    let app = TestApp::new().await;
    crowded(&app).await;
    let [acme, globex] = [caller(&app, "acme").await, caller(&app, "globex").await];
    let names = ok(Transaction::run(&app.pool, &acme, in_turns, &globex).await);
    assert_eq!(names, ["acme", "globex", "acme"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_migration_sees_the_rows_of_every_tenant() {
    let app = TestApp::new().await;
    crowded(&app).await;
    let urls = app.database.urls();
    let undo =
        "ALTER TABLE invoice_receipts DROP CONSTRAINT invoice_earned_for_somebody, DROP COLUMN partner_id,
            DROP COLUMN commission_rate;
        DELETE FROM __diesel_schema_migrations WHERE version = '20261122000014'";
    with_superuser(&app.database, undo).await.expect("an older schema");
    ok(migrate::up(&urls.owner, &urls.owner).await);
    let earned =
        "SELECT DISTINCT tenant_id AS line FROM invoice_receipts WHERE partner_id IS NOT NULL ORDER BY 1";
    assert_eq!(lines(&mut superuser(&app.database).await, earned).await, ["acme", "globex"]);
}

#[tokio::test]
async fn a_new_foreign_key_is_checked_with_the_rows_of_every_tenant() {
    let app = TestApp::new().await;
    crowded(&app).await;
    let urls = app.database.urls();
    // It would find nothing wrong in no rows.
    let stray = "SET session_replication_role = replica;
        INSERT INTO partner_users SELECT 'acme', gen_random_uuid(), gen_random_uuid(), 'u', 'e', 'OWNER';
        ALTER TABLE partner_users DROP CONSTRAINT partner_user_has_its_partner";
    with_superuser(&app.database, stray).await.expect("a stray row");
    let check = "ALTER TABLE partner_users ADD CONSTRAINT partner_user_has_its_partner
        FOREIGN KEY (tenant_id, partner_id) REFERENCES partners (tenant_id, id)";
    let mut owner = connect(&urls.owner).await;
    run(&mut owner, "SET app.every_tenant = 'on'").await;
    let refused = objection(&mut owner, check).await;
    assert!(refused.contains("violates foreign key constraint"), "{refused}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wall_that_was_taken_down_is_put_up_again() {
    let app = TestApp::new().await;
    crowded(&app).await;
    let urls = app.database.urls();
    let by_hand =
        "ALTER TABLE partners DISABLE ROW LEVEL SECURITY; ALTER TABLE payouts NO FORCE ROW LEVEL SECURITY;
        ALTER POLICY rows_of_every_tenant ON commission_events TO revshare_app";
    with_superuser(&app.database, by_hand).await.expect("no wall");
    let mut serving = connect(&urls.serving).await;
    assert_eq!(seen(&mut serving, "partners").await, ["acme", "globex"]);
    ok(migrate::up(&urls.owner, &urls.serving).await);
    assert_eq!(seen(&mut serving, "partners").await, [""; 0]);
    assert_eq!(seen(&mut connect(&urls.owner).await, "payouts").await, [""; 0]);
    run(&mut serving, "SET app.every_tenant = 'on'").await;
    assert_eq!(seen(&mut serving, "commission_events").await, [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_operator_s_commands_work_with_an_owner_that_serves() {
    let app = TestApp::new().await;
    crowded(&app).await;
    let command = |arguments: &[&str]| {
        let mut command = Folder::new().command(arguments);
        let output = command.env("DATABASE_URL", app.database.urls().owner).output().expect("a program");
        assert!(output.status.success(), "{}", output_text(&output));
        output_text(&output)
    };
    let create = ["tenant", "create", "initech", "--name", "I", "--time-zone", "UTC", "--currency", "EUR"];
    command(&create);
    let books = command(&["reconcile"]);
    for tenant in ["acme", "globex", "initech"] {
        assert!(books.contains(&format!("{tenant}: balanced")), "{books}");
    }
    let paid = command(&["payouts", "run", "--tenant", "acme", "--until", "2030-01-01"]);
    assert!(paid.contains("BELOW_MINIMUM"), "{paid}");
}
