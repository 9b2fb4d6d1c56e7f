//! What processes use: memory and file descriptors, from `/proc`.

use std::fs;

/// A mebibyte.
pub const MIB: u64 = 1024 * 1024;

/// Returns a number from `/proc/<pid>/status`; `None` if the process has ended or the system does not know the number.
fn status(pid: u32, name: &str) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
    line.trim().trim_end_matches("kB").trim().parse().ok()
}

/// Returns a size of a process in bytes; 0 if the process has ended.
fn status_bytes(pid: u32, name: &str) -> u64 {
    status(pid, name).unwrap_or(0) * 1024
}

/// Returns whether the system may use transparent huge pages for a process.
pub fn may_have_huge_pages(pid: u32) -> bool {
    status(pid, "THP_enabled") != Some(0)
}

/// Returns the resident memory of a process in bytes.
pub fn resident(pid: u32) -> u64 {
    status_bytes(pid, "VmRSS")
}

/// Returns the resident memory of a process in bytes that it shares with no other: of a backend of PostgreSQL without
/// the shared buffers.
pub fn resident_private(pid: u32) -> u64 {
    status_bytes(pid, "RssAnon")
}

/// Returns how many files a process has open.
pub fn open_files(pid: u32) -> usize {
    fs::read_dir(format!("/proc/{pid}/fd")).map_or(0, Iterator::count)
}
