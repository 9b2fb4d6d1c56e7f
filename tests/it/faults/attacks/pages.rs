//! Attacks on what needs no token: the pages, the health checks, the metrics, and how to sign in.

use std::io::Write;
use std::net::Ipv4Addr;
use std::path::Path;
use std::thread;
use std::time::Duration;

use super::client::{connect, get, is_open, send_once};
use super::target::Target;
use super::trial::Trial;
use crate::support::built_pages;

/// Requires the portal, which a debug build reads from its folder; returns the paths of the scripts of its page.
fn scripts(target: &Target) -> Vec<String> {
    if !Path::new(env!("CARGO_MANIFEST_DIR")).join("portal/dist/index.html").exists() {
        built_pages();
    }
    let mut scripts = Vec::new();
    for page in ["/", "/graphiql"] {
        let page = send_once(target.address, &get(page, "")).expect("a page");
        let html = String::from_utf8_lossy(&page.body).into_owned();
        let paths = html.split('"').filter(|text| text.starts_with("/assets/") && text.ends_with(".js"));
        scripts.extend(paths.map(str::to_owned));
    }
    assert!(!scripts.is_empty(), "the portal has no scripts");
    scripts
}

/// Returns the path of the largest script, which is that of the editor.
fn largest_script(target: &Target) -> String {
    scripts(target);
    let assets = Path::new(env!("CARGO_MANIFEST_DIR")).join("portal/dist/assets");
    let files = std::fs::read_dir(assets).expect("a folder").flatten();
    let scripts = files.filter(|file| file.path().extension().is_some_and(|extension| extension == "js"));
    let largest = scripts.max_by_key(|file| file.metadata().map_or(0, |metadata| metadata.len()));
    format!("/assets/{}", largest.expect("a script").file_name().to_string_lossy())
}

#[test]
fn compressed_scripts_cost_the_server_little() {
    let target = Target::start();
    let scripts = scripts(&target);
    let outcomes = Trial::of(&target, 10).run(|attacker| {
        let encoding = ["br", "gzip", "br, gzip", "gzip;q=0.1, br;q=0.5"][attacker.number % 4];
        let header = format!("Accept-Encoding: {encoding}\r\n");
        attacker.repeat(|turn| get(&scripts[turn % scripts.len()], &header));
    });
    assert!(outcomes.contains_key("200"), "{outcomes:?}");
}

#[test]
fn scripts_that_nobody_reads_use_little_memory() {
    let target = Target::start_with(&[("LIMIT_ARRIVAL_SECONDS", "2")]);
    let script = largest_script(&target);
    Trial::of(&target, 8).run(|attacker| {
        let from = Ipv4Addr::new(127, 0, 1, u8::try_from(attacker.number + 1).expect("a byte"));
        let mut connections = Vec::new();
        while attacker.continues() {
            // A debug build reads the 2.8 MB from the folder for each request; a release build contains them once.
            if connections.len() < 5
                && let Ok(mut stream) = connect(target.address, from, Some(4_096))
            {
                let sent = stream.write_all(&get(&script, ""));
                attacker.count(if sent.is_ok() { "sent" } else { "not sent" }, 1);
                connections.push(stream);
                continue;
            }
            thread::sleep(Duration::from_millis(20));
        }
        let open = connections.iter_mut().filter_map(|stream| is_open(stream).then_some(()));
        attacker.count("open at the end", open.count());
    });
}

#[test]
fn health_checks_and_sign_in_options_cost_the_server_little() {
    let target = Target::start();
    let outcomes = Trial::of(&target, 20).run(|attacker| {
        let paths = ["/readyz", "/sign-in/options", "/health", "/metrics", "/nowhere"];
        attacker.repeat(|_| get(paths[attacker.number % paths.len()], ""));
    });
    assert!(
        outcomes.keys().all(|outcome| !outcome.starts_with('5') || outcome.starts_with("503")),
        "{outcomes:?}"
    );
}
