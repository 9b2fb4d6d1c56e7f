//! Service tokens: nothing is signed, they are known by heart. `rvs_<tenant>.<id>.<secret>`, the tenant and the 256 random
//! bits of the secret in base64url.
//!
//! The tenant is in it so that nobody has to look for a token among those of others. Its prefix tells scanners of source
//! code that here is something that should not be.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use uuid::Uuid;

use crate::id::{ServiceTokenId, TenantId};

const PREFIX: &str = "rvs_";
/// A tenant's name has at most 255 characters, of one byte each.
const LENGTH_MAX: usize = 512;

/// A service token as the service has it. Neither `Debug` nor `Display`: it should not get into a log by chance.
pub struct PlainToken {
    tenant: TenantId,
    id: ServiceTokenId,
    secret: [u8; 32],
}

impl PlainToken {
    /// Whether a token is one of a service, or pretends to be.
    pub fn is_meant_by(text: &str) -> bool {
        text.starts_with(PREFIX)
    }

    /// A new token of a tenant.
    pub fn new(tenant: TenantId) -> Self {
        Self { tenant, id: ServiceTokenId::new(), secret: rand::random() }
    }

    /// Reads a token.
    pub fn read(text: &str) -> Option<Self> {
        let parts = text.strip_prefix(PREFIX).filter(|_| text.len() <= LENGTH_MAX)?;
        let mut parts = parts.split('.');
        let (tenant, id, secret) = (parts.next()?, parts.next()?, parts.next()?);
        let tenant = String::from_utf8(URL_SAFE_NO_PAD.decode(tenant).ok()?).ok()?;
        let id = ServiceTokenId(Uuid::try_parse(id).ok()?);
        let secret = URL_SAFE_NO_PAD.decode(secret).ok()?.try_into().ok()?;
        let token = Self { tenant: TenantId(tenant), id, secret };
        // One spelling only, and no character that a database does not take.
        (token.text() == text && !token.tenant.0.contains('\0')).then_some(token)
    }

    /// The token as the service sends it.
    pub fn text(&self) -> String {
        let (tenant, secret) = (URL_SAFE_NO_PAD.encode(&self.tenant.0), URL_SAFE_NO_PAD.encode(self.secret));
        format!("{PREFIX}{tenant}.{}.{secret}", self.id)
    }

    /// The tenant that it says it belongs to.
    pub fn tenant(&self) -> &TenantId {
        &self.tenant
    }

    /// The id that it says it has.
    pub fn id(&self) -> ServiceTokenId {
        self.id
    }

    /// What is kept of it. A plain hash will do: nobody guesses 256 random bits, however fast they try.
    pub fn hash(&self) -> Vec<u8> {
        Sha256::digest(self.secret).to_vec()
    }

    /// Whether it is the one that this was kept of. Takes as long, however much of it is right.
    pub fn has_hash(&self, hash: &[u8]) -> bool {
        self.hash().ct_eq(hash).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_read_as_it_was_written_and_in_no_other_way() {
        let token = PlainToken::new(TenantId("acme:eu.1".to_owned()));
        let text = token.text();
        let read = PlainToken::read(&text).map(|read| (read.tenant, read.id, read.secret));
        assert_eq!(read, Some((token.tenant.clone(), token.id, token.secret)));
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
            assert!(PlainToken::read(&other).is_none(), "{other}");
        }
    }
}
