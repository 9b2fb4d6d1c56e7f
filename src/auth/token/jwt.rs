//! JSON Web Tokens (RFC 7519): signing, and verification by the best practices of RFC 8725.
//!
//! Tokens are verified with a secret of this server, which also signs tokens (HS256), and with the public keys of an
//! identity provider (RS256, ES256, EdDSA). The key determines the algorithm (RFC 8725, 3.1).

use std::sync::Arc;
use std::time::Duration;

use chrono::Utc;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, decode_header, encode};
use serde::{Deserialize, Serialize};

use super::jwks::{Key, KeyLookupError, PublicKeys};
use crate::auth::{Identity, Role};
use crate::primitives::error::{Error, Result};
use crate::primitives::id::TenantId;
use crate::primitives::text;

/// The shortest secret, in bytes: as long as the signature, 256 bits (RFC 7518, 3.2).
const SECRET_BYTES_MIN: usize = 32;
const LEEWAY_SECONDS: u64 = 30;
/// The longest token that is parsed, in bytes.
const TOKEN_BYTES_MAX: usize = 8 * 1024;
/// The default of the longest lifetime of a token.
const TTL_MAX_DEFAULT: Duration = Duration::from_secs(24 * 3_600);

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

/// The secret, for signing and for verifying.
struct Secret {
    encoding: EncodingKey,
    key: Arc<Key>,
}

/// The keys and rules by which tokens are signed and verified.
pub struct JwtKeys {
    secret: Option<Secret>,
    jwks: Option<PublicKeys>,
    validation: Validation,
    issuer: Option<String>,
    audience: Option<String>,
    ttl_max: Duration,
}

impl JwtKeys {
    /// Accepts and signs tokens with a secret of at least 32 bytes. Issuer and audience are required if given.
    pub fn with_secret(secret: &[u8], issuer: Option<String>, audience: Option<String>) -> Result<Self> {
        if secret.len() < SECRET_BYTES_MIN {
            return Err(Error::bad_input(
                "AUTH_HS256_SECRET",
                format!(
                    "must have at least {SECRET_BYTES_MIN} bytes; it has {}. Generate one with `openssl rand -hex 32`",
                    secret.len()
                ),
            ));
        }
        let decoding = DecodingKey::from_secret(secret);
        let key = Arc::new(Key { id: None, algorithm: Algorithm::HS256, decoding });
        let secret = Secret { encoding: EncodingKey::from_secret(secret), key };
        Ok(Self { secret: Some(secret), ..Self::requiring(issuer, audience) })
    }

    /// Accepts the tokens of an identity provider. Issuer and audience are required if given.
    pub fn from_jwks(jwks: PublicKeys, issuer: Option<String>, audience: Option<String>) -> Self {
        Self::requiring(issuer, audience).and_jwks(jwks)
    }

    fn requiring(issuer: Option<String>, audience: Option<String>) -> Self {
        // The algorithm is set per token, to that of its key.
        let mut validation = Validation::new(Algorithm::HS256);
        validation.leeway = LEEWAY_SECONDS;
        validation.validate_nbf = true;
        // The library checks a claim only if it is present; `required` makes its absence an error.
        let mut required = vec!["exp", "sub"];
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
        Self { secret: None, jwks: None, validation, issuer, audience, ttl_max: TTL_MAX_DEFAULT }
    }

    /// Accepts the tokens of an identity provider as well.
    pub fn and_jwks(self, jwks: PublicKeys) -> Self {
        Self { jwks: Some(jwks), ..self }
    }

    /// Rejects tokens with a longer lifetime than this.
    pub fn with_ttl_max(self, ttl_max: Duration) -> Self {
        Self { ttl_max, ..self }
    }

    /// Returns the longest accepted lifetime of a token.
    pub fn ttl_max(&self) -> Duration {
        self.ttl_max
    }

    /// Signs a token that is valid from now on for this time.
    pub fn sign(&self, identity: &Identity, ttl: Duration) -> Result<String> {
        let secret =
            self.secret.as_ref().ok_or_else(|| Error::internal("there is no secret to sign tokens with"))?;
        if ttl > self.ttl_max {
            let longest = humantime::format_duration(self.ttl_max);
            return Err(Error::bad_input(
                "--ttl",
                format!("must be at most {longest}: longer ones are rejected (AUTH_TOKEN_TTL_MAX)"),
            ));
        }
        let iat = Utc::now().timestamp();
        let ttl = i64::try_from(ttl.as_secs()).unwrap_or(i64::MAX);
        let claims = Claims {
            sub: identity.user().to_owned(),
            tenant_id: identity.tenant().0.clone(),
            role: identity.role(),
            iat,
            exp: iat.saturating_add(ttl),
            iss: self.issuer.clone(),
            aud: self.audience.clone().map(serde_json::Value::String),
        };
        encode(&Header::new(Algorithm::HS256), &claims, &secret.encoding)
            .map_err(|error| Error::internal(format!("cannot sign a token: {error}")))
    }

    /// Returns the identity of a valid token; rejects any other with `Unauthenticated` and the reason.
    pub fn verify(&self, token: &str) -> Result<Identity> {
        self.check(token).map_err(|reason| Error::Unauthenticated(format!("invalid token: {reason}")))
    }

    fn check(&self, token: &str) -> Result<Identity, String> {
        if token.len() > TOKEN_BYTES_MAX {
            return Err(format!("it has {} bytes; at most {TOKEN_BYTES_MAX} are allowed", token.len()));
        }
        let header = decode_header(token).map_err(|error| error.to_string())?;
        if header.crit.is_some() {
            return Err("its header has critical extensions (crit), and none is supported".to_owned());
        }
        let key = self.key(&header)?;
        let mut validation = self.validation.clone();
        validation.algorithms = vec![key.algorithm];
        let claims =
            decode::<Claims>(token, &key.decoding, &validation).map_err(|error| error.to_string())?.claims;
        self.identity(claims)
    }

    /// Returns the key that must have signed a token, by the `kid` and `alg` of its header.
    fn key(&self, header: &Header) -> Result<Arc<Key>, &'static str> {
        let id = header.kid.as_deref();
        let found = match (&self.secret, &self.jwks) {
            // The secret has no id: a token with a `kid` is not signed with it, unless there is no key set.
            (Some(secret), jwks) if header.alg == Algorithm::HS256 && (id.is_none() || jwks.is_none()) => {
                return Ok(Arc::clone(&secret.key));
            }
            (_, Some(jwks)) => jwks.find(id, header.alg),
            (_, None) => Err(KeyLookupError::AlgorithmMismatch),
        };
        found.map_err(|error| match error {
            KeyLookupError::UnknownKeyId => "its kid is unknown; the key set is read again, so try again in some seconds if the key is new",
            KeyLookupError::AlgorithmMismatch => "its alg is not that of its key",
            KeyLookupError::Ambiguous => "it needs a kid: several keys have its alg",
        })
    }

    fn identity(&self, claims: Claims) -> Result<Identity, String> {
        let Claims { sub, tenant_id, role, iat, exp, .. } = claims;
        // In the same form as the user id of a link, so that both are the same user.
        let Ok(user) = text::identifier("sub", &sub) else {
            return Err("its sub is not a user id".to_owned());
        };
        if tenant_id.is_empty() || tenant_id.contains('\0') {
            return Err("its tenant_id is not a tenant id".to_owned());
        }
        if iat > Utc::now().timestamp().saturating_add_unsigned(LEEWAY_SECONDS) {
            return Err("it was issued in the future".to_owned());
        }
        if exp.saturating_sub(iat) > i64::try_from(self.ttl_max.as_secs()).unwrap_or(i64::MAX) {
            return Err(format!("its lifetime is longer than {}", humantime::format_duration(self.ttl_max)));
        }
        Ok(Identity::from_token(TenantId(tenant_id), user, role))
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

    fn is_valid(keys: &JwtKeys, token: Result<String>) -> bool {
        match token {
            Ok(token) => keys.verify(&token).is_ok(),
            Err(_) => false,
        }
    }

    #[test]
    fn a_token_names_the_user_that_it_was_signed_for() -> Result<()> {
        let keys = JwtKeys::with_secret(SECRET, None, None)?;
        assert_eq!(keys.verify(&keys.sign(&ada(), HOUR)?)?, ada());
        Ok(())
    }

    #[test]
    fn a_short_secret_is_rejected() {
        assert!(JwtKeys::with_secret(&SECRET[..31], None, None).is_err());
    }

    #[test]
    fn issuer_and_audience_are_required_if_given() -> Result<()> {
        let open = JwtKeys::with_secret(SECRET, None, None)?;
        let strict = JwtKeys::with_secret(SECRET, Some("idp".to_owned()), Some("revshare".to_owned()))?;
        assert!(!is_valid(&strict, open.sign(&ada(), HOUR)));
        assert!(is_valid(&strict, strict.sign(&ada(), HOUR)));
        assert!(is_valid(&open, strict.sign(&ada(), HOUR)));
        Ok(())
    }

    #[test]
    fn other_keys_algorithms_and_times_are_rejected() -> Result<()> {
        let keys = JwtKeys::with_secret(SECRET, None, None)?;
        let other = JwtKeys::with_secret(b"another secret of at least 32 bytes", None, None)?;
        assert!(!is_valid(&keys, other.sign(&ada(), HOUR)));
        assert!(!is_valid(&keys, Ok("e30.e30.".to_owned())));
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
            encode(&Header::new(algorithm), &claims, &EncodingKey::from_secret(SECRET))
                .map_err(Error::internal)
        };
        assert!(is_valid(&keys, signed(Algorithm::HS256, now, now + 60, "ada")));
        assert!(!is_valid(&keys, signed(Algorithm::HS512, now, now + 60, "ada")));
        assert!(!is_valid(&keys, signed(Algorithm::HS256, now - 120, now - 60, "ada")));
        assert!(!is_valid(&keys, signed(Algorithm::HS256, now + 3_600, now + 7_200, "ada")));
        assert!(!is_valid(&keys, signed(Algorithm::HS256, now, now + 60, " ")));
        Ok(())
    }

    #[test]
    fn tokens_are_valid_for_a_day_at_most() -> Result<()> {
        let keys = JwtKeys::with_secret(SECRET, None, None)?;
        assert!(is_valid(&keys, keys.sign(&ada(), 24 * HOUR)));
        let message = keys.sign(&ada(), 25 * HOUR).err().map(|error| error.message());
        assert_eq!(
            message.as_deref(),
            Some("--ttl: must be at most 1day: longer ones are rejected (AUTH_TOKEN_TTL_MAX)")
        );
        let strict = JwtKeys::with_secret(SECRET, None, None)?.with_ttl_max(HOUR);
        assert!(!is_valid(&strict, keys.sign(&ada(), 24 * HOUR)));
        Ok(())
    }
}
