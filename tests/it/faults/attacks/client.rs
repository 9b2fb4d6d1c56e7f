//! A client of HTTP/1.1 over a raw socket: what it sends, from which address, and how slowly it reads is up to the test.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use socket2::{Domain, Socket, Type};

/// How long a client waits for a response.
const RESPONSE_TIMEOUT: Duration = Duration::from_secs(10);
/// How often a waiting client checks whether it has to stop.
const POLL_INTERVAL: Duration = Duration::from_millis(100);

/// The address of the clients that are no part of an attack.
pub const LOCALHOST: Ipv4Addr = Ipv4Addr::LOCALHOST;

/// Returns a POST request to `/graphql` with this token and body, and with further header lines that end in CRLF.
pub fn post(token: &str, headers: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    format!(
        "POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nAuthorization: Bearer {token}\r\n\
         {headers}Content-Length: {length}\r\n\r\n{body}"
    )
    .into_bytes()
}

/// Returns a POST request of a document and its variables.
pub fn query(token: &str, document: &str, variables: &Value) -> Vec<u8> {
    post(token, "", &json!({ "query": document, "variables": variables }).to_string())
}

/// Returns a GET request with further header lines that end in CRLF.
pub fn get(path: &str, headers: &str) -> Vec<u8> {
    format!("GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{headers}\r\n").into_bytes()
}

/// Connects from an address of the loopback network, with a receive buffer of this many bytes or of the usual size.
pub fn connect(server: SocketAddr, from: Ipv4Addr, receive_buffer: Option<usize>) -> io::Result<TcpStream> {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
    if let Some(bytes) = receive_buffer {
        socket.set_recv_buffer_size(bytes)?;
    }
    socket.bind(&SocketAddr::from((from, 0)).into())?;
    socket.connect_timeout(&server.into(), RESPONSE_TIMEOUT)?;
    let stream = TcpStream::from(socket);
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(POLL_INTERVAL))?;
    stream.set_write_timeout(Some(Duration::from_secs(2)))?;
    Ok(stream)
}

/// A response.
#[derive(Debug)]
pub struct Response {
    pub status: u16,
    /// The body; with its chunk sizes, if it is chunked.
    pub body: Vec<u8>,
    /// Whether the server closes the connection afterwards.
    pub is_last: bool,
}

impl Response {
    /// Returns the status, and the code of the first error if there is one: `429 LIMIT_EXCEEDED`.
    pub fn outcome(&self) -> String {
        let body = String::from_utf8_lossy(&self.body[..self.body.len().min(20_000)]);
        let code = body.split_once("\"code\":\"").and_then(|(_, rest)| rest.split('"').next());
        code.map_or_else(|| self.status.to_string(), |code| format!("{} {code}", self.status))
    }

    /// Returns the body as JSON, null if it is none.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }
}

/// Sends a request on a new connection and returns the response.
pub fn send_once(server: SocketAddr, request: &[u8]) -> io::Result<Response> {
    exchange(&mut connect(server, LOCALHOST, None)?, request, &|| false)
}

/// Sends a request and reads the response, until `is_over`.
pub fn exchange(stream: &mut TcpStream, request: &[u8], is_over: &dyn Fn() -> bool) -> io::Result<Response> {
    let sent = stream.write_all(request);
    // A server that rejects a body responds before it has read all of it.
    let response = read_response(stream, is_over)?;
    Ok(Response { is_last: response.is_last || sent.is_err(), ..response })
}

/// Reads a response.
fn read_response(stream: &mut TcpStream, is_over: &dyn Fn() -> bool) -> io::Result<Response> {
    let (begun, mut received, mut part) = (Instant::now(), Vec::new(), vec![0; 64 * 1024]);
    let mut head = None;
    loop {
        match stream.read(&mut part) {
            Ok(0) => return Err(ErrorKind::UnexpectedEof.into()),
            Ok(count) => received.extend_from_slice(&part[..count]),
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                if is_over() || begun.elapsed() > RESPONSE_TIMEOUT {
                    return Err(ErrorKind::TimedOut.into());
                }
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
        head = head.or_else(|| Head::parse(&received));
        if let Some(head) = head.as_ref().filter(|head| head.is_complete(&received)) {
            let body = received.split_off(head.length);
            return Ok(Response { status: head.status, body, is_last: head.is_last });
        }
    }
}

/// The head of a response.
struct Head {
    status: u16,
    /// The bytes of the head.
    length: usize,
    /// The bytes of the body; `None` if it is chunked.
    body_length: Option<usize>,
    is_last: bool,
}

impl Head {
    fn parse(received: &[u8]) -> Option<Self> {
        let length = received.windows(4).position(|window| window == b"\r\n\r\n")? + 4;
        let text = String::from_utf8_lossy(&received[..length]).to_ascii_lowercase();
        let header = |name: &str| text.lines().find_map(|line| line.strip_prefix(name)).map(str::trim);
        let is_chunked = header("transfer-encoding:") == Some("chunked");
        let body_length = header("content-length:").and_then(|length| length.parse().ok());
        Some(Self {
            status: text.split(' ').nth(1)?.parse().ok()?,
            length,
            body_length: if is_chunked { None } else { Some(body_length.unwrap_or(0)) },
            is_last: header("connection:") == Some("close"),
        })
    }

    fn is_complete(&self, received: &[u8]) -> bool {
        match self.body_length {
            Some(body) => received.len() >= self.length + body,
            None => received.ends_with(b"0\r\n\r\n"),
        }
    }
}

/// Discards what has arrived; returns whether the connection is still open.
pub fn is_open(stream: &mut TcpStream) -> bool {
    let mut part = [0; 4_096];
    if stream.set_nonblocking(true).is_err() {
        return false;
    }
    let is_open = loop {
        match stream.read(&mut part) {
            Ok(0) => break false,
            Ok(_) => {}
            Err(error) => break error.kind() == ErrorKind::WouldBlock,
        }
    };
    stream.set_nonblocking(false).is_ok() && is_open
}

/// Returns whether the server has closed a connection of which the client reads nothing.
pub fn is_closed_unread(stream: &mut TcpStream) -> bool {
    // The end of a connection could only be read after all that came before it; a reset fails what is written next.
    let has_failed = !matches!(stream.take_error(), Ok(None));
    has_failed
        || stream.set_nonblocking(true).is_err()
        || stream.write(b"\r\n").is_err_and(|error| error.kind() != ErrorKind::WouldBlock)
}
