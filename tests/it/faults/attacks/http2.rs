//! A client of HTTP/2 (RFC 9113) that does what a library would not: it opens requests without end, never reads, or
//! resets what it has just opened. It does not decode the responses; it counts them.

use std::collections::BTreeMap;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::time::Duration;

use super::client::connect;
use super::target::Target;

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const PING: u8 = 6;
const GOAWAY: u8 = 7;
const WINDOW_UPDATE: u8 = 8;

const END_STREAM: u8 = 1;
const ACK: u8 = 1;
const END_HEADERS: u8 = 4;

const SETTINGS_MAX_CONCURRENT_STREAMS: u16 = 3;
const SETTINGS_INITIAL_WINDOW_SIZE: u16 = 4;
/// The initial flow-control window of connections and streams.
const WINDOW: i64 = 65_535;
/// The largest frame that every server accepts.
const FRAME_BYTES_MAX: usize = 16_384;

/// Returns a frame.
pub fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).expect("a short frame").to_be_bytes();
    [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

/// Returns what a connection starts with: the preface, and the size of the window that the server gets for each response.
pub fn opening(response_window: u32) -> Vec<u8> {
    let setting = [&SETTINGS_INITIAL_WINDOW_SIZE.to_be_bytes()[..], &response_window.to_be_bytes()].concat();
    [PREFACE, &frame(SETTINGS, 0, 0, &setting)].concat()
}

/// Returns a PING frame.
pub fn ping() -> Vec<u8> {
    frame(PING, 0, 0, b"attacker")
}

/// Encodes a header without compression (RFC 7541, 6.2.2).
fn encode_header(block: &mut Vec<u8>, name: &str, value: &str) {
    block.push(0);
    for text in [name, value] {
        // The length has a prefix of seven bits (RFC 7541, 5.1).
        match u8::try_from(text.len()) {
            Ok(length) if length < 127 => block.push(length),
            _ => {
                block.push(127);
                let mut rest = text.len() - 127;
                while rest >= 128 {
                    block.push(u8::try_from(rest % 128).expect("seven bits") | 128);
                    rest /= 128;
                }
                block.push(u8::try_from(rest).expect("seven bits"));
            }
        }
        block.extend_from_slice(text.as_bytes());
    }
}

/// A connection.
pub struct Http2 {
    stream: TcpStream,
    received: Vec<u8>,
    next_stream: u32,
    /// How many bytes of bodies the server accepts at present, over all streams.
    window: i64,
    initial_window: i64,
    /// The open streams, with how many bytes of their bodies the server accepts at present.
    streams: BTreeMap<u32, i64>,
    /// How many requests the server accepts at a time, once it has announced that.
    streams_max: usize,
    /// How many streams the server has reset.
    pub resets: usize,
    /// How many responses the server has completed.
    pub responses: usize,
    pub is_closed: bool,
}

impl Http2 {
    /// Connects, and grants the server this window for each response.
    pub fn connect(target: &Target, from: Ipv4Addr, response_window: u32) -> io::Result<Self> {
        let mut stream = connect(target.address, from, None)?;
        stream.write_all(&opening(response_window))?;
        let mut connection = Self {
            stream,
            received: Vec::new(),
            next_stream: 1,
            window: WINDOW,
            initial_window: WINDOW,
            streams: BTreeMap::new(),
            streams_max: 100,
            resets: 0,
            responses: 0,
            is_closed: false,
        };
        // The server's settings: how many requests it accepts.
        connection.receive(Duration::from_millis(200));
        Ok(connection)
    }

    /// Returns how many more requests the server accepts at present, of at most this many at a time.
    pub fn vacancies(&self, at_a_time: usize) -> usize {
        at_a_time.min(self.streams_max).saturating_sub(self.streams.len())
    }

    /// Opens a request to `/graphql`, with a token or without; its body follows.
    pub fn open_post(&mut self, token: Option<&str>) -> u32 {
        let authorization = token.map(|token| format!("Bearer {token}"));
        let mut headers =
            vec![(":method", "POST"), (":path", "/graphql"), ("content-type", "application/json")];
        headers.extend(authorization.as_deref().map(|value| ("authorization", value)));
        self.open(&headers, 0)
    }

    /// Opens a GET request that is complete.
    pub fn open_get(&mut self, path: &str, token: Option<&str>) -> u32 {
        let authorization = token.map(|token| format!("Bearer {token}"));
        let mut headers = vec![(":method", "GET"), (":path", path)];
        headers.extend(authorization.as_deref().map(|value| ("authorization", value)));
        self.open(&headers, END_STREAM)
    }

    fn open(&mut self, headers: &[(&str, &str)], flags: u8) -> u32 {
        let mut block = Vec::new();
        for (name, value) in [(":scheme", "http"), (":authority", "x")].iter().chain(headers) {
            encode_header(&mut block, name, value);
        }
        let stream = self.next_stream;
        self.next_stream += 2;
        self.streams.insert(stream, self.initial_window);
        self.write(&frame(HEADERS, END_HEADERS | flags, stream, &block));
        stream
    }

    /// Sends as much of a body as the server accepts at present; returns how many bytes that were.
    pub fn send_body(&mut self, stream: u32, body: &[u8], is_end: bool) -> usize {
        let Some(window) = self.streams.get(&stream) else { return body.len() };
        let allowed = usize::try_from(self.window.min(*window).max(0)).unwrap_or(0);
        let length = body.len().min(allowed).min(FRAME_BYTES_MAX);
        if length == 0 && !body.is_empty() {
            return 0;
        }
        let flags = if is_end && length == body.len() { END_STREAM } else { 0 };
        let bytes = i64::try_from(length).expect("a length");
        self.window -= bytes;
        self.streams.entry(stream).and_modify(|window| *window -= bytes);
        self.write(&frame(DATA, flags, stream, &body[..length]));
        length
    }

    /// Cancels a request.
    pub fn reset(&mut self, stream: u32) {
        const CANCEL: u32 = 8;
        self.streams.remove(&stream);
        self.write(&frame(RST_STREAM, 0, stream, &CANCEL.to_be_bytes()));
    }

    /// Sends frames as they are.
    pub fn write(&mut self, bytes: &[u8]) {
        self.is_closed |= self.stream.write_all(bytes).is_err();
    }

    /// Returns the streams that the server has neither answered nor reset.
    pub fn open_streams(&self) -> Vec<u32> {
        self.streams.keys().copied().collect()
    }

    /// Handles the frames that arrive within this time.
    pub fn receive(&mut self, wait: Duration) {
        let mut part = vec![0; 64 * 1024];
        let _ = self.stream.set_read_timeout(Some(wait));
        match self.stream.read(&mut part) {
            Ok(0) => self.is_closed = true,
            Ok(count) => self.received.extend_from_slice(&part[..count]),
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {}
            Err(_) => self.is_closed = true,
        }
        while let Some(head) = self.received.first_chunk::<9>() {
            let length = usize::from(head[0]) << 16 | usize::from(head[1]) << 8 | usize::from(head[2]);
            let (kind, flags) = (head[3], head[4]);
            let stream = u32::from_be_bytes([head[5] & 127, head[6], head[7], head[8]]);
            if self.received.len() < 9 + length {
                break;
            }
            let payload: Vec<u8> = self.received.drain(..9 + length).skip(9).collect();
            self.handle(kind, flags, stream, &payload);
        }
    }

    fn handle(&mut self, kind: u8, flags: u8, stream: u32, payload: &[u8]) {
        let number =
            |bytes: &[u8]| bytes.first_chunk().map_or(0, |bytes| i64::from(u32::from_be_bytes(*bytes)));
        match kind {
            DATA | HEADERS if flags & END_STREAM != 0 => {
                self.responses += usize::from(self.streams.remove(&stream).is_some());
            }
            RST_STREAM => self.resets += usize::from(self.streams.remove(&stream).is_some()),
            SETTINGS if flags & ACK == 0 => {
                for setting in payload.chunks_exact(6) {
                    if setting[..2] == SETTINGS_MAX_CONCURRENT_STREAMS.to_be_bytes() {
                        self.streams_max = usize::try_from(number(&setting[2..])).expect("a number");
                    }
                    if setting[..2] == SETTINGS_INITIAL_WINDOW_SIZE.to_be_bytes() {
                        let change = number(&setting[2..]) - self.initial_window;
                        self.initial_window += change;
                        self.streams.values_mut().for_each(|window| *window += change);
                    }
                }
                self.write(&frame(SETTINGS, ACK, 0, &[]));
            }
            WINDOW_UPDATE if stream == 0 => self.window += number(payload),
            WINDOW_UPDATE => {
                self.streams.entry(stream).and_modify(|window| *window += number(payload));
            }
            GOAWAY => self.is_closed = true,
            _ => {}
        }
    }
}
