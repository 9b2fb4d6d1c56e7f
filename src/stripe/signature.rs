//! The signatures of the events that Stripe sends: <https://docs.stripe.com/webhooks#verify-manually>.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Utc};
use ring::hmac;
use subtle::{Choice, ConstantTimeEq};

/// How far the time of a signature may lie from the present, in seconds, in both directions.
const TOLERANCE_SECONDS: u64 = 300;
/// The largest number of secrets that are tried: those of two endpoints, each with the one before during a rotation.
pub const SECRETS_MAX: usize = 4;
/// The longest header that is read, in bytes.
const HEADER_BYTES_MAX: usize = 2_048;
/// The largest number of elements in a header.
const ELEMENTS_MAX: usize = 16;
/// The length of a signature, in bytes.
const SIGNATURE_BYTES: usize = 32;
/// The beginning of a secret. It is part of the key.
const SECRET_PREFIX: &str = "whsec_";
/// The longest secret, in characters.
const SECRET_MAX: usize = 255;
/// Signs in place of a secret that is not there, so that the work is the same. No signature by it is accepted.
const DUMMY_SECRET: &[u8] = b"whsec_00000000000000000000000000000000";

/// The secret of an endpoint at Stripe, which signs what is sent to it.
#[derive(Clone)]
pub struct WebhookSecret(String);

impl WebhookSecret {
    /// Returns the secret as text, with `whsec_`: in order to seal it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl FromStr for WebhookSecret {
    type Err = String;

    /// Parses a secret. The message of the error does not repeat it.
    fn from_str(text: &str) -> Result<Self, String> {
        let key = text.strip_prefix(SECRET_PREFIX).unwrap_or_default();
        if key.len() < 16 || text.len() > SECRET_MAX || !key.bytes().all(|b| b.is_ascii_graphic()) {
            return Err(format!(
                "this is not the signing secret of a webhook endpoint; Stripe shows it on the page of the endpoint, \
                 and it starts with {SECRET_PREFIX}; copy all of it"
            ));
        }
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Debug for WebhookSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WebhookSecret(…)")
    }
}

/// What a header `Stripe-Signature` says.
struct Header<'a> {
    /// The time of the signature, as text: so it is signed.
    time: &'a str,
    /// The time of the signature, in seconds since 1970.
    seconds: i64,
    /// The signatures of the scheme v1.
    signatures: Vec<[u8; SIGNATURE_BYTES]>,
}

impl<'a> Header<'a> {
    /// Parses a header: exactly one time, and any number of signatures. Elements of other schemes are skipped.
    fn parse(text: &'a str) -> Option<Self> {
        if text.len() > HEADER_BYTES_MAX || text.split(',').count() > ELEMENTS_MAX {
            return None;
        }
        let mut times = Vec::new();
        let mut signatures = Vec::new();
        for (name, value) in text.split(',').filter_map(|element| element.split_once('=')) {
            match name {
                "t" => times.push(value),
                "v1" => signatures.extend(parse_hex(value)),
                _ => {}
            }
        }
        let &[time] = times.as_slice() else { return None };
        let is_number = !time.is_empty() && time.bytes().all(|byte| byte.is_ascii_digit());
        let seconds = time.parse().ok().filter(|_| is_number)?;
        Some(Self { time, seconds, signatures })
    }
}

/// Returns whether one of the secrets has signed a body at a time at most 300 seconds from `now`.
///
/// At most 4 secrets are tried; more are ignored. The work is the same whatever is wrong, so that the time that it
/// takes does not tell whether there are secrets, and how many: 4 signatures of the body are computed and compared, in
/// constant time, with 16 of the header, some of which may not be there.
pub fn verify(secrets: &[WebhookSecret], header: &str, body: &[u8], now: DateTime<Utc>) -> bool {
    let header = Header::parse(header);
    let is_recent =
        header.as_ref().is_some_and(|header| header.seconds.abs_diff(now.timestamp()) <= TOLERANCE_SECONDS);
    let time = header.as_ref().map_or("0", |header| header.time);
    let signatures = header.as_ref().map_or(&[][..], |header| header.signatures.as_slice());
    let mut is_signed = Choice::from(0);
    for index in 0..SECRETS_MAX {
        let secret = secrets.get(index);
        let key = secret.map_or(DUMMY_SECRET, |secret| secret.0.as_bytes());
        // Signs once and compares often: `hmac::verify` would sign a large body once for each signature of the header.
        let expected = sign(key, time, body);
        for candidate in 0..ELEMENTS_MAX {
            let signature = signatures.get(candidate);
            let is_there = Choice::from(u8::from(secret.is_some() && signature.is_some()));
            let signature = signature.unwrap_or(&[0; SIGNATURE_BYTES]);
            is_signed |= is_there & expected.as_ref().ct_eq(signature.as_slice());
        }
    }
    bool::from(is_signed) && is_recent
}

/// Returns the signature of a body at a time.
fn sign(key: &[u8], time: &str, body: &[u8]) -> hmac::Tag {
    let mut context = hmac::Context::with_key(&hmac::Key::new(hmac::HMAC_SHA256, key));
    for part in [time.as_bytes(), b".", body] {
        context.update(part);
    }
    context.sign()
}

/// Parses a signature: 64 hexadecimal digits.
fn parse_hex(text: &str) -> Option<[u8; SIGNATURE_BYTES]> {
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let (pairs, []) = text.as_bytes().as_chunks::<2>() else { return None };
    let bytes: Option<Vec<u8>> =
        pairs.iter().map(|[high, low]| Some(digit(*high)? * 16 + digit(*low)?)).collect();
    bytes?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use std::fmt::Write;

    use super::*;

    const NOW: i64 = 1_796_000_000;
    const BODY: &[u8] = br#"{"id":"evt_1","object":"event"}"#;

    fn secret(text: &str) -> WebhookSecret {
        text.parse().unwrap()
    }

    fn secrets() -> Vec<WebhookSecret> {
        ["whsec_aaaaaaaaaaaaaaaa", "whsec_bbbbbbbbbbbbbbbb"].map(secret).to_vec()
    }

    fn hex(secret: &str, time: i64, body: &[u8]) -> String {
        let tag = sign(secret.as_bytes(), &time.to_string(), body);
        tag.as_ref().iter().fold(String::new(), |mut text, byte| {
            write!(text, "{byte:02x}").unwrap();
            text
        })
    }

    fn signed(time: i64) -> String {
        format!("t={time},v1={}", hex("whsec_aaaaaaaaaaaaaaaa", time, BODY))
    }

    fn accepts(header: &str) -> bool {
        verify(&secrets(), header, BODY, DateTime::from_timestamp(NOW, 0).unwrap())
    }

    /// Computed by `stripe.webhooks.generateTestHeaderString` of the npm package `stripe` 23.1.0.
    #[test]
    fn what_the_client_of_stripe_signs_is_accepted() {
        let header = "t=1796000000,v1=e6700b9d06d5809cce46a20fa22cc84714a3eb56d925cb7ae3a496cc05dda635";
        assert!(verify(
            &[secret("whsec_Qb8dZ1rT3uVxYwS5kLm7nPqR9sTuVwXy")],
            header,
            br#"{"id":"evt_1","object":"event","type":"invoice.paid"}"#,
            DateTime::from_timestamp(NOW, 0).unwrap()
        ));
    }

    #[test]
    fn a_signature_is_accepted_for_300_seconds() {
        for (seconds, is_accepted) in [(0, true), (300, true), (-300, true), (301, false), (-301, false)] {
            assert_eq!(accepts(&signed(NOW + seconds)), is_accepted, "{seconds}");
        }
        for time in ["0", "9223372036854775807", "9223372036854775808", "99999999999999999999999"] {
            let tag = hex("whsec_aaaaaaaaaaaaaaaa", NOW, BODY);
            assert!(!accepts(&format!("t={time},v1={tag}")), "{time}");
        }
    }

    #[test]
    fn any_secret_and_any_signature_suffices() {
        let (first, second) =
            (hex("whsec_aaaaaaaaaaaaaaaa", NOW, BODY), hex("whsec_bbbbbbbbbbbbbbbb", NOW, BODY));
        let wrong = "0".repeat(64);
        for header in [
            format!("t={NOW},v1={first}"),
            format!("t={NOW},v1={second}"),
            format!("t={NOW},v1={wrong},v1={second}"),
            format!("v1={wrong},v0=abc,v1={first},t={NOW}"),
            format!("t={NOW},v1=,v1=abc,other,v1={first}"),
            format!("t={NOW},{}v1={first}", format!("v1={wrong},").repeat(14)),
            format!("t={NOW},v1={}", first.to_uppercase()),
        ] {
            assert!(accepts(&header), "{header}");
        }
    }

    #[test]
    fn whatever_is_wrong_is_not_accepted() {
        let tag = hex("whsec_aaaaaaaaaaaaaaaa", NOW, BODY);
        let short = tag.get(..62).unwrap();
        for header in [
            String::new(),
            format!("t={NOW}"),
            format!("v1={tag}"),
            format!("t=,v1={tag}"),
            format!("t=+{NOW},v1={tag}"),
            format!("t= {NOW},v1={tag}"),
            format!("t=0{NOW},v1={tag}"),
            format!("t={NOW},t={NOW},v1={tag}"),
            format!("t={NOW},t={},v1={tag}", NOW + 1),
            format!("t={NOW},v0={tag}"),
            format!("t={NOW},v1={short}"),
            format!("t={NOW},v1={tag}00"),
            format!("t={NOW},v1={tag} "),
            format!("t={NOW},v1={short}g0"),
            format!("t={NOW},v1={}", "0".repeat(64)),
            format!("t={NOW},v1={}", hex("aaaaaaaaaaaaaaaa", NOW, BODY)),
            format!("t={NOW},v1={}", hex("whsec_cccccccccccccccc", NOW, BODY)),
            format!("t={NOW},v1={}", hex("whsec_00000000000000000000000000000000", NOW, BODY)),
            format!(
                "t={NOW},v1={}",
                hex("whsec_aaaaaaaaaaaaaaaa", NOW, b"{\"id\":\"evt_1\", \"object\":\"event\"}")
            ),
            // More than 16 elements, and more than 2,048 bytes.
            format!("t={NOW},{}v1={tag}", "v0=,".repeat(15)),
            format!("t={NOW},v1={tag},v0={}", "0".repeat(HEADER_BYTES_MAX)),
            "🦀=🦀,t".to_owned(),
        ] {
            assert!(!accepts(&header), "{header}");
        }
    }

    #[test]
    fn nothing_is_accepted_without_secrets_and_by_a_fifth_one() {
        let now = DateTime::from_timestamp(NOW, 0).unwrap();
        let by_dummy = format!("t={NOW},v1={}", hex("whsec_00000000000000000000000000000000", NOW, BODY));
        assert!(!verify(&[], &by_dummy, BODY, now));
        assert!(!verify(&[], &signed(NOW), BODY, now));
        let others = vec![secret("whsec_bbbbbbbbbbbbbbbb"); SECRETS_MAX];
        let with_fifth = [others, vec![secret("whsec_aaaaaaaaaaaaaaaa")]].concat();
        assert!(!verify(&with_fifth, &signed(NOW), BODY, now));
        assert!(verify(&with_fifth[1..], &signed(NOW), BODY, now));
    }

    #[test]
    fn a_secret_starts_with_its_prefix_and_is_not_shown() {
        for text in ["", "whsec_", "whsec_short", "sk_live_aaaaaaaaaaaaaaaa", "whsec_aaaaaaaaaaaaaaaa aaa"] {
            let why = text.parse::<WebhookSecret>().unwrap_err();
            assert!(text.is_empty() || text == SECRET_PREFIX || !why.contains(text), "{why}");
        }
        assert!(format!("whsec_{}", "a".repeat(250)).parse::<WebhookSecret>().is_err());
        assert_eq!(format!("{:?}", secrets()), "[WebhookSecret(…), WebhookSecret(…)]");
        assert_eq!(secret("whsec_aaaaaaaaaaaaaaaa").expose(), "whsec_aaaaaaaaaaaaaaaa");
    }
}
