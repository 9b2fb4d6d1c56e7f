//! An identity provider: keys that sign tokens, and a web server that publishes them as a JWK set.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderName, StatusCode};
use axum::routing::get;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::Utc;
use ed25519_dalek::pkcs8::EncodePrivateKey;
use jsonwebtoken::{Algorithm, EncodingKey, crypto};
use rsa::pkcs1::EncodeRsaPrivateKey;
use rsa::traits::PublicKeyParts;
use serde_json::{Value, json};

pub fn base64url(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// The claims of a token that is valid for an hour.
pub fn claims() -> Value {
    let now = Utc::now().timestamp();
    json!({ "sub": "ada", "tenant_id": "acme", "role": "finance", "iat": now, "exp": now + 3_600 })
}

/// The same claims with some of them replaced, or removed where the change is null.
pub fn claims_with(changes: Value) -> Value {
    let mut claims = claims();
    for (name, value) in changes.as_object().expect("claims") {
        claims[name] = value.clone();
    }
    claims.as_object_mut().expect("claims").retain(|_, value| !value.is_null());
    claims
}

/// A key that signs tokens.
pub struct Signer {
    pub algorithm: Algorithm,
    key: EncodingKey,
    /// The public key as an entry of a JWK set.
    pub jwk: Value,
}

impl Signer {
    /// An RS256 key of 2,048 bits; the same one every time, because generating it is slow.
    pub fn rsa(kid: &str) -> Self {
        let key = Self::rsa_key();
        let (n, e) = (base64url(key.n().to_bytes_be()), base64url(key.e().to_bytes_be()));
        let jwk = json!({ "kty": "RSA", "kid": kid, "use": "sig", "alg": "RS256", "n": n, "e": e });
        let der = key.to_pkcs1_der().expect("a key");
        Self { algorithm: Algorithm::RS256, key: EncodingKey::from_rsa_der(der.as_bytes()), jwk }
    }

    pub fn rsa_key() -> &'static rsa::RsaPrivateKey {
        static KEY: OnceLock<rsa::RsaPrivateKey> = OnceLock::new();
        KEY.get_or_init(|| rsa::RsaPrivateKey::new(&mut rsa::rand_core::OsRng, 2_048).expect("a key"))
    }

    /// An ES256 key.
    pub fn ec(kid: &str) -> Self {
        let key = p256::SecretKey::random(&mut rsa::rand_core::OsRng);
        let point = p256::EncodedPoint::from(key.public_key());
        let (x, y) = (base64url(point.x().expect("x")), base64url(point.y().expect("y")));
        let jwk = json!({ "kty": "EC", "crv": "P-256", "kid": kid, "x": x, "y": y });
        let der = key.to_pkcs8_der().expect("a key");
        Self { algorithm: Algorithm::ES256, key: EncodingKey::from_ec_der(der.as_bytes()), jwk }
    }

    /// An EdDSA key.
    pub fn ed(kid: &str) -> Self {
        let key = ed25519_dalek::SigningKey::from_bytes(&rand::random());
        let x = base64url(key.verifying_key().as_bytes());
        let jwk = json!({ "kty": "OKP", "crv": "Ed25519", "kid": kid, "key_ops": ["verify"], "x": x });
        let der = key.to_pkcs8_der().expect("a key");
        Self { algorithm: Algorithm::EdDSA, key: EncodingKey::from_ed_der(der.as_bytes()), jwk }
    }

    /// An HS256 key with this secret.
    pub fn hs(secret: &[u8]) -> Self {
        let jwk = json!({ "kty": "oct", "k": base64url(secret) });
        Self { algorithm: Algorithm::HS256, key: EncodingKey::from_secret(secret), jwk }
    }

    /// Signs a token whose header names this key.
    pub fn token(&self, claims: &Value) -> String {
        let mut header = json!({ "alg": self.algorithm, "typ": "JWT" });
        if let Some(kid) = self.jwk.get("kid") {
            header["kid"] = kid.clone();
        }
        self.sign(&header, claims)
    }

    /// Signs a token with this header, even if it contradicts the key.
    pub fn sign(&self, header: &Value, claims: &Value) -> String {
        let message = format!("{}.{}", base64url(header.to_string()), base64url(claims.to_string()));
        let signature = crypto::sign(message.as_bytes(), &self.key, self.algorithm).expect("a signature");
        format!("{message}.{signature}")
    }
}

/// The JWK set of these signers' public keys.
pub fn jwk_set<'s>(signers: impl IntoIterator<Item = &'s Signer>) -> String {
    let keys: Vec<_> = signers.into_iter().map(|signer| &signer.jwk).collect();
    json!({ "keys": keys }).to_string()
}

/// A response of the key server.
#[derive(Clone)]
pub struct Page {
    pub status: StatusCode,
    pub header: Option<(HeaderName, String)>,
    pub body: String,
    /// How long the server waits before it responds.
    pub delay: Duration,
}

impl Page {
    /// A response with status 200 and this body.
    pub fn of(body: impl Into<String>) -> Self {
        Self { status: StatusCode::OK, header: None, body: body.into(), delay: Duration::ZERO }
    }
}

/// A web server that responds to every request for `/keys` with the same page.
#[derive(Clone)]
pub struct JwksServer {
    pub url: String,
    page: Arc<Mutex<Page>>,
    requests: Arc<AtomicUsize>,
}

impl JwksServer {
    /// Starts a server on a free port.
    pub async fn with(page: Page) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}/keys", listener.local_addr().expect("an address"));
        let server = Self { url, page: Arc::new(Mutex::new(page)), requests: Arc::default() };
        let router = Router::new()
            .route("/keys", get(Self::respond))
            .route("/moved", get(Self::respond_with_body))
            .with_state(server.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        server
    }

    /// Counts the request and responds with the whole page.
    async fn respond(State(server): State<Self>) -> (StatusCode, axum::http::HeaderMap, String) {
        server.requests.fetch_add(1, Ordering::SeqCst);
        let page = server.page.lock().expect("a page").clone();
        tokio::time::sleep(page.delay).await;
        let header = page.header.map(|(name, value)| (name, value.parse().expect("a header")));
        (page.status, header.into_iter().collect(), page.body)
    }

    /// Responds with the page's body alone, as the target of a redirect.
    async fn respond_with_body(State(server): State<Self>) -> String {
        server.page.lock().expect("a page").body.clone()
    }

    /// Changes the page for the requests to come.
    pub fn set_page(&self, page: Page) {
        *self.page.lock().expect("a page") = page;
    }

    /// The number of requests for `/keys` so far.
    pub fn requests(&self) -> usize {
        self.requests.load(Ordering::SeqCst)
    }
}
