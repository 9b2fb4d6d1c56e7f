//! JSON Web Key sets (RFC 7517): the public keys that tokens are checked with.

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, DecodingKey, crypto};
use serde::Deserialize;
use serde::de::IgnoredAny;

/// How many bits the modulus of an RSA key has: fewer are too weak (RFC 7518, 3.3), more than the library computes with.
const RSA_BITS: std::ops::RangeInclusive<usize> = 2_048..=4_096;
const RSA_EXPONENT_BYTES_MAX: usize = 4;
/// A coordinate of P-256, and a key of Ed25519.
const CURVE_BYTES: usize = 32;

/// A key, and the one algorithm that it checks.
pub struct Key {
    /// Its name in the set, if it has one.
    pub name: Option<String>,
    /// The algorithm: decided by the key, whatever a token says.
    pub algorithm: Algorithm,
    /// The key itself.
    pub decoding: DecodingKey,
}

/// Why a set has no key for a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Miss {
    /// The token names a key that is not there.
    Unknown,
    /// The token's algorithm is not that of the key it names, or of any key.
    Unfit,
    /// The token names no key, and several would fit.
    Ambiguous,
}

/// The keys of a set that tokens can be checked with.
#[derive(Default)]
pub struct KeySet {
    keys: Vec<Arc<Key>>,
    /// What is wrong with the others.
    pub skipped: Vec<String>,
}

impl KeySet {
    /// Reads a set. Keys of other kinds and for other uses are skipped; a set of such keys only is none.
    pub fn read(json: &[u8]) -> Result<Self, String> {
        #[derive(Deserialize)]
        struct Document {
            keys: Vec<serde_json::Value>,
        }
        let document: Document =
            serde_json::from_slice(json).map_err(|error| format!("it is no JSON Web Key set: {error}"))?;
        let (mut keys, mut skipped) = (Vec::new(), Vec::new());
        for (at, value) in document.keys.into_iter().enumerate() {
            let name =
                value["kid"].as_str().map_or_else(|| format!("key {at}"), |kid| format!("key {kid:?}"));
            let read = serde_json::from_value(value).map_err(|error| error.to_string()).and_then(Jwk::key);
            match read {
                Ok(key) => keys.push(Arc::new(key)),
                Err(reason) => skipped.push(format!("{name}: {reason}")),
            }
        }
        if keys.is_empty() {
            let reasons = if skipped.is_empty() { "it is empty".to_owned() } else { skipped.join("; ") };
            return Err(format!("it has no key that tokens can be checked with: {reasons}"));
        }
        Ok(Self { keys, skipped })
    }

    /// The one key that a token can be checked with: the one it names, or the only one that fits.
    pub fn find(&self, name: Option<&str>, algorithm: Algorithm) -> Result<Arc<Key>, Miss> {
        if !matches!(algorithm, Algorithm::RS256 | Algorithm::ES256 | Algorithm::EdDSA) {
            return Err(Miss::Unfit);
        }
        let named = |key: &&Arc<Key>| name.is_none() || key.name.as_deref() == name;
        if name.is_some() && !self.keys.iter().any(|key| named(&key)) {
            return Err(Miss::Unknown);
        }
        let mut fit = self.keys.iter().filter(named).filter(|key| key.algorithm == algorithm);
        match (fit.next(), fit.next()) {
            (Some(key), None) => Ok(Arc::clone(key)),
            (Some(_), Some(_)) => Err(Miss::Ambiguous),
            (None, _) => Err(Miss::Unfit),
        }
    }
}

/// A key as a set holds it.
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
    fn key(self) -> Result<Key, String> {
        if self.d.is_some() {
            return Err("it is a private key, which nobody else may have".to_owned());
        }
        if self.usage.as_deref().is_some_and(|usage| usage != "sig") {
            return Err("its use is not sig".to_owned());
        }
        if self.key_ops.as_ref().is_some_and(|ops| !ops.iter().any(|op| op == "verify")) {
            return Err("its key_ops lack verify".to_owned());
        }
        let (algorithm, words, decoding) = match (self.kty.as_str(), self.crv.as_deref()) {
            ("RSA", _) => (Algorithm::RS256, &["RS256"][..], self.rsa()?),
            ("EC", Some("P-256")) => (Algorithm::ES256, &["ES256"][..], self.p256()?),
            // The second is its name since RFC 9864.
            ("OKP", Some("Ed25519")) => (Algorithm::EdDSA, &["EdDSA", "Ed25519"][..], self.ed25519()?),
            (kty, None) => return Err(format!("its kty {kty:?} is none of RSA, EC and OKP")),
            (_, Some(crv)) => return Err(format!("its crv {crv:?} is neither P-256 nor Ed25519")),
        };
        if let Some(alg) = self.alg.as_deref().filter(|alg| !words.contains(alg)) {
            return Err(format!("its alg is {alg:?} and not {}", words[0]));
        }
        // The library reads some keys only when it has something to check.
        crypto::verify("", b"", &decoding, algorithm).map_err(|error| error.to_string())?;
        Ok(Key { name: self.kid, algorithm, decoding })
    }

    fn rsa(&self) -> Result<DecodingKey, String> {
        let (modulus, exponent) = (number("n", self.n.as_deref())?, number("e", self.e.as_deref())?);
        let leading = modulus.first().map_or(0, |byte| byte.leading_zeros());
        let bits = (modulus.len() * 8).saturating_sub(usize::try_from(leading).unwrap_or_default());
        if !RSA_BITS.contains(&bits) {
            return Err(format!("it has {bits} bits, not {} to {}", RSA_BITS.start(), RSA_BITS.end()));
        }
        let is_odd = |number: &[u8]| number.last().is_some_and(|last| last % 2 == 1);
        if exponent.len() > RSA_EXPONENT_BYTES_MAX
            || exponent == [1]
            || !is_odd(&exponent)
            || !is_odd(&modulus)
        {
            return Err("its n and e are no RSA key".to_owned());
        }
        Ok(DecodingKey::from_rsa_raw_components(&modulus, &exponent))
    }

    fn p256(&self) -> Result<DecodingKey, String> {
        let mut point = vec![4];
        point.extend(coordinate("x", self.x.as_deref())?);
        point.extend(coordinate("y", self.y.as_deref())?);
        Ok(DecodingKey::from_ec_der(&point))
    }

    fn ed25519(&self) -> Result<DecodingKey, String> {
        // The length matters beyond being right: the library takes the first 32 bytes without asking.
        Ok(DecodingKey::from_ed_der(&coordinate("x", self.x.as_deref())?))
    }
}

fn decoded(name: &str, text: Option<&str>) -> Result<Vec<u8>, String> {
    let text = text.ok_or_else(|| format!("it has no {name}"))?;
    URL_SAFE_NO_PAD.decode(text).map_err(|error| format!("its {name} is not base64url: {error}"))
}

/// A number without zeros before it.
fn number(name: &str, text: Option<&str>) -> Result<Vec<u8>, String> {
    Ok(decoded(name, text)?.into_iter().skip_while(|byte| *byte == 0).collect())
}

fn coordinate(name: &str, text: Option<&str>) -> Result<Vec<u8>, String> {
    let bytes = decoded(name, text)?;
    if bytes.len() == CURVE_BYTES {
        return Ok(bytes);
    }
    Err(format!("its {name} has {} bytes, not {CURVE_BYTES}", bytes.len()))
}
