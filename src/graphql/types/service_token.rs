//! The object type of service tokens.

use async_graphql::{ID, Object};

use crate::domain::tenant::service_token::{self, State};
use crate::primitives::timestamp::Timestamp;

/// A service token of the caller's tenant, and its state when it was read.
pub struct ServiceToken {
    token: service_token::ServiceToken,
    state: State,
}

impl From<(service_token::ServiceToken, State)> for ServiceToken {
    fn from((token, state): (service_token::ServiceToken, State)) -> Self {
        Self { token, state }
    }
}

/// A token with which a service, such as billing, calls this API; without its secret, of which only a hash is stored. For
/// admins.
#[Object]
impl ServiceToken {
    /// The id of the token: a UUID, which is a part of the token and no secret.
    async fn id(&self) -> ID {
        ID(self.token.id.to_string())
    }

    /// The name of the service, which histories and the audit trail record as the actor.
    async fn name(&self) -> &str {
        &self.token.name
    }

    /// Whether the token is valid now.
    async fn state(&self) -> State {
        self.state
    }

    /// The instant at which the token was created.
    async fn created_at(&self) -> Timestamp {
        self.token.created_at.into()
    }

    /// The user id of the caller that created the token; of the command line, the name that was given there.
    async fn created_by(&self) -> &str {
        &self.token.created_by
    }

    /// The instant at which the token expires, exclusive; null if it is valid until it is revoked.
    async fn expires_at(&self) -> Option<Timestamp> {
        self.token.expires_at.map(Timestamp)
    }

    /// The instant at which the token was last used, accurate to a minute; null if it was never used.
    async fn last_used_at(&self) -> Option<Timestamp> {
        self.token.last_used_at.map(Timestamp)
    }

    /// The instant at which the token was revoked; null if it was not.
    async fn revoked_at(&self) -> Option<Timestamp> {
        self.token.revoked_at.map(Timestamp)
    }
}
