//! The identity provider that the portal signs in at.

use clap::Args;
use serde_json::{Value, json};

use crate::primitives::error::{Error, Result};

/// The settings of the identity provider that the portal signs in at (OpenID Connect, code flow with PKCE).
#[derive(Args, Clone, Debug, Default)]
pub struct SignIn {
    /// The issuer of the identity provider for the portal, as in its /.well-known/openid-configuration. AUTH_JWKS must
    /// accept its tokens. Default none: users paste a token
    #[arg(long, env, global = true)]
    pub oidc_issuer: Option<String>,
    /// The client id of the portal at the provider: a public client with this server's /sign-in as redirect URI
    #[arg(long, env, global = true)]
    pub oidc_client_id: Option<String>,
    /// The scopes to request, separated by spaces; offline_access if sessions are to outlast a token
    #[arg(long, env, global = true, default_value = "openid")]
    pub oidc_scope: String,
    /// Further parameters of the authorization request, as in `audience=revshare`; `resource=…` for RFC 8707
    #[arg(long, env, global = true)]
    pub oidc_parameters: Option<String>,
}

/// The identity provider, as the portal needs it.
#[derive(Clone, Debug)]
pub struct Provider {
    /// The origin of the issuer: the only other origin that the pages may send requests to.
    pub origin: String,
    /// The part of the settings that the portal reads from `/sign-in/options`.
    pub(super) settings: Value,
}

impl SignIn {
    /// Returns the provider if one is configured; fails if the settings are incomplete or the issuer is not https.
    pub fn provider(&self) -> Result<Option<Provider>> {
        let given = |text: &Option<String>| text.clone().filter(|text| !text.trim().is_empty());
        let (issuer, client_id) = match (given(&self.oidc_issuer), given(&self.oidc_client_id)) {
            (None, None) => return Ok(None),
            (Some(issuer), Some(client_id)) => (issuer, client_id),
            (None, Some(_)) | (Some(_), None) => {
                return Err(Error::internal(
                    "OIDC_ISSUER and OIDC_CLIENT_ID belong together: set both, or neither",
                ));
            }
        };
        let url = reqwest::Url::parse(&issuer)
            .map_err(|error| Error::internal(format!("OIDC_ISSUER is not a URL: {error}")))?;
        let is_local = url.host_str().is_some_and(|host| ["localhost", "127.0.0.1", "[::1]"].contains(&host));
        if url.scheme() != "https" && !(url.scheme() == "http" && is_local) {
            return Err(Error::internal(format!("OIDC_ISSUER is {issuer}; it must start with https://")));
        }
        let parameters = given(&self.oidc_parameters).unwrap_or_default();
        let settings = json!({ "issuer": issuer, "clientId": client_id, "scope": self.oidc_scope, "parameters": parameters });
        Ok(Some(Provider { origin: url.origin().ascii_serialization(), settings }))
    }
}
