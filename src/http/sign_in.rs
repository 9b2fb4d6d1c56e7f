//! How people sign in to the portal: by pasting a token, as somebody of the demo, or at an identity provider.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::http::header::CACHE_CONTROL;
use axum::response::{IntoResponse, Json, Response};
use clap::Args;
use serde_json::{Value, json};

use super::App;
use crate::error::{Error, Result};

/// The identity provider that the portal sends people to (OpenID Connect, code flow with PKCE), if there is one.
#[derive(Args, Clone, Debug, Default)]
pub struct SignIn {
    /// The issuer of the identity provider that people sign in to the portal at, as its /.well-known/openid-configuration
    /// names it. Its tokens must be taken by AUTH_JWKS. Default none: people paste a token
    #[arg(long, env, global = true)]
    pub oidc_issuer: Option<String>,
    /// What the portal is called there: a public client, with this server's /sign-in for its redirect URI
    #[arg(long, env, global = true)]
    pub oidc_client_id: Option<String>,
    /// The scopes to ask for, with blanks between; offline_access where sessions shall outlast a token
    #[arg(long, env, global = true, default_value = "openid")]
    pub oidc_scope: String,
    /// What else to say when asking, as in `audience=revshare`; `resource=…` for providers that go by RFC 8707
    #[arg(long, env, global = true)]
    pub oidc_parameters: Option<String>,
}

/// An identity provider, as the portal has to know it.
#[derive(Clone, Debug)]
pub struct Provider {
    /// Where it is: also the only other server that the portal's pages may ask.
    pub origin: String,
    told: Value,
}

impl SignIn {
    /// The provider, if one is named.
    pub fn provider(&self) -> Result<Option<Provider>> {
        let given = |text: &Option<String>| text.clone().filter(|text| !text.trim().is_empty());
        let (issuer, client_id) = match (given(&self.oidc_issuer), given(&self.oidc_client_id)) {
            (None, None) => return Ok(None),
            (Some(issuer), Some(client_id)) => (issuer, client_id),
            (None, Some(_)) | (Some(_), None) => {
                return Err(Error::internal("OIDC_ISSUER and OIDC_CLIENT_ID go together: set both, or none"));
            }
        };
        let url = reqwest::Url::parse(&issuer)
            .map_err(|error| Error::internal(format!("OIDC_ISSUER is no address: {error}")))?;
        let is_local = url.host_str().is_some_and(|host| ["localhost", "127.0.0.1", "[::1]"].contains(&host));
        if url.scheme() != "https" && !(url.scheme() == "http" && is_local) {
            return Err(Error::internal(format!("OIDC_ISSUER is {issuer}; it must begin with https://")));
        }
        let parameters = given(&self.oidc_parameters).unwrap_or_default();
        let told = json!({ "issuer": issuer, "clientId": client_id, "scope": self.oidc_scope, "parameters": parameters });
        Ok(Some(Provider { origin: url.origin().ascii_serialization(), told }))
    }
}

/// GET /sign-in/options: which ways there are to sign in.
pub async fn options(State(app): State<App>, headers: HeaderMap) -> Response {
    let oidc = app.provider.as_ref().map_or(Value::Null, |provider| provider.told.clone());
    let body = json!({ "oidc": oidc, "demo": demo(&app, &headers) });
    ([(CACHE_CONTROL, "no-store")], Json(body)).into_response()
}

/// A token for each of the demo's users, on a server that anybody at the machine may try.
fn demo(app: &App, headers: &HeaderMap) -> Vec<Value> {
    // A name that a page of somebody else's has pointed at this machine is no name of this machine.
    let host = headers.get("host").and_then(|host| host.to_str().ok()).unwrap_or_default();
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
    if !["localhost", "127.0.0.1", "[::1]"].contains(&name) {
        return Vec::new();
    }
    let user = |user: &super::DemoUser| {
        let token = app.tokens.mint(&user.identity, user.good_for).ok()?;
        let (identity, what) = (&user.identity, user.what);
        Some(
            json!({ "what": what, "user": identity.user(), "role": identity.role().to_string(), "token": token }),
        )
    };
    app.demo.iter().filter_map(user).collect()
}
