//! What processes use: memory and file descriptors, from `/proc`.

use std::fs;

/// A mebibyte.
pub const MIB: u64 = 1024 * 1024;

/// Returns a size of a process in bytes, by its name in `/proc/<pid>/status`; 0 if the process has ended.
fn status_bytes(pid: u32, name: &str) -> u64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default();
    let kilobytes = line.trim_start_matches(':').trim().trim_end_matches("kB").trim();
    kilobytes.parse::<u64>().unwrap_or(0) * 1024
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
