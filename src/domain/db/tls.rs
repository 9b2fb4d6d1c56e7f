//! TLS to the database, as `sslmode` and `sslrootcert` of its URL configure it.

use std::borrow::Cow;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use percent_encoding::percent_decode_str;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::primitives::error::{Error, Result};

/// The certificates that the certificate of the database must be signed by.
#[derive(Debug, PartialEq, Eq)]
pub enum TrustAnchors {
    /// The certificate authorities that this machine trusts.
    System,
    /// The certificates in a PEM file.
    File(PathBuf),
}

/// Splits the URL of a database into the part that tokio-postgres understands and the trust anchors.
///
/// `sslmode=verify-full` becomes `require`, which tokio-postgres knows: certificates are always verified.
pub fn split(url: &str) -> (Cow<'_, str>, Option<TrustAnchors>) {
    let Some((base, query)) = url.rsplit_once('?') else { return (Cow::Borrowed(url), None) };
    let mut trust_anchors = None;
    let mut parameters = Vec::new();
    for parameter in query.split('&') {
        match parameter.split_once('=') {
            Some(("sslrootcert", "system")) => trust_anchors = Some(TrustAnchors::System),
            Some(("sslrootcert", path)) => {
                let path = percent_decode_str(path).decode_utf8_lossy().into_owned();
                trust_anchors = Some(TrustAnchors::File(path.into()));
            }
            Some(("sslmode", "verify-full")) => parameters.push("sslmode=require"),
            _ => parameters.push(parameter),
        }
    }
    (Cow::Owned(format!("{base}?{}", parameters.join("&"))), trust_anchors)
}

/// Returns a connector that verifies the certificate of the database and its host name; reads files.
pub fn connector(trust_anchors: &TrustAnchors) -> Result<MakeRustlsConnect> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider);
    let config = config.with_safe_default_protocol_versions().map_err(Error::internal)?;
    let roots = match trust_anchors {
        TrustAnchors::System => system_roots(),
        TrustAnchors::File(path) => roots_in_file(path)?,
    };
    let mut config = config.with_root_certificates(roots).with_no_client_auth();
    // Required by servers for direct TLS negotiation (PostgreSQL 17).
    config.alpn_protocols = vec![b"postgresql".to_vec()];
    Ok(MakeRustlsConnect::new(config))
}

fn system_roots() -> RootCertStore {
    let mut roots = RootCertStore::empty();
    // Certificates that cannot be parsed are not trusted.
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    roots
}

fn roots_in_file(path: &Path) -> Result<RootCertStore> {
    let invalid = |reason: &str| {
        Error::internal(format!(
            "sslrootcert of the database's URL: {} {reason}; it must be a PEM file of certificates, or system",
            path.display()
        ))
    };
    let mut roots = RootCertStore::empty();
    let certificates =
        CertificateDer::pem_file_iter(path).map_err(|error| invalid(&format!("cannot be read ({error})")))?;
    for certificate in certificates {
        let added = certificate.map_err(|error| error.to_string());
        let added = added.and_then(|certificate| roots.add(certificate).map_err(|error| error.to_string()));
        added.map_err(|error| invalid(&format!("contains an invalid certificate ({error})")))?;
    }
    if roots.is_empty() {
        return Err(invalid("contains no certificate"));
    }
    Ok(roots)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_url_is_split_into_what_tokio_postgres_understands_and_the_trust_anchors() {
        for (url, base, trust_anchors) in [
            ("postgres://a@b/c", "postgres://a@b/c", None),
            ("postgres://a@b/c?sslmode=verify-full", "postgres://a@b/c?sslmode=require", None),
            ("postgres://a@b/c?sslmode=prefer&host=d", "postgres://a@b/c?sslmode=prefer&host=d", None),
            (
                "postgres://a:?@b/c?sslrootcert=system&port=1",
                "postgres://a:?@b/c?port=1",
                Some(TrustAnchors::System),
            ),
            (
                "postgres://a@b/c?sslrootcert=/d%20e+.pem",
                "postgres://a@b/c?",
                Some(TrustAnchors::File("/d e+.pem".into())),
            ),
        ] {
            assert_eq!(split(url), (Cow::Borrowed(base), trust_anchors), "{url}");
        }
    }
}
