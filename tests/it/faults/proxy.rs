//! A way to the database that can be cut: a Unix socket in between, which knows a COMMIT when it sees one.

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
    /// COMMIT does not reach the database.
    BeforeCommit,
    /// COMMIT reaches the database, and its answer does not come back.
    AfterCommit,
    /// The next statement, whatever it is, does not reach the database.
    Anywhere,
}

#[derive(Default)]
struct State {
    armed: Mutex<Vec<Cut>>,
    /// Those who are connected, by a number of their own.
    clients: Mutex<HashMap<usize, UnixStream>>,
    cuts: AtomicUsize,
    /// Whether nobody is let through.
    is_away: AtomicBool,
    /// Whether the way is closed as soon as a connection is cut.
    goes_away: AtomicBool,
}

/// The proxy. Its thread ends with the process.
pub struct Proxy {
    folder: PathBuf,
    state: Arc<State>,
}

impl Proxy {
    /// A way to the database of this URL.
    pub fn to(url: &str) -> Self {
        let config: Config = url.parse().expect("a URL");
        let Some(Host::Unix(target)) = config.get_hosts().first() else { panic!("{url} has no socket") };
        let target = target.join(".s.PGSQL.5432");
        // Not in the folder of the tests: the path of a socket must be short.
        let folder = std::env::temp_dir().join(format!("way-{:016x}", rand::random::<u64>()));
        std::fs::create_dir(&folder).expect("a folder");
        let listener = UnixListener::bind(folder.join(".s.PGSQL.5432")).expect("a socket");
        let state = Arc::new(State::default());
        let shared = Arc::clone(&state);
        std::thread::spawn(move || {
            for (number, client) in listener.incoming().flatten().enumerate() {
                let (target, state) = (target.clone(), Arc::clone(&shared));
                state
                    .clients
                    .lock()
                    .expect("a list")
                    .extend(client.try_clone().map(|client| (number, client)));
                std::thread::spawn(move || {
                    // A database that is gone hangs up, and so does this.
                    if !state.is_away.load(Ordering::SeqCst)
                        && let Ok(database) = UnixStream::connect(&target)
                    {
                        let _ = connect(&client, &database, &state);
                    }
                    let _ = client.shutdown(Shutdown::Both);
                    state.clients.lock().expect("a list").remove(&number);
                });
            }
        });
        Self { folder, state }
    }

    /// A URL by this way.
    pub fn url(&self, role: &str, database: &str) -> String {
        format!("postgres://{role}@/{database}?host={}", self.folder.display())
    }

    /// Cuts a connection at the next opportunity.
    pub fn cut(&self, cut: Cut) {
        self.state.armed.lock().expect("a list").push(cut);
    }

    /// Cuts a connection at the next opportunity, and then lets nobody through.
    pub fn cut_and_stay_away(&self, cut: Cut) {
        self.state.goes_away.store(true, Ordering::SeqCst);
        self.cut(cut);
    }

    /// Cuts every connection, and lets nobody through.
    pub fn go_away(&self) {
        self.state.is_away.store(true, Ordering::SeqCst);
        for client in self.state.clients.lock().expect("a list").values() {
            let _ = client.shutdown(Shutdown::Both);
        }
    }

    /// Lets everybody through.
    pub fn come_back(&self) {
        self.state.goes_away.store(false, Ordering::SeqCst);
        self.state.is_away.store(false, Ordering::SeqCst);
    }

    /// Forgets the cuts that have found nothing to cut.
    pub fn disarm(&self) {
        self.state.armed.lock().expect("a list").clear();
    }

    /// How many connections were cut.
    pub fn cuts(&self) -> usize {
        self.state.cuts.load(Ordering::SeqCst)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// Lets one connection through, until one of its ends closes it or it is cut.
fn connect(client: &UnixStream, database: &UnixStream, state: &State) -> io::Result<()> {
    let (mut answers, mut to_client) = (database.try_clone()?, client.try_clone()?);
    let back = std::thread::spawn(move || {
        let _ = io::copy(&mut answers, &mut to_client);
        let _ = to_client.shutdown(Shutdown::Both);
    });
    let forwarded = forward(client, database, state);
    // The database may finish what reached it.
    let _ = database.shutdown(Shutdown::Write);
    let _ = back.join();
    forwarded
}

/// Sends on what a client says, message by message.
fn forward(mut client: &UnixStream, mut database: &UnixStream, state: &State) -> io::Result<()> {
    let mut is_first = true;
    loop {
        let mut head = if is_first { Vec::new() } else { vec![0; 1] };
        client.read_exact(&mut head)?;
        let mut length = [0; 4];
        client.read_exact(&mut length)?;
        let mut body = vec![0; usize::try_from(u32::from_be_bytes(length)).unwrap_or(4).saturating_sub(4)];
        client.read_exact(&mut body)?;
        let is_commit = head == b"Q" && body.starts_with(b"COMMIT");
        let cut = if is_first { None } else { take(state, is_commit) };
        is_first = false;
        match cut {
            Some(Cut::AfterCommit) => {
                // Nothing that the database answers comes back.
                client.shutdown(Shutdown::Both)?;
                database.write_all(&[&head[..], &length, &body].concat())?;
                return Ok(());
            }
            Some(Cut::BeforeCommit | Cut::Anywhere) => return client.shutdown(Shutdown::Both),
            None => database.write_all(&[&head[..], &length, &body].concat())?,
        }
    }
}

/// The cut that is due now, if one is.
fn take(state: &State, is_commit: bool) -> Option<Cut> {
    let mut armed = state.armed.lock().expect("a list");
    let at = armed.iter().position(|cut| is_commit || *cut == Cut::Anywhere)?;
    state.cuts.fetch_add(1, Ordering::SeqCst);
    if state.goes_away.load(Ordering::SeqCst) {
        state.is_away.store(true, Ordering::SeqCst);
    }
    Some(armed.remove(at))
}
