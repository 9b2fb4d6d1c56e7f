//! Tokens: signed statements of who somebody is (JWT).
//!
//! Two kinds of keys tell whether one holds: a secret of ours, with which we also make some (HS256), and the public keys of
//! somebody else, an identity provider, who makes them (RS256, ES256, EdDSA). The key decides the algorithm (RFC 8725, 3.1).

mod jwk;
pub mod keys;
pub mod service;
pub mod source;

use std::sync::Arc;
use std::time::Duration;

use chrono::Utc;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, decode_header, encode};
use serde::{Deserialize, Serialize};

use self::jwk::{Key, Miss};
use self::keys::PublicKeys;
use super::{Identity, Role};
use crate::error::{Error, Result};
use crate::id::TenantId;
use crate::text;

/// A secret is at least as long as what it makes: 256 bits (RFC 7518, 3.2).
const SECRET_BYTES_MIN: usize = 32;
const LEEWAY_SECONDS: u64 = 30;
/// Beyond this nothing of a token is read.
const TOKEN_BYTES_MAX: usize = 8 * 1024;
/// How long a token holds at most, where nothing else is said.
const TTL_MAX: Duration = Duration::from_secs(24 * 3_600);

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

/// The secret, to sign with and to check with.
struct Secret {
    encoding: EncodingKey,
    key: Arc<Key>,
}

/// Makes tokens and tells whether one holds.
pub struct Tokens {
    secret: Option<Secret>,
    public: Option<PublicKeys>,
    validation: Validation,
    issuer: Option<String>,
    audience: Option<String>,
    ttl_max: Duration,
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
        let decoding = DecodingKey::from_secret(secret);
        let key = Arc::new(Key { name: None, algorithm: Algorithm::HS256, decoding });
        let secret = Secret { encoding: EncodingKey::from_secret(secret), key };
        Ok(Self { secret: Some(secret), ..Self::demanding(issuer, audience) })
    }

    /// Tokens that somebody else signs, who has made their public keys known.
    pub fn of_others(public: PublicKeys, issuer: Option<String>, audience: Option<String>) -> Self {
        Self::demanding(issuer, audience).or_of_others(public)
    }

    fn demanding(issuer: Option<String>, audience: Option<String>) -> Self {
        // The algorithm is that of the key, which is not known yet.
        let mut validation = Validation::new(Algorithm::HS256);
        validation.leeway = LEEWAY_SECONDS;
        validation.validate_nbf = true;
        // To the library these words mean: if there is one. `required` makes it: there must be one.
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
        Self { secret: None, public: None, validation, issuer, audience, ttl_max: TTL_MAX }
    }

    /// These tokens, and those that somebody else signs.
    pub fn or_of_others(self, public: PublicKeys) -> Self {
        Self { public: Some(public), ..self }
    }

    /// These tokens, if they are good for no longer than this.
    pub fn for_at_most(self, ttl_max: Duration) -> Self {
        Self { ttl_max, ..self }
    }

    /// How long a token is good for at most.
    pub fn ttl_max(&self) -> Duration {
        self.ttl_max
    }

    /// A token for somebody, good for a while from now.
    pub fn mint(&self, identity: &Identity, good_for: Duration) -> Result<String> {
        let secret =
            self.secret.as_ref().ok_or_else(|| Error::internal("there is no key to sign tokens with"))?;
        if good_for > self.ttl_max {
            let longest = humantime::format_duration(self.ttl_max);
            return Err(Error::bad_input(
                "--ttl",
                format!("must be at most {longest}: longer ones are refused (AUTH_TOKEN_TTL_MAX)"),
            ));
        }
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
        encode(&Header::new(Algorithm::HS256), &claims, &secret.encoding)
            .map_err(|error| Error::internal(format!("cannot sign a token: {error}")))
    }

    /// Who a token says somebody is, if it holds.
    pub async fn verify(&self, token: &str) -> Result<Identity> {
        self.check(token)
            .await
            .map_err(|why| Error::Unauthenticated(format!("this token does not hold: {why}")))
    }

    async fn check(&self, token: &str) -> Result<Identity, String> {
        if token.len() > TOKEN_BYTES_MAX {
            return Err(format!("it has {} bytes; at most {TOKEN_BYTES_MAX} are read", token.len()));
        }
        let header = decode_header(token).map_err(|error| error.to_string())?;
        if header.crit.is_some() {
            return Err("its header has a crit, of which nothing is understood here".to_owned());
        }
        let key = self.key(&header).await?;
        let mut validation = self.validation.clone();
        validation.algorithms = vec![key.algorithm];
        let claims =
            decode::<Claims>(token, &key.decoding, &validation).map_err(|error| error.to_string())?.claims;
        self.identity(claims)
    }

    /// The key that a token must have been signed with. Its header names one, and is not believed anything else.
    async fn key(&self, header: &Header) -> Result<Arc<Key>, &'static str> {
        let name = header.kid.as_deref();
        let found = match (&self.secret, &self.public) {
            // The secret has no name: a token that names a key is not signed with it, unless there are no others to name.
            (Some(secret), public)
                if header.alg == Algorithm::HS256 && (name.is_none() || public.is_none()) =>
            {
                return Ok(Arc::clone(&secret.key));
            }
            (_, Some(public)) => public.find(name, header.alg).await,
            (_, None) => Err(Miss::Unfit),
        };
        found.map_err(|miss| match miss {
            Miss::Unknown => "its kid names no key",
            Miss::Unfit => "its alg is not that of its key",
            Miss::Ambiguous => "it must name its key, by a kid: several have its alg",
        })
    }

    fn identity(&self, claims: Claims) -> Result<Identity, String> {
        let Claims { sub, tenant_id, role, iat, exp, .. } = claims;
        if !text::line("sub", &sub).is_ok_and(|line| line == sub) {
            return Err("its sub names nobody".to_owned());
        }
        if tenant_id.is_empty() || tenant_id.contains('\0') {
            return Err("its tenant_id names no tenant".to_owned());
        }
        if iat > Utc::now().timestamp().saturating_add_unsigned(LEEWAY_SECONDS) {
            return Err("it was issued in the future".to_owned());
        }
        if exp.saturating_sub(iat) > i64::try_from(self.ttl_max.as_secs()).unwrap_or(i64::MAX) {
            return Err(format!("it holds for longer than {}", humantime::format_duration(self.ttl_max)));
        }
        Ok(Identity { tenant: TenantId(tenant_id), user: sub, role })
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

    async fn holds(tokens: &Tokens, token: Result<String>) -> bool {
        match token {
            Ok(token) => tokens.verify(&token).await.is_ok(),
            Err(_) => false,
        }
    }

    #[tokio::test]
    async fn a_token_says_who_it_was_made_for() -> Result<()> {
        let tokens = Tokens::new(SECRET, None, None)?;
        assert_eq!(tokens.verify(&tokens.mint(&ada(), HOUR)?).await?, ada());
        Ok(())
    }

    #[test]
    fn a_short_secret_is_refused() {
        assert!(Tokens::new(&SECRET[..31], None, None).is_err());
    }

    #[tokio::test]
    async fn issuer_and_audience_are_demanded_where_given() -> Result<()> {
        let open = Tokens::new(SECRET, None, None)?;
        let strict = Tokens::new(SECRET, Some("idp".to_owned()), Some("revshare".to_owned()))?;
        assert!(!holds(&strict, open.mint(&ada(), HOUR)).await);
        assert!(holds(&strict, strict.mint(&ada(), HOUR)).await);
        assert!(holds(&open, strict.mint(&ada(), HOUR)).await);
        Ok(())
    }

    #[tokio::test]
    async fn other_keys_algorithms_and_times_are_refused() -> Result<()> {
        let tokens = Tokens::new(SECRET, None, None)?;
        let other = Tokens::new(b"another secret of at least 32 bytes", None, None)?;
        assert!(!holds(&tokens, other.mint(&ada(), HOUR)).await);
        assert!(!holds(&tokens, Ok("e30.e30.".to_owned())).await);
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
        assert!(holds(&tokens, signed(Algorithm::HS256, now, now + 60, "ada")).await);
        assert!(!holds(&tokens, signed(Algorithm::HS512, now, now + 60, "ada")).await);
        assert!(!holds(&tokens, signed(Algorithm::HS256, now - 120, now - 60, "ada")).await);
        assert!(!holds(&tokens, signed(Algorithm::HS256, now + 3_600, now + 7_200, "ada")).await);
        assert!(!holds(&tokens, signed(Algorithm::HS256, now, now + 60, " ")).await);
        Ok(())
    }

    #[tokio::test]
    async fn tokens_are_good_for_a_day_at_most() -> Result<()> {
        let tokens = Tokens::new(SECRET, None, None)?;
        assert!(holds(&tokens, tokens.mint(&ada(), 24 * HOUR)).await);
        let refused = tokens.mint(&ada(), 25 * HOUR).err().map(|error| error.message());
        assert_eq!(
            refused.as_deref(),
            Some("--ttl: must be at most 1day: longer ones are refused (AUTH_TOKEN_TTL_MAX)")
        );
        let strict = Tokens::new(SECRET, None, None)?.for_at_most(HOUR);
        assert!(!holds(&strict, tokens.mint(&ada(), 24 * HOUR)).await);
        Ok(())
    }
}
