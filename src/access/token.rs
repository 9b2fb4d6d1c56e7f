//! Tokens: signed statements of who somebody is (JWT, HS256).

use std::time::Duration;

use chrono::Utc;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, encode};
use serde::{Deserialize, Serialize};

use super::{Identity, Role};
use crate::error::{Error, Result};
use crate::id::TenantId;
use crate::text;

/// A secret is at least as long as what it makes: 256 bits (RFC 7518, 3.2).
const SECRET_BYTES_MIN: usize = 32;
const LEEWAY_SECONDS: u64 = 30;

#[derive(Debug, Serialize, Deserialize)]
struct Claims {
    sub: String,
    tenant_id: String,
    role: Role,
    iat: i64,
    exp: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    iss: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    aud: Option<serde_json::Value>,
}

/// Makes tokens and tells whether one holds.
pub struct Tokens {
    encoding: EncodingKey,
    decoding: DecodingKey,
    validation: Validation,
    issuer: Option<String>,
    audience: Option<String>,
}

impl Tokens {
    /// Tokens signed with a secret; issuer and audience are demanded where they are given.
    pub fn new(secret: &[u8], issuer: Option<String>, audience: Option<String>) -> Result<Self> {
        if secret.len() < SECRET_BYTES_MIN {
            return Err(Error::bad_input(
                "AUTH_HS256_SECRET",
                format!(
                    "must have at least {SECRET_BYTES_MIN} bytes, it has {}; `openssl rand -hex 32` makes a good one",
                    secret.len()
                ),
            ));
        }
        let mut validation = Validation::new(Algorithm::HS256);
        validation.leeway = LEEWAY_SECONDS;
        validation.validate_nbf = true;
        let mut required = vec!["exp", "sub", "iat"];
        validation.validate_aud = audience.is_some();
        if let Some(audience) = &audience {
            validation.set_audience(&[audience]);
            required.push("aud");
        }
        if let Some(issuer) = &issuer {
            validation.set_issuer(&[issuer]);
            required.push("iss");
        }
        validation.set_required_spec_claims(&required);
        Ok(Self {
            encoding: EncodingKey::from_secret(secret),
            decoding: DecodingKey::from_secret(secret),
            validation,
            issuer,
            audience,
        })
    }

    /// A token for somebody, good for a while from now.
    pub fn mint(&self, identity: &Identity, good_for: Duration) -> Result<String> {
        let iat = Utc::now().timestamp();
        let good_for = i64::try_from(good_for.as_secs()).unwrap_or(i64::MAX);
        let claims = Claims {
            sub: identity.user.clone(),
            tenant_id: identity.tenant.0.clone(),
            role: identity.role,
            iat,
            exp: iat.saturating_add(good_for),
            iss: self.issuer.clone(),
            aud: self.audience.clone().map(serde_json::Value::String),
        };
        encode(&Header::new(Algorithm::HS256), &claims, &self.encoding)
            .map_err(|error| Error::internal(format!("cannot sign a token: {error}")))
    }

    /// Who a token says somebody is, if it holds.
    pub fn verify(&self, token: &str) -> Result<Identity> {
        let refused = |why: &str| Error::Unauthenticated(format!("this token does not hold: {why}"));
        let claims = decode::<Claims>(token, &self.decoding, &self.validation)
            .map_err(|error| refused(&error.to_string()))?
            .claims;
        let names_somebody = text::line("sub", &claims.sub).is_ok_and(|sub| sub == claims.sub);
        if !names_somebody {
            return Err(refused("its sub names nobody"));
        }
        if claims.tenant_id.is_empty() || claims.tenant_id.contains('\0') {
            return Err(refused("its tenant_id names no tenant"));
        }
        let latest = Utc::now().timestamp().saturating_add_unsigned(LEEWAY_SECONDS);
        if claims.iat > latest {
            return Err(refused("it was issued in the future"));
        }
        Ok(Identity { tenant: TenantId(claims.tenant_id), user: claims.sub, role: claims.role })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &[u8] = b"0123456789abcdef0123456789abcdef";
    const HOUR: Duration = Duration::from_secs(3_600);

    fn ada() -> Identity {
        Identity::operator(TenantId("acme".to_owned()), "ada", Role::Finance)
    }

    #[test]
    fn a_token_says_who_it_was_made_for() -> Result<()> {
        let tokens = Tokens::new(SECRET, None, None)?;
        assert_eq!(tokens.verify(&tokens.mint(&ada(), HOUR)?)?, ada());
        Ok(())
    }

    #[test]
    fn a_short_secret_is_refused() {
        assert!(Tokens::new(&SECRET[..31], None, None).is_err());
    }

    #[test]
    fn issuer_and_audience_are_demanded_where_given() -> Result<()> {
        let open = Tokens::new(SECRET, None, None)?;
        let strict = Tokens::new(SECRET, Some("idp".to_owned()), Some("revshare".to_owned()))?;
        assert!(strict.verify(&open.mint(&ada(), HOUR)?).is_err());
        assert!(strict.verify(&strict.mint(&ada(), HOUR)?).is_ok());
        assert!(open.verify(&strict.mint(&ada(), HOUR)?).is_ok());
        Ok(())
    }

    #[test]
    fn other_keys_algorithms_and_times_are_refused() -> Result<()> {
        let tokens = Tokens::new(SECRET, None, None)?;
        let other = Tokens::new(b"another secret of at least 32 bytes", None, None)?;
        assert!(tokens.verify(&other.mint(&ada(), HOUR)?).is_err());
        assert!(tokens.verify("e30.e30.").is_err());
        let now = Utc::now().timestamp();
        let signed = |algorithm, iat: i64, exp: i64, sub: &str| {
            let claims = Claims {
                sub: sub.to_owned(),
                tenant_id: "acme".to_owned(),
                role: Role::Admin,
                iat,
                exp,
                iss: None,
                aud: None,
            };
            encode(&Header::new(algorithm), &claims, &EncodingKey::from_secret(SECRET)).unwrap_or_default()
        };
        assert!(tokens.verify(&signed(Algorithm::HS256, now, now + 60, "ada")).is_ok());
        assert!(tokens.verify(&signed(Algorithm::HS512, now, now + 60, "ada")).is_err());
        assert!(tokens.verify(&signed(Algorithm::HS256, now - 120, now - 60, "ada")).is_err());
        assert!(tokens.verify(&signed(Algorithm::HS256, now + 3_600, now + 7_200, "ada")).is_err());
        assert!(tokens.verify(&signed(Algorithm::HS256, now, now + 60, " ")).is_err());
        Ok(())
    }
}
