//! Tokens of others: which key checks which, and what no token gets away with.

use jsonwebtoken::Algorithm;
use revshare::access::Role;
use revshare::access::token::Tokens;
use revshare::access::token::keys::PublicKeys;
use rsa::pkcs8::EncodePublicKey;
use serde_json::{Value, json};

use crate::support::identity_provider::{Signer, base64url, claims, claims_with, set};
use crate::support::{Client, Folder, SECRET, TestApp, output_text};

/// A file with a key set, gone when dropped with its folder.
fn file(folder: &Folder, json: &str) -> String {
    std::fs::create_dir_all(&folder.0).expect("a folder");
    let path = folder.0.join("keys.json");
    std::fs::write(&path, json).expect("a file");
    path.to_string_lossy().into_owned()
}

async fn keys(json: &str) -> Result<PublicKeys, String> {
    let folder = Folder::new();
    PublicKeys::open(&file(&folder, json)).await.map_err(|error| error.describe())
}

async fn tokens_of(signers: &[&Signer]) -> Tokens {
    Tokens::of_others(keys(&set(signers.iter().copied())).await.expect("keys"), None, None)
}

/// Why a token does not hold; nothing, if it does.
async fn objection(tokens: &Tokens, token: &str) -> String {
    let objection = tokens.verify(token).await.map_err(|error| error.describe()).err().unwrap_or_default();
    objection.trim_start_matches("this token does not hold: ").to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn rsa_ec_and_ed25519_keys_let_their_owners_in() {
    let signers = [Signer::rsa("r"), Signer::ec("e"), Signer::ed("d")];
    let app = TestApp::with_tokens(tokens_of(&signers.each_ref()).await).await;
    app.tenant("acme").await;
    for signer in &signers {
        let actor = Client::with_token(&app, &signer.token(&claims()));
        let viewer = actor.query("{viewer{userId role tenant{id}}}").await.data()["viewer"].clone();
        assert_eq!(viewer, json!({ "userId": "ada", "role": "finance", "tenant": { "id": "acme" } }));
        let stranger =
            Client::with_token(&app, &signer.token(&claims_with(json!({ "tenant_id": "nowhere" }))));
        assert_eq!(stranger.query("{viewer{userId}}").await.code(), "UNAUTHENTICATED");
    }
}

#[tokio::test]
async fn the_secret_and_the_keys_of_others_hold_side_by_side() {
    let [ec, hs] = [Signer::ec("e"), Signer::hs(SECRET)];
    let both = Tokens::new(SECRET, None, None).map_err(|error| error.describe()).expect("tokens");
    let both = both.or_of_others(keys(&set([&ec])).await.expect("keys"));
    assert_eq!(objection(&both, &ec.token(&claims())).await, "");
    assert_eq!(objection(&both, &hs.token(&claims())).await, "");
    // Whoever names a key does not mean the secret.
    for kid in ["e", "other", ""] {
        let token = hs.sign(&json!({ "alg": "HS256", "kid": kid }), &claims());
        assert_eq!(objection(&both, &token).await, "its alg is not that of its key", "{kid}");
    }
    let alone = Tokens::new(SECRET, None, None).map_err(|error| error.describe()).expect("tokens");
    assert_eq!(objection(&alone, &hs.sign(&json!({ "alg": "HS256", "kid": "any" }), &claims())).await, "");
    assert_eq!(objection(&alone, &ec.token(&claims())).await, "its alg is not that of its key");
}

#[tokio::test]
async fn the_key_decides_the_algorithm() {
    let [rsa, ec, other_ec, ed] = [Signer::rsa("r"), Signer::ec("e"), Signer::ec("o"), Signer::ed("d")];
    let tokens = tokens_of(&[&rsa, &ec, &other_ec, &ed]).await;
    let mut both = Tokens::new(SECRET, None, None).map_err(|error| error.describe()).expect("tokens");
    both = both.or_of_others(keys(&set([&rsa, &ec, &ed])).await.expect("keys"));
    // HS256 with what everybody knows of a public key.
    let public = Signer::rsa_key().to_public_key();
    let known = [
        public.to_public_key_pem(rsa::pkcs8::LineEnding::LF).expect("PEM").into_bytes(),
        public.to_public_key_der().expect("DER").into_vec(),
        rsa.jwk["n"].as_str().expect("n").as_bytes().to_vec(),
        rsa.jwk.to_string().into_bytes(),
        ec.jwk["x"].as_str().expect("x").as_bytes().to_vec(),
        ed.jwk.to_string().into_bytes(),
        Vec::new(),
    ];
    for bytes in known {
        let forger = Signer::hs(&bytes);
        for header in [json!({ "alg": "HS256" }), json!({ "alg": "HS256", "kid": "r" })] {
            let forged = forger.sign(&header, &claims());
            assert_eq!(objection(&tokens, &forged).await, "its alg is not that of its key");
            assert_ne!(objection(&both, &forged).await, "", "{header}");
        }
    }
    // A key by another's name, or with another's algorithm.
    for (kid, alg, signer, expected) in [
        ("r", "ES256", &ec, "its alg is not that of its key"),
        ("e", "RS256", &rsa, "its alg is not that of its key"),
        ("e", "ES256", &other_ec, "InvalidSignature"),
        ("d", "RS256", &rsa, "its alg is not that of its key"),
        ("r", "RS384", &rsa, "its alg is not that of its key"),
        ("r", "PS256", &rsa, "its alg is not that of its key"),
        ("unknown", "ES256", &ec, "its kid names no key"),
        ("", "ES256", &ec, "its kid names no key"),
        ("../keys.json", "ES256", &ec, "its kid names no key"),
    ] {
        let forged = signer.sign(&json!({ "alg": alg, "kid": kid }), &claims());
        assert_eq!(objection(&tokens, &forged).await, expected, "{kid} {alg}");
    }
    let none = |alg: &str| {
        format!("{}.{}.", base64url(json!({ "alg": alg }).to_string()), base64url(claims().to_string()))
    };
    for alg in ["none", "None", "NONE", "", "hs256"] {
        assert!(objection(&tokens, &none(alg)).await.starts_with("JSON error"), "{alg}");
    }
    assert_ne!(objection(&tokens, &none("RS256")).await, "");
}

#[tokio::test]
async fn a_token_without_a_kid_needs_a_key_that_alone_fits() {
    let [rsa, one, two] = [Signer::rsa("r"), Signer::ec("1"), Signer::ec("2")];
    let tokens = tokens_of(&[&rsa, &one, &two]).await;
    let unnamed = |signer: &Signer| signer.sign(&json!({ "alg": signer.algorithm }), &claims());
    assert_eq!(objection(&tokens, &unnamed(&rsa)).await, "");
    let expected = "it must name its key, by a kid: several have its alg";
    assert_eq!(objection(&tokens, &unnamed(&one)).await, expected);
    assert_eq!(objection(&tokens, &unnamed(&Signer::ed("d"))).await, "its alg is not that of its key");
}

#[tokio::test]
async fn a_header_brings_no_key_of_its_own() {
    let [ours, theirs] = [Signer::ec("e"), Signer::ec("e")];
    let tokens = tokens_of(&[&ours]).await;
    for addition in [
        json!({ "jwk": theirs.jwk }),
        json!({ "jku": "http://127.0.0.1:1/keys" }),
        json!({ "x5u": "http://127.0.0.1:1/keys" }),
        json!({ "x5c": ["MIIB"] }),
    ] {
        let mut header = json!({ "alg": "ES256", "kid": "e" });
        header.as_object_mut().expect("a header").extend(addition.as_object().expect("an object").clone());
        assert_eq!(
            objection(&tokens, &theirs.sign(&header, &claims())).await,
            "InvalidSignature",
            "{header}"
        );
        assert_eq!(objection(&tokens, &ours.sign(&header, &claims())).await, "", "{header}");
    }
    for crit in [json!(["exp"]), json!(["b64"]), json!([])] {
        let token = ours.sign(&json!({ "alg": "ES256", "kid": "e", "crit": crit }), &claims());
        assert!(objection(&tokens, &token).await.contains("crit"), "{crit}");
    }
}

#[tokio::test]
async fn times_and_names_are_checked() {
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
        (json!({ "exp": now + 86_400 }), ""),
        (json!({ "exp": now + 86_401 }), "it holds for longer than 1day"),
        (json!({ "exp": i64::MAX }), "it holds for longer than 1day"),
        (json!({ "exp": i64::MAX, "iat": i64::MIN }), "it holds for longer than 1day"),
        (json!({ "sub": " " }), "its sub names nobody"),
        (json!({ "sub": "a\u{0}" }), "its sub names nobody"),
        (json!({ "tenant_id": "" }), "its tenant_id names no tenant"),
    ] {
        assert_eq!(objection(&tokens, &ec.token(&claims_with(changes.clone()))).await, expected, "{changes}");
    }
    for missing in ["exp", "iat", "sub", "tenant_id", "role"] {
        let token = ec.token(&claims_with(json!({ missing: null })));
        assert!(objection(&tokens, &token).await.contains(missing), "{missing}");
    }
    for wrong in [
        json!({ "role": "root" }),
        json!({ "role": ["admin"] }),
        json!({ "exp": "never" }),
        json!({ "sub": 1 }),
    ] {
        assert_ne!(objection(&tokens, &ec.token(&claims_with(wrong.clone()))).await, "", "{wrong}");
    }
    let mut long = claims();
    long["more"] = json!("x".repeat(8_192));
    assert!(objection(&tokens, &ec.token(&long)).await.contains("at most 8192 are read"));
}

#[tokio::test]
async fn issuer_and_audience_are_demanded_where_they_are_configured() {
    let ec = Signer::ec("e");
    let public = keys(&set([&ec])).await.expect("keys");
    let tokens = Tokens::of_others(public, Some("idp".to_owned()), Some("revshare".to_owned()));
    for (changes, holds) in [
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
        let objection = objection(&tokens, &ec.token(&claims_with(changes.clone()))).await;
        assert_eq!(objection.is_empty(), holds, "{changes}: {objection}");
    }
}

#[tokio::test]
async fn what_a_set_holds_beside_good_keys_is_skipped() {
    let ec = Signer::ec("e");
    let other = |changes: Value, of: &Signer| {
        let mut jwk = of.jwk.clone();
        jwk.as_object_mut().expect("a key").extend(changes.as_object().expect("changes").clone());
        jwk
    };
    let (rsa, ed) = (Signer::rsa("r"), Signer::ed("d"));
    let small = base64url([0xff; 128]);
    let unusable = [
        (other(json!({ "use": "enc" }), &rsa), "its use is not sig"),
        (other(json!({ "key_ops": ["encrypt"] }), &rsa), "its key_ops lack verify"),
        (other(json!({ "alg": "RSA-OAEP" }), &rsa), "its alg is \"RSA-OAEP\" and not RS256"),
        (other(json!({ "alg": "PS256" }), &rsa), "its alg is \"PS256\" and not RS256"),
        (other(json!({ "alg": "HS256" }), &ec), "its alg is \"HS256\" and not ES256"),
        (other(json!({ "n": small }), &rsa), "it has 1024 bits, not 2048 to 4096"),
        (other(json!({ "n": base64url([0xff; 1024]) }), &rsa), "it has 8192 bits, not 2048 to 4096"),
        (other(json!({ "e": "AQ" }), &rsa), "its n and e are no RSA key"),
        (other(json!({ "n": "*" }), &rsa), "its n is not base64url"),
        (other(json!({ "n": null }), &rsa), "it has no n"),
        (other(json!({ "x": base64url([1; 31]) }), &ed), "its x has 31 bytes, not 32"),
        (other(json!({ "x": base64url([2; 32]) }), &ed), "InvalidEddsaKey"),
        (other(json!({ "y": base64url([1; 32]) }), &ec), "InvalidEcdsaKey"),
        (other(json!({ "crv": "P-521" }), &ec), "its crv \"P-521\" is neither P-256 nor Ed25519"),
        (other(json!({ "crv": "Ed448" }), &ed), "its crv \"Ed448\" is neither P-256 nor Ed25519"),
        (other(json!({ "d": "AQ" }), &ec), "it is a private key"),
        (Signer::hs(SECRET).jwk, "its kty \"oct\" is none of RSA, EC and OKP"),
        (json!({ "kty": "AKP", "pub": "AQ" }), "its kty \"AKP\" is none of RSA, EC and OKP"),
        (json!({}), "missing field `kty`"),
        (json!("key"), "invalid type"),
    ];
    for (jwk, reason) in &unusable {
        let refused = keys(&json!({ "keys": [jwk] }).to_string()).await.err().unwrap_or_default();
        assert!(refused.contains("it has no key that tokens can be checked with: key "), "{jwk}: {refused}");
        assert!(refused.contains(reason), "{jwk}: {refused}");
    }
    let all: Vec<_> = unusable.into_iter().map(|(jwk, _)| jwk).chain([ec.jwk.clone()]).collect();
    let tokens =
        Tokens::of_others(keys(&json!({ "keys": all }).to_string()).await.expect("one key"), None, None);
    assert_eq!(objection(&tokens, &ec.token(&claims())).await, "");
    assert_ne!(objection(&tokens, &rsa.token(&claims())).await, "");
    // A key without the words that it may have, and with one that came later.
    let mut plain = Signer::ed("d");
    plain.jwk = json!({ "kty": "OKP", "crv": "Ed25519", "alg": "Ed25519", "x": plain.jwk["x"] });
    assert_eq!(objection(&tokens_of(&[&plain]).await, &plain.token(&claims())).await, "");
    for (json, reason) in
        [("{", "no JSON Web Key set"), ("[]", "no JSON Web Key set"), (r#"{"keys":[]}"#, "it is empty")]
    {
        assert!(keys(json).await.is_err_and(|refused| refused.contains(reason)), "{json}");
    }
}

#[test]
fn the_program_says_what_it_misses() {
    let folder = Folder::new();
    let path = file(&folder, &set([&Signer::ec("e")]));
    let run = |arguments: &[&str], variables: &[(&str, &str)]| {
        let output = folder.command(arguments).envs(variables.iter().copied()).output().expect("a program");
        (output.status.success(), output_text(&output))
    };
    let token = ["token", "--tenant", "acme", "--user", "ada", "--role", "admin"];
    let secret = ("AUTH_HS256_SECRET", "a secret of the operator's own choosing");
    let (done, refused) = run(&token, &[("AUTH_JWKS", &path)]);
    assert!(!done && refused.contains("AUTH_HS256_SECRET: must be set to make tokens"), "{refused}");
    assert!(run(&token, &[("AUTH_JWKS", &path), secret]).0);
    let (done, refused) = run(&[&token[..], &["--ttl", "25h"]].concat(), &[secret]);
    assert!(!done && refused.contains("--ttl: must be at most 1day"), "{refused}");
    assert!(run(&[&token[..], &["--ttl", "25h"]].concat(), &[secret, ("AUTH_TOKEN_TTL_MAX", "30d")]).0);
    for (variables, reason) in [
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
            "AUTH_JWKS: must be a path, or an address that begins with https://",
        ),
        (&[("AUTH_JWKS", "file:///keys.json")], "AUTH_JWKS: must be a path"),
        (&[("AUTH_JWKS", "https://a:b@idp.example.com/")], "AUTH_JWKS: must not hold a user name"),
        (&[("AUTH_JWKS", "https://")], "AUTH_JWKS: is not an address"),
        (
            &[("AUTH_JWKS", &path), ("AUTH_HS256_SECRET", "short")],
            "AUTH_HS256_SECRET: must have at least 32 bytes",
        ),
        (&[("AUTH_AUDIENCE", "us")], "AUTH_HS256_SECRET or AUTH_JWKS: must be set when"),
        (&[("LISTEN_ADDR", "0.0.0.0:0")], "AUTH_HS256_SECRET or AUTH_JWKS: must be set to listen on"),
        (&[("AUTH_TOKEN_TTL_MAX", "0s")], "must be at least a second"),
    ] {
        let (done, refused) = run(&[], variables);
        assert!(!done && refused.contains(reason), "{variables:?}: {refused}");
    }
    assert!(!folder.cluster().exists());
}

#[tokio::test]
async fn a_role_is_what_the_token_says() {
    let ec = Signer::ec("e");
    let tokens = tokens_of(&[&ec]).await;
    for role in [Role::Partner, Role::Admin, Role::Finance, Role::Support, Role::Auditor, Role::Billing] {
        let token = ec.token(&claims_with(json!({ "role": role })));
        let identity = tokens.verify(&token).await.map_err(|error| error.describe()).expect("an identity");
        assert_eq!((identity.role(), identity.tenant().0.as_str(), identity.user()), (role, "acme", "ada"));
    }
    assert_eq!(ec.algorithm, Algorithm::ES256);
}
