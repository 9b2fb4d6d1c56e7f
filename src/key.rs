//! The keys of tokens: the configured ones, or a local one for trying things out.

use std::fs;
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;

use crate::access::token::Tokens;
use crate::access::token::keys::PublicKeys;
use crate::cli::Settings;
use crate::error::{Error, Result};

/// 32 bytes in hexadecimal.
const KEY_LENGTH: usize = 64;

/// The tokens that this installation takes, and whether they are signed with a local key.
pub async fn tokens(settings: &Settings) -> Result<(Tokens, bool)> {
    let Some(source) = &settings.auth_jwks else { return signing(settings) };
    let of_ours = settings.auth_hs256_secret.is_some().then(|| signing(settings)).transpose()?;
    let (issuer, audience) = (settings.auth_issuer.clone(), settings.auth_audience.clone());
    if issuer.is_none() || audience.is_none() {
        tracing::warn!(
            "set AUTH_ISSUER and AUTH_AUDIENCE beside AUTH_JWKS: without them its keys let in what is meant for others, too"
        );
    }
    let public = PublicKeys::open(source).await?;
    let tokens = match of_ours {
        Some((tokens, _)) => tokens.or_of_others(public),
        None => Tokens::of_others(public, issuer, audience).for_at_most(settings.auth_token_ttl_max),
    };
    Ok((tokens, false))
}

/// The tokens that this installation can sign, and whether that is with a local key.
pub fn signing(settings: &Settings) -> Result<(Tokens, bool)> {
    let (issuer, audience) = (settings.auth_issuer.clone(), settings.auth_audience.clone());
    let ttl_max = settings.auth_token_ttl_max;
    if let Some(secret) = &settings.auth_hs256_secret {
        return Ok((Tokens::new(secret.as_bytes(), issuer, audience)?.for_at_most(ttl_max), false));
    }
    if settings.auth_jwks.is_some() {
        return Err(Error::bad_input(
            "AUTH_HS256_SECRET",
            "must be set to make tokens: the keys of AUTH_JWKS are public, they check tokens and sign none",
        ));
    }
    if issuer.is_some() || audience.is_some() {
        return Err(Error::bad_input(
            "AUTH_HS256_SECRET or AUTH_JWKS",
            "must be set when AUTH_ISSUER or AUTH_AUDIENCE is",
        ));
    }
    if !settings.listen_addr.ip().is_loopback() {
        return Err(Error::bad_input(
            "AUTH_HS256_SECRET or AUTH_JWKS",
            format!("must be set to listen on {}, which others can reach", settings.listen_addr),
        ));
    }
    let key = local_key(&settings.data_dir)?;
    Ok((Tokens::new(key.as_bytes(), None, None)?.for_at_most(ttl_max), true))
}

/// The local key of a data folder, made when it is first asked for.
fn local_key(data_dir: &Path) -> Result<String> {
    let path = data_dir.join("local-key");
    let failed = |error: std::io::Error| Error::internal(format!("{}: {error}", path.display()));
    match fs::read_to_string(&path) {
        Ok(key) if key.len() == KEY_LENGTH => return Ok(key),
        Ok(_) => {
            let advice =
                "is damaged; delete it, and a new one is made, with which all tokens must be made anew";
            return Err(Error::internal(format!("{} {advice}", path.display())));
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
        Err(error) => return Err(failed(error)),
    }
    fs::DirBuilder::new().recursive(true).mode(0o700).create(data_dir).map_err(failed)?;
    let key: String = rand::random::<[u8; 32]>().iter().map(|byte| format!("{byte:02x}")).collect();
    // Under another name first, and never over an existing one: two programs that start at once agree on one key.
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
