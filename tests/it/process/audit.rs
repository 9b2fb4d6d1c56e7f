//! `revshare audit`, `/download/audit.jsonl` and the script that verifies it: what a superuser changes is found.

use std::path::PathBuf;
use std::process::{Command, Output};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::body::Body;
use axum::http::{Request, Response};
use revshare::auth::{Caller, Identity, Role};
use revshare::domain::admission;
use revshare::domain::audit::chain::KnownHead;
use revshare::domain::audit::seal::{Reach, seal};
use revshare::domain::db::session::Session;
use revshare::domain::reporting::audited_rows;
use revshare::primitives::id::TenantId;
use serde_json::json;

use crate::support::{Client, Folder, TestTenant, acme, acme_with_partner, ok, output_text, with_superuser};

/// Runs a command on the tenant's database.
fn run(tenant: &TestTenant, arguments: &[&str]) -> Output {
    let urls = tenant.app.database.urls();
    Folder::new().command_for(&urls, arguments).output().expect("a program")
}

async fn operator(tenant: &TestTenant) -> Caller {
    let identity = Identity::operator(TenantId(tenant.id.clone()), "operator", Role::Admin);
    ok(admission::admit(&tenant.app.pool, identity).await).caller
}

async fn verify(tenant: &TestTenant, head: Option<&str>) -> Vec<String> {
    let head = head.map(|head| head.parse::<KnownHead>().expect("a head"));
    let mut db = ok(Session::open(&tenant.app.pool, &operator(tenant).await).await);
    let verification = db.read_snapshot(async |db| audited_rows::verify(db, head).await).await;
    ok(verification).findings.iter().map(ToString::to_string).collect()
}

async fn download(tenant: &TestTenant, client: &Client, file: &str) -> Response<String> {
    let request = client.request(Request::get(format!("/download/{file}")));
    tenant.app.send(request.body(Body::empty()).expect("a request")).await
}

const BACKUP: &str = "
    CREATE TABLE entries_before AS SELECT * FROM audit_entries;
    CREATE TABLE seals_before AS SELECT * FROM audit_seals;
    CREATE TABLE members_before AS SELECT * FROM audit_seal_members";

const RESTORE: &str = "
    SET session_replication_role = replica;
    DELETE FROM audit_seal_members; DELETE FROM audit_seals; DELETE FROM audit_entries;
    INSERT INTO audit_entries SELECT * FROM entries_before;
    INSERT INTO audit_seals SELECT * FROM seals_before;
    INSERT INTO audit_seal_members SELECT * FROM members_before";

#[tokio::test(flavor = "multi_thread")]
async fn each_change_by_a_superuser_is_found() {
    let (acme, partner) = acme_with_partner().await;
    let caller = operator(&acme).await;
    ok(seal(&acme.app.pool, &caller, Reach::All).await);
    acme.update_partner(&partner, json!({ "defaultCommissionRate": "0.2" })).await;
    acme.update_settings(json!({ "holdDays": 7 })).await;
    let seals = ok(seal(&acme.app.pool, &caller, Reach::All).await);
    let head = seals.last().expect("a seal").head_text();
    assert_eq!(verify(&acme, Some(&head)).await, Vec::<String>::new());
    with_superuser(&acme.app.database, BACKUP).await.expect("a backup");

    let entry = "WHERE act = 'updatePartner'";
    let members = "entry_id = (SELECT id FROM audit_entries WHERE act = 'updatePartner')";
    let tampered = [
        (
            format!(
                "UPDATE audit_entries SET changes = jsonb_set(changes, '{{0,after}}', '\"0.9\"') {entry}"
            ),
            "entry ",
        ),
        (format!("UPDATE audit_entries SET actor = 'eve' {entry}"), "entry "),
        (format!("UPDATE audit_entries SET reason = 'agreed' {entry}"), "entry "),
        (format!("UPDATE audit_entries SET hash = sha256('') {entry}"), "entry "),
        (format!("DELETE FROM audit_entries {entry}"), "entry "),
        (format!("DELETE FROM audit_seal_members WHERE {members}"), "seal 2: has 1 entries"),
        (format!("UPDATE audit_seal_members SET seal_number = 1 WHERE {members}"), "seal 1: has 4 entries"),
        ("UPDATE audit_seals SET sealed_at = now() WHERE number = 1".to_owned(), "seal 1: "),
        ("UPDATE audit_seals SET hash = sha256('') WHERE number = 1".to_owned(), "seal 1: "),
        ("UPDATE audit_seals SET previous_hash = sha256('') WHERE number = 2".to_owned(), "seal 2: "),
        ("UPDATE audit_seals SET entries = 3 WHERE number = 2".to_owned(), "seal 2: "),
        ("DELETE FROM audit_seals WHERE number = 1".to_owned(), "seal 1: is missing"),
        (
            "DELETE FROM audit_seal_members WHERE seal_number = 2; DELETE FROM audit_seals WHERE number = 2"
                .to_owned(),
            "seal 2: is missing; the last seal is 1",
        ),
    ];
    for (sql, expected) in &tampered {
        let sql = format!("SET session_replication_role = replica; {sql}");
        with_superuser(&acme.app.database, &sql).await.expect("a change");
        let findings = verify(&acme, Some(&head)).await;
        assert!(findings.iter().any(|finding| finding.starts_with(expected)), "{sql}: {findings:#?}");
        with_superuser(&acme.app.database, RESTORE).await.expect("as before");
        assert_eq!(verify(&acme, Some(&head)).await, Vec::<String>::new());
    }

    let output = run(&acme, &["audit", "verify", "--tenant", "acme", "--head", &head]);
    assert_eq!(output.status.code(), Some(0), "{}", output_text(&output));
    assert!(output_text(&output).contains("acme: intact; entries: 5; head 2:"), "{}", output_text(&output));
    let rate = "UPDATE partner_terms SET default_commission_rate = 0.9 WHERE number = 2";
    with_superuser(&acme.app.database, rate).await.expect("a rate");
    let name = "UPDATE partners SET company_name = 'Eve Ltd'";
    with_superuser(&acme.app.database, name).await.expect("a name");
    let output = run(&acme, &["audit", "verify"]);
    let text = output_text(&output);
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(text.contains(&format!("Partner:{partner}: companyName: is Eve Ltd; p by entry ")), "{text}");
    assert!(
        text.contains(&format!("Partner:{partner}: terms.2: is from ")) && text.contains("0.9000; from "),
        "{text}"
    );
    let output = run(&acme, &["audit", "verify", "--tenant", "nowhere"]);
    assert_eq!(output.status.code(), Some(2), "{}", output_text(&output));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_inserted_and_a_deleted_row_are_found() {
    let (acme, partner) = acme_with_partner().await;
    let lead = acme.submit_lead(&partner).await;
    let insert = format!(
        "INSERT INTO partner_users (tenant_id, id, partner_id, user_id, email, role, is_active)
         VALUES ('acme', '01900000-0000-7000-8000-000000000000', '{partner}', 'eve', 'eve@example.com', 'OWNER', true)"
    );
    let delete =
        format!("SET session_replication_role = replica; DELETE FROM referral_leads WHERE id = '{lead}'");
    with_superuser(&acme.app.database, &insert).await.expect("a link");
    with_superuser(&acme.app.database, &delete).await.expect("no lead");
    let expected = [
        "PartnerUser:01900000-0000-7000-8000-000000000000: has no entry: it was inserted past the program"
            .to_owned(),
        format!("ReferralLead:{lead}: is missing: there are entries about it, and it does not exist"),
    ];
    assert_eq!(verify(&acme, None).await, expected);
}

const WRITERS: usize = 32;
const ACTS_OF_A_WRITER: usize = 4;

#[tokio::test(flavor = "multi_thread")]
async fn concurrent_writers_and_sealers_lose_no_entry_and_the_file_is_verified_alone() {
    let acme = acme().await;
    let caller = operator(&acme).await;
    let first = ok(seal(&acme.app.pool, &caller, Reach::All).await);
    let known = first.last().expect("a seal").head_text();
    let is_over = Arc::new(AtomicBool::new(false));
    let sealers: Vec<_> = (0..2)
        .map(|_| {
            let (pool, caller, is_over) = (acme.app.pool.clone(), caller.clone(), Arc::clone(&is_over));
            tokio::spawn(async move {
                while !is_over.load(Ordering::Relaxed) {
                    ok(seal(&pool, &caller, Reach::Recent).await);
                    tokio::time::sleep(Duration::from_millis(10)).await;
                }
            })
        })
        .collect();
    let writers: Vec<_> = (0..WRITERS)
        .map(|writer| {
            let acme = acme.clone();
            tokio::spawn(async move {
                let partner = acme.create_partner(&format!("partner {writer}")).await;
                for act in 1..ACTS_OF_A_WRITER {
                    acme.update_partner(&partner, json!({ "companyName": format!("name {act}") })).await;
                }
            })
        })
        .collect();
    for writer in writers {
        writer.await.expect("a writer");
    }
    is_over.store(true, Ordering::Relaxed);
    for sealer in sealers {
        sealer.await.expect("a sealer");
    }
    ok(seal(&acme.app.pool, &caller, Reach::Recent).await);
    assert_eq!(verify(&acme, Some(&known)).await, Vec::<String>::new());
    let check = "DO $$ BEGIN
        ASSERT (SELECT count(*) FROM audit_entries) = (SELECT count(*) FROM audit_seal_members);
        ASSERT (SELECT sum(entries) FROM audit_seals) = (SELECT count(*) FROM audit_entries);
        ASSERT (SELECT max(number) FROM audit_seals) = (SELECT count(*) FROM audit_seals); END $$";
    with_superuser(&acme.app.database, check).await.expect("each entry in one seal, numbers without gap");
    verify_file(&acme, &known).await;
}

/// Downloads the trail and verifies the file with the script and with the command, as it is and after a change.
async fn verify_file(acme: &TestTenant, known: &str) {
    let response = download(acme, &acme.client("a", Role::Auditor), "audit.jsonl").await;
    assert_eq!(response.status(), 200, "{}", response.body());
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/audit-verify.mjs");
    let lines = std::fs::read_to_string(script).expect("a script").lines().count();
    assert!(lines <= 40, "{lines} lines");
    let file = std::env::temp_dir().join(format!("audit-{}.jsonl", std::process::id()));
    let verified = |text: &str| -> [(Option<i32>, String); 2] {
        std::fs::write(&file, text).expect("a file");
        let path: PathBuf = file.clone();
        let path = path.to_str().expect("a path");
        let script = Command::new("node").args([script, path, known]).output().expect("node");
        let command = run(acme, &["audit", "verify", "--file", path, "--head", known]);
        [script, command].map(|output| (output.status.code(), output_text(&output)))
    };
    let entries = 1 + WRITERS * ACTS_OF_A_WRITER;
    for (code, text) in verified(response.body()) {
        assert_eq!(code, Some(0), "{text}");
        assert!(text.contains(&format!("intact; entries: {entries}; head ")), "{text}");
    }
    for (code, text) in verified(&response.body().replacen("name 2", "name 9", 1)) {
        assert_eq!(code, Some(1), "{text}");
        assert!(text.contains("was changed"), "{text}");
    }
    let seal = response.body().lines().position(|line| line.starts_with("{\"seal\"")).expect("a seal");
    let without: Vec<_> = response.body().lines().enumerate().filter(|(index, _)| *index != seal).collect();
    let without: String = without.iter().map(|(_, line)| format!("{line}\n")).collect();
    for (code, text) in verified(&without) {
        assert_eq!(code, Some(1), "{text}");
        assert!(text.contains("seal 1") && text.contains("missing"), "{text}");
    }
    let _ = std::fs::remove_file(&file);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_file_is_verified_with_the_head_on_an_old_statement() {
    let (acme, partner) = acme_with_partner().await;
    let caller = operator(&acme).await;
    let seal_all = async || ok(seal(&acme.app.pool, &caller, Reach::All).await);
    acme.approved_event("p", "1", "100.00", "EUR").await;
    let payout = acme.create_payout(&partner).await;
    seal_all().await;
    acme.complete_payout(&payout).await;
    seal_all().await;
    acme.update_partner(&partner, json!({ "companyName": "Renamed" })).await;
    seal_all().await;
    let query = "query($id: ID!) { payout(id: $id) { statement { auditHead } } }";
    let data = acme.admin().query_with(query, json!({ "id": payout })).await.data();
    let head = data["payout"]["statement"]["auditHead"].as_str().expect("a head").to_owned();
    let trail = download(&acme, &acme.client("a", Role::Auditor), "audit.jsonl").await.into_body();
    let file = std::env::temp_dir().join(format!("audit-head-{}.jsonl", std::process::id()));
    std::fs::write(&file, &trail).expect("a file");
    let path = file.to_str().expect("a path");
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/audit-verify.mjs");
    let other = format!("{}{}", &head[..head.len() - 1], if head.ends_with('0') { '1' } else { '0' });
    for (head, expected) in [(&head, Some(0)), (&other, Some(1))] {
        let by_script = Command::new("node").args([script, path, head]).output().expect("node");
        let by_command = run(&acme, &["audit", "verify", "--file", path, "--head", head]);
        for output in [by_script, by_command] {
            assert_eq!(output.status.code(), expected, "{}", output_text(&output));
        }
    }
    let _ = std::fs::remove_file(&file);
}

#[tokio::test(flavor = "multi_thread")]
async fn only_staff_download_the_trail_and_each_download_leaves_an_entry() {
    let (acme, partner) = acme_with_partner().await;
    let user = acme.partner_user(&partner, "paula").await;
    for (client, status) in [(user, 403), (acme.billing(), 403), (Client::anonymous(&acme.app), 401)] {
        for file in ["audit.jsonl", "audit.csv"] {
            assert_eq!(download(&acme, &client, file).await.status(), status);
        }
    }
    let response = download(&acme, &acme.admin(), "audit.jsonl").await;
    assert_eq!(response.status(), 200, "{}", response.body());
    assert_eq!(response.body().lines().count(), 4);
    assert!(response.body().lines().all(|line| line.starts_with("{\"entry\":{\"act\":")));
    let query = "{ auditEntries(filter: { act: \"download\" }) { nodes { actor changes { field after } } } }";
    let data = acme.admin().query(query).await.data();
    let changes = json!([{ "field": "file", "after": "audit.jsonl" }, { "field": "rows", "after": "4" }]);
    assert_eq!(data["auditEntries"]["nodes"], json!([{ "actor": "adam", "changes": changes }]));
    let filter = "audit.csv?filter=%7B%22act%22%3A%22createPartner%22%7D&columns=act,actor,partner_number";
    let list = download(&acme, &acme.admin(), filter).await;
    assert_eq!(list.body(), "act,actor,partner_number\r\ncreatePartner,adam,P-00001\r\n");
    let data = acme.admin().query(query).await.data();
    assert_eq!(data["auditEntries"]["nodes"][0]["changes"][1]["field"], "parameters");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_seals_every_tenant() {
    let (acme, _) = acme_with_partner().await;
    acme.app.tenant("globex").await;
    let output = run(&acme, &["audit", "seal"]);
    let text = output_text(&output);
    assert!(output.status.success(), "{text}");
    assert!(text.contains("acme: sealed entries: 3; head 1:"), "{text}");
    assert!(text.contains("globex: sealed entries: 1; head 1:"), "{text}");
    assert!(
        output_text(&run(&acme, &["audit", "seal", "--tenant", "acme"]))
            .contains("acme: sealed entries: 0\n")
    );
    let head = acme.admin().query("{ auditHead { number entries } }").await.data();
    assert_eq!(head["auditHead"], json!({ "number": 1, "entries": 3 }));
}
