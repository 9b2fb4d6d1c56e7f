//! The encrypted way to the database, as the `sslmode` and `sslrootcert` of its URL want it.

use std::borrow::Cow;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use percent_encoding::percent_decode_str;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::error::{Error, Result};

/// Whose signature under the certificate of the database is trusted.
#[derive(Debug, PartialEq, Eq)]
pub enum Trusted {
    /// Of those whom this machine trusts.
    ByMachine,
    /// Of those in a file of certificates, in PEM.
    InFile(PathBuf),
}

/// The URL of a database without what only this program knows of it, and whom it names as trusted.
///
/// Whether the way is encrypted stays in the URL: `sslmode=require`. The name `verify-full` becomes that, since a
/// certificate is never taken unchecked.
pub fn split(url: &str) -> (Cow<'_, str>, Option<Trusted>) {
    let Some((place, query)) = url.rsplit_once('?') else { return (Cow::Borrowed(url), None) };
    let mut trusted = None;
    let mut known = Vec::new();
    for pair in query.split('&') {
        match pair.split_once('=') {
            Some(("sslrootcert", "system")) => trusted = Some(Trusted::ByMachine),
            Some(("sslrootcert", path)) => {
                let path = percent_decode_str(path).decode_utf8_lossy().into_owned();
                trusted = Some(Trusted::InFile(path.into()));
            }
            Some(("sslmode", "verify-full")) => known.push("sslmode=require"),
            _ => known.push(pair),
        }
    }
    (Cow::Owned(format!("{place}?{}", known.join("&"))), trusted)
}

/// Speaks TLS with a database whose certificate is for the very host of its URL, and signed by who is trusted.
pub fn connector(trusted: &Trusted) -> Result<MakeRustlsConnect> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider);
    let config = config.with_safe_default_protocol_versions().map_err(Error::internal)?;
    let roots = match trusted {
        Trusted::ByMachine => machine(),
        Trusted::InFile(path) => read(path)?,
    };
    let mut config = config.with_root_certificates(roots).with_no_client_auth();
    // Demanded where TLS is spoken from the first byte on.
    config.alpn_protocols = vec![b"postgresql".to_vec()];
    Ok(MakeRustlsConnect::new(config))
}

fn machine() -> RootCertStore {
    let mut roots = RootCertStore::empty();
    // What cannot be read of them is trusted by nobody.
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    roots
}

fn read(path: &Path) -> Result<RootCertStore> {
    let wrong = |why: &str| {
        Error::internal(format!(
            "sslrootcert of the database's URL: {} {why}; it must be a file of certificates in PEM, or system",
            path.display()
        ))
    };
    let mut roots = RootCertStore::empty();
    for certificate in
        CertificateDer::pem_file_iter(path).map_err(|error| wrong(&format!("cannot be read ({error})")))?
    {
        let added = certificate.map_err(|error| error.to_string());
        let added = added.and_then(|found| roots.add(found).map_err(|error| error.to_string()));
        added.map_err(|error| wrong(&format!("holds something else ({error})")))?;
    }
    if roots.is_empty() {
        return Err(wrong("holds none"));
    }
    Ok(roots)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_only_we_know_is_taken_out() {
        for (url, known, trusted) in [
            ("postgres://a@b/c", "postgres://a@b/c", None),
            ("postgres://a@b/c?sslmode=verify-full", "postgres://a@b/c?sslmode=require", None),
            ("postgres://a@b/c?sslmode=prefer&host=d", "postgres://a@b/c?sslmode=prefer&host=d", None),
            (
                "postgres://a:?@b/c?sslrootcert=system&port=1",
                "postgres://a:?@b/c?port=1",
                Some(Trusted::ByMachine),
            ),
            (
                "postgres://a@b/c?sslrootcert=/d%20e+.pem",
                "postgres://a@b/c?",
                Some(Trusted::InFile("/d e+.pem".into())),
            ),
        ] {
            assert_eq!(split(url), (Cow::Borrowed(known), trusted), "{url}");
        }
    }
}
