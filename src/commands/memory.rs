//! The memory that a server needs at most, and the limit that the system sets it.

use std::fs;
use std::path::Path;

use super::settings::{DATABASE_CONNECTIONS_MAX, Settings, WorkerMode};
use crate::domain::db::diagnostics::Check;
use crate::graphql::request::{document, persisted_documents};
use crate::http;
use crate::worker;

const MIB: usize = 1024 * 1024;
/// The program itself, its schema and its threads.
const PROGRAM: usize = 64 * MIB;
/// A connection to the database: its buffers, and the statements that it keeps prepared.
const DATABASE_CONNECTION: usize = 2 * MIB;
/// A job: the body of a webhook, its copy in the request, and the buffers of a TLS connection.
const JOB: usize = 256 * 1024;

/// Makes the system use no transparent huge pages for this process and those that it starts.
///
/// The allocator asks for them for its whole reserve (MADV_HUGEPAGE), and many systems use them for every process. A page
/// of 2 MiB then holds a few blocks of 64 KiB in use, and what is free between them cannot be returned: the system keeps
/// what it has split off until memory is short, and its daemon (khugepaged) joins half-empty pages to huge ones again. Under
/// a mixed load, a server whose live objects took 3 MiB had 35 to 57 MiB of memory with huge pages, and 16 to 25 without.
pub fn disable_huge_pages() {
    #[cfg(target_os = "linux")]
    if let Err(error) = nix::sys::prctl::set_thp_disable(true) {
        tracing::warn!(%error, "cannot disable transparent huge pages; the server will use more memory");
    }
}

/// Returns the parts of the memory that a server needs at most, in bytes. Each is bounded by a setting or a constant.
fn parts(settings: &Settings) -> [(&'static str, usize); 6] {
    let jobs = if settings.worker == WorkerMode::On { worker::JOBS_MAX } else { 0 };
    [
        ("program", PROGRAM),
        ("requests", settings.limits.memory_bytes()),
        ("connections", settings.limit_connections.saturating_mul(http::CONNECTION_BYTES_MAX)),
        ("caches", document::CACHE_BYTES + persisted_documents::CACHE_BYTES + http::CALLERS_BYTES_MAX),
        ("database", database_connections(settings) * DATABASE_CONNECTION),
        ("jobs", jobs * JOB),
    ]
}

/// Returns the connections to the database that a server opens at most: its pool, those of downloads, of the readiness probe
/// and of its worker.
pub fn database_connections(settings: &Settings) -> usize {
    let worker = if settings.worker == WorkerMode::On { worker::CONNECTIONS } else { 0 };
    DATABASE_CONNECTIONS_MAX + http::DOWNLOADS_MAX + 1 + worker
}

/// Returns the memory that a server needs at most, in bytes, with a quarter more for what the allocator keeps.
fn bound(settings: &Settings) -> usize {
    let sum = parts(settings).iter().fold(0_usize, |sum, (_, bytes)| sum.saturating_add(*bytes));
    sum.saturating_add(sum / 4)
}

/// Returns a text with the memory that a server needs at most: its sum and its parts.
pub fn description(settings: &Settings) -> String {
    let parts = parts(settings).map(|(name, bytes)| format!("{name} {}", bytes / MIB));
    format!("at most {} MiB of memory ({}, and a quarter more)", bound(settings) / MIB, parts.join(", "))
}

/// Compares the memory that a server needs at most with the limit of the system: of its control group, or its RAM.
pub fn check(settings: &Settings) -> Check {
    let needed = description(settings);
    match limit() {
        Some(limit) if limit < bound(settings) => {
            let advice = "lower LIMIT_MEMORY_MIB and LIMIT_CONNECTIONS, or allow more";
            let limit = limit / MIB;
            Check::warning("memory", format!("a server needs {needed}; {limit} MiB are allowed: {advice}"))
        }
        Some(limit) => {
            Check::ok("memory", format!("a server needs {needed}; {} MiB are allowed", limit / MIB))
        }
        None => Check::ok("memory", format!("a server needs {needed}")),
    }
}

/// Returns the memory that this process may use, in bytes; `None` if the system does not tell.
fn limit() -> Option<usize> {
    let groups = fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
    let limits = groups.lines().flat_map(|line| {
        // `0::/path` for version 2, `4:memory:/path` for version 1.
        let mut fields = line.splitn(3, ':').skip(1);
        let (controllers, path) = (fields.next().unwrap_or_default(), fields.next().unwrap_or_default());
        let (root, file) = match controllers {
            "" => ("/sys/fs/cgroup", "memory.max"),
            "memory" => ("/sys/fs/cgroup/memory", "memory.limit_in_bytes"),
            _ => return Vec::new(),
        };
        let group = Path::new(root).join(path.trim_start_matches('/'));
        // The limits of all groups above apply as well. Within a container, the path may be that of the host.
        group
            .ancestors()
            .take_while(|folder| folder.starts_with(root))
            .filter_map(|folder| number(&folder.join(file)))
            .collect()
    });
    limits.chain(ram()).min()
}

/// Returns the number in a file; `None` if there is none, as in `max`.
fn number(file: &Path) -> Option<usize> {
    fs::read_to_string(file).ok()?.trim().parse().ok()
}

/// Returns the RAM of the machine, in bytes.
fn ram() -> Option<usize> {
    let text = fs::read_to_string("/proc/meminfo").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    line.trim().strip_suffix(" kB")?.trim().parse::<usize>().ok()?.checked_mul(1_024)
}
