//! The opaque tokens of services: `rvs_<tenant>.<id>.<secret>`, with the tenant and the 256 random bits of the secret in
//! base64url.
//!
//! The token contains the tenant, so that it is looked up among the tokens of that tenant only. The prefix lets secret
//! scanners recognize it.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use uuid::Uuid;

use crate::primitives::id::{ServiceTokenId, TenantId};

const PREFIX: &str = "rvs_";
/// The longest token in bytes; a tenant id has at most 255.
const LENGTH_MAX: usize = 512;

/// A service token with its secret. Neither `Debug` nor `Display`, so that it does not end up in a log.
pub struct ServiceTokenSecret {
    tenant: TenantId,
    id: ServiceTokenId,
    secret: [u8; 32],
}

impl ServiceTokenSecret {
    /// Returns whether a bearer token has the form of a service token.
    pub fn has_prefix(text: &str) -> bool {
        text.starts_with(PREFIX)
    }

    /// Generates a token for a tenant.
    pub fn new(tenant: TenantId) -> Self {
        Self { tenant, id: ServiceTokenId::new(), secret: rand::random() }
    }

    /// Parses a token; `None` if it is malformed.
    pub fn parse(text: &str) -> Option<Self> {
        let parts = text.strip_prefix(PREFIX).filter(|_| text.len() <= LENGTH_MAX)?;
        let mut parts = parts.split('.');
        let (tenant, id, secret) = (parts.next()?, parts.next()?, parts.next()?);
        let tenant = String::from_utf8(URL_SAFE_NO_PAD.decode(tenant).ok()?).ok()?;
        let id = ServiceTokenId(Uuid::try_parse(id).ok()?);
        let secret = URL_SAFE_NO_PAD.decode(secret).ok()?.try_into().ok()?;
        let token = Self { tenant: TenantId(tenant), id, secret };
        // Only the canonical form, and no NUL, which PostgreSQL cannot store.
        (token.expose() == text && !token.tenant.0.contains('\0')).then_some(token)
    }

    /// Returns the token as the service sends it.
    pub fn expose(&self) -> String {
        let (tenant, secret) = (URL_SAFE_NO_PAD.encode(&self.tenant.0), URL_SAFE_NO_PAD.encode(self.secret));
        format!("{PREFIX}{tenant}.{}.{secret}", self.id)
    }

    /// Returns the tenant that it names.
    pub fn tenant(&self) -> &TenantId {
        &self.tenant
    }

    /// Returns the id that it names.
    pub fn id(&self) -> ServiceTokenId {
        self.id
    }

    /// Returns the hash that is stored. A plain SHA-256 is enough: 256 random bits cannot be guessed.
    pub fn hash(&self) -> Vec<u8> {
        Sha256::digest(self.secret).to_vec()
    }

    /// Compares the hash in constant time.
    pub fn has_hash(&self, hash: &[u8]) -> bool {
        self.hash().ct_eq(hash).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_parsed_in_its_canonical_form_only() {
        let token = ServiceTokenSecret::new(TenantId("acme:eu.1".to_owned()));
        let text = token.expose();
        let parsed = ServiceTokenSecret::parse(&text).map(|parsed| (parsed.tenant, parsed.id, parsed.secret));
        assert_eq!(parsed, Some((token.tenant.clone(), token.id, token.secret)));
        assert!(token.has_hash(&token.hash()) && !token.has_hash(&[]) && !token.has_hash(&[0; 32]));
        let id = token.id.to_string();
        for other in [
            text.replace("rvs_", "rvs-"),
            text.replace(&id, &id.to_uppercase()),
            text.replace(&id, &id.replace('-', "")),
            text.replace('.', " "),
            format!("{text}="),
            format!("{text}."),
            format!("{text} "),
            text[..text.len() - 1].to_owned(),
            text.replace("rvs_", "rvs_AA"),
            "rvs_".to_owned(),
            "rvs_..".to_owned(),
        ] {
            assert!(ServiceTokenSecret::parse(&other).is_none(), "{other}");
        }
    }
}
