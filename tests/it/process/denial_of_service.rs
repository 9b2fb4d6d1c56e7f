//! Denial-of-service attacks: the server rejects each with an error, keeps running, and serves other clients meanwhile.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use nix::sys::signal::Signal;
use serde_json::json;

use crate::http::generated_documents::{aliases, fragment_bomb, nested_argument, unknown_fields};
use crate::support::{Folder, Program};

/// Returns the head of a GraphQL request with this header for the length of its body.
fn head(token: &str, length_header: &str) -> String {
    format!(
        "POST /graphql HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\n\
         Authorization: Bearer {token}\r\n{length_header}\r\n\r\n"
    )
}

/// Sends a head and the parts of a body until the server stops reading, and returns the response.
fn exchange(address: &str, head: &str, body: impl IntoIterator<Item = Vec<u8>>) -> String {
    let mut stream = TcpStream::connect(address).expect("a connection");
    stream.set_read_timeout(Some(Duration::from_secs(60))).expect("a socket");
    stream.write_all(head.as_bytes()).expect("a head");
    for part in body {
        if stream.write_all(&part).is_err() {
            break;
        }
    }
    let mut response = Vec::new();
    // The server may close the connection before it has read the rest of the body.
    let _ = stream.read_to_end(&mut response);
    String::from_utf8_lossy(&response).into_owned()
}

/// A body that brings other servers down, and the code of the error it must cause.
struct Attack {
    name: &'static str,
    body: Vec<u8>,
    code: &'static str,
}

/// An attack by the document of a GraphQL request.
fn document(name: &'static str, document: String, code: &'static str) -> Attack {
    Attack { name, body: json!({ "query": document }).to_string().into_bytes(), code }
}

/// An attack by the body itself.
fn body(name: &'static str, body: impl Into<Vec<u8>>, code: &'static str) -> Attack {
    Attack { name, body: body.into(), code }
}

/// Returns a query for pages of events within each other, a hundred of each.
fn pages_of_pages(depth: usize) -> String {
    let pages = "commissionEvents(first: 100) { nodes { partner { ".repeat(depth);
    format!("{{ partners {{ nodes {{ {pages} id {} }} }} }}", "} } } ".repeat(depth))
}

fn attacks() -> Vec<Attack> {
    let nested_variables =
        format!(r#"{{"query":"{{x}}","variables":{{"a":{}1{}}}}}"#, "[".repeat(2_000), "]".repeat(2_000));
    let batch = format!("[{}]", r#"{"query":"{__typename}"},"#.repeat(1_000));
    let short_aliases = (0..10_000).map(|n| format!("a{n:x}:id ")).collect::<String>();
    vec![
        document("20^8 fragments", fragment_bomb(8, 20, "__typename"), "LIMIT_EXCEEDED"),
        document("20^8 unknown fragments", fragment_bomb(8, 20, "...Nothing"), "LIMIT_EXCEEDED"),
        document("2,000 nested lists", nested_argument("[", "]", 2_000), "LIMIT_EXCEEDED"),
        document("2,000 nested objects", nested_argument("{a:", "}", 2_000), "LIMIT_EXCEEDED"),
        document("10,000 aliases", aliases(10_000), "LIMIT_EXCEEDED"),
        document("10,000 short aliases", format!("{{x{{{short_aliases}}}}}"), "LIMIT_EXCEEDED"),
        document("4,000 unknown fields", unknown_fields(4_000), "BAD_USER_INPUT"),
        document("pages of pages", pages_of_pages(5), "LIMIT_EXCEEDED"),
        document("a zero byte", "{viewer{\0}}".to_owned(), "BAD_USER_INPUT"),
        body("2,000 nested lists in the variables", nested_variables, "BAD_USER_INPUT"),
        body("invalid UTF-8", b"{\"query\":\"{viewer{\xff\xfe}}\"}", "BAD_USER_INPUT"),
        body("a batch of requests", batch, "BAD_USER_INPUT"),
    ]
}

/// Sends bodies of 100 MB, with a length and in chunks; each must be rejected or cut off.
fn send_large_bodies(address: &str, token: &str) {
    let part = vec![b' '; 1_000_000];
    let chunk = [format!("{:x}\r\n", part.len()).as_bytes(), &part, b"\r\n"].concat();
    for (length_header, part) in [("Content-Length: 100000000", part), ("Transfer-Encoding: chunked", chunk)]
    {
        let response = exchange(address, &head(token, length_header), std::iter::repeat_n(part, 100));
        assert!(response.is_empty() || response.starts_with("HTTP/1.1 413 "), "{length_header}: {response}");
    }
}

#[test]
fn attacks_are_rejected_while_other_clients_are_served() {
    let folder = Folder::new();
    let mut server = Program::start(&folder);
    let (address, token) = (server.address.clone(), folder.token("ada", "admin"));
    let attacks = attacks();
    let is_over = AtomicBool::new(false);
    let attack = || {
        for Attack { name, body, code } in &attacks {
            let head = head(&token, &format!("Content-Length: {}", body.len()));
            let response = exchange(&address, &head, [body.clone()]);
            assert!(response.contains(code), "{name}: {response}");
        }
    };
    let query_normally = || {
        let mut responses = 0;
        while !is_over.load(Ordering::Relaxed) || responses == 0 {
            let response = server.post(&token, r#"{"query":"{ viewer { userId } }"}"#);
            assert_eq!(response["data"]["viewer"]["userId"], "ada");
            responses += 1;
        }
    };
    std::thread::scope(|scope| {
        let mut attackers: Vec<_> = (0..4).map(|_| scope.spawn(attack)).collect();
        attackers.push(scope.spawn(|| send_large_bodies(&address, &token)));
        let other = scope.spawn(query_normally);
        let results: Vec<_> = attackers.into_iter().map(|attacker| attacker.join()).collect();
        is_over.store(true, Ordering::Relaxed);
        results.into_iter().for_each(|result| result.expect("an attacker"));
        other.join().expect("another client");
    });
    assert!(server.process.try_wait().expect("a process").is_none(), "the server has exited");
    assert!(server.signal(Signal::SIGTERM).success());
}
