//! Nothing that is secret is in what the program writes: logs, answers, errors, metrics, mails.

use std::path::Path;
use std::time::Duration;

use nix::sys::signal::Signal;
use serde_json::{Value, json};
use stripe_stand_in::{EventTarget, Fault, Options, Platform, StandIn};

use crate::support::{Folder, Program, run_input};

/// What is planted, each in the place where it belongs.
const API_KEY: &str = "sk_test_plantedKey51Abc";
const REFUSED_KEY: &str = "rk_test_plantedRefused51Abc";
const WEBHOOK_SECRET: &str = "whsec_plantedSecret0123456789abcdef";
const IBAN: &str = "DE89370400440532013000";
const WRONG_IBAN: &str = "DE88370400440532013000";
const PAYING_IBAN: &str = "FR1420041010050500013M02606";
const METRICS_TOKEN: &str = "plantedMetricsToken0123456789";

/// The server, and every answer that it gave to a request that does not ask for a secret.
struct Witness {
    server: Program,
    folder: Folder,
    answers: Vec<String>,
}

impl Witness {
    fn ask(&mut self, user: &str, role: &str, query: &str, variables: &Value) -> Value {
        let token = self.folder.token(user, role);
        let body = json!({ "query": query, "variables": variables }).to_string();
        let answer = self.server.request(&token, "", &body);
        let shown = answer.split_once("\r\n\r\n").expect("a body").1.to_owned();
        self.answers.push(answer);
        serde_json::from_str(&shown).unwrap_or_else(|_| panic!("{shown}"))
    }

    fn mutate(&mut self, (user, role): (&str, &str), name: &str, input: &Value, selection: &str) -> Value {
        let kind = format!("{}{}Input", name[..1].to_uppercase(), &name[1..]);
        let query = format!(
            "mutation($input: {kind}!) {{ {name}(input: $input) {{ {selection} userErrors {{ code message field }} }} }}"
        );
        self.ask(user, role, &query, &json!({ "input": input }))["data"][name].clone()
    }

    /// Everything that was written: the answers, the log, the metrics and the mails.
    fn written(&self) -> String {
        let mut all = self.answers.join("\n");
        let log = std::fs::read(self.folder.0.with_extension("log")).unwrap_or_default();
        all.push_str(&String::from_utf8_lossy(&log));
        let metrics = format!(
            "GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer {METRICS_TOKEN}\r\n\r\n"
        );
        let metrics = raw(&self.server.address, &metrics);
        assert!(metrics.starts_with("HTTP/1.1 200"), "{metrics}");
        all.push_str(&metrics);
        let mails = std::fs::read_dir(self.folder.0.join("mail")).into_iter().flatten();
        for mail in mails.flatten() {
            // Lines of quoted-printable are broken anywhere.
            all.push_str(&std::fs::read_to_string(mail.path()).unwrap_or_default().replace("=\r\n", ""));
        }
        all
    }
}

const ADMIN: (&str, &str) = ("adam", "admin");
const FINANCE: (&str, &str) = ("fiona", "finance");

async fn stand_in() -> StandIn {
    let platform =
        Platform { api_key: API_KEY.to_owned(), account: "acct_platform".to_owned(), livemode: false };
    let options = Options { platforms: vec![platform], ..Options::default() };
    StandIn::start(options).await.expect("a stand-in")
}

/// Connects Stripe, with a key that is refused before; returns the partners.
fn connect(witness: &mut Witness) -> Vec<Value> {
    let refused = json!({ "apiKey": REFUSED_KEY, "webhookSecrets": [WEBHOOK_SECRET] });
    let payload = witness.mutate(ADMIN, "connectStripe", &refused, "stripeConnection { id }");
    assert_eq!(payload["userErrors"][0]["code"], "RAIL_NOT_CONNECTED", "{payload:#}");
    for invalid in ["sk_test_planted Key51Abc", "plantedKey51Abc"] {
        let input = json!({ "apiKey": invalid, "webhookSecrets": [] });
        witness.mutate(ADMIN, "connectStripe", &input, "stripeConnection { id }");
    }
    let input = json!({ "apiKey": API_KEY, "webhookSecrets": [WEBHOOK_SECRET] });
    let payload = witness.mutate(ADMIN, "connectStripe", &input, "stripeConnection { id account }");
    assert_eq!(payload["userErrors"], json!([]), "{payload:#}");
    let partners = witness.ask("fiona", "finance", "{ partners { nodes { id companyName } } }", &json!({}));
    partners["data"]["partners"]["nodes"].as_array().expect("partners").clone()
}

fn id_of(partners: &[Value], name: &str) -> Value {
    partners.iter().find(|partner| partner["companyName"] == name).expect("a partner")["id"].clone()
}

/// Opens an account at Stripe; returns the secret part of the link to its page.
fn onboard(witness: &mut Witness, stripe: &StandIn, partner: &Value) -> String {
    let input = json!({ "partnerId": partner, "country": "US" });
    let payload = witness.mutate(FINANCE, "startStripeOnboarding", &input, "url");
    // The one answer that has the link.
    witness.answers.pop();
    let account = stripe.accounts()[0].id.clone();
    stripe.set_account(&account, "active", &[], None).expect("an account");
    let url = payload["url"].as_str().expect("a link");
    url.rsplit('/').next().expect("a token").to_owned()
}

/// Sets bank details, after wrong ones; another user confirms them.
fn set_bank_account(witness: &mut Witness, partner: &Value) {
    let account = |iban: &str| json!({ "partnerId": partner, "holder": "Rheinwerk", "iban": iban });
    let payload = witness.mutate(FINANCE, "setBankAccount", &account(WRONG_IBAN), "payoutAccount { id }");
    assert_eq!(payload["payoutAccount"], Value::Null, "{payload:#}");
    let selection = "payoutAccount { id destination holder }";
    let payload = witness.mutate(FINANCE, "setBankAccount", &account(IBAN), selection);
    let confirm = json!({ "id": payload["payoutAccount"]["id"] });
    let payload =
        witness.mutate(ADMIN, "confirmBankAccount", &confirm, "payoutAccount { status destination }");
    assert_eq!(payload["payoutAccount"]["status"], "READY", "{payload:#}");
    let paying = json!({ "holder": "Demo", "iban": PAYING_IBAN });
    let payload = witness.mutate(ADMIN, "setPayingAccount", &paying, "payingAccount { iban }");
    assert_eq!(payload["userErrors"], json!([]), "{payload:#}");
}

/// Pays by both rails, with failures.
fn pay(witness: &mut Witness, stripe: &StandIn) {
    let made = witness.mutate(FINANCE, "runPayouts", &run_input(), "payouts { id totalAmount { currency } }");
    let payouts = made["payouts"].as_array().expect("payouts").clone();
    let of = |currency: &str| -> Vec<Value> {
        let those = payouts.iter().filter(|payout| payout["totalAmount"]["currency"] == currency);
        those.map(|payout| payout["id"].clone()).collect()
    };
    stripe.fail_next(1, "POST", "/v1/transfers", Fault::BreakAfter);
    let sent = witness.mutate(
        FINANCE,
        "sendPayouts",
        &json!({ "ids": of("USD") }),
        "sent { id } skipped { message }",
    );
    assert_eq!(sent["sent"].as_array().map(Vec::len), Some(1), "{sent:#}");
    let day = (chrono::Utc::now() + chrono::TimeDelta::days(3)).format("%Y-%m-%d").to_string();
    let file =
        json!({ "payoutIds": of("EUR"), "executionDate": day, "format": "SEPA", "idempotencyKey": "one" });
    let created = witness.mutate(
        FINANCE,
        "createPaymentFile",
        &file,
        "paymentFile { id downloadPath } skipped { message }",
    );
    assert!(created["paymentFile"]["id"].is_string(), "{created:#}");
    for _ in 0..100 {
        if !stripe.transfers().is_empty() {
            break;
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    assert!(!stripe.transfers().is_empty());
    stripe.fail_next(1, "GET", "/v1/account", Fault::Unauthorized);
    let again = json!({ "apiKey": API_KEY, "webhookSecrets": [WEBHOOK_SECRET] });
    witness.mutate(ADMIN, "connectStripe", &again, "stripeConnection { id }");
}

/// Looks at everything that staff can look at.
fn look(witness: &mut Witness) {
    for query in [
        "{ auditEntries(first: 100) { nodes { act changes { field before after } } } }",
        "{ payouts { nodes { attempts { destination code message reference } history { reason } } } }",
        "{ partners { nodes { payoutAccounts { holder destination requirements } } } }",
        "{ viewer { tenant { stripe { account brokenReason } payingAccount { holder iban bic } } } }",
        "{ paymentFiles { nodes { messageId sha256 } } inboxEvents { nodes { eventType message } } }",
        "{ deadJobs { lastError } mails { nodes { subject text } } }",
    ] {
        let shown = witness.ask("adam", "admin", query, &json!({}));
        assert_eq!(shown["errors"], Value::Null, "{query}: {shown:#}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn secrets_are_in_nothing_that_is_written() {
    let stripe = stand_in().await;
    let folder = Folder::new();
    let mut command = folder.command(&[]);
    command.env("STRIPE_API_URL", stripe.url()).env("METRICS_TOKEN", METRICS_TOKEN).env("RUST_LOG", "debug");
    let server = Program::start_with(&mut command);
    let targets = [false, true].map(|connect| EventTarget {
        platform: None,
        url: format!("http://{}/webhooks/stripe/demo", server.address),
        secret: WEBHOOK_SECRET.to_owned(),
        connect,
    });
    stripe.send_events_to(targets.to_vec());
    let mut witness = Witness { server, folder, answers: Vec::new() };
    let partners = connect(&mut witness);
    let link = onboard(&mut witness, &stripe, &id_of(&partners, "Northwind Advisors"));
    tokio::time::sleep(Duration::from_secs(2)).await;
    set_bank_account(&mut witness, &id_of(&partners, "Rheinwerk Beratung"));
    pay(&mut witness, &stripe);
    let wrong = format!(
        "POST /webhooks/stripe/demo HTTP/1.1\r\nHost: x\r\nConnection: close\r\nStripe-Signature: t=1,v1={WEBHOOK_SECRET}\r\n\
         Content-Length: 2\r\n\r\n{{}}"
    );
    witness.answers.push(raw(&witness.server.address, &wrong));
    look(&mut witness);
    // The mails are written by the worker.
    tokio::time::sleep(Duration::from_secs(2)).await;
    let written = witness.written();
    assert!(written.contains("acct_platform") && written.contains("3000"), "this would find nothing");
    let sealed = std::fs::read_to_string(Path::new(&witness.folder.0).join("secrets-key")).expect("a key");
    let planted = [
        API_KEY,
        REFUSED_KEY,
        WEBHOOK_SECRET,
        IBAN,
        WRONG_IBAN,
        PAYING_IBAN,
        METRICS_TOKEN,
        &link,
        sealed.trim(),
    ];
    for secret in planted {
        assert!(secret.len() >= 8, "{secret}");
        for line in written.lines() {
            assert!(!line.contains(secret), "{line}");
        }
    }
    for part in ["plantedKey", "plantedRefused", "plantedSecret", "370400440532013", "20041010050500013"] {
        let line = written.lines().find(|line| line.contains(part));
        assert!(line.is_none(), "{part}: {}", line.unwrap_or_default());
    }
    assert!(witness.server.signal(Signal::SIGTERM).success());
}

/// Sends a raw request; returns the raw response.
fn raw(address: &str, request: &str) -> String {
    use std::io::{Read as _, Write as _};
    let mut stream = std::net::TcpStream::connect(address).expect("a connection");
    stream.write_all(request.as_bytes()).expect("a request");
    let mut response = String::new();
    let _ = stream.read_to_string(&mut response);
    response
}
