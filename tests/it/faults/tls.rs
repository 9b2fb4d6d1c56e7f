//! TLS between the server and its database: a certificate must be valid for the host of the URL.

use std::net::Ipv4Addr;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::path::{Path, PathBuf};

use nix::sys::signal::Signal;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};

use super::database::Database;
use super::startup::startup_error;
use crate::support::{Folder, Program, output_text};

const HOST: &str = "db.example";

type CertificateAuthority = CertifiedIssuer<'static, KeyPair>;

fn certificate_authority() -> CertificateAuthority {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(params, KeyPair::generate().expect("a key")).expect("an authority")
}

/// Returns a loopback address of this process, so that concurrent test processes can use the same port.
fn own_address(second_octet: u8) -> Ipv4Addr {
    let [.., a, b] = std::process::id().to_be_bytes();
    Ipv4Addr::new(127, second_octet, a, b)
}

fn write_file(folder: &Folder, name: &str, text: &str) -> PathBuf {
    std::fs::create_dir_all(&folder.0).expect("a folder");
    let path = folder.0.join(name);
    std::fs::write(&path, text).expect("a file");
    path
}

/// Gives a database a certificate for `HOST`, and makes it reject connections over the network without TLS.
fn require_tls(database: &Database, authority: &CertificateAuthority) {
    let key = KeyPair::generate().expect("a key");
    let params = CertificateParams::new([HOST.to_owned()]).expect("a name");
    let certificate = params.signed_by(&key, authority).expect("a certificate");
    let data = database.data_folder();
    let owner = data.metadata().expect("a folder");
    for (name, text) in [("server.crt", certificate.pem()), ("server.key", key.serialize_pem())] {
        let path = data.join(name);
        std::fs::write(&path, text).expect("a file");
        std::fs::set_permissions(&path, PermissionsExt::from_mode(0o600)).expect("permissions");
        chown(&path, Some(owner.uid()), Some(owner.gid())).expect("an owner");
    }
    database.query("ALTER SYSTEM SET ssl = on").expect("TLS");
    let rules = "hostssl all all 127.0.0.0/8 scram-sha-256\nhostnossl all all 127.0.0.0/8 reject";
    database.require_password("right", rules);
}

fn verify_full(root_certificate: &Path) -> String {
    format!("sslmode=verify-full&sslrootcert={}", root_certificate.display())
}

#[test]
fn a_database_must_present_a_certificate_for_the_host_of_its_url() {
    let address = own_address(77);
    let database = Database::start_with(&[&format!("listen_addresses={address}")]);
    let (authority, other_authority) = (certificate_authority(), certificate_authority());
    require_tls(&database, &authority);
    let folder = Folder::new();
    let trusted = write_file(&folder, "trusted.pem", &authority.pem());
    let untrusted = write_file(&folder, "untrusted.pem", &other_authority.pem());
    let not_pem = write_file(&folder, "not.pem", "hush");
    let url = |host: &str, parameters: &str| {
        format!("postgres://revshare_app:right@{host}/revshare?hostaddr={address}&{parameters}")
    };
    for (url, explanation) in [
        (
            url("another.example", &verify_full(&trusted)),
            "must name the host of the URL in its subjectAltName",
        ),
        (url(HOST, &verify_full(&untrusted)), "signed by a certificate in the file of sslrootcert"),
        (url(HOST, "sslmode=verify-full"), "by an authority that this machine trusts"),
        (url(HOST, "sslmode=require&sslrootcert=system"), "by an authority that this machine trusts"),
        (url(HOST, &verify_full(Path::new("/nowhere"))), "/nowhere cannot be read"),
        (url(HOST, &verify_full(&not_pem)), "contains no certificate"),
        (url(HOST, &format!("sslrootcert={}", trusted.display())), "needs sslmode=verify-full"),
        (url(HOST, "sslmode=verify-ca"), "sslmode can be"),
        (url(HOST, "sslmode=disable"), "requires TLS: add sslmode=verify-full"),
        (url(HOST, ""), "requires TLS: add sslmode=verify-full"),
        (
            url(HOST, &verify_full(&trusted)).replace(":right@", ":hush@"),
            "correct the role and the password in its URL",
        ),
        (format!("{}&sslmode=verify-full", database.urls().serving), "does not support TLS"),
    ] {
        let text = startup_error(&folder, &url);
        assert!(text.contains(explanation) && !text.contains("hush"), "{url}: {text}");
    }

    // Channel binding ties the password to this TLS session, so that a relayed one is rejected.
    let mut urls = database.urls().clone();
    urls.serving = url(HOST, &format!("{}&channel_binding=require", verify_full(&trusted)));
    let server = Program::start_with(&mut folder.command_for(&urls, &["serve"]));
    assert!(server.get("/readyz").starts_with("HTTP/1.1 200 "));
    let connections = "SELECT bool_and(ssl), count(*) > 0 FROM pg_stat_ssl NATURAL JOIN pg_stat_activity
        WHERE usename = 'revshare_app'";
    assert_eq!(database.query(connections).expect("connections"), [["t", "t"]]);
    let doctor = folder.command_for(&urls, &["doctor"]).output().expect("a program");
    let text = output_text(&doctor);
    assert!(doctor.status.success() && text.contains("over TLSv1.3"), "{text}");
    assert!(server.signal(Signal::SIGTERM).success());
}

#[test]
fn doctor_warns_about_an_unencrypted_connection_to_another_machine() {
    // The client connects from 127.0.0.1, so that PostgreSQL considers it another machine.
    let address = own_address(78);
    let database = Database::start_with(&[&format!("listen_addresses={address}")]);
    database.require_password("right", "host all all 127.0.0.0/8 scram-sha-256");
    let mut urls = database.urls().clone();
    urls.serving = format!("postgres://revshare_app:right@{address}/revshare");
    let doctor = Folder::new().command_for(&urls, &["doctor"]).output().expect("a program");
    let text = output_text(&doctor);
    assert!(text.contains("warn   database") && text.contains("add sslmode=verify-full"), "{text}");
}
