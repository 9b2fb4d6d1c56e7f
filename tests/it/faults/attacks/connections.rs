//! Attacks by connections: those that nobody needs end, and one address cannot take all of them.

use std::io::Write;
use std::net::{Ipv4Addr, TcpStream};
use std::thread;
use std::time::Duration;

use super::client::{LOCALHOST, connect, is_closed_unread, is_open, query};
use super::http2::{Http2, opening, ping};
use super::target::Target;
use super::trial::{Attacker, Trial};

/// A page with everything that an event has.
const LARGE_PAGE: &str = "
    {
        commissionEvents(first: 100) {
            nodes {
                id status eventType eventDate recordedAt payableAt invoiceId customerId commissionRate
                commissionAmount { amount currency } baseAmount { amount currency }
                partner { id companyName } managedAccount { id customerName }
            }
        }
    }";

/// How an attacker occupies a connection.
struct Occupation {
    /// What it sends at first.
    first: Vec<u8>,
    /// What it sends again and again.
    repeated: Vec<u8>,
}

/// Returns the ways in which a connection can be occupied.
fn occupations(token: &str) -> [Occupation; 4] {
    let request =
        String::from_utf8(query(token, "{ viewer { userId } }", &serde_json::json!({}))).expect("text");
    let (head, _) = request.split_once("\r\n\r\n").expect("a head");
    [
        // HTTP/2 that only answers and sends pings.
        Occupation { first: opening(65_535), repeated: ping() },
        // A head that never ends.
        Occupation { first: b"GET /livez HTTP/1.1\r\nHost: x\r\nX-Slow: ".to_vec(), repeated: b"x".to_vec() },
        // A body that never ends.
        Occupation { first: format!("{head}\r\n\r\n").into_bytes(), repeated: b" ".to_vec() },
        // Nothing at all.
        Occupation { first: Vec::new(), repeated: Vec::new() },
    ]
}

/// Holds this many connections for as long as the server permits; those that it closes are opened again if `reopens`.
fn occupy(attacker: &Attacker, from: Ipv4Addr, occupation: &Occupation, count: usize, reopens: bool) {
    let mut connections: Vec<TcpStream> = Vec::new();
    let (mut opened, mut closed) = (0, 0);
    while attacker.continues() {
        while connections.len() < count && (reopens || opened < count) && attacker.continues() {
            opened += 1;
            let opened = connect(attacker.target.address, from, None)
                .and_then(|mut stream| stream.write_all(&occupation.first).map(|()| stream));
            match opened {
                Ok(stream) => connections.push(stream),
                Err(_) => closed += 1,
            }
        }
        let before = connections.len();
        connections.retain_mut(|stream| is_open(stream) && stream.write_all(&occupation.repeated).is_ok());
        closed += before - connections.len();
        thread::sleep(Duration::from_millis(50));
    }
    attacker.count("closed by the server", closed);
    attacker.count("held to the end", connections.len());
}

#[test]
fn one_address_cannot_take_all_connections() {
    let target = Target::start_with(&[("LIMIT_CONNECTIONS", "300")]);
    let occupations = occupations(&target.dataset.acme.partner_token(0));
    Trial::of(&target, 4).run(|attacker| {
        occupy(attacker, Ipv4Addr::new(127, 0, 0, 2), &occupations[attacker.number], 100, true);
    });
}

#[test]
fn connections_without_requests_end() {
    let target = Target::start_with(&[("LIMIT_ARRIVAL_SECONDS", "2")]);
    let occupations = occupations(&target.dataset.acme.partner_token(0));
    // Six addresses with fifty connections each, most of which only send pings.
    let trial = Trial { duration: Duration::from_secs(4), ..Trial::of(&target, 6) };
    let outcomes = trial.run(|attacker| {
        let from = Ipv4Addr::new(127, 0, 3, u8::try_from(attacker.number + 1).expect("a byte"));
        occupy(attacker, from, &occupations[attacker.number.saturating_sub(2)], 50, false);
    });
    assert!(!outcomes.contains_key("held to the end"), "{outcomes:?}");
}

#[test]
fn responses_that_nobody_reads_are_not_kept() {
    let target = Target::start_with(&[("LIMIT_ARRIVAL_SECONDS", "2"), ("LIMIT_DELIVERY_SECONDS", "2")]);
    let dataset = target.dataset;
    let trial = Trial { duration: Duration::from_secs(4), ..Trial::of(&target, 8) };
    // Of a debug build, each of these pages takes 60 ms of a processor.
    let outcomes = trial.run(|attacker| {
        let token = dataset.acme.finance_token(attacker.number);
        let from = Ipv4Addr::new(127, 0, 4, u8::try_from(attacker.number + 1).expect("a byte"));
        if attacker.number < 4 {
            read_no_http1(attacker, from, &query(&token, LARGE_PAGE, &serde_json::json!({})));
        } else {
            read_no_http2(attacker, from, &token);
        }
    });
    assert!(!outcomes.contains_key("held to the end"), "{outcomes:?}");
}

/// Sends requests on five connections, two at once on each, and never reads a response.
fn read_no_http1(attacker: &Attacker, from: Ipv4Addr, request: &[u8]) {
    let requests = request.repeat(2);
    let mut connections: Vec<_> =
        (0..5).filter_map(|_| connect(attacker.target.address, from, Some(2_048)).ok()).collect();
    for stream in &mut connections {
        let _ = stream.write_all(&requests);
    }
    while attacker.continues() {
        thread::sleep(Duration::from_millis(50));
        connections.retain_mut(|stream| !is_closed_unread(stream));
    }
    attacker.count("held to the end", connections.len());
}

/// Opens requests over HTTP/2 whose responses have no window.
fn read_no_http2(attacker: &Attacker, from: Ipv4Addr, token: &str) {
    let Ok(mut connection) = Http2::connect(attacker.target, from, 0) else { return };
    let document = LARGE_PAGE.split_whitespace().collect::<Vec<_>>().join("%20");
    let path = format!("/graphql?query={}", document.replace('{', "%7B").replace('}', "%7D"));
    for _ in 0..connection.vacancies(5) {
        connection.open_get(&path, Some(token));
    }
    while attacker.continues() && !connection.is_closed {
        connection.receive(Duration::from_millis(50));
        connection.write(&ping());
    }
    let is_held = !connection.is_closed && !connection.open_streams().is_empty();
    attacker.count("held to the end", usize::from(is_held));
}

#[test]
fn requests_that_are_reset_at_once_cost_the_server_little() {
    let target = Target::start();
    let token = target.dataset.acme.partner_token(0);
    Trial::of(&target, 8).run(|attacker| {
        while attacker.continues() {
            let Ok(mut connection) = Http2::connect(&target, LOCALHOST, 65_535) else { continue };
            while attacker.continues() && !connection.is_closed {
                for _ in 0..50 {
                    let token = Some(token.as_str()).filter(|_| attacker.number.is_multiple_of(2));
                    let stream = connection.open_get("/graphql?query=%7Bviewer%7BuserId%7D%7D", token);
                    connection.reset(stream);
                }
                connection.receive(Duration::from_millis(1));
                thread::sleep(Duration::from_millis(20));
                attacker.count("reset", 50);
            }
            attacker.count("connections", 1);
        }
    });
}
