//! Secrets that the program must be able to read again, such as those that webhooks are signed with: sealed at rest.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::hmac;
use ring::rand::{SecureRandom, SystemRandom};
use sha2::{Digest, Sha256};

use crate::primitives::error::{Error, Result};

/// The length of a key, in bytes.
pub const KEY_BYTES: usize = 32;
/// The first byte of a sealed secret: the format.
const FORMAT: u8 = 1;
/// The length of the id of a key: the beginning of its SHA-256.
const KEY_ID_BYTES: usize = 8;

/// Where a sealed secret is stored: it cannot be opened in another place.
#[derive(Clone, Copy, Debug)]
pub struct SecretPlace<'a> {
    /// The tenant.
    pub tenant: &'a str,
    /// The table and the column, as in `webhook_endpoints.sealed_secret`.
    pub column: &'static str,
    /// The id of the row.
    pub row: uuid::Uuid,
}

impl SecretPlace<'_> {
    fn bytes(&self) -> Vec<u8> {
        // The length first: no two places have the same bytes.
        let mut bytes = self.tenant.len().to_be_bytes().to_vec();
        bytes.extend_from_slice(self.tenant.as_bytes());
        bytes.extend_from_slice(self.column.as_bytes());
        bytes.extend_from_slice(self.row.as_bytes());
        bytes
    }
}

/// The keys that secrets are sealed with: ChaCha20-Poly1305, one key for new secrets, and one more that only opens.
pub struct SecretKeys {
    current: SealingKey,
    previous: Option<SealingKey>,
    random: SystemRandom,
}

struct SealingKey {
    id: [u8; KEY_ID_BYTES],
    key: LessSafeKey,
    /// The key that those of signatures are derived from.
    signing: hmac::Key,
}

impl SealingKey {
    fn new(bytes: &[u8; KEY_BYTES]) -> Result<Self> {
        let key =
            UnboundKey::new(&CHACHA20_POLY1305, bytes).map_err(|_| Error::internal("a key is invalid"))?;
        let mut id = [0; KEY_ID_BYTES];
        id.copy_from_slice(Sha256::digest(bytes).get(..KEY_ID_BYTES).unwrap_or_default());
        Ok(Self { id, key: LessSafeKey::new(key), signing: derived(bytes, "signatures") })
    }

    fn signing_key(&self, purpose: &str) -> hmac::Key {
        hmac::Key::new(hmac::HMAC_SHA256, hmac::sign(&self.signing, purpose.as_bytes()).as_ref())
    }
}

/// Derives a key from another one, for a use of its own.
fn derived(bytes: &[u8], purpose: &str) -> hmac::Key {
    let key = hmac::Key::new(hmac::HMAC_SHA256, bytes);
    hmac::Key::new(hmac::HMAC_SHA256, hmac::sign(&key, purpose.as_bytes()).as_ref())
}

impl SecretKeys {
    /// Returns the keys with these bytes.
    pub fn new(current: &[u8; KEY_BYTES], previous: Option<&[u8; KEY_BYTES]>) -> Result<Self> {
        Ok(Self {
            current: SealingKey::new(current)?,
            previous: previous.map(SealingKey::new).transpose()?,
            random: SystemRandom::new(),
        })
    }

    /// Parses a key: 32 bytes in base64, as `openssl rand -base64 32` prints them.
    pub fn parse(name: &str, text: &str) -> Result<[u8; KEY_BYTES]> {
        let bytes = STANDARD.decode(text.trim()).ok().and_then(|bytes| bytes.try_into().ok());
        bytes.ok_or_else(|| {
            Error::internal(format!(
                "{name} must be 32 bytes in base64; make one with: openssl rand -base64 32"
            ))
        })
    }

    /// Returns random bytes.
    pub fn random<const N: usize>(&self) -> Result<[u8; N]> {
        let mut bytes = [0; N];
        self.random.fill(&mut bytes).map_err(|_| Error::internal("no random numbers are to be had"))?;
        Ok(bytes)
    }

    /// Returns the signature over bytes (HMAC-SHA256), by a key that is derived for the purpose.
    pub fn sign(&self, purpose: &str, bytes: &[u8]) -> hmac::Tag {
        hmac::sign(&self.current.signing_key(purpose), bytes)
    }

    /// Returns whether one of the keys has signed bytes for the purpose. Takes the same time whether it has or not.
    pub fn has_signed(&self, purpose: &str, bytes: &[u8], tag: &[u8]) -> bool {
        let keys = [Some(&self.current), self.previous.as_ref()].into_iter().flatten();
        keys.fold(false, |found, key| found | hmac::verify(&key.signing_key(purpose), bytes, tag).is_ok())
    }

    /// Seals a secret for its place.
    pub fn seal(&self, secret: &[u8], place: SecretPlace<'_>) -> Result<Vec<u8>> {
        let nonce: [u8; NONCE_LEN] = self.random()?;
        let mut sealed = secret.to_vec();
        self.current
            .key
            .seal_in_place_append_tag(
                Nonce::assume_unique_for_key(nonce),
                Aad::from(place.bytes()),
                &mut sealed,
            )
            .map_err(|_| Error::internal("a secret cannot be sealed"))?;
        let mut stored = vec![FORMAT];
        stored.extend_from_slice(&self.current.id);
        stored.extend_from_slice(&nonce);
        stored.extend_from_slice(&sealed);
        Ok(stored)
    }

    /// Opens a secret that was sealed for this place; fails if it was sealed with another key, or was moved or changed.
    pub fn open(&self, stored: &[u8], place: SecretPlace<'_>) -> Result<Vec<u8>> {
        let malformed = || Error::internal("a sealed secret is damaged");
        let (format, rest) = stored.split_first().ok_or_else(malformed)?;
        let (id, rest) = rest.split_at_checked(KEY_ID_BYTES).ok_or_else(malformed)?;
        let (nonce, sealed) = rest.split_at_checked(NONCE_LEN).ok_or_else(malformed)?;
        if *format != FORMAT {
            return Err(malformed());
        }
        let keys = [Some(&self.current), self.previous.as_ref()];
        let key = keys.into_iter().flatten().find(|key| key.id == id).ok_or_else(|| {
            Error::internal(
                "a secret was sealed with another key; set SECRETS_KEY, or SECRETS_KEY_PREVIOUS, to that key",
            )
        })?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| malformed())?;
        let mut secret = sealed.to_vec();
        let length = key
            .key
            .open_in_place(nonce, Aad::from(place.bytes()), &mut secret)
            .map_err(|_| malformed())?
            .len();
        secret.truncate(length);
        Ok(secret)
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn place(tenant: &str) -> SecretPlace<'_> {
        SecretPlace { tenant, column: "webhook_endpoints.sealed_secret", row: Uuid::nil() }
    }

    #[test]
    fn a_secret_opens_only_in_its_place_and_with_its_key() -> Result<()> {
        let (one, two) = (SecretKeys::new(&[1; 32], None)?, SecretKeys::new(&[2; 32], Some(&[1; 32]))?);
        let sealed = one.seal(b"whsec", place("acme"))?;
        assert_eq!(one.open(&sealed, place("acme"))?, b"whsec");
        assert_eq!(two.open(&sealed, place("acme"))?, b"whsec", "the previous key opens");
        assert!(one.open(&sealed, place("acme2")).is_err());
        let elsewhere = SecretPlace { row: Uuid::max(), ..place("acme") };
        assert!(one.open(&sealed, elsewhere).is_err());
        assert!(SecretKeys::new(&[3; 32], None)?.open(&sealed, place("acme")).is_err());
        for changed in 0..sealed.len() {
            let mut damaged = sealed.clone();
            if let Some(byte) = damaged.get_mut(changed) {
                *byte ^= 1;
            }
            assert!(one.open(&damaged, place("acme")).is_err(), "byte {changed}");
        }
        assert_ne!(one.seal(b"whsec", place("acme"))?, sealed, "each has a nonce of its own");
        Ok(())
    }

    #[test]
    fn a_key_is_32_bytes_in_base64() {
        assert!(SecretKeys::parse("SECRETS_KEY", "AAAA").is_err());
        assert!(SecretKeys::parse("SECRETS_KEY", &STANDARD.encode([7; 32])).is_ok());
    }
}
