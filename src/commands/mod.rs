//! The command line: one file per command.

pub mod args;
mod audit;
mod audit_sealing;
mod database;
pub mod demo;
mod doctor;
mod jobs;
mod local_file;
mod mail_settings;
mod memory;
mod output;
mod payment_file_check;
mod payouts;
mod reconcile;
mod sealed_secrets;
mod secret_keys;
mod serve;
mod service_token;
pub mod settings;
mod signing_key;
mod statements;
mod stripe_check;
pub mod telemetry;
mod work;

use std::process::ExitCode;

use self::args::{Cli, Command, PayoutsCommand, StatementsCommand, TenantArgs, TenantCommand, TokenArgs};
use self::database::{with_database, with_pool};
use self::output::print_line;
use self::settings::Settings;
use crate::auth::Identity;
use crate::domain::db::pool::Pool;
use crate::domain::tenant::create::{self, NewTenant};
use crate::graphql;
use crate::primitives::error::{Error, Result};
use crate::primitives::id::TenantId;
use crate::primitives::text;

/// Runs the command; returns the exit code.
pub async fn run(cli: Cli) -> Result<ExitCode> {
    let settings = &cli.settings.without_blanks();
    match cli.command.unwrap_or(Command::Serve) {
        Command::Serve => serve::serve(settings).await?,
        Command::Work => work::work(settings).await?,
        Command::Schema => print_line(graphql::sdl().trim_end())?,
        Command::Token(args) => sign_token(settings, args)?,
        Command::Doctor => return Ok(success_if(doctor::run(settings).await?)),
        Command::Migrate => with_database(settings, print_line, async |_| Ok(())).await?,
        Command::Payouts(PayoutsCommand::Run(args)) => {
            with_pool(settings, async |pool| payouts::run(pool, &args).await).await?;
        }
        Command::Statements(StatementsCommand::Issue(args)) => {
            with_pool(settings, async |pool| statements::issue(pool, &args).await).await?;
        }
        Command::Statements(StatementsCommand::Backfill(args)) => {
            with_pool(settings, async |pool| statements::backfill(pool, &args).await).await?;
        }
        Command::ServiceToken(command) => {
            with_pool(settings, async |pool| service_token::run(pool, &command).await).await?;
        }
        Command::Reconcile(args) => {
            let is_balanced = with_pool(settings, async |pool| reconcile::run(pool, &args).await).await?;
            return Ok(success_if(is_balanced));
        }
        Command::Audit(command) => return Ok(success_if(audit::run(settings, command).await?)),
        Command::Jobs(command) => {
            with_pool(settings, async |pool| jobs::run(pool, &command).await).await?;
        }
        Command::Demo => with_pool(settings, load_demo).await?,
        Command::Tenant(TenantCommand::Create(args)) => {
            with_pool(settings, async |pool| create_tenant(pool, &args).await).await?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn success_if(is_ok: bool) -> ExitCode {
    if is_ok { ExitCode::SUCCESS } else { ExitCode::from(1) }
}

async fn load_demo(pool: &Pool) -> Result<()> {
    if !demo::is_wanted(pool).await? {
        return Err(Error::internal("this database has tenants; the demo tenant needs an empty database"));
    }
    demo::load(pool).await?;
    print_line(&format!("loaded the tenant {}", demo::TENANT))
}

async fn create_tenant(pool: &Pool, args: &TenantArgs) -> Result<()> {
    let tenant = NewTenant {
        id: args.id.clone(),
        name: args.name.clone().unwrap_or_else(|| args.id.clone()),
        time_zone: args.time_zone.clone(),
        currency: args.currency,
    };
    print_line(&format!("created the tenant {}", create::create(pool, tenant).await?))
}

fn sign_token(settings: &Settings, args: TokenArgs) -> Result<()> {
    let keys = signing_key::signer(settings)?.keys;
    let user = text::identifier("--user", &args.user)?;
    let identity = Identity::operator(TenantId(args.tenant), user, args.role);
    print_line(&keys.sign(&identity, args.ttl)?)
}
