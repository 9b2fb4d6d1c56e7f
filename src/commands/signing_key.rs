//! The keys that tokens are signed and verified with: the configured ones, or a local key for development.

use super::local_file;
use super::settings::Settings;
use crate::auth::token::jwks::PublicKeys;
use crate::auth::token::jwt::JwtKeys;
use crate::primitives::error::{Error, Result};

/// The file of the data folder with the local key.
const LOCAL_KEY: &str = "local-key";

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
    let key =
        local_file::secret(&settings.data_dir, LOCAL_KEY, "Tokens signed with the old one become invalid")?;
    let keys = JwtKeys::with_secret(key.as_bytes(), None, None)?.with_ttl_max(ttl_max);
    Ok(InstalledKeys { keys, origin: KeyOrigin::LocalDev })
}
