//! `revshare service-token create | list | revoke`: manages the tokens of services.

use chrono::{DateTime, Utc};

use super::args::{
    CreateServiceTokenArgs, ListServiceTokensArgs, RevokeServiceTokenArgs, ServiceTokenCommand,
};
use super::output::{print_line, print_note};
use crate::auth::{Caller, Role};
use crate::domain::admission;
use crate::domain::db::act::Act;
use crate::domain::db::pool::Pool;
use crate::domain::db::session::Session;
use crate::domain::db::transaction::Transaction;
use crate::domain::tenant::service_token::create::{Created, NewServiceToken, create};
use crate::domain::tenant::service_token::revoke::revoke;
use crate::domain::tenant::service_token::{self, ServiceToken, State};
use crate::primitives::error::{Error, Result, UserError};
use crate::primitives::id::{ServiceTokenId, TenantId};

/// Runs the subcommand.
pub async fn run(pool: &Pool, command: &ServiceTokenCommand) -> Result<()> {
    match command {
        ServiceTokenCommand::Create(args) => create_token(pool, args).await,
        ServiceTokenCommand::List(args) => list(pool, args).await,
        ServiceTokenCommand::Revoke(args) => revoke_token(pool, args).await,
    }
}

async fn operator(pool: &Pool, tenant: &str, user: &str) -> Result<Caller> {
    admission::operator(pool, TenantId(tenant.to_owned()), user, Role::Admin).await
}

/// Prints the token alone to standard output, for scripts.
async fn create_token(pool: &Pool, args: &CreateServiceTokenArgs) -> Result<()> {
    let caller = operator(pool, &args.tenant, &args.user).await?;
    let new = NewServiceToken { name: args.name.clone(), ttl: args.ttl };
    let created = Transaction::run(pool, &caller, Act::CreateServiceToken, create, &new).await;
    let Created { secret, token, other } = created.map_err(|error| {
        let command = format!("revshare service-token revoke --tenant {} --id <id>", args.tenant);
        by_option(with_command(error, &command))
    })?;
    print_line(&secret.expose())?;
    let ServiceToken { id, name, expires_at, .. } = token;
    let until = expires_at
        .map_or_else(|| "until it is revoked".to_owned(), |at| format!("until {}", format_timestamp(at)));
    print_note(&format!("service token {id} of {} for {name} is valid {until}", args.tenant));
    print_note(
        "it cannot be shown again: store it with the secrets of the service, which sends it as Authorization: Bearer <token>",
    );
    if let Some(other) = other {
        print_note(&format!(
            "{} ({}) is valid as well; when no service uses it any more, run: revshare service-token revoke --tenant {} --id {}",
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
    let row = |id: &str, name: &str, created: &str, expires: &str, used: &str, state: &str| {
        print_line(&format!("{id:<36}  {name:<width$}  {created:<20}  {expires:<20}  {used:<20}  {state}"))
    };
    row("id", "name", "created", "expires", "last used", "state")?;
    for (token, state) in &tokens {
        let at = |at: Option<DateTime<Utc>>| at.map_or_else(|| "never".to_owned(), format_timestamp);
        let (id, created) = (token.id.to_string(), format_timestamp(token.created_at));
        let (expires, used) = (at(token.expires_at), at(token.last_used_at));
        row(&id, &token.name, &created, &expires, &used, &state.to_string())?;
    }
    let live = tokens.iter().filter(|(_, state)| *state == State::Live).count();
    print_note(&format!("{live} of {} are live; times are in UTC", tokens.len()));
    Ok(())
}

async fn revoke_token(pool: &Pool, args: &RevokeServiceTokenArgs) -> Result<()> {
    let caller = operator(pool, &args.tenant, "operator").await?;
    let revoked =
        Transaction::run(pool, &caller, Act::RevokeServiceToken, revoke, &ServiceTokenId(args.id)).await;
    let before = revoked.map_err(|error| unknown_token(error, &args.tenant))?;
    let ServiceToken { id, name, revoked_at, .. } = before;
    match revoked_at {
        None => print_line(&format!("revoked the service token {id} ({name})")),
        Some(at) => print_line(&format!(
            "the service token {id} ({name}) was already revoked at {}",
            format_timestamp(at)
        )),
    }
}

/// Adds the command that helps to the user errors.
fn with_command(error: Error, command: &str) -> Error {
    let Error::UserErrors(errors) = error else { return error };
    let with_command = |error: UserError| {
        let message = format!("{}: {command}", error.message);
        UserError { message, ..error }
    };
    Error::UserErrors(errors.into_iter().map(with_command).collect())
}

/// Names the option with the id of an unknown token, and the command that lists the known ones.
fn unknown_token(error: Error, tenant: &str) -> Error {
    let Error::UserErrors(errors) = &error else { return error };
    let Some(UserError { message, .. }) = errors.first() else { return error };
    let message = format!("{message}; list them with: revshare service-token list --tenant {tenant}");
    Error::bad_input("--id", message)
}

/// Names the option of the command instead of the field of the API.
fn by_option(error: Error) -> Error {
    let Error::BadInput { message, field } = &error else { return error };
    let option = match *field {
        Some("name") => "--name",
        Some("expiresAt") => "--ttl",
        _ => return error,
    };
    Error::bad_input(option, message.clone())
}

/// Formats a timestamp in UTC, to the second.
fn format_timestamp(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%dT%H:%M:%SZ").to_string()
}
