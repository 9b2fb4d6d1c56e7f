//! Events are signed, sent again, and can be held back and repeated.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::Value;
use stripe_stand_in::{EventTarget, Invoice, Options, StandIn, sign};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use crate::support::{PLATFORM, options, start};

const SECRET: &str = "whsec_1";

/// A receiver of events, which answers with these statuses and then with 200.
struct Receiver {
    url: String,
    bodies: Arc<Mutex<Vec<(String, String)>>>,
}

impl Receiver {
    async fn start(statuses: &[u16]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hooks", listener.local_addr().unwrap());
        let bodies = Arc::new(Mutex::new(Vec::new()));
        let (received, statuses) = (Arc::clone(&bodies), statuses.to_vec());
        tokio::spawn(async move {
            loop {
                let (mut stream, _) = listener.accept().await.unwrap();
                let (head, body) = read(&mut stream).await;
                let signature =
                    head.lines().find_map(|line| line.strip_prefix("stripe-signature: ")).unwrap();
                let count = {
                    let mut received = received.lock().unwrap();
                    received.push((signature.to_owned(), body));
                    received.len()
                };
                let status = statuses.get(count - 1).copied().unwrap_or(200);
                let answer = format!("HTTP/1.1 {status} Status\r\ncontent-length: 0\r\n\r\n");
                let _ = stream.write_all(answer.as_bytes()).await;
            }
        });
        Self { url, bodies }
    }

    fn target(&self, connect: bool) -> EventTarget {
        EventTarget { platform: None, url: self.url.clone(), secret: SECRET.to_owned(), connect }
    }

    async fn wait_for(&self, count: usize) -> Vec<Value> {
        for _ in 0..200 {
            if self.bodies.lock().unwrap().len() >= count {
                break;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        let bodies = self.bodies.lock().unwrap();
        bodies.iter().map(|(_, body)| serde_json::from_str(body).unwrap()).collect()
    }
}

/// Reads a request: its head, and its body.
async fn read(stream: &mut tokio::net::TcpStream) -> (String, String) {
    let mut bytes = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap();
            if body.len() >= length.parse().unwrap() {
                return (head.to_owned(), body.to_owned());
            }
        }
        let mut part = [0; 4096];
        let count = stream.read(&mut part).await.unwrap();
        bytes.extend_from_slice(&part[..count]);
    }
}

fn types(events: &[Value]) -> Vec<&str> {
    let mut types: Vec<_> = events.iter().map(|event| event["type"].as_str().unwrap()).collect();
    types.sort_unstable();
    types
}

#[tokio::test]
async fn an_event_goes_to_the_targets_it_is_for_with_their_signature() {
    let (stand_in, client) = start().await;
    let (own, connected) = (Receiver::start(&[]).await, Receiver::start(&[]).await);
    let elsewhere = EventTarget { platform: Some("acct_other".to_owned()), ..own.target(false) };
    stand_in.send_events_to(vec![own.target(false), connected.target(true), elsewhere]);
    client.transfer("k", "100").await.unwrap();
    stand_in.fail_payout_of("acct_1").unwrap();
    let transfer = own.wait_for(1).await;
    assert_eq!(types(&transfer), ["transfer.created"]);
    assert_eq!(transfer[0]["request"]["idempotency_key"], "k");
    assert_eq!(transfer[0].get("account"), None);
    let payout = connected.wait_for(1).await;
    assert_eq!(types(&payout), ["payout.failed"]);
    assert_eq!(payout[0]["account"], "acct_1");
    assert_eq!(payout[0]["data"]["object"]["amount"], 100);
    let (signature, body) = own.bodies.lock().unwrap()[0].clone();
    let timestamp = signature.strip_prefix("t=").unwrap().split(',').next().unwrap().parse().unwrap();
    assert_eq!(signature, sign(SECRET, timestamp, &body));
}

#[tokio::test]
async fn an_event_that_is_not_accepted_is_sent_again() {
    let receiver = Receiver::start(&[500, 302]).await;
    let retries = [10, 10, 10].map(Duration::from_millis).to_vec();
    let events_to = vec![receiver.target(false)];
    let options = Options { event_retries: retries, events_to, ..options() };
    let stand_in = StandIn::start(options).await.unwrap();
    stand_in.add_invoice(PLATFORM, &Invoice::paid("cus_1", "usd", 100));
    let received = receiver.wait_for(3).await;
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert_eq!(types(&received), ["invoice.paid"; 3]);
    let statuses: Vec<_> = stand_in.deliveries().iter().map(|delivery| delivery.status).collect();
    assert_eq!(statuses, [Some(500), Some(302), Some(200)]);
}

#[tokio::test]
async fn events_are_held_back_and_sent_in_an_order_that_the_seed_decides() {
    let (stand_in, _) = start().await;
    let receiver = Receiver::start(&[]).await;
    stand_in.hold_events(true);
    stand_in.send_events_to(vec![receiver.target(false)]);
    for number in 0..5 {
        stand_in.add_invoice(PLATFORM, &Invoice::paid("cus_1", "usd", 100 + number));
    }
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert!(receiver.bodies.lock().unwrap().is_empty());
    let invoices: Vec<_> =
        stand_in.events().into_iter().filter(|event| event.kind == "invoice.paid").collect();
    assert_eq!(stand_in.send(&invoices[0]).await, [Some(200)]);
    assert_eq!(stand_in.send_all_shuffled(7, 3).await, vec![Some(200); 15]);
    assert_eq!(receiver.wait_for(16).await.len(), 16);
    for invoice in &invoices {
        let bodies = receiver.bodies.lock().unwrap();
        let times = bodies.iter().filter(|(_, body)| *body == invoice.body).count();
        assert_eq!(times, if invoice.id == invoices[0].id { 4 } else { 3 });
    }
}

#[tokio::test]
async fn events_are_sent_to_this_machine_only() {
    let (stand_in, _) = start().await;
    stand_in.hold_events(true);
    stand_in.add_invoice(PLATFORM, &Invoice::paid("cus_1", "usd", 100));
    let event = stand_in.events().pop().unwrap();
    for url in ["http://192.0.2.1/", "https://127.0.0.1/", "nonsense"] {
        let target =
            EventTarget { platform: None, url: url.to_owned(), secret: SECRET.to_owned(), connect: false };
        stand_in.send_events_to(vec![target]);
        assert_eq!(stand_in.send(&event).await, [None], "{url}");
    }
}
