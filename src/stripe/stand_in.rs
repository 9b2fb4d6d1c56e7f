//! A stand-in for Stripe's API that does what a test tells it, and what becomes of its answers.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

use chrono::DateTime;
use serde_json::{Value, json};

use super::account::NewAccount;
use super::api_key::ApiKey;
use super::client::{API_VERSION, StripeClient, StripeSettings};
use super::failure::{Failure, INVALID_REQUEST};
use super::transfer::{NewTransfer, Transfer};

/// Long enough for a connection on this machine, and short for a test.
const SHORT: Duration = Duration::from_millis(400);

/// What happens to a connection.
enum Step {
    /// It is closed at once.
    Close,
    /// The request is read, these bytes are written, and it is closed.
    Answer(Vec<u8>),
    /// The request is read, these bytes are written, and nothing more happens until the client closes it.
    Hang(&'static str),
}

struct StandIn {
    url: String,
    requests: Receiver<String>,
}

/// Does a step with each connection, one after the other.
fn stand_in(steps: impl IntoIterator<Item = Step> + Send + 'static) -> StandIn {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let (sender, requests) = channel();
    thread::spawn(move || {
        for step in steps {
            let Ok((mut stream, _)) = listener.accept() else { return };
            let (bytes, hangs) = match step {
                Step::Close => continue,
                Step::Answer(bytes) => (bytes, false),
                Step::Hang(text) => (text.into(), true),
            };
            let _ = sender.send(read_request(&mut stream));
            // Fails if the client has seen enough.
            let _ = stream.write_all(&bytes);
            if hangs {
                let _ = stream.read_to_end(&mut Vec::new());
            }
        }
    });
    StandIn { url, requests }
}

fn read_request(stream: &mut TcpStream) -> String {
    let mut request = Vec::new();
    let mut buffer = [0; 4_096];
    loop {
        let text = String::from_utf8_lossy(&request).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
            if length.map_or(0, |length| length.parse().unwrap()) <= body.len() {
                return text;
            }
        }
        match stream.read(&mut buffer) {
            Ok(0) | Err(_) => return text,
            Ok(length) => request.extend_from_slice(&buffer[..length]),
        }
    }
}

fn answer(status: u16, body: &str) -> Step {
    let head = format!("HTTP/1.1 {status} X\r\nconnection: close\r\ncontent-length: {}\r\n\r\n", body.len());
    Step::Answer([head.as_bytes(), body.as_bytes()].concat())
}

fn client(url: &str) -> StripeClient {
    let settings = StripeSettings::new(Some(url)).unwrap();
    StripeClient::with_connect_timeout(&settings, SHORT).unwrap().with_timeout(SHORT)
}

fn key() -> ApiKey {
    "sk_test_51AbcDef".parse().unwrap()
}

fn transfer(id: &str) -> Value {
    json!({
        "id": id, "amount": 15_000, "amount_reversed": 0, "reversed": false, "currency": "usd", "livemode": false,
        "destination": "acct_1", "transfer_group": "rvs_1", "created": 1_796_000_000, "metadata": { "attempt": "a1" },
    })
}

async fn send(client: &StripeClient) -> Result<Transfer, Failure> {
    let transfer = NewTransfer {
        amount_minor: 15_000,
        currency: "USD".parse().unwrap(),
        destination: "acct_1",
        transfer_group: "rvs_1",
        description: "Payout of October",
        metadata: &[("tenant", "acme"), ("attempt", "a1")],
    };
    client.create_transfer(&key(), &transfer, "rvs-0192").await
}

/// Makes a transfer of which the stand-in does this, and returns why it has no result.
async fn failure_after(step: Step) -> Failure {
    send(&client(&stand_in([step]).url)).await.unwrap_err()
}

#[tokio::test]
async fn a_transfer_is_sent_as_stripe_reads_it() {
    let server = stand_in([answer(200, &transfer("tr_1").to_string())]);
    let made = send(&client(&server.url)).await.unwrap();
    assert_eq!((made.id.as_str(), made.amount), ("tr_1", 15_000));
    let request = server.requests.recv().unwrap();
    let (head, body) = request.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("POST /v1/transfers HTTP/1.1\r\n"), "{head}");
    let version = format!("stripe-version: {API_VERSION}");
    for line in [
        "authorization: Bearer sk_test_51AbcDef",
        "content-type: application/x-www-form-urlencoded",
        "idempotency-key: rvs-0192",
        &version,
    ] {
        assert!(head.lines().any(|found| found == line), "{line} in {head}");
    }
    assert_eq!(
        body,
        "amount=15000&currency=usd&destination=acct_1&transfer_group=rvs_1&description=Payout+of+October&\
         metadata%5Btenant%5D=acme&metadata%5Battempt%5D=a1"
    );
}

#[tokio::test]
async fn an_answer_that_does_not_arrive_leaves_everything_open() {
    let table = [
        ("closed", Step::Close, "the connection to Stripe broke before an answer"),
        ("closed after", Step::Answer(Vec::new()), "the connection to Stripe broke before an answer"),
        (
            "half a head",
            Step::Answer(b"HTTP/1.1 200 OK\r\ncon".to_vec()),
            "the connection to Stripe broke before an answer",
        ),
        (
            "no HTTP",
            Step::Answer(b"* BYE\r\n\r\n".to_vec()),
            "the connection to Stripe broke before an answer",
        ),
        ("silent", Step::Hang(""), "Stripe did not answer in time"),
        (
            "silent after the head",
            Step::Hang("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{"),
            "Stripe answered 200, and its body did not arrive in time",
        ),
        (
            "half a body",
            Step::Answer(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{".to_vec()),
            "Stripe answered 200, and its body broke off",
        ),
        (
            "half a refusal",
            Step::Answer(b"HTTP/1.1 400 X\r\ncontent-length: 9\r\n\r\n{".to_vec()),
            "somebody answered 400 without an error of Stripe's",
        ),
        ("garbage", answer(200, "<html>"), "Stripe answered 200 with a body that cannot be read"),
        ("empty", answer(200, ""), "Stripe answered 200 with a body that cannot be read"),
        ("another object", answer(201, "{}"), "Stripe answered 201 with a body that cannot be read"),
        (
            "long",
            answer(200, &format!("\"{}\"", "x".repeat(1024 * 1024))),
            "Stripe answered 200, and its body is too long",
        ),
        ("424", answer(424, r#"{"error":{"code":"x"}}"#), "Stripe answered 424"),
        ("500", answer(500, r#"{"error":{"type":"api_error"}}"#), "Stripe answered 500"),
        ("409", answer(409, ""), "Stripe answered 409"),
    ];
    for (name, step, expected) in table {
        assert_eq!(failure_after(step).await, Failure::Unknown { what: expected.to_owned() }, "{name}");
    }
}

#[tokio::test]
async fn an_answer_that_arrives_says_what_it_says() {
    let error = |kind: &str, code: &str| {
        json!({ "error": { "type": kind, "code": code, "message": "No." } }).to_string()
    };
    let message = || "No.".to_owned();
    let refused = Failure::Refused { code: "balance_insufficient".to_owned(), message: message() };
    let busy = Failure::NotExecuted { what: "Stripe answered 429: too many requests at a time".to_owned() };
    let table = [
        (400, error("invalid_request_error", "balance_insufficient"), refused),
        (400, error("idempotency_error", ""), Failure::KeyReused { message: message() }),
        (409, error("invalid_request_error", "idempotency_key_in_use"), Failure::InUse),
        (401, error("invalid_request_error", ""), Failure::Unauthorized { message: message() }),
        (429, error("invalid_request_error", "rate_limit"), busy),
    ];
    for (status, body, expected) in table {
        assert_eq!(failure_after(answer(status, &body)).await, expected, "{status}");
    }
    let silent = Step::Hang("HTTP/1.1 401 X\r\ncontent-length: 9\r\n\r\n{");
    let message = "Stripe does not accept the API key (401)".to_owned();
    assert_eq!(failure_after(silent).await, Failure::Unauthorized { message }, "its status is enough");
}

#[tokio::test]
async fn what_could_not_connect_was_not_executed() {
    let unused = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let refused = send(&client(&format!("http://{unused}"))).await.unwrap_err();
    let hangs_up = stand_in([Step::Close]).url.replace("http:", "https:");
    let no_tls = send(&client(&hangs_up)).await.unwrap_err();
    let what = "no connection to Stripe could be made: the server refuses it, or TLS failed".to_owned();
    assert_eq!(
        [refused, no_tls],
        [Failure::NotExecuted { what: what.clone() }, Failure::NotExecuted { what }]
    );

    // The handshake of TLS belongs to connecting.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("https://{}", listener.local_addr().unwrap());
    let silent = client(&url).with_timeout(SHORT * 10);
    let what = "no connection to Stripe could be made in time".to_owned();
    assert_eq!(send(&silent).await.unwrap_err(), Failure::NotExecuted { what });

    // If the limit of the request expires first, it is not known whether it was still connecting.
    let hasty = silent.with_timeout(SHORT / 4);
    assert_eq!(
        send(&hasty).await.unwrap_err(),
        Failure::Unknown { what: "Stripe did not answer in time".to_owned() }
    );
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let other = TcpListener::bind("127.0.0.1:0").unwrap();
    other.set_nonblocking(true).unwrap();
    let location = format!("http://{}/v1/transfers", other.local_addr().unwrap());
    for status in [301, 302, 307, 308] {
        let head = format!("HTTP/1.1 {status} X\r\nlocation: {location}\r\ncontent-length: 0\r\n\r\n");
        let what = format!("Stripe answered {status}, a redirect, which is not followed");
        assert_eq!(failure_after(Step::Answer(head.into_bytes())).await, Failure::Unknown { what });
    }
    assert_eq!(other.accept().unwrap_err().kind(), std::io::ErrorKind::WouldBlock);
}

#[tokio::test]
async fn a_request_is_sent_once() {
    let server = stand_in([Step::Answer(Vec::new()), answer(200, &transfer("tr_1").to_string())]);
    let failure = send(&client(&server.url)).await.unwrap_err();
    assert!(matches!(failure, Failure::Unknown { .. }), "{failure:?}");
    assert!(server.requests.recv().unwrap().starts_with("POST"));
    assert!(server.requests.try_recv().is_err());
}

#[tokio::test]
async fn the_transfers_of_a_group_are_read_to_the_end() {
    let page = |ids: &[&str], has_more: bool| {
        let data: Vec<_> = ids.iter().map(|id| transfer(id)).collect();
        answer(200, &json!({ "object": "list", "data": data, "has_more": has_more }).to_string())
    };
    let server = stand_in([page(&["tr_3", "tr_2"], true), page(&["tr_1"], false)]);
    let transfers = client(&server.url).transfers_of_group(&key(), "rvs_1").await.unwrap();
    let ids: Vec<_> = transfers.iter().map(|transfer| transfer.id.as_str()).collect();
    assert_eq!(ids, ["tr_3", "tr_2", "tr_1"]);
    let first = server.requests.recv().unwrap();
    assert!(first.starts_with("GET /v1/transfers?transfer_group=rvs_1&limit=100 HTTP/1.1"), "{first}");
    assert!(!first.contains("idempotency-key"));
    assert!(server.requests.recv().unwrap().contains("&starting_after=tr_2 HTTP"));

    // A list without an end, one that does not go on, and one that is none: what is missing from them is not known.
    let endless = stand_in(std::iter::repeat_with(move || page(&["tr_1"], true)).take(20));
    let stuck = stand_in([page(&[], true)]);
    let other = stand_in([answer(200, r#"{"data":[]}"#)]);
    for server in [endless, stuck, other] {
        let failure = client(&server.url).transfers_of_group(&key(), "rvs_1").await.unwrap_err();
        assert!(matches!(failure, Failure::Unknown { .. }), "{failure:?}");
    }
}

#[tokio::test]
async fn each_call_has_its_path_and_its_parameters() {
    let account = json!({ "id": "acct_1", "country": "DE" }).to_string();
    let list = json!({ "data": [], "has_more": false }).to_string();
    let link = json!({ "url": "https://connect.stripe.com/x", "expires_at": 1_796_000_000 }).to_string();
    let reversal = json!({ "id": "trr_1", "amount": 1, "currency": "usd", "transfer": "tr_1" }).to_string();
    let transfer = transfer("tr_1").to_string();
    let bodies = [&account, &account, &account, &link, &list, &transfer, &reversal, &list]
        .map(|body| answer(200, body));
    let server = stand_in(bodies);
    let (client, key) = (client(&server.url), key());
    let own = client.account(&key).await.unwrap();
    assert_eq!((own.id.as_str(), own.livemode, own.country.as_deref()), ("acct_1", false, Some("DE")));
    let new = NewAccount {
        country: "DE",
        email: Some("paula@example.com"),
        service_agreement_recipient: true,
        metadata: &[("partner", "p1")],
    };
    client.create_account(&key, &new, "rvs-account-1").await.unwrap();
    client.retrieve_account(&key, "acct_1").await.unwrap();
    client
        .account_link(&key, "acct_1", "https://a.example/again?x=1", "https://a.example/done")
        .await
        .unwrap();
    client
        .transfers_since(&key, DateTime::from_timestamp(1_796_000_000, 0).unwrap(), Some("tr_9"))
        .await
        .unwrap();
    client.retrieve_transfer(&key, "tr_1").await.unwrap();
    client.reverse_transfer(&key, "tr_1", "rvs-0192-recall").await.unwrap();
    client.invoice_payments_of_intent(&key, "pi_1").await.unwrap();
    let sent: Vec<_> = server.requests.iter().take(8).map(|request| brief(&request)).collect();
    assert_eq!(
        sent,
        [
            "GET /v1/account",
            "POST /v1/accounts rvs-account-1 country=DE&email=paula@example.com&\
             controller[stripe_dashboard][type]=express&controller[fees][payer]=application&controller[losses][payments]=application&\
             controller[requirement_collection]=stripe&capabilities[transfers][requested]=true&\
             tos_acceptance[service_agreement]=recipient&metadata[partner]=p1",
            "GET /v1/accounts/acct_1",
            "POST /v1/account_links account=acct_1&type=account_onboarding&refresh_url=https://a.example/again?x=1&\
             return_url=https://a.example/done",
            "GET /v1/transfers?created[gte]=1796000000&limit=100&starting_after=tr_9",
            "GET /v1/transfers/tr_1",
            "POST /v1/transfers/tr_1/reversals rvs-0192-recall",
            "GET /v1/invoice_payments?payment[type]=payment_intent&payment[payment_intent]=pi_1&limit=100",
        ]
    );
}

/// The method, the path, the idempotency key and the body of a request, decoded.
fn brief(request: &str) -> String {
    let (head, body) = request.split_once("\r\n\r\n").unwrap();
    let line = head.lines().next().unwrap().trim_end_matches(" HTTP/1.1");
    let key = head.lines().find_map(|line| line.strip_prefix("idempotency-key: ")).unwrap_or_default();
    let text = [line, key, body].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ");
    percent_encoding::percent_decode_str(&text).decode_utf8().unwrap().into_owned()
}

#[tokio::test]
async fn what_is_no_id_is_not_sent() {
    // Nobody listens there.
    let unused = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let (client, key) = (client(&format!("http://{unused}")), key());
    let long = "a".repeat(256);
    for text in
        ["", "../transfers", "acct_1/persons", "acct_1?expand[]=x", "acct 1", "acct_1\r\n", "ä", &long]
    {
        let failures = [
            client.retrieve_account(&key, text).await.unwrap_err(),
            client.retrieve_transfer(&key, text).await.unwrap_err(),
            client.reverse_transfer(&key, "tr_1", text).await.unwrap_err(),
            client.transfers_of_group(&key, text).await.unwrap_err(),
            client.invoice_payments_of_intent(&key, text).await.unwrap_err(),
        ];
        for failure in failures {
            assert!(
                matches!(&failure, Failure::Refused { code, .. } if code == INVALID_REQUEST),
                "{failure:?}"
            );
        }
    }
}
