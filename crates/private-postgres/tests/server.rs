//! Starting and stopping a private PostgreSQL. `tests/it` has the tests of a whole program that is killed.

#![expect(clippy::expect_used, reason = "a test panics with the reason")]

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use diesel_async::{AsyncConnection, AsyncPgConnection, SimpleAsyncConnection};
use private_postgres::{Server, Started, THROWAWAY, start};

/// A data folder, removed when dropped.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        let name = format!("private-postgres-{:016x}", rand::random::<u64>());
        Self(Path::new(env!("CARGO_TARGET_TMPDIR")).join(name))
    }

    async fn start(&self) -> Box<Server> {
        match start(&self.0, THROWAWAY).await {
            Ok(Started::Started(server)) => server,
            Ok(Started::AlreadyRunning { lease, .. }) => {
                panic!("process {} runs a server here", lease.process)
            }
            Err(error) => panic!("{error}"),
        }
    }

    fn socket(&self) -> PathBuf {
        let path = fs::read_to_string(self.0.join("socket-folder")).expect("the path of the socket's folder");
        Path::new(&path).join(".s.PGSQL.5432")
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // Some of its folders can be elsewhere: if the path is too long, or unreachable for the server's account.
        let pointers = ["socket-folder", "postgres-folder"].map(|name| fs::read_to_string(self.0.join(name)));
        for folder in pointers.into_iter().flatten().map(PathBuf::from).chain([self.0.clone()]) {
            let _ = fs::remove_dir_all(folder);
        }
    }
}

async fn execute(url: &str, sql: &str) {
    let mut connection = AsyncPgConnection::establish(url).await.expect("a connection");
    connection.batch_execute(sql).await.unwrap_or_else(|error| panic!("{sql}: {error}"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_start_finds_the_running_server_until_it_is_stopped() {
    let folder = Folder::new();
    let server = folder.start().await;
    let second = start(&folder.0, THROWAWAY).await.unwrap_or_else(|error| panic!("{error}"));
    let Started::AlreadyRunning { urls, lease } = second else { panic!("a second server was started") };
    assert_eq!(lease.process, std::process::id().to_string());
    execute(&urls.serving, "SELECT 1").await;
    drop(lease);
    server.stop();
    assert!(!folder.socket().exists(), "PostgreSQL is still running");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_server_ends_with_its_process_and_the_next_one_finds_its_data() {
    let folder = Folder::new();
    let server = folder.start().await;
    execute(&server.urls().owner, "CREATE TABLE t (n integer); GRANT SELECT ON t TO revshare_app").await;
    assert!(folder.socket().exists());
    // Closes the standard input of the guard, as the system does if this process is killed.
    drop(server);
    let dropped = Instant::now();
    while folder.socket().exists() {
        assert!(dropped.elapsed() < Duration::from_secs(30), "PostgreSQL is still running");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }

    let server = folder.start().await;
    execute(&server.urls().serving, "SELECT n FROM t").await;
    server.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_start_waits_for_a_server_that_stops_and_a_stop_for_those_who_use_it() {
    let folder = Folder::new();
    let server = folder.start().await;
    let second = start(&folder.0, THROWAWAY).await.unwrap_or_else(|error| panic!("{error}"));
    let Started::AlreadyRunning { urls, lease } = second else { panic!("a second server was started") };
    let stopping = tokio::task::spawn_blocking(move || server.stop());
    tokio::time::sleep(Duration::from_millis(300)).await;
    execute(&urls.owner, "CREATE TABLE used (n integer)").await;
    // The server stops as soon as it is not used; a command that starts meanwhile gets a server of its own.
    let third = folder.start();
    drop(lease);
    let third = third.await;
    stopping.await.expect("a stopped server");
    execute(&third.urls().owner, "SELECT n FROM used").await;
    third.stop();
}
