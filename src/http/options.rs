//! The options of the server.

use std::path::PathBuf;
use std::time::Duration;

use super::cors::Origin;
use super::identity_provider::Provider;
use crate::auth::Identity;
use crate::graphql::request::limits::Limits;
use crate::graphql::request::persisted_documents::TrustedDocuments;
use crate::stripe::client::StripeSettings;
use crate::webhook::WebhookSettings;

/// How the server answers requests. The default is the most restrictive.
#[derive(Clone)]
pub struct Options {
    /// The limits of a request and of a caller.
    pub limits: Limits,
    /// Which documents are executed.
    pub trusted_documents: TrustedDocuments,
    /// A JSON file of further trusted documents, by their SHA-256.
    pub trusted_documents_file: Option<PathBuf>,
    /// Whether documents of clients are remembered by their hash (automatic persisted queries).
    pub automatic_persisted_queries: bool,
    /// The origins whose pages may send requests from a browser.
    pub cors_origins: Vec<Origin>,
    /// Who may read `/metrics`.
    pub metrics_access: MetricsAccess,
    /// A folder of fonts for the documents of statements, beside those that are part of the program.
    pub statement_fonts: Option<PathBuf>,
    /// The identity provider that the portal signs in at.
    pub identity_provider: Option<Provider>,
    /// What webhooks need of the settings.
    pub webhooks: WebhookSettings,
    /// Where Stripe is.
    pub stripe: StripeSettings,
    /// The URL of the portal, without a slash at its end: partners come back to it from Stripe.
    pub public_url: String,
    /// The users that anyone on this machine may sign in as, on a demo server.
    pub demo_users: Vec<DemoUser>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            limits: Limits::default(),
            trusted_documents: TrustedDocuments::Prefer,
            trusted_documents_file: None,
            automatic_persisted_queries: true,
            cors_origins: Vec::new(),
            metrics_access: MetricsAccess::Disabled,
            statement_fonts: None,
            identity_provider: None,
            webhooks: WebhookSettings::default(),
            stripe: StripeSettings::default(),
            public_url: "http://127.0.0.1:8000".to_owned(),
            demo_users: Vec::new(),
        }
    }
}

/// Who may read `/metrics`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MetricsAccess {
    /// No client: the path returns 404.
    Disabled,
    /// Every client that can reach the server.
    Public,
    /// Clients that send this bearer token.
    BearerToken(String),
}

/// A user of the demo tenant that anyone on this machine may sign in as.
#[derive(Clone, Debug)]
pub struct DemoUser {
    /// The user's role in a few words.
    pub description: &'static str,
    /// The identity that a token is signed for.
    pub identity: Identity,
    /// How long such a token is valid.
    pub token_ttl: Duration,
}
