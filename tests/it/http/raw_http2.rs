//! A client of HTTP/2 that sends single frames, as no library would.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

pub const DATA: u8 = 0;
pub const HEADERS: u8 = 1;
pub const PRIORITY: u8 = 2;
pub const RST_STREAM: u8 = 3;
pub const SETTINGS: u8 = 4;
pub const PING: u8 = 6;
pub const GOAWAY: u8 = 7;
pub const WINDOW_UPDATE: u8 = 8;
pub const CONTINUATION: u8 = 9;

pub const END_STREAM: u8 = 1;
pub const END_HEADERS: u8 = 4;

/// The connection preface of HTTP/2.
pub const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// Returns a frame.
pub fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).expect("a small payload").to_be_bytes();
    let mut bytes = vec![length[1], length[2], length[3], kind, flags];
    bytes.extend(stream.to_be_bytes());
    bytes.extend(payload);
    bytes
}

/// Returns the preface with settings, as (identifier, value).
pub fn preface(settings: &[(u16, u32)]) -> Vec<u8> {
    let bytes = |(id, value): &(u16, u32)| [&id.to_be_bytes()[..], &value.to_be_bytes()[..]].concat();
    let payload: Vec<u8> = settings.iter().flat_map(bytes).collect();
    [PREFACE, &frame(SETTINGS, 0, 0, &payload)].concat()
}

fn literal(text: &str) -> Vec<u8> {
    let length = u8::try_from(text.len()).ok().filter(|length| *length < 127).expect("a short text");
    [&[length], text.as_bytes()].concat()
}

/// Returns a block of headers (HPACK without compression) of a request without body.
pub fn head(method: &str, path: &str, others: usize) -> Vec<u8> {
    // Indexed names of the static table: :authority 1, :method 2, :path 4; indexed field: :scheme http 6.
    let mut block = vec![0x86, 0x01];
    block.extend(literal("x"));
    block.push(0x02);
    block.extend(literal(method));
    block.push(0x04);
    block.extend(literal(path));
    for number in 0..others {
        block.push(0x00);
        block.extend(literal(&format!("x{number}")));
        block.extend(literal("1"));
    }
    block
}

/// Returns a GET request.
pub fn get(stream: u32, path: &str) -> Vec<u8> {
    frame(HEADERS, END_STREAM | END_HEADERS, stream, &head("GET", path, 0))
}

/// Reads until the connection is closed or `time` has passed without a byte; returns the kinds of the frames, and whether
/// it was closed.
pub fn read_frames(stream: &mut TcpStream, time: Duration) -> (Vec<u8>, bool) {
    stream.set_read_timeout(Some(time)).expect("a socket");
    let mut kinds = Vec::new();
    loop {
        let mut header = [0; 9];
        if let Err(error) = stream.read_exact(&mut header) {
            return (kinds, error.kind() != std::io::ErrorKind::WouldBlock);
        }
        kinds.push(header[3]);
        let length = u32::from_be_bytes([0, header[0], header[1], header[2]]);
        let mut payload = vec![0; usize::try_from(length).expect("a length")];
        if stream.read_exact(&mut payload).is_err() {
            return (kinds, true);
        }
    }
}

/// Sends bytes; returns false if the connection is closed.
pub fn send(stream: &mut TcpStream, bytes: &[u8]) -> bool {
    stream.write_all(bytes).is_ok()
}
