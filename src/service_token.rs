//! `revshare service-token create | list | revoke`: the tokens of services, for an operator.

use chrono::{DateTime, Utc};

use crate::access::{Caller, Role};
use crate::cli::{
    CreateServiceTokenArgs, ListServiceTokensArgs, RevokeServiceTokenArgs, ServiceTokenCommand,
};
use crate::domain::session::{Act, Pool, Session};
use crate::domain::tenant;
use crate::domain::tenant::service_token::create::{Created, NewServiceToken, create};
use crate::domain::tenant::service_token::revoke::revoke;
use crate::domain::tenant::service_token::{self, ServiceToken, State};
use crate::error::Result;
use crate::id::{ServiceTokenId, TenantId};
use crate::{advise, say};

/// Does what the command says.
pub async fn run(pool: &Pool, command: &ServiceTokenCommand) -> Result<()> {
    match command {
        ServiceTokenCommand::Create(args) => make(pool, args).await,
        ServiceTokenCommand::List(args) => list(pool, args).await,
        ServiceTokenCommand::Revoke(args) => take_back(pool, args).await,
    }
}

async fn operator(pool: &Pool, tenant: &str, user: &str) -> Result<Caller> {
    tenant::operator(pool, TenantId(tenant.to_owned()), user, Role::Admin).await
}

/// The token alone goes where a script reads it.
async fn make(pool: &Pool, args: &CreateServiceTokenArgs) -> Result<()> {
    let caller = operator(pool, &args.tenant, &args.user).await?;
    let new = NewServiceToken { name: args.name.clone(), good_for: args.ttl };
    let Created { plain, token, other } = Act::perform(pool, &caller, create, &new).await?;
    say(&plain.text())?;
    let ServiceToken { id, name, expires_at, .. } = token;
    let until =
        expires_at.map_or_else(|| "until it is revoked".to_owned(), |at| format!("until {}", moment(at)));
    advise(&format!("service token {id} of {}, for {name}, holds {until}", args.tenant));
    advise(
        "it is not shown again: keep it where the service keeps its secrets; it is sent as Authorization: Bearer <token>",
    );
    if let Some(other) = other {
        advise(&format!(
            "{} ({}) holds beside it; when nothing uses that one any more: revshare service-token revoke --tenant {} --id {}",
            other.id, other.name, args.tenant, other.id
        ));
    }
    Ok(())
}

async fn list(pool: &Pool, args: &ListServiceTokensArgs) -> Result<()> {
    let caller = operator(pool, &args.tenant, "operator").await?;
    let tokens = service_token::all(&mut Session::open(pool, &caller).await?).await?;
    let width =
        tokens.iter().map(|(token, _)| token.name.chars().count()).chain([4]).max().unwrap_or_default();
    let line = |id: &str, name: &str, created: &str, expires: &str, used: &str, state: &str| {
        say(&format!("{id:<36}  {name:<width$}  {created:<20}  {expires:<20}  {used:<20}  {state}"))
    };
    line("id", "name", "created", "expires", "last used", "state")?;
    for (token, state) in &tokens {
        let at = |at: Option<DateTime<Utc>>| at.map_or_else(|| "never".to_owned(), moment);
        let (id, created) = (token.id.to_string(), moment(token.created_at));
        let (expires, used) = (at(token.expires_at), at(token.last_used_at));
        line(&id, &token.name, &created, &expires, &used, &state.to_string())?;
    }
    let live = tokens.iter().filter(|(_, state)| *state == State::Live).count();
    advise(&format!("{live} of {} hold; times are in UTC", tokens.len()));
    Ok(())
}

async fn take_back(pool: &Pool, args: &RevokeServiceTokenArgs) -> Result<()> {
    let caller = operator(pool, &args.tenant, "operator").await?;
    let before = Act::perform(pool, &caller, revoke, &ServiceTokenId(args.id)).await?;
    let ServiceToken { id, name, revoked_at, .. } = before;
    match revoked_at {
        None => say(&format!("revoked the service token {id} ({name})")),
        Some(at) => say(&format!("the service token {id} ({name}) was revoked already, at {}", moment(at))),
    }
}

/// A moment in UTC, to the second.
fn moment(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%dT%H:%M:%SZ").to_string()
}
