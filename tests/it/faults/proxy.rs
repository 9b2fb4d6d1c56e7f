//! A proxy for PostgreSQL's Unix socket that can cut connections, at a COMMIT or anywhere.

use std::collections::HashMap;
use std::io::{self, Read, Write};
use std::net::Shutdown;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use tokio_postgres::Config;
use tokio_postgres::config::Host;

/// Where a connection is cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cut {
    /// Before COMMIT reaches the database.
    BeforeCommit,
    /// After COMMIT has reached the database, before its response comes back.
    AfterCommit,
    /// Before the next message of any type reaches the database.
    Anywhere,
}

#[derive(Default)]
struct State {
    /// The cuts that wait for an opportunity.
    armed: Mutex<Vec<Cut>>,
    clients: Mutex<HashMap<usize, UnixStream>>,
    cuts: AtomicUsize,
    /// Whether new connections are closed at once.
    is_down: AtomicBool,
    /// Whether the next cut also takes the proxy down.
    goes_down_at_cut: AtomicBool,
}

/// The proxy. Its thread ends with the process.
pub struct Proxy {
    folder: PathBuf,
    state: Arc<State>,
}

impl Proxy {
    /// Starts a proxy for the socket of a database URL.
    pub fn to(url: &str) -> Self {
        let config: Config = url.parse().expect("a URL");
        let Some(Host::Unix(target)) = config.get_hosts().first() else { panic!("{url} has no socket") };
        let target = target.join(".s.PGSQL.5432");
        // In the system's temporary folder, because the path of a socket has a maximum length.
        let folder = std::env::temp_dir().join(format!("proxy-{:016x}", rand::random::<u64>()));
        std::fs::create_dir(&folder).expect("a folder");
        let listener = UnixListener::bind(folder.join(".s.PGSQL.5432")).expect("a socket");
        let state = Arc::new(State::default());
        let shared = Arc::clone(&state);
        std::thread::spawn(move || {
            for (number, client) in listener.incoming().flatten().enumerate() {
                let (target, state) = (target.clone(), Arc::clone(&shared));
                let registered = client.try_clone().map(|client| (number, client));
                state.clients.lock().expect("a list").extend(registered);
                std::thread::spawn(move || {
                    // If the database is unavailable, the client's connection is closed as well.
                    if !state.is_down.load(Ordering::SeqCst)
                        && let Ok(database) = UnixStream::connect(&target)
                    {
                        let _ = relay(&client, &database, &state);
                    }
                    let _ = client.shutdown(Shutdown::Both);
                    state.clients.lock().expect("a list").remove(&number);
                });
            }
        });
        Self { folder, state }
    }

    /// Returns the URL of a database through the proxy.
    pub fn url(&self, role: &str, database: &str) -> String {
        format!("postgres://{role}@/{database}?host={}", self.folder.display())
    }

    /// Cuts a connection at the next opportunity.
    pub fn cut(&self, cut: Cut) {
        self.state.armed.lock().expect("a list").push(cut);
    }

    /// Cuts a connection at the next opportunity, and then rejects all connections until `come_up`.
    pub fn cut_and_go_down(&self, cut: Cut) {
        self.state.goes_down_at_cut.store(true, Ordering::SeqCst);
        self.cut(cut);
    }

    /// Cuts all connections and rejects new ones until `come_up`.
    pub fn go_down(&self) {
        self.state.is_down.store(true, Ordering::SeqCst);
        for client in self.state.clients.lock().expect("a list").values() {
            let _ = client.shutdown(Shutdown::Both);
        }
    }

    /// Accepts connections again.
    pub fn come_up(&self) {
        self.state.goes_down_at_cut.store(false, Ordering::SeqCst);
        self.state.is_down.store(false, Ordering::SeqCst);
    }

    /// Discards the cuts that have not happened yet.
    pub fn disarm(&self) {
        self.state.armed.lock().expect("a list").clear();
    }

    /// Returns how many connections were cut.
    pub fn cuts(&self) -> usize {
        self.state.cuts.load(Ordering::SeqCst)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// Relays one connection in both directions, until one end closes it or it is cut.
fn relay(client: &UnixStream, database: &UnixStream, state: &State) -> io::Result<()> {
    let (mut responses, mut to_client) = (database.try_clone()?, client.try_clone()?);
    let backward = std::thread::spawn(move || {
        let _ = io::copy(&mut responses, &mut to_client);
        let _ = to_client.shutdown(Shutdown::Both);
    });
    let forwarded = forward(client, database, state);
    // The database may finish executing what has reached it.
    let _ = database.shutdown(Shutdown::Write);
    let _ = backward.join();
    forwarded
}

/// Forwards the client's protocol messages one by one.
fn forward(mut client: &UnixStream, mut database: &UnixStream, state: &State) -> io::Result<()> {
    // Only the first message, the startup packet, has no type byte.
    let mut is_startup = true;
    loop {
        let mut message_type = if is_startup { Vec::new() } else { vec![0; 1] };
        client.read_exact(&mut message_type)?;
        let mut length = [0; 4];
        client.read_exact(&mut length)?;
        let mut body = vec![0; usize::try_from(u32::from_be_bytes(length)).unwrap_or(4).saturating_sub(4)];
        client.read_exact(&mut body)?;
        let message = [&message_type[..], &length, &body].concat();
        let is_commit = message_type == b"Q" && body.starts_with(b"COMMIT");
        let cut = if is_startup { None } else { take_cut(state, is_commit) };
        is_startup = false;
        match cut {
            Some(Cut::AfterCommit) => {
                // The client disconnects before the database can respond.
                client.shutdown(Shutdown::Both)?;
                return database.write_all(&message);
            }
            Some(Cut::BeforeCommit | Cut::Anywhere) => return client.shutdown(Shutdown::Both),
            None => database.write_all(&message)?,
        }
    }
}

/// Takes the first armed cut that applies to a message.
fn take_cut(state: &State, is_commit: bool) -> Option<Cut> {
    let mut armed = state.armed.lock().expect("a list");
    let at = armed.iter().position(|cut| is_commit || *cut == Cut::Anywhere)?;
    state.cuts.fetch_add(1, Ordering::SeqCst);
    if state.goes_down_at_cut.load(Ordering::SeqCst) {
        state.is_down.store(true, Ordering::SeqCst);
    }
    Some(armed.remove(at))
}
