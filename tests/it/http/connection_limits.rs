//! What one connection may use, and what is left for others: attacks with single frames and bytes, on a listener whose
//! limits are a second.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use axum::Router;
use axum::routing::{any, get, post};
use revshare::http::listener::{self, ConnectionLimits, RESERVE_CONNECTIONS_MAX};
use tokio::net::TcpSocket;
use tokio::runtime::Runtime;
use tokio_util::sync::CancellationToken;

use super::raw_http2;
use super::raw_http2::{
    CONTINUATION, DATA, END_HEADERS, END_STREAM, GOAWAY, HEADERS, PING, PRIORITY, RST_STREAM, SETTINGS,
    WINDOW_UPDATE, frame, head, preface, read_frames, send,
};

const SECOND: Duration = Duration::from_secs(1);
const LARGE_BYTES: usize = 2 * 1024 * 1024;

const LIMITS: ConnectionLimits = ConnectionLimits {
    count_max: 100,
    per_address_max: 0,
    arrival_timeout: SECOND,
    delivery_timeout: Duration::from_secs(60),
};

/// A listener with a few routes, stopped when dropped.
struct Server {
    address: SocketAddr,
    runtime: Runtime,
}

impl Server {
    fn start(limits: ConnectionLimits) -> Self {
        let runtime = Runtime::new().expect("a runtime");
        let upload = async move |request: axum::extract::Request| {
            let read = axum::body::to_bytes(request.into_body(), 1 << 20);
            tokio::time::timeout(SECOND, read).await.map_or("late", |_| "read")
        };
        // Its body is not read until it ends.
        let slow = async |request: axum::extract::Request| {
            tokio::time::sleep(2 * SECOND).await;
            drop(request);
        };
        let router = Router::new()
            .route("/", get(async || "page"))
            .route("/livez", get(async || "alive"))
            .route("/large", get(async || vec![b'x'; LARGE_BYTES]))
            .route("/upload", post(upload))
            .route("/slow", any(slow));
        let listener = runtime.block_on(async { listener::bind(([127, 0, 0, 1], 0).into()) });
        let listener = listener.expect("a listener");
        let address = listener.local_addr().expect("an address");
        runtime.spawn(listener::serve(listener, router, limits, CancellationToken::new()));
        Self { address, runtime }
    }

    fn connect(&self) -> TcpStream {
        self.connect_from([127, 0, 0, 1])
    }

    /// Connects from an address of the loopback network, with a small buffer for what it receives.
    fn connect_from(&self, client: [u8; 4]) -> TcpStream {
        let connected = self.runtime.block_on(async {
            let socket = TcpSocket::new_v4()?;
            socket.set_recv_buffer_size(16 * 1024)?;
            socket.bind((client, 0).into())?;
            socket.connect(self.address).await?.into_std()
        });
        let stream = connected.expect("a connection");
        stream.set_nonblocking(false).expect("a socket");
        stream
    }

    /// Sends bytes, and `repeated` again and again, until the connection is closed; returns when, and the frames received.
    fn attack(&self, first: &[u8], repeated: &[u8], pause: Duration) -> (Duration, Vec<u8>) {
        let begun = Instant::now();
        let mut stream = self.connect();
        let mut writer = stream.try_clone().expect("a socket");
        let (first, repeated) = (first.to_vec(), repeated.to_vec());
        let sender = thread::spawn(move || {
            let mut is_open = send(&mut writer, &first);
            while is_open && !repeated.is_empty() {
                thread::sleep(pause);
                is_open = send(&mut writer, &repeated);
            }
        });
        let (frames, is_closed) = read_frames(&mut stream, 10 * SECOND);
        let elapsed = begun.elapsed();
        assert!(is_closed, "it is still open; frames: {frames:?}");
        drop(stream);
        sender.join().expect("a sender");
        (elapsed, frames)
    }

    /// Sends a GET request by HTTP/1.1 on a new connection; returns the response.
    fn get(&self, client: [u8; 4], path: &str) -> String {
        exchange(self.connect_from(client), path)
    }
}

fn exchange(mut stream: TcpStream, path: &str) -> String {
    stream.set_read_timeout(Some(10 * SECOND)).expect("a socket");
    let request = format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    let mut response = String::new();
    // A closed connection shows in the response.
    let _ = stream.write_all(request.as_bytes()).and_then(|()| stream.read_to_string(&mut response));
    response
}

#[test]
fn an_http2_connection_without_an_open_request_ends_whatever_is_sent_on_it() {
    let server = &Server::start(LIMITS);
    let block = head("GET", "/", 0);
    let with = |frames: &[u8]| [&preface(&[])[..], frames].concat();
    let ping = frame(PING, 0, 0, &[0; 8]);
    let attacks = [
        ("nothing", with(&[]), vec![], SECOND),
        ("pings", with(&[]), ping.clone(), SECOND / 20),
        ("settings", with(&[]), frame(SETTINGS, 0, 0, &[]).repeat(10), SECOND / 100),
        ("window updates", with(&[]), frame(WINDOW_UPDATE, 0, 0, &1_u32.to_be_bytes()), SECOND / 20),
        ("priorities", with(&[]), frame(PRIORITY, 0, 1, &[0, 0, 0, 0, 1]), SECOND / 20),
        ("half a preface", b"PRI * HTTP/2.0\r\n".to_vec(), vec![], SECOND),
        ("a head without an end", with(&frame(HEADERS, END_STREAM, 1, &block)), vec![], SECOND),
        (
            "a head that continues for ever",
            with(&frame(HEADERS, END_STREAM, 1, &block)),
            frame(CONTINUATION, 0, 1, &[0x00, 1, b'x', 0]),
            SECOND / 10,
        ),
        ("a frame byte by byte", with(&[0, 0x3f, 0xff, HEADERS, 0, 0, 0, 0, 1]), vec![0], SECOND / 10),
        (
            "a body without an end",
            with(&frame(HEADERS, END_HEADERS, 1, &head("POST", "/upload", 0))),
            [ping, frame(DATA, 0, 1, b"x")].concat(),
            SECOND / 20,
        ),
    ];
    thread::scope(|scope| {
        for (name, first, repeated, pause) in attacks {
            scope.spawn(move || {
                let (elapsed, frames) = server.attack(&first, &repeated, pause);
                assert!(elapsed > SECOND / 4 && elapsed < 4 * SECOND, "{name}: {elapsed:?}");
                assert!(frames.is_empty() || frames.contains(&GOAWAY), "{name}: {frames:?}");
            });
        }
    });
    assert!(server.get([127, 0, 0, 1], "/").ends_with("page"));
}

#[test]
fn an_http1_connection_without_an_open_request_ends() {
    let server = &Server::start(LIMITS);
    let request = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n";
    let attacks = [
        ("nothing", &b""[..], &b""[..]),
        ("a kept connection", request, b""),
        ("a head byte by byte", b"GET / HTTP/1.1\r\nX: ", b"x"),
        ("empty lines", b"", b"\r\n"),
        (
            "a body of a request without one",
            b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 99999\r\n\r\n",
            b"x",
        ),
    ];
    thread::scope(|scope| {
        for (name, first, repeated) in attacks {
            scope.spawn(move || {
                let begun = Instant::now();
                let mut stream = server.connect();
                stream.set_read_timeout(Some(SECOND / 10)).expect("a socket");
                let _ = stream.write_all(first);
                loop {
                    match stream.read(&mut [0; 1024]) {
                        Ok(0) => break,
                        Err(error) if error.kind() != std::io::ErrorKind::WouldBlock => break,
                        Ok(_) | Err(_) => {}
                    }
                    let _ = stream.write_all(repeated);
                    assert!(begun.elapsed() < 4 * SECOND, "{name}: it is still open");
                }
            });
        }
    });
}

#[test]
fn a_request_that_takes_longer_than_a_connection_may_be_idle_is_answered() {
    let server = Server::start(LIMITS);
    assert!(server.get([127, 0, 0, 1], "/slow").starts_with("HTTP/1.1 200"));
    let mut stream = server.connect();
    let begun = Instant::now();
    assert!(send(&mut stream, &[preface(&[]), raw_http2::get(1, "/slow")].concat()));
    let (frames, is_closed) = read_frames(&mut stream, 10 * SECOND);
    assert!(frames.contains(&HEADERS) && is_closed, "{frames:?}");
    assert!(begun.elapsed() > 2 * SECOND);
}

/// Reads a large response, `bytes` at a time; returns its length.
fn read_slowly(mut stream: TcpStream, bytes: usize, pause: Duration) -> usize {
    let mut buffer = vec![0; bytes];
    let (mut length, begun) = (0, Instant::now());
    stream.write_all(b"GET /large HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").expect("a request");
    while begun.elapsed() < 20 * SECOND {
        thread::sleep(pause);
        match stream.read(&mut buffer) {
            Ok(0) | Err(_) => return length,
            Ok(read) => length += read,
        }
    }
    panic!("it is still open after {length} bytes");
}

#[test]
fn a_client_that_does_not_take_its_response_is_closed_and_a_slow_one_is_not() {
    let server = &Server::start(LIMITS);
    thread::scope(|scope| {
        let none = scope.spawn(|| read_slowly(server.connect(), LARGE_BYTES, 4 * SECOND));
        let trickle = scope.spawn(|| read_slowly(server.connect(), 100, SECOND / 20));
        let slow = scope.spawn(|| read_slowly(server.connect(), 32 * 1024, SECOND / 100));
        assert!(none.join().expect("a client") < LARGE_BYTES);
        assert!(trickle.join().expect("a client") < LARGE_BYTES);
        assert!(slow.join().expect("a client") > LARGE_BYTES);
    });
}

#[test]
fn a_response_that_waits_for_a_window_of_http2_ends_its_connection() {
    let server = &Server::start(ConnectionLimits { delivery_timeout: 2 * SECOND, ..LIMITS });
    let ping = frame(PING, 0, 0, &[0; 8]);
    let initial_window = |bytes| preface(&[(4, bytes)]);
    let attacks = [
        ("no window", initial_window(0), "/"),
        ("a window of one byte", initial_window(1), "/"),
        ("the first window only", initial_window(65_535), "/large"),
    ];
    thread::scope(|scope| {
        for (name, preface, path) in attacks {
            let ping = ping.clone();
            scope.spawn(move || {
                let first = [preface, raw_http2::get(1, path)].concat();
                let (elapsed, frames) = server.attack(&first, &ping, SECOND / 20);
                assert!(elapsed > 3 * SECOND / 2 && elapsed < 5 * SECOND, "{name}: {elapsed:?}");
                assert!(frames.contains(&HEADERS), "{name}: {frames:?}");
            });
        }
    });
}

#[test]
fn streams_that_are_reset_at_once_end_their_connection() {
    let server = Server::start(LIMITS);
    let cancelled = |stream| {
        [raw_http2::get(stream, "/slow"), frame(RST_STREAM, 0, stream, &8_u32.to_be_bytes())].concat()
    };
    let flood: Vec<u8> = (0..2_000).flat_map(|n| cancelled(2 * n + 1)).collect();
    let (elapsed, _) = server.attack(&[preface(&[]), flood].concat(), &[], SECOND);
    assert!(elapsed < SECOND, "{elapsed:?}");
    assert!(server.get([127, 0, 0, 1], "/").ends_with("page"));
}

#[test]
fn the_open_requests_and_the_unread_bytes_of_an_http2_connection_are_limited() {
    let server = Server::start(LIMITS);
    let requests: Vec<u8> = (0..40).flat_map(|n| raw_http2::get(2 * n + 1, "/slow")).collect();
    let (_, frames) = server.attack(&[preface(&[]), requests].concat(), &[], SECOND);
    let count = |kind| frames.iter().filter(|frame| **frame == kind).count();
    assert_eq!((count(HEADERS), count(RST_STREAM)), (32, 8), "answered and refused requests");

    let begun = Instant::now();
    let head = frame(HEADERS, END_HEADERS, 1, &head("POST", "/slow", 0));
    let body = frame(DATA, 0, 1, &[0; 16 * 1024]).repeat(5);
    let mut stream = server.connect();
    assert!(send(&mut stream, &[preface(&[]), head, body].concat()));
    let (frames, _) = read_frames(&mut stream, SECOND);
    assert!(frames.contains(&RST_STREAM) || frames.contains(&GOAWAY), "more than its window: {frames:?}");
    assert!(begun.elapsed() < 5 * SECOND);
}

#[test]
fn a_request_with_too_many_headers_is_rejected_by_both_protocols() {
    let server = Server::start(LIMITS);
    let headers: String = (0..101).map(|n| format!("x{n}: 1\r\n")).collect();
    let mut stream = server.connect();
    stream.write_all(format!("GET / HTTP/1.1\r\n{headers}\r\n").as_bytes()).expect("a request");
    let mut response = String::new();
    let _ = stream.read_to_string(&mut response);
    assert!(response.starts_with("HTTP/1.1 431"), "{response}");
    for (others, status) in [(90, 0x88), (101, 0x48)] {
        let mut stream = server.connect();
        let request = frame(HEADERS, END_STREAM | END_HEADERS, 1, &head("GET", "/", others));
        assert!(send(&mut stream, &[preface(&[]), request].concat()));
        // The status is the first field: 200 is indexed, 431 is a literal with an indexed name.
        assert_eq!(first_byte_of_head(&mut stream) & 0xf8, status, "{others} headers");
    }
}

/// Returns the first byte of the first block of headers.
fn first_byte_of_head(stream: &mut TcpStream) -> u8 {
    stream.set_read_timeout(Some(10 * SECOND)).expect("a socket");
    loop {
        let mut header = [0; 9];
        stream.read_exact(&mut header).expect("a frame");
        let length = u32::from_be_bytes([0, header[0], header[1], header[2]]);
        let mut payload = vec![0; usize::try_from(length).expect("a length")];
        stream.read_exact(&mut payload).expect("a payload");
        if header[3] == HEADERS {
            return payload[0];
        }
    }
}

#[test]
fn connections_of_one_address_beyond_its_limit_are_served_only_probes() {
    let server =
        Server::start(ConnectionLimits { per_address_max: 3, arrival_timeout: 20 * SECOND, ..LIMITS });
    let mut open: Vec<_> = (0..3).map(|_| server.connect()).collect();
    let refused = server.get([127, 0, 0, 1], "/");
    assert!(refused.starts_with("HTTP/1.1 503"), "{refused}");
    let lower = refused.to_lowercase();
    assert!(lower.contains("retry-after: 1\r\n") && lower.contains("connection: close\r\n"), "{refused}");
    assert!(server.get([127, 0, 0, 1], "/livez").ends_with("alive"));
    assert!(server.get([127, 0, 0, 2], "/").ends_with("page"), "another address is not affected");
    drop(open.pop());
    let begun = Instant::now();
    while !server.get([127, 0, 0, 1], "/").ends_with("page") {
        assert!(begun.elapsed() < 5 * SECOND, "the closed connection still counts");
    }
}

#[test]
fn a_probe_is_answered_while_connections_beyond_the_limit_flood_the_server() {
    let server = &Server::start(ConnectionLimits { count_max: 2, arrival_timeout: 20 * SECOND, ..LIMITS });
    let _open = [server.connect(), server.connect()];
    let kept: Vec<_> = (0..RESERVE_CONNECTIONS_MAX).map(|_| server.connect()).collect();
    assert!(server.get([127, 0, 0, 1], "/livez").ends_with("alive"));
    let begun = Instant::now();
    thread::scope(|scope| {
        let flood = scope.spawn(|| {
            let mut open = Vec::new();
            while begun.elapsed() < 2 * SECOND {
                open.push(server.connect());
                open.truncate(300);
                thread::sleep(SECOND / 1_000);
            }
        });
        while !flood.is_finished() {
            let (asked, response) = (Instant::now(), server.get([127, 0, 0, 2], "/livez"));
            assert!(response.ends_with("alive") && asked.elapsed() < SECOND, "{response}");
            assert!(server.get([127, 0, 0, 2], "/").starts_with("HTTP/1.1 503"));
        }
    });
    for mut stream in kept {
        stream.set_read_timeout(Some(5 * SECOND)).expect("a socket");
        let read = stream.read(&mut [0; 16]);
        assert!(
            matches!(read, Ok(0))
                || read.is_err_and(|error| error.kind() == std::io::ErrorKind::ConnectionReset)
        );
    }
}
