//! Attacks by the bodies of requests: what is buffered is bounded, over all requests and for each client.

use std::net::Ipv4Addr;
use std::time::Duration;

use super::client::post;
use super::http2::Http2;
use super::target::Target;
use super::trial::{Attacker, Trial, milliseconds};

/// The size of a body: just below what the server accepts.
const BODY_BYTES: usize = 250 * 1024;
/// Requests on a connection at a time: below what the server accepts.
const STREAMS: usize = 90;

/// The time between two parts of a body: as fast as a network, not as fast as memory.
const PAUSE: Duration = Duration::from_millis(25);

/// Opens as many requests as the server accepts, a few at a time, and sends their bodies but for the last bytes.
fn send_endless_bodies(attacker: &Attacker, token: Option<&str>) {
    let from = Ipv4Addr::new(127, 0, 2, u8::try_from(attacker.number % 8 + 1).expect("a byte"));
    let body = vec![b' '; BODY_BYTES];
    while attacker.continues() {
        let Ok(mut connection) = Http2::connect(attacker.target, from, 65_535) else {
            attacker.count("not connected", 1);
            std::thread::sleep(Duration::from_millis(20));
            continue;
        };
        let mut sent = std::collections::BTreeMap::new();
        while attacker.continues() && !connection.is_closed {
            for _ in 0..connection.vacancies(STREAMS).min(2) {
                sent.insert(connection.open_post(token), 0);
            }
            for stream in connection.open_streams() {
                let sent = sent.entry(stream).or_insert(0);
                *sent += connection.send_body(stream, &body[*sent..], false);
            }
            connection.receive(PAUSE);
            std::thread::sleep(PAUSE);
        }
        let mebibytes = sent.values().sum::<usize>() / (1024 * 1024);
        attacker.count("MiB sent", mebibytes);
        attacker.count("responses", connection.responses);
        attacker.count("resets", connection.resets);
    }
}

#[test]
fn bodies_without_end_use_bounded_memory() {
    let target = Target::start();
    // A debug build takes most of the time of two processors to read 100 MiB per second over HTTP/2.
    let latency_floor = milliseconds(3_000, 200);
    Trial { latency_floor, ..Trial::of(&target, 40) }.run(|attacker| {
        let token = target.dataset.acme.finance_token(attacker.number);
        send_endless_bodies(attacker, Some(&token));
    });
}

#[test]
fn bodies_of_clients_without_a_token_use_bounded_memory() {
    let target = Target::start();
    let outcomes = Trial::of(&target, 40).run(|attacker| {
        if attacker.number < 20 {
            send_endless_bodies(attacker, None);
        } else {
            let body = " ".repeat(BODY_BYTES);
            attacker.repeat(|_| {
                std::thread::sleep(PAUSE);
                post("not-a-token", "", &body)
            });
        }
    });
    assert!(!outcomes.contains_key("200"), "{outcomes:?}");
}

#[test]
fn variables_of_a_hundred_thousand_values_use_bounded_memory() {
    let target = Target::start();
    let (partner, dataset) = (&target.dataset.acme.partner, target.dataset);
    // In the middle of the request the values exist while it waits for the database.
    let query = format!(r#""query":"{{ partner(id: \"{partner}\") {{ dashboard {{ currency }} }} }}""#);
    let bodies = ["0", "[]", "{}", "\"\"", "null", "[0]"].map(|value| {
        let count = 240 * 1024 / (value.len() + 1);
        let values = format!("{value},").repeat(count);
        format!(r#"{{{query},"variables":{{"values":[{}]}}}}"#, values.trim_end_matches(','))
    });
    Trial::of(&target, 40).run(|attacker| {
        let token = dataset.acme.partner_token(0);
        attacker.repeat(|turn| post(&token, "", &bodies[(attacker.number + turn) % bodies.len()]));
    });
}
