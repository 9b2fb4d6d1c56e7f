//! Secrets that a development machine makes for itself, in files of the data folder.

use std::fs;
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;

use crate::primitives::error::{Error, Result};

/// The length of a secret: 32 bytes in hexadecimal.
const SECRET_LENGTH: usize = 64;

/// Returns the secret in a file of the data folder; creates it if there is none. `loss` says what is lost with it.
pub fn secret(data_dir: &Path, name: &str, loss: &str) -> Result<String> {
    let path = data_dir.join(name);
    let failed = |error: std::io::Error| Error::internal(format!("{}: {error}", path.display()));
    match fs::read_to_string(&path) {
        Ok(secret) if secret.len() == SECRET_LENGTH => return Ok(secret),
        Ok(_) => {
            let advice = format!("is damaged; delete it, and a new key is created. {loss}");
            return Err(Error::internal(format!("{} {advice}", path.display())));
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
        Err(error) => return Err(failed(error)),
    }
    fs::DirBuilder::new().recursive(true).mode(0o700).create(data_dir).map_err(failed)?;
    let secret: String = rand::random::<[u8; 32]>().iter().map(|byte| format!("{byte:02x}")).collect();
    // Written under another name and linked, which never replaces a file: concurrent processes agree on one secret.
    let unfinished = data_dir.join(format!("{name}.{}", std::process::id()));
    let written =
        fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&unfinished);
    written
        .and_then(|mut file| file.write_all(secret.as_bytes()).and_then(|()| file.sync_all()))
        .map_err(failed)?;
    let linked = fs::hard_link(&unfinished, &path);
    let _ = fs::remove_file(&unfinished);
    match linked {
        Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => Err(failed(error)),
        Ok(()) | Err(_) => fs::read_to_string(&path).map_err(failed),
    }
}
