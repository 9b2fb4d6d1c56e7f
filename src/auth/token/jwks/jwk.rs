//! JSON Web Key sets (RFC 7517): which of their keys are accepted, and which key verifies a token.

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, DecodingKey, crypto};
use serde::Deserialize;
use serde::de::IgnoredAny;

/// The accepted sizes of an RSA modulus, in bits: smaller ones are too weak (RFC 7518, 3.3), larger ones unsupported.
const RSA_BITS: std::ops::RangeInclusive<usize> = 2_048..=4_096;
const RSA_EXPONENT_BYTES_MAX: usize = 4;
/// The length of a coordinate of P-256, and of an Ed25519 key, in bytes.
const CURVE_BYTES: usize = 32;

/// A key, and the one algorithm that it verifies.
pub struct Key {
    /// The `kid`, if it has one.
    pub id: Option<String>,
    /// The algorithm: determined by the key and not by the token (RFC 8725, 3.1).
    pub algorithm: Algorithm,
    /// The key itself.
    pub decoding: DecodingKey,
}

/// Why a set has no key for a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyLookupError {
    /// The `kid` of the token is not in the set.
    UnknownKeyId,
    /// The `alg` of the token is not that of the key with its `kid`, or of any key.
    AlgorithmMismatch,
    /// The token has no `kid`, and several keys have its `alg`.
    Ambiguous,
}

/// The accepted keys of a set.
#[derive(Default)]
pub struct KeySet {
    keys: Vec<Arc<Key>>,
    /// Why each of the other keys is skipped.
    pub skipped: Vec<String>,
}

impl KeySet {
    /// Parses a set. Skips keys of other types and uses; rejects a set without an accepted key.
    pub fn parse(json: &[u8]) -> Result<Self, String> {
        #[derive(Deserialize)]
        struct Document {
            keys: Vec<serde_json::Value>,
        }
        let document: Document =
            serde_json::from_slice(json).map_err(|error| format!("it is not a JSON Web Key set: {error}"))?;
        let (mut keys, mut skipped) = (Vec::new(), Vec::new());
        for (index, value) in document.keys.into_iter().enumerate() {
            let name =
                value["kid"].as_str().map_or_else(|| format!("key {index}"), |kid| format!("key {kid:?}"));
            let key =
                serde_json::from_value(value).map_err(|error| error.to_string()).and_then(Jwk::into_key);
            match key {
                Ok(key) => keys.push(Arc::new(key)),
                Err(reason) => skipped.push(format!("{name}: {reason}")),
            }
        }
        if keys.is_empty() {
            let reasons = if skipped.is_empty() { "it is empty".to_owned() } else { skipped.join("; ") };
            return Err(format!("it has no key that can verify tokens: {reasons}"));
        }
        Ok(Self { keys, skipped })
    }

    /// Returns the key with this `kid`, or without a `kid` the only key for the algorithm.
    pub fn find(&self, id: Option<&str>, algorithm: Algorithm) -> Result<Arc<Key>, KeyLookupError> {
        if !matches!(algorithm, Algorithm::RS256 | Algorithm::ES256 | Algorithm::EdDSA) {
            return Err(KeyLookupError::AlgorithmMismatch);
        }
        let has_id = |key: &&Arc<Key>| id.is_none() || key.id.as_deref() == id;
        if id.is_some() && !self.keys.iter().any(|key| has_id(&key)) {
            return Err(KeyLookupError::UnknownKeyId);
        }
        let mut matching = self.keys.iter().filter(has_id).filter(|key| key.algorithm == algorithm);
        match (matching.next(), matching.next()) {
            (Some(key), None) => Ok(Arc::clone(key)),
            (Some(_), Some(_)) => Err(KeyLookupError::Ambiguous),
            (None, _) => Err(KeyLookupError::AlgorithmMismatch),
        }
    }
}

/// A JSON Web Key.
///
/// Not `jsonwebtoken::jwk::Jwk`: its parameters are an untagged enum, so that an invalid key becomes "other" without the
/// reason, which the operator needs.
#[derive(Deserialize)]
struct Jwk {
    kty: String,
    kid: Option<String>,
    alg: Option<String>,
    #[serde(rename = "use")]
    usage: Option<String>,
    key_ops: Option<Vec<String>>,
    crv: Option<String>,
    n: Option<String>,
    e: Option<String>,
    x: Option<String>,
    y: Option<String>,
    d: Option<IgnoredAny>,
}

impl Jwk {
    fn into_key(self) -> Result<Key, String> {
        if self.d.is_some() {
            return Err("it is a private key, which must never be published".to_owned());
        }
        if self.usage.as_deref().is_some_and(|usage| usage != "sig") {
            return Err("its use is not sig".to_owned());
        }
        if self.key_ops.as_ref().is_some_and(|ops| !ops.iter().any(|op| op == "verify")) {
            return Err("its key_ops lack verify".to_owned());
        }
        let (algorithm, names, decoding) = match (self.kty.as_str(), self.crv.as_deref()) {
            ("RSA", _) => (Algorithm::RS256, &["RS256"][..], self.rsa()?),
            ("EC", Some("P-256")) => (Algorithm::ES256, &["ES256"][..], self.p256()?),
            // RFC 9864 renamed EdDSA with this curve to Ed25519.
            ("OKP", Some("Ed25519")) => (Algorithm::EdDSA, &["EdDSA", "Ed25519"][..], self.ed25519()?),
            (kty, None) => return Err(format!("its kty {kty:?} is none of RSA, EC and OKP")),
            (_, Some(crv)) => return Err(format!("its crv {crv:?} is neither P-256 nor Ed25519")),
        };
        if let Some(alg) = self.alg.as_deref().filter(|alg| !names.contains(alg)) {
            return Err(format!("its alg is {alg:?} and not {}", names[0]));
        }
        // Some keys are parsed only when they verify something.
        crypto::verify("", b"", &decoding, algorithm).map_err(|error| error.to_string())?;
        Ok(Key { id: self.kid, algorithm, decoding })
    }

    fn rsa(&self) -> Result<DecodingKey, String> {
        let (n, e) = (member("n", self.n.as_deref())?, member("e", self.e.as_deref())?);
        let (modulus, exponent) =
            (without_leading_zeros(decode("n", n)?), without_leading_zeros(decode("e", e)?));
        let leading = modulus.first().map_or(0, |byte| byte.leading_zeros());
        let bits = (modulus.len() * 8).saturating_sub(usize::try_from(leading).unwrap_or_default());
        if !RSA_BITS.contains(&bits) {
            return Err(format!("it has {bits} bits, not {} to {}", RSA_BITS.start(), RSA_BITS.end()));
        }
        let is_odd = |number: &[u8]| number.last().is_some_and(|last| last % 2 == 1);
        let is_exponent = is_odd(&exponent) && exponent != [1] && exponent.len() <= RSA_EXPONENT_BYTES_MAX;
        if !is_exponent || !is_odd(&modulus) {
            return Err("its n and e are not an RSA key".to_owned());
        }
        DecodingKey::from_rsa_components(n, e).map_err(|error| error.to_string())
    }

    fn p256(&self) -> Result<DecodingKey, String> {
        let (x, y) = (coordinate("x", self.x.as_deref())?, coordinate("y", self.y.as_deref())?);
        DecodingKey::from_ec_components(x, y).map_err(|error| error.to_string())
    }

    fn ed25519(&self) -> Result<DecodingKey, String> {
        let x = coordinate("x", self.x.as_deref())?;
        DecodingKey::from_ed_components(x).map_err(|error| error.to_string())
    }
}

fn member<'k>(name: &str, value: Option<&'k str>) -> Result<&'k str, String> {
    value.ok_or_else(|| format!("it has no {name}"))
}

fn decode(name: &str, value: &str) -> Result<Vec<u8>, String> {
    URL_SAFE_NO_PAD.decode(value).map_err(|error| format!("its {name} is not base64url: {error}"))
}

fn without_leading_zeros(number: Vec<u8>) -> Vec<u8> {
    number.into_iter().skip_while(|byte| *byte == 0).collect()
}

/// Returns a coordinate of the right length; `jsonwebtoken` 11.1 panics on a short one.
fn coordinate<'k>(name: &str, value: Option<&'k str>) -> Result<&'k str, String> {
    let value = member(name, value)?;
    let length = decode(name, value)?.len();
    if length == CURVE_BYTES {
        return Ok(value);
    }
    Err(format!("its {name} has {length} bytes, not {CURVE_BYTES}"))
}
