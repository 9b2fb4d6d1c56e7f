//! A database over TLS: whoever cannot show a certificate for the host of its URL is not spoken to.

use std::net::Ipv4Addr;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::path::{Path, PathBuf};

use nix::sys::signal::Signal;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};

use super::database::Database;
use super::states::refusal;
use crate::support::{Folder, Program, output_text};

const HOST: &str = "db.example";

/// Somebody who signs certificates.
fn issuer() -> CertifiedIssuer<'static, KeyPair> {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(params, KeyPair::generate().expect("a key")).expect("an issuer")
}

/// A file of the folder, with such a text.
fn file(folder: &Folder, name: &str, text: &str) -> PathBuf {
    std::fs::create_dir_all(&folder.0).expect("a folder");
    let path = folder.0.join(name);
    std::fs::write(&path, text).expect("a file");
    path
}

/// Has a database speak TLS with a certificate of that issuer, and let in nobody without it who comes over the network.
fn encrypt(database: &Database, issuer: &CertifiedIssuer<'static, KeyPair>) {
    let key = KeyPair::generate().expect("a key");
    let params = CertificateParams::new([HOST.to_owned()]).expect("a name");
    let certificate = params.signed_by(&key, issuer).expect("a certificate");
    let data = database.data();
    let owner = data.metadata().expect("a folder");
    for (name, text) in [("server.crt", certificate.pem()), ("server.key", key.serialize_pem())] {
        let path = data.join(name);
        std::fs::write(&path, text).expect("a file");
        std::fs::set_permissions(&path, PermissionsExt::from_mode(0o600)).expect("rights");
        chown(&path, Some(owner.uid()), Some(owner.gid())).expect("an owner");
    }
    database.rows("ALTER SYSTEM SET ssl = on").expect("TLS");
    let rules = "hostssl all all 127.0.0.0/8 scram-sha-256\nhostnossl all all 127.0.0.0/8 reject";
    database.must_show_password("right", rules);
}

#[test]
fn a_database_over_tls_must_show_a_certificate_for_its_host() {
    // No other listens there: the port is the same for all.
    let [.., a, b] = std::process::id().to_be_bytes();
    let address = Ipv4Addr::new(127, 77, a, b);
    let database = Database::start_with(&[&format!("listen_addresses={address}")]);
    let (issuer, stranger) = (issuer(), issuer());
    encrypt(&database, &issuer);
    let folder = Folder::new();
    let (known, unknown) =
        (file(&folder, "known.pem", &issuer.pem()), file(&folder, "unknown.pem", &stranger.pem()));
    let no_pem = file(&folder, "no.pem", "hush");
    let url = |host: &str, how: &str| {
        format!("postgres://revshare_app:right@{host}/revshare?hostaddr={address}&{how}")
    };
    let signed_by = |path: &Path| format!("sslmode=verify-full&sslrootcert={}", path.display());

    for (url, word) in [
        (url("another.example", &signed_by(&known)), "must name the host of its URL in its subjectAltName"),
        (url(HOST, &signed_by(&unknown)), "signed by who is in the file sslrootcert"),
        (url(HOST, "sslmode=verify-full"), "by whom this machine trusts"),
        (url(HOST, "sslmode=require&sslrootcert=system"), "by whom this machine trusts"),
        (url(HOST, &signed_by(Path::new("/nowhere"))), "/nowhere cannot be read"),
        (url(HOST, &signed_by(&no_pem)), "holds none"),
        (url(HOST, &format!("sslrootcert={}", known.display())), "counts beside sslmode=verify-full"),
        (url(HOST, "sslmode=verify-ca"), "of sslmode, "),
        (url(HOST, "sslmode=disable"), "lets nobody in without TLS: add sslmode=verify-full"),
        (url(HOST, ""), "lets nobody in without TLS: add sslmode=verify-full"),
        (
            url(HOST, &signed_by(&known)).replace(":right@", ":hush@"),
            "put role and password in its URL right",
        ),
        (format!("{}&sslmode=verify-full", database.urls().serving), "does not support TLS"),
    ] {
        let text = refusal(&folder, &url);
        assert!(text.contains(word) && !text.contains("hush"), "{url}: {text}");
    }

    // The password is bound to the very connection, so that nobody between can have used it.
    let right = url(HOST, &format!("{}&channel_binding=require", signed_by(&known)));
    let mut command = folder.command(&["serve"]);
    command.env("DATABASE_URL", &right).env("MIGRATION_DATABASE_URL", &database.urls().owner);
    let server = Program::start_with(&mut command);
    assert!(server.get("/readyz").starts_with("HTTP/1.1 200 "));
    let serving = "SELECT bool_and(ssl), count(*) > 0 FROM pg_stat_ssl NATURAL JOIN pg_stat_activity
        WHERE usename = 'revshare_app'";
    assert_eq!(database.rows(serving).expect("connections"), [["t", "t"]]);
    let mut command = folder.command(&["doctor"]);
    command.env("DATABASE_URL", &right).env("MIGRATION_DATABASE_URL", &database.urls().owner);
    let doctor = command.output().expect("a program");
    assert!(doctor.status.success() && output_text(&doctor).contains("over TLSv1.3"), "{}", output_text(&doctor));
    assert!(server.signal(Signal::SIGTERM).success());
}

#[test]
fn the_doctor_doubts_a_database_that_is_spoken_to_in_the_clear() {
    let [.., a, b] = std::process::id().to_be_bytes();
    // An address that its client, 127.0.0.1, does not have: another machine, for all that PostgreSQL knows.
    let address = Ipv4Addr::new(127, 78, a, b);
    let database = Database::start_with(&[&format!("listen_addresses={address}")]);
    database.must_show_password("right", "host all all 127.0.0.0/8 scram-sha-256");
    let folder = Folder::new();
    let mut command = folder.command(&["doctor"]);
    command.env("DATABASE_URL", format!("postgres://revshare_app:right@{address}/revshare"));
    let doctor = command.env("MIGRATION_DATABASE_URL", &database.urls().owner).output().expect("a program");
    let text = output_text(&doctor);
    assert!(text.contains("doubtful  database") && text.contains("add sslmode=verify-full"), "{text}");
}
