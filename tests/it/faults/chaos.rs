//! Many clients, and one fault after the other. `FAULT_SECONDS` says for how long; a quarter of a minute if it says nothing.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use rand::seq::IndexedRandom;
use serde_json::{Value, json};

use super::book::{Deed, Entry, wrong};
use super::world::{FAULTS, World};

const CLIENTS: usize = 8;
const PARTNERS: usize = 4;

/// What one answer says of a deed.
enum GraphqlResponse {
    Acknowledged(String),
    Refused(String),
    Unknown,
    Wrong(String),
}

/// What came of sending a deed once.
fn sent(world: &World, entry: &Entry) -> GraphqlResponse {
    let (mutation, input, [noun, id]) = entry.request();
    let kind = format!("{}{}Input", mutation[..1].to_uppercase(), &mutation[1..]);
    let query =
        format!("mutation($input:{kind}!){{{mutation}(input:$input){{{noun}{{{id}}} userErrors{{code}}}}}}");
    let server = usize::from(rand::random::<bool>());
    let Some((status, body)) = world.query(server, &query, &json!({ "input": input })) else {
        return GraphqlResponse::Unknown;
    };
    let extensions = &body["errors"][0]["extensions"];
    let payload = &body["data"][mutation];
    match extensions["code"].as_str() {
        Some("UNAVAILABLE") if extensions["retryable"] == json!(true) => GraphqlResponse::Unknown,
        Some(_) => GraphqlResponse::Wrong(format!("{mutation}: {status} {body}")),
        None => match (payload["userErrors"][0]["code"].as_str(), payload[noun][id].as_str()) {
            (Some(code), _) => GraphqlResponse::Refused(code.to_owned()),
            (None, Some(id)) => GraphqlResponse::Acknowledged(id.to_owned()),
            (None, None) => GraphqlResponse::Wrong(format!("{mutation}: {status} {body}")),
        },
    }
}

/// Sends a deed until there is an answer, or patience ends; sometimes once more for good measure.
fn insist(world: &World, entry: &mut Entry, wrongs: &Mutex<Vec<String>>) {
    for _ in 0..rand::random_range(1..8) {
        match sent(world, entry) {
            GraphqlResponse::Acknowledged(id) => {
                entry.acknowledged.push(id);
                if rand::random_ratio(9, 10) {
                    return;
                }
            }
            GraphqlResponse::Refused(code) => {
                entry.refused.push(code);
                return;
            }
            GraphqlResponse::Unknown => entry.unknown += 1,
            GraphqlResponse::Wrong(text) => wrongs.lock().expect("a list").push(text),
        }
        std::thread::sleep(Duration::from_millis(rand::random_range(0..60)));
    }
}

/// One client's work until it is told to end: its part of the book.
fn client(
    world: &World,
    number: usize,
    partners: &[String],
    is_over: &AtomicBool,
    wrongs: &Mutex<Vec<String>>,
) -> Vec<Entry> {
    let mut book: Vec<Entry> = Vec::new();
    let mut payouts: Vec<String> = Vec::new();
    let mut rng = rand::rng();
    while !is_over.load(Ordering::Relaxed) {
        let key = format!("{number}-{}", book.len());
        let which = rand::random_range(0..PARTNERS);
        let cents = rand::random_range(1..100_000);
        let invoices: Vec<_> = book
            .iter()
            .filter_map(|entry| {
                let Deed::Pay { cents, .. } = &entry.deed else { return None };
                (!entry.acknowledged.is_empty()).then(|| (entry.key.clone(), *cents))
            })
            .collect();
        let pay = Deed::Pay { customer: format!("c{which}"), cents };
        let deed = match rand::random_range(0..100) {
            0..60 => pay,
            60..70 => invoices.choose(&mut rng).map_or(pay, |(invoice, cents)| Deed::Refund {
                invoice: invoice.clone(),
                cents: (cents / 4).max(1),
            }),
            70..80 => Deed::Adjust { partner: partners[which].clone(), cents },
            80..86 => {
                let query = "mutation{approvePendingCommissionEvents(input:{eventDateTo:\"2100-01-01T00:00:00Z\"}){approvedCount}}";
                world.query(number % 2, query, &json!({}));
                continue;
            }
            86..90 => {
                world.query(
                    number % 2,
                    "{reconciliation{balanced} commissionEvents{totalCount nodes{id partner{id}}}}",
                    &json!({}),
                );
                continue;
            }
            90..96 => Deed::Batch { partner: partners[which].clone() },
            _ => match payouts.pop() {
                Some(payout) if rand::random() => Deed::Complete { payout },
                Some(payout) => Deed::Fail { payout },
                None => pay,
            },
        };
        let mut entry = Entry::new(deed, key);
        insist(world, &mut entry, wrongs);
        if let (Deed::Batch { .. }, Some(payout)) = (&entry.deed, entry.acknowledged.first()) {
            payouts.push(payout.clone());
        }
        book.push(entry);
    }
    book
}

/// Partners with a customer each.
fn partners(world: &World) -> Vec<String> {
    let made = |query: String, path: &str| -> Value {
        let (_, body) = world.query(0, &query, &json!({})).expect("an answer");
        body.pointer(path).unwrap_or_else(|| panic!("{body}")).clone()
    };
    let partner = |n: usize| {
        let create = format!(
            "mutation{{createPartner(input:{{companyName:\"p{n}\",defaultCommissionRate:\"0.15\"}}){{partner{{id}}}}}}"
        );
        let id = made(create, "/data/createPartner/partner/id").as_str().expect("an id").to_owned();
        let assign = format!(
            "mutation{{assignManagedAccount(input:{{partnerId:\"{id}\",customerId:\"c{n}\",startsAt:\"2020-01-01T00:00:00Z\"}}){{managedAccount{{id}}}}}}"
        );
        made(assign, "/data/assignManagedAccount/managedAccount/id");
        id
    };
    (0..PARTNERS).map(partner).collect()
}

#[test]
fn what_was_acknowledged_is_there_once_whatever_was_killed_meanwhile() {
    let seconds = std::env::var("FAULT_SECONDS").ok().and_then(|text| text.parse().ok()).unwrap_or(15);
    let world = World::new();
    let partners = partners(&world);
    let (is_over, wrongs) = (AtomicBool::new(false), Mutex::new(Vec::new()));
    let begun = Instant::now();
    let mut struck = BTreeMap::<String, usize>::new();
    let book: Vec<Entry> = std::thread::scope(|scope| {
        let clients: Vec<_> = (0..CLIENTS)
            .map(|number| {
                scope.spawn({
                    let (world, partners, is_over, wrongs) = (&world, &partners, &is_over, &wrongs);
                    move || client(world, number, partners, is_over, wrongs)
                })
            })
            .collect();
        // Each fault once at least, and then for as long as is wished.
        let mut faults = FAULTS.iter().cycle().enumerate();
        let storm = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            for (n, fault) in faults.by_ref() {
                if n >= FAULTS.len() && begun.elapsed() > Duration::from_secs(seconds) {
                    break;
                }
                world.strike(*fault);
                *struck.entry(format!("{fault:?}")).or_default() += 1;
                std::thread::sleep(Duration::from_millis(rand::random_range(50..400)));
            }
            world.calm();
        }));
        is_over.store(true, Ordering::Relaxed);
        let books = clients.into_iter().flat_map(|client| client.join().expect("a client")).collect();
        storm.unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        books
    });
    world.calm();
    let mut wrongs = wrongs.into_inner().expect("a list");
    // Whatever a server still had in hand is done by now.
    std::thread::sleep(Duration::from_millis(500));
    wrongs.extend(wrong(&book, &world.database));
    let acknowledged = book.iter().filter(|entry| !entry.acknowledged.is_empty()).count();
    let (unknown, open) = (
        book.iter().map(|entry| entry.unknown).sum::<usize>(),
        book.iter().filter(|entry| entry.acknowledged.is_empty() && entry.refused.is_empty()).count(),
    );
    println!(
        "in {} s: {} faults {struck:?}, {} connections cut; {} deeds, {acknowledged} acknowledged, {open} open, {unknown} \
         answers missing; ready at most {} ms after the database was back",
        begun.elapsed().as_secs(),
        struck.values().sum::<usize>(),
        world.cuts(),
        book.len(),
        world.ready_after.load(Ordering::Relaxed),
    );
    assert!(wrongs.is_empty(), "{} wrongs: {:#?}", wrongs.len(), &wrongs[..wrongs.len().min(20)]);
    assert!(acknowledged > 100, "they did something: {acknowledged}");
    assert!(world.cuts() > 0);
    world.end();
}
