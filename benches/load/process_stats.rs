//! CPU time and memory of processes, from Linux's `/proc`.

use std::fs;

/// Linux counts CPU time in ticks.
const TICKS_PER_SECOND: f64 = 100.0;

/// The fields of `/proc/<pid>/stat` that are used here.
pub struct Stat {
    pub parent: u32,
    /// CPU time of the process itself.
    pub cpu_seconds: f64,
    /// CPU time of its children that have ended.
    pub ended_children_cpu_seconds: f64,
}

/// Returns the statistics of a process, unless it has ended.
pub fn stat(pid: u32) -> Option<Stat> {
    let text = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let fields: Vec<&str> = text.rsplit_once(") ")?.1.split(' ').collect();
    let seconds = |first: usize| {
        let ticks: f64 = [first, first + 1].iter().filter_map(|n| fields.get(*n)?.parse::<f64>().ok()).sum();
        ticks / TICKS_PER_SECOND
    };
    Some(Stat {
        parent: fields.get(1)?.parse().ok()?,
        cpu_seconds: seconds(11),
        ended_children_cpu_seconds: seconds(13),
    })
}

/// Returns the ids of all processes.
pub fn all_processes() -> Vec<u32> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect()
}

/// Returns the resident memory of a process, in MiB.
pub fn resident_memory(pid: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kibibytes = line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<u64>().ok());
    kibibytes.unwrap_or_default() / 1_024
}
