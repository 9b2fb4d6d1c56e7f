//! The keys that tokens are signed and verified with: the configured ones, or a local key for development.

use std::fs;
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;

use super::settings::Settings;
use crate::auth::token::jwks::PublicKeys;
use crate::auth::token::jwt::JwtKeys;
use crate::primitives::error::{Error, Result};

/// The length of the local key: 32 bytes in hexadecimal.
const KEY_LENGTH: usize = 64;

/// The keys of an installation, and their origin.
pub struct InstalledKeys {
    /// The keys.
    pub keys: JwtKeys,
    /// Where they come from.
    pub origin: KeyOrigin,
}

/// The origin of the keys of an installation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyOrigin {
    /// The settings.
    Configured,
    /// The data folder: for development on this machine.
    LocalDev,
}

/// Returns the keys that verify the tokens of this installation.
pub async fn verifier(settings: &Settings) -> Result<InstalledKeys> {
    let Some(source) = &settings.auth_jwks else { return signer(settings) };
    let secret = settings.auth_hs256_secret.is_some().then(|| signer(settings)).transpose()?;
    let (issuer, audience) = (settings.auth_issuer.clone(), settings.auth_audience.clone());
    if issuer.is_none() || audience.is_none() {
        tracing::warn!(
            "AUTH_JWKS without AUTH_ISSUER and AUTH_AUDIENCE accepts tokens meant for other services; set both"
        );
    }
    let jwks = PublicKeys::open(source).await?;
    let keys = match secret {
        Some(secret) => secret.keys.and_jwks(jwks),
        None => JwtKeys::from_jwks(jwks, issuer, audience).with_ttl_max(settings.auth_token_ttl_max),
    };
    Ok(InstalledKeys { keys, origin: KeyOrigin::Configured })
}

/// Returns the keys that this installation can sign tokens with.
pub fn signer(settings: &Settings) -> Result<InstalledKeys> {
    let (issuer, audience) = (settings.auth_issuer.clone(), settings.auth_audience.clone());
    let ttl_max = settings.auth_token_ttl_max;
    if let Some(secret) = &settings.auth_hs256_secret {
        let keys = JwtKeys::with_secret(secret.as_bytes(), issuer, audience)?.with_ttl_max(ttl_max);
        return Ok(InstalledKeys { keys, origin: KeyOrigin::Configured });
    }
    if settings.auth_jwks.is_some() {
        return Err(Error::bad_input(
            "AUTH_HS256_SECRET",
            "must be set to sign tokens: the keys of AUTH_JWKS are public and can only verify them",
        ));
    }
    if issuer.is_some() || audience.is_some() {
        return Err(Error::bad_input(
            "AUTH_HS256_SECRET or AUTH_JWKS",
            "must be set if AUTH_ISSUER or AUTH_AUDIENCE is",
        ));
    }
    if !settings.listen_addr.ip().is_loopback() {
        return Err(Error::bad_input(
            "AUTH_HS256_SECRET or AUTH_JWKS",
            format!("must be set to listen on {}, which other machines can reach", settings.listen_addr),
        ));
    }
    let key = local_key(&settings.data_dir)?;
    let keys = JwtKeys::with_secret(key.as_bytes(), None, None)?.with_ttl_max(ttl_max);
    Ok(InstalledKeys { keys, origin: KeyOrigin::LocalDev })
}

/// Returns the local key of the data folder; creates it if there is none.
fn local_key(data_dir: &Path) -> Result<String> {
    let path = data_dir.join("local-key");
    let failed = |error: std::io::Error| Error::internal(format!("{}: {error}", path.display()));
    match fs::read_to_string(&path) {
        Ok(key) if key.len() == KEY_LENGTH => return Ok(key),
        Ok(_) => {
            let advice = "is damaged; delete it, and a new key is created. Tokens signed with the old one become invalid";
            return Err(Error::internal(format!("{} {advice}", path.display())));
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
        Err(error) => return Err(failed(error)),
    }
    fs::DirBuilder::new().recursive(true).mode(0o700).create(data_dir).map_err(failed)?;
    let key: String = rand::random::<[u8; 32]>().iter().map(|byte| format!("{byte:02x}")).collect();
    // Written under another name and linked, which never replaces a file: concurrent processes agree on one key.
    let unfinished = data_dir.join(format!("local-key.{}", std::process::id()));
    let written =
        fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&unfinished);
    written
        .and_then(|mut file| file.write_all(key.as_bytes()).and_then(|()| file.sync_all()))
        .map_err(failed)?;
    let linked = fs::hard_link(&unfinished, &path);
    let _ = fs::remove_file(&unfinished);
    match linked {
        Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => Err(failed(error)),
        Ok(()) | Err(_) => fs::read_to_string(&path).map_err(failed),
    }
}
