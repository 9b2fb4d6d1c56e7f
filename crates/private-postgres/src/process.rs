//! The processes of a server.

use std::fs;
use std::path::Path;
use std::process::Command;

use nix::sys::signal::{Signal, kill, killpg};
use nix::unistd::Pid;

use super::cluster_dir::ClusterDir;

/// Kills a server with its guard and all of its processes, even if they are stopped or hang.
pub fn kill_server(server: Option<Pid>, guard: Option<Pid>) {
    // Each process of PostgreSQL leads a group of its own. One that is stopped would outlive the server, and a new server
    // does not start while a process of the old one exists. Stopped, the server starts no more of them.
    let children = server.into_iter().flat_map(|server| {
        let _ = kill(server, Signal::SIGSTOP);
        children_of(server)
    });
    for process in children.collect::<Vec<_>>().into_iter().chain(server) {
        let _ = kill(process, Signal::SIGKILL);
    }
    if let Some(guard) = guard {
        let _ = killpg(guard, Signal::SIGKILL);
    }
}

/// Returns the processes that a process has started.
fn children_of(parent: Pid) -> Vec<Pid> {
    let process = |(pid, of): (i32, i32)| (of == parent.as_raw()).then(|| Pid::from_raw(pid));
    if Path::new("/proc/self/stat").exists() {
        let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
        let pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
        return pids.filter_map(|pid: i32| Some((pid, parent_of(pid)?))).filter_map(process).collect();
    }
    let output = Command::new("ps").args(["-A", "-o", "pid=,ppid="]).output();
    let text = output.map(|output| String::from_utf8_lossy(&output.stdout).into_owned()).unwrap_or_default();
    let pair = |line: &str| {
        let mut numbers = line.split_whitespace().map(str::parse);
        Some((numbers.next()?.ok()?, numbers.next()?.ok()?))
    };
    text.lines().filter_map(pair).filter_map(process).collect()
}

/// Returns the parent of a process: the second field after the name of its program, which is in parentheses.
fn parent_of(pid: i32) -> Option<i32> {
    let status = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    status.rsplit_once(')')?.1.split_whitespace().nth(1)?.parse().ok()
}

/// Returns the process id of a server that runs on the cluster. `postmaster.pid` may be older than the last boot and
/// name a process that is something else by now.
pub fn running_server(directory: &ClusterDir) -> Option<Pid> {
    let text = fs::read_to_string(directory.data().join("postmaster.pid")).ok()?;
    let pid: i32 = text.lines().next()?.trim().parse().ok().filter(|pid| *pid > 1)?;
    let serves = match command_of(pid) {
        Some(command) => command.contains(&*directory.data().to_string_lossy()),
        // Unknown: waiting in vain is better than starting a second server on the same files.
        None => kill(Pid::from_raw(pid), None).is_ok(),
    };
    serves.then(|| Pid::from_raw(pid))
}

/// Returns the command line of a process, empty if there is no such process; `None` if it cannot be read.
fn command_of(pid: i32) -> Option<String> {
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    if Path::new("/proc/self/cmdline").exists() {
        return Some(fs::read(format!("/proc/{pid}/cmdline")).map(text).unwrap_or_default());
    }
    let output = Command::new("ps").args(["-o", "args=", "-p", &pid.to_string()]).output().ok()?;
    Some(text(output.stdout))
}
