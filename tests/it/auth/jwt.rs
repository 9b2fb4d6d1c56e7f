//! JSON Web Tokens of an identity provider: which key verifies which token, and which tokens are rejected.

use jsonwebtoken::Algorithm;
use revshare::auth::Role;
use revshare::auth::token::jwks::PublicKeys;
use revshare::auth::token::jwt::JwtKeys;
use rsa::pkcs8::EncodePublicKey;
use serde_json::{Value, json};

use crate::support::identity_provider::{Signer, base64url, claims, claims_with, jwk_set};
use crate::support::{Client, Folder, SECRET, TestApp, ok, output_text};

const WRONG_ALGORITHM: &str = "its alg is not that of its key";
const UNKNOWN_KID: &str =
    "its kid is unknown; the key set is read again, so try again in some seconds if the key is new";

/// Writes a key set to a file of the folder and returns its path.
fn key_set_file(folder: &Folder, json: &str) -> String {
    std::fs::create_dir_all(&folder.0).expect("a folder");
    let path = folder.0.join("keys.json");
    std::fs::write(&path, json).expect("a file");
    path.to_string_lossy().into_owned()
}

async fn load_keys(json: &str) -> Result<PublicKeys, String> {
    let folder = Folder::new();
    PublicKeys::open(&key_set_file(&folder, json)).await.map_err(|error| error.describe())
}

async fn tokens_of(signers: &[&Signer]) -> JwtKeys {
    JwtKeys::from_jwks(load_keys(&jwk_set(signers.iter().copied())).await.expect("keys"), None, None)
}

fn tokens_of_secret() -> JwtKeys {
    ok(JwtKeys::with_secret(SECRET, None, None))
}

/// Returns why a token is rejected, or an empty string if it is accepted.
fn rejection(tokens: &JwtKeys, token: &str) -> String {
    let error = tokens.verify(token).map_err(|error| error.describe()).err().unwrap_or_default();
    error.trim_start_matches("invalid token: ").to_owned()
}

fn merged(base: &Value, changes: &Value) -> Value {
    let mut merged = base.clone();
    merged.as_object_mut().expect("an object").extend(changes.as_object().expect("an object").clone());
    merged
}

#[tokio::test(flavor = "multi_thread")]
async fn rsa_ec_and_ed25519_tokens_are_accepted() {
    let signers = [Signer::rsa("r"), Signer::ec("e"), Signer::ed("d")];
    let app = TestApp::with_tokens(tokens_of(&signers.each_ref()).await).await;
    app.tenant("acme").await;
    for signer in &signers {
        let client = Client::with_token(&app, &signer.token(&claims()));
        let data = client.query("{ viewer { userId role tenant { id } } }").await.data();
        assert_eq!(data["viewer"], json!({ "userId": "ada", "role": "finance", "tenant": { "id": "acme" } }));
        let unknown_tenant = signer.token(&claims_with(json!({ "tenant_id": "nowhere" })));
        let response = Client::with_token(&app, &unknown_tenant).query("{ viewer { userId } }").await;
        assert_eq!(response.code(), "UNAUTHENTICATED");
    }
}

#[tokio::test]
async fn the_shared_secret_and_public_keys_work_side_by_side() {
    let [ec, hs] = [Signer::ec("e"), Signer::hs(SECRET)];
    let both = tokens_of_secret().and_jwks(load_keys(&jwk_set([&ec])).await.expect("keys"));
    assert_eq!(rejection(&both, &ec.token(&claims())), "");
    assert_eq!(rejection(&both, &hs.token(&claims())), "");
    // With public keys configured, a kid never refers to the secret.
    for kid in ["e", "other", ""] {
        let token = hs.sign(&json!({ "alg": "HS256", "kid": kid }), &claims());
        assert_eq!(rejection(&both, &token), WRONG_ALGORITHM, "{kid}");
    }
    let secret_only = tokens_of_secret();
    let with_kid = hs.sign(&json!({ "alg": "HS256", "kid": "any" }), &claims());
    assert_eq!(rejection(&secret_only, &with_kid), "");
    assert_eq!(rejection(&secret_only, &ec.token(&claims())), WRONG_ALGORITHM);
}

/// Returns the bytes of public keys that an attacker may try as an HMAC secret.
fn public_key_bytes(rsa: &Signer, ec: &Signer, ed: &Signer) -> Vec<Vec<u8>> {
    let public = Signer::rsa_key().to_public_key();
    vec![
        public.to_public_key_pem(rsa::pkcs8::LineEnding::LF).expect("PEM").into_bytes(),
        public.to_public_key_der().expect("DER").into_vec(),
        rsa.jwk["n"].as_str().expect("n").as_bytes().to_vec(),
        rsa.jwk.to_string().into_bytes(),
        ec.jwk["x"].as_str().expect("x").as_bytes().to_vec(),
        ed.jwk.to_string().into_bytes(),
        Vec::new(),
    ]
}

#[tokio::test]
async fn public_keys_cannot_be_used_as_a_shared_secret() {
    let [rsa, ec, ed] = [Signer::rsa("r"), Signer::ec("e"), Signer::ed("d")];
    let public_only = tokens_of(&[&rsa, &ec, &ed]).await;
    let with_secret = tokens_of_secret().and_jwks(load_keys(&jwk_set([&rsa, &ec, &ed])).await.expect("keys"));
    for bytes in public_key_bytes(&rsa, &ec, &ed) {
        let forger = Signer::hs(&bytes);
        for header in [json!({ "alg": "HS256" }), json!({ "alg": "HS256", "kid": "r" })] {
            let forged = forger.sign(&header, &claims());
            assert_eq!(rejection(&public_only, &forged), WRONG_ALGORITHM);
            assert_ne!(rejection(&with_secret, &forged), "", "{header}");
        }
    }
}

#[tokio::test]
async fn the_key_determines_the_algorithm() {
    let [rsa, ec, other_ec, ed] = [Signer::rsa("r"), Signer::ec("e"), Signer::ec("o"), Signer::ed("d")];
    let tokens = tokens_of(&[&rsa, &ec, &other_ec, &ed]).await;
    for (kid, alg, signer, expected) in [
        ("r", "ES256", &ec, WRONG_ALGORITHM),
        ("e", "RS256", &rsa, WRONG_ALGORITHM),
        ("e", "ES256", &other_ec, "InvalidSignature"),
        ("d", "RS256", &rsa, WRONG_ALGORITHM),
        ("r", "RS384", &rsa, WRONG_ALGORITHM),
        ("r", "PS256", &rsa, WRONG_ALGORITHM),
        ("unknown", "ES256", &ec, UNKNOWN_KID),
        ("", "ES256", &ec, UNKNOWN_KID),
        ("../keys.json", "ES256", &ec, UNKNOWN_KID),
    ] {
        let forged = signer.sign(&json!({ "alg": alg, "kid": kid }), &claims());
        assert_eq!(rejection(&tokens, &forged), expected, "{kid} {alg}");
    }
}

/// Returns a token with an empty signature.
fn unsigned(alg: &str) -> String {
    format!("{}.{}.", base64url(json!({ "alg": alg }).to_string()), base64url(claims().to_string()))
}

#[tokio::test]
async fn unsigned_tokens_are_rejected() {
    let rsa = Signer::rsa("r");
    let tokens = tokens_of(&[&rsa]).await;
    for alg in ["none", "None", "NONE", "", "hs256"] {
        assert!(rejection(&tokens, &unsigned(alg)).starts_with("JSON error"), "{alg}");
    }
    assert_ne!(rejection(&tokens, &unsigned("RS256")), "");
}

#[tokio::test]
async fn a_token_without_a_kid_needs_exactly_one_key_of_its_algorithm() {
    let [rsa, one, two] = [Signer::rsa("r"), Signer::ec("1"), Signer::ec("2")];
    let tokens = tokens_of(&[&rsa, &one, &two]).await;
    let without_kid = |signer: &Signer| signer.sign(&json!({ "alg": signer.algorithm }), &claims());
    assert_eq!(rejection(&tokens, &without_kid(&rsa)), "");
    let ambiguous = "it needs a kid: several keys have its alg";
    assert_eq!(rejection(&tokens, &without_kid(&one)), ambiguous);
    assert_eq!(rejection(&tokens, &without_kid(&Signer::ed("d"))), WRONG_ALGORITHM);
}

#[tokio::test]
async fn keys_in_the_token_header_are_ignored() {
    let [ours, theirs] = [Signer::ec("e"), Signer::ec("e")];
    let tokens = tokens_of(&[&ours]).await;
    for key in [
        json!({ "jwk": theirs.jwk }),
        json!({ "jku": "http://127.0.0.1:1/keys" }),
        json!({ "x5u": "http://127.0.0.1:1/keys" }),
        json!({ "x5c": ["MIIB"] }),
    ] {
        let header = merged(&json!({ "alg": "ES256", "kid": "e" }), &key);
        let forged = theirs.sign(&header, &claims());
        assert_eq!(rejection(&tokens, &forged), "InvalidSignature", "{header}");
        assert_eq!(rejection(&tokens, &ours.sign(&header, &claims())), "", "{header}");
    }
    for crit in [json!(["exp"]), json!(["b64"]), json!([])] {
        let token = ours.sign(&json!({ "alg": "ES256", "kid": "e", "crit": crit }), &claims());
        assert!(rejection(&tokens, &token).contains("crit"), "{crit}");
    }
}

#[tokio::test]
async fn claims_are_validated() {
    let ec = Signer::ec("e");
    let tokens = tokens_of(&[&ec]).await;
    let now = chrono::Utc::now().timestamp();
    for (changes, expected) in [
        (json!({}), ""),
        (json!({ "exp": now - 20, "iat": now - 60 }), ""),
        (json!({ "exp": now - 40, "iat": now - 60 }), "ExpiredSignature"),
        (json!({ "nbf": now + 20 }), ""),
        (json!({ "nbf": now + 60 }), "ImmatureSignature"),
        (json!({ "nbf": "soon" }), "Invalid format for claim: nbf"),
        (json!({ "iat": now + 20 }), ""),
        (json!({ "iat": now + 60 }), "it was issued in the future"),
        (json!({ "exp": now + 86_400, "iat": now }), ""),
        (json!({ "exp": now + 86_401, "iat": now }), "its lifetime is longer than 1day"),
        (json!({ "exp": i64::MAX }), "its lifetime is longer than 1day"),
        (json!({ "exp": i64::MAX, "iat": i64::MIN }), "its lifetime is longer than 1day"),
        (json!({ "sub": " " }), "its sub is not a user id"),
        (json!({ "sub": "a\u{0}" }), "its sub is not a user id"),
        (json!({ "tenant_id": "" }), "its tenant_id is not a tenant id"),
    ] {
        assert_eq!(rejection(&tokens, &ec.token(&claims_with(changes.clone()))), expected, "{changes}");
    }
    for missing in ["exp", "iat", "sub", "tenant_id", "role"] {
        let token = ec.token(&claims_with(json!({ missing: null })));
        assert!(rejection(&tokens, &token).contains(missing), "{missing}");
    }
    for malformed in [
        json!({ "role": "root" }),
        json!({ "role": ["admin"] }),
        json!({ "exp": "never" }),
        json!({ "sub": 1 }),
    ] {
        assert_ne!(rejection(&tokens, &ec.token(&claims_with(malformed.clone()))), "", "{malformed}");
    }
    let long = ec.token(&claims_with(json!({ "more": "x".repeat(8_192) })));
    assert!(rejection(&tokens, &long).contains("at most 8192 are allowed"));
}

#[tokio::test]
async fn issuer_and_audience_are_required_when_configured() {
    let ec = Signer::ec("e");
    let public = load_keys(&jwk_set([&ec])).await.expect("keys");
    let tokens = JwtKeys::from_jwks(public, Some("idp".to_owned()), Some("revshare".to_owned()));
    for (changes, is_accepted) in [
        (json!({ "iss": "idp", "aud": "revshare" }), true),
        (json!({ "iss": "idp", "aud": ["other", "revshare"] }), true),
        (json!({ "iss": "idp", "aud": ["other", "another"] }), false),
        (json!({ "iss": "idp", "aud": [] }), false),
        (json!({ "iss": "idp", "aud": "other" }), false),
        (json!({ "iss": "idp" }), false),
        (json!({ "aud": "revshare" }), false),
        (json!({ "iss": "other", "aud": "revshare" }), false),
        (json!({ "iss": ["idp", "other"], "aud": "revshare" }), false),
        (json!({ "iss": "idp", "aud": { "revshare": true } }), false),
        (json!({}), false),
    ] {
        let rejection = rejection(&tokens, &ec.token(&claims_with(changes.clone())));
        assert_eq!(rejection.is_empty(), is_accepted, "{changes}: {rejection}");
    }
}

/// Returns keys that no token may be verified with, each with the reason.
fn unusable_keys(rsa: &Signer, ec: &Signer, ed: &Signer) -> Vec<(Value, &'static str)> {
    let (rsa, ec, ed) = (&rsa.jwk, &ec.jwk, &ed.jwk);
    let n_of_1024_bits = base64url([0xff; 128]);
    let n_of_8192_bits = base64url([0xff; 1024]);
    vec![
        (merged(rsa, &json!({ "use": "enc" })), "its use is not sig"),
        (merged(rsa, &json!({ "key_ops": ["encrypt"] })), "its key_ops lack verify"),
        (merged(rsa, &json!({ "alg": "RSA-OAEP" })), "its alg is \"RSA-OAEP\" and not RS256"),
        (merged(rsa, &json!({ "alg": "PS256" })), "its alg is \"PS256\" and not RS256"),
        (merged(ec, &json!({ "alg": "HS256" })), "its alg is \"HS256\" and not ES256"),
        (merged(rsa, &json!({ "n": n_of_1024_bits })), "it has 1024 bits, not 2048 to 4096"),
        (merged(rsa, &json!({ "n": n_of_8192_bits })), "it has 8192 bits, not 2048 to 4096"),
        (merged(rsa, &json!({ "e": "AQ" })), "its n and e are not an RSA key"),
        (merged(rsa, &json!({ "n": "*" })), "its n is not base64url"),
        (merged(rsa, &json!({ "n": null })), "it has no n"),
        (merged(ed, &json!({ "x": base64url([1; 31]) })), "its x has 31 bytes, not 32"),
        (merged(ed, &json!({ "x": base64url([2; 32]) })), "InvalidEddsaKey"),
        (merged(ec, &json!({ "y": base64url([1; 32]) })), "InvalidEcdsaKey"),
        (merged(ec, &json!({ "crv": "P-521" })), "its crv \"P-521\" is neither P-256 nor Ed25519"),
        (merged(ed, &json!({ "crv": "Ed448" })), "its crv \"Ed448\" is neither P-256 nor Ed25519"),
        (merged(ec, &json!({ "d": "AQ" })), "it is a private key"),
        (Signer::hs(SECRET).jwk, "its kty \"oct\" is none of RSA, EC and OKP"),
        (json!({ "kty": "AKP", "pub": "AQ" }), "its kty \"AKP\" is none of RSA, EC and OKP"),
        (json!({}), "missing field `kty`"),
        (json!("key"), "invalid type"),
    ]
}

#[tokio::test]
async fn unusable_keys_of_a_set_are_skipped() {
    let (rsa, ec, ed) = (Signer::rsa("r"), Signer::ec("e"), Signer::ed("d"));
    let unusable = unusable_keys(&rsa, &ec, &ed);
    for (jwk, reason) in &unusable {
        let error = load_keys(&json!({ "keys": [jwk] }).to_string()).await.err().unwrap_or_default();
        assert!(error.contains("it has no key that can verify tokens: key "), "{jwk}: {error}");
        assert!(error.contains(reason), "{jwk}: {error}");
    }
    let all: Vec<_> = unusable.into_iter().map(|(jwk, _)| jwk).chain([ec.jwk.clone()]).collect();
    let keys = load_keys(&json!({ "keys": all }).to_string()).await.expect("one usable key");
    let tokens = JwtKeys::from_jwks(keys, None, None);
    assert_eq!(rejection(&tokens, &ec.token(&claims())), "");
    assert_ne!(rejection(&tokens, &rsa.token(&claims())), "");
}

#[tokio::test]
async fn a_key_may_omit_optional_members_and_use_the_newer_algorithm_name() {
    let mut ed = Signer::ed("d");
    ed.jwk = json!({ "kty": "OKP", "crv": "Ed25519", "alg": "Ed25519", "x": ed.jwk["x"] });
    assert_eq!(rejection(&tokens_of(&[&ed]).await, &ed.token(&claims())), "");
}

#[tokio::test]
async fn a_malformed_or_empty_key_set_is_rejected() {
    for (json, reason) in
        [("{", "not a JSON Web Key set"), ("[]", "not a JSON Web Key set"), (r#"{"keys":[]}"#, "it is empty")]
    {
        assert!(load_keys(json).await.is_err_and(|error| error.contains(reason)), "{json}");
    }
}

#[tokio::test]
async fn the_role_is_taken_from_the_token() {
    let ec = Signer::ec("e");
    let tokens = tokens_of(&[&ec]).await;
    for role in [Role::Partner, Role::Admin, Role::Finance, Role::Support, Role::Auditor, Role::Billing] {
        let token = ec.token(&claims_with(json!({ "role": role })));
        let identity = ok(tokens.verify(&token));
        assert_eq!((identity.role(), identity.tenant().0.as_str(), identity.user()), (role, "acme", "ada"));
    }
    assert_eq!(ec.algorithm, Algorithm::ES256);
}

/// Runs the program with settings and returns whether it succeeded and what it printed.
fn run(folder: &Folder, arguments: &[&str], settings: &[(&str, &str)]) -> (bool, String) {
    let output = folder.command(arguments).envs(settings.iter().copied()).output().expect("a program");
    (output.status.success(), output_text(&output))
}

const TOKEN_COMMAND: [&str; 7] = ["token", "--tenant", "acme", "--user", "ada", "--role", "admin"];

#[test]
fn the_token_command_needs_a_secret_and_respects_the_maximum_lifetime() {
    let folder = Folder::new();
    let jwks = ("AUTH_JWKS", key_set_file(&folder, &jwk_set([&Signer::ec("e")])));
    let jwks = (jwks.0, jwks.1.as_str());
    let secret = ("AUTH_HS256_SECRET", "a secret of the operator's own choosing");
    let for_25_hours = [&TOKEN_COMMAND[..], &["--ttl", "25h"]].concat();
    let (is_created, text) = run(&folder, &TOKEN_COMMAND, &[jwks]);
    assert!(!is_created && text.contains("AUTH_HS256_SECRET: must be set to sign tokens"), "{text}");
    assert!(run(&folder, &TOKEN_COMMAND, &[jwks, secret]).0);
    let (is_created, text) = run(&folder, &for_25_hours, &[secret]);
    assert!(!is_created && text.contains("--ttl: must be at most 1day"), "{text}");
    assert!(run(&folder, &for_25_hours, &[secret, ("AUTH_TOKEN_TTL_MAX", "30d")]).0);
}

#[test]
fn invalid_authentication_settings_are_named_at_startup() {
    let folder = Folder::new();
    let path = key_set_file(&folder, &jwk_set([&Signer::ec("e")]));
    for (settings, error) in [
        (
            &[("AUTH_JWKS", "/nowhere/keys.json")][..],
            "AUTH_JWKS: /nowhere/keys.json: cannot be read: No such file",
        ),
        (
            &[("AUTH_JWKS", "http://127.0.0.1:1/keys")],
            "AUTH_JWKS: http://127.0.0.1:1/keys: error sending request",
        ),
        (
            &[("AUTH_JWKS", "http://idp.example.com/keys")],
            "AUTH_JWKS: must be a path, or a URL that starts with https://",
        ),
        (&[("AUTH_JWKS", "file:///keys.json")], "AUTH_JWKS: must be a path"),
        (&[("AUTH_JWKS", "https://a:b@idp.example.com/")], "AUTH_JWKS: must not contain a user name"),
        (&[("AUTH_JWKS", "https://")], "AUTH_JWKS: is not a URL"),
        (
            &[("AUTH_JWKS", &path), ("AUTH_HS256_SECRET", "short")],
            "AUTH_HS256_SECRET: must have at least 32 bytes",
        ),
        (&[("AUTH_AUDIENCE", "us")], "AUTH_HS256_SECRET or AUTH_JWKS: must be set if AUTH_ISSUER"),
        (&[("LISTEN_ADDR", "0.0.0.0:0")], "AUTH_HS256_SECRET or AUTH_JWKS: must be set to listen on"),
        (&[("AUTH_TOKEN_TTL_MAX", "0s")], "must be at least one second"),
    ] {
        let (is_started, text) = run(&folder, &[], settings);
        assert!(!is_started && text.contains(error), "{settings:?}: {text}");
    }
    assert!(!folder.cluster().exists());
}
