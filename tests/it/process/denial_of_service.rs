//! Attacks: the program survives each of them, says what was wrong, and answers others meanwhile.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use nix::sys::signal::Signal;
use serde_json::json;

use crate::support::{Folder, Program};

/// The head of a request with a body of so many bytes.
fn head(token: &str, length: &str) -> String {
    format!(
        "POST /graphql HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\n\
         Authorization: Bearer {token}\r\n{length}\r\n\r\n"
    )
}

/// Sends a head and a body that is made as it is sent, as far as the server takes it; answers what the server said.
fn sent(address: &str, head: &str, body: impl Iterator<Item = Vec<u8>>) -> String {
    let mut stream = TcpStream::connect(address).expect("a connection");
    stream.set_read_timeout(Some(Duration::from_secs(60))).expect("a socket");
    stream.write_all(head.as_bytes()).expect("a head");
    for part in body {
        if stream.write_all(&part).is_err() {
            break;
        }
    }
    let mut answer = Vec::new();
    // A server that has said what it had to say may hang up on the rest.
    let _ = stream.read_to_end(&mut answer);
    String::from_utf8_lossy(&answer).into_owned()
}

/// Documents and bodies that bring other servers down, with a word of the answer that is expected.
fn attacks() -> Vec<(&'static str, Vec<u8>, &'static str)> {
    let query = |text: String| json!({ "query": text }).to_string().into_bytes();
    let bomb = |end: &str| {
        let spreads =
            |n: usize| format!("fragment F{n} on Query{{{}}} ", format!("...F{} ", n + 1).repeat(20));
        format!("{{...F0}} {} fragment F8 on Query{{{end}}}", (0..8).map(spreads).collect::<String>())
    };
    let lists = |open: &str, close: &str, n: usize| {
        format!("{{payouts(filter:{{status:{}1{}}}){{totalCount}}}}", open.repeat(n), close.repeat(n))
    };
    let aliases: String = (0..10_000).map(|n| format!("a{n}:__typename ")).collect();
    let short: String = (0..10_000).map(|n| format!("a{n:x}:id ")).collect();
    let fields: String = (0..4_000).map(|n| format!("f{n} ")).collect();
    let pages = "commissionEvents(first:100){nodes{partner{";
    vec![
        ("8 levels of 20 spreads", query(bomb("__typename")), "LIMIT_EXCEEDED"),
        ("8 levels of 20 spreads of nothing", query(bomb("...Nothing")), "LIMIT_EXCEEDED"),
        ("2,000 lists", query(lists("[", "]", 2_000)), "LIMIT_EXCEEDED"),
        ("2,000 objects", query(lists("{a:", "}", 2_000)), "LIMIT_EXCEEDED"),
        (
            "2,000 variables' lists",
            format!(
                "{{\"query\":\"{{x}}\",\"variables\":{{\"a\":{}1{}}}}}",
                "[".repeat(2_000),
                "]".repeat(2_000)
            )
            .into_bytes(),
            "BAD_USER_INPUT",
        ),
        ("10,000 aliases", query(format!("{{{aliases}}}")), "LIMIT_EXCEEDED"),
        ("10,000 short aliases", query(format!("{{x{{{short}}}}}")), "LIMIT_EXCEEDED"),
        ("4,000 unknown fields", query(format!("{{viewer{{{fields}}}}}")), "BAD_USER_INPUT"),
        (
            "pages of pages",
            query(format!("{{partners{{nodes{{{}id{}", pages.repeat(5), "}".repeat(18))),
            "LIMIT_EXCEEDED",
        ),
        ("invalid UTF-8", b"{\"query\":\"{viewer{\xff\xfe}}\"}".to_vec(), "BAD_USER_INPUT"),
        ("a zero byte", query("{viewer{\0}}".to_owned()), "BAD_USER_INPUT"),
        (
            "a list of requests",
            format!("[{}]", r#"{"query":"{__typename}"},"#.repeat(1_000)).into_bytes(),
            "BAD_USER_INPUT",
        ),
    ]
}

#[test]
fn the_program_survives_and_answers_others_meanwhile() {
    let folder = Folder::new();
    let mut server = Program::start(&folder);
    let (address, token) = (server.address.clone(), folder.token("ada", "admin"));
    let attacks = attacks();
    let is_over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let attackers: Vec<_> = (0..4)
            .map(|_| {
                scope.spawn(|| {
                    for (what, body, expected) in &attacks {
                        let head = head(&token, &format!("Content-Length: {}", body.len()));
                        let answer = sent(&address, &head, [body.clone()].into_iter());
                        assert!(answer.contains(expected), "{what}: {answer}");
                    }
                })
            })
            .collect();
        let large = scope.spawn(|| {
            let part = vec![b' '; 1_000_000];
            let said = sent(
                &address,
                &head(&token, "Content-Length: 100000000"),
                std::iter::repeat_n(part.clone(), 100),
            );
            assert!(said.is_empty() || said.starts_with("HTTP/1.1 413 "), "{said}");
            let mut chunk = format!("{:x}\r\n", part.len()).into_bytes();
            chunk.extend(part);
            chunk.extend(b"\r\n");
            let said =
                sent(&address, &head(&token, "Transfer-Encoding: chunked"), std::iter::repeat_n(chunk, 100));
            assert!(said.is_empty() || said.starts_with("HTTP/1.1 413 "), "{said}");
        });
        let others = scope.spawn(|| {
            let mut answered = 0;
            while !is_over.load(Ordering::Relaxed) || answered == 0 {
                let seen = server.post(&token, r#"{"query":"{viewer{userId}}"}"#);
                assert_eq!(seen["data"]["viewer"]["userId"], "ada");
                answered += 1;
            }
        });
        let mut ends: Vec<_> = attackers.into_iter().map(|attacker| attacker.join()).collect();
        ends.push(large.join());
        is_over.store(true, Ordering::Relaxed);
        ends.into_iter().for_each(|end| end.expect("an attacker"));
        others.join().expect("others");
    });
    assert!(server.process.try_wait().expect("a process").is_none(), "it is the same process still");
    assert!(server.signal(Signal::SIGTERM).success());
}
