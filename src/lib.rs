//! Partner revenue share for a multi-tenant SaaS platform, behind one GraphQL API.
//!
//! When a customer pays an invoice, the partner who manages that customer earns a commission; staff approve
//! commissions and pay them out in batches; partners see what they earned, what was paid and when the rest comes.
//!
//! The modules, in reading order:
//!
//! * the kernel, words that everybody uses: [`error`], [`id`], [`decimal`], [`currency`], [`money`], [`instant`], [`text`], [`page`],
//!   [`metrics`];
//! * [`access`]: who is asking, what they may do, and which rows they may see;
//! * [`domain`]: what is true. The rules, and the only SQL; every noun has a room, every act a file;
//! * [`graphql`]: what is shown;
//! * [`http`]: how it is asked;
//! * [`cli`], [`key`], [`database`], [`postgres`], [`serve`], [`telemetry`], [`demo`],
//!   [`payouts`], [`reconcile`], [`doctor`], [`service_token`]: a program out of it.
//!
//! Arrows point one way: http → graphql → domain → access → kernel. `tests/it/house.rs` holds them to it.

pub mod access;
pub mod cli;
pub mod currency;
pub mod database;
pub mod decimal;
pub mod demo;
pub mod doctor;
pub mod domain;
pub mod error;
pub mod graphql;
pub mod http;
pub mod id;
pub mod instant;
pub mod key;
pub mod metrics;
pub mod money;
pub mod page;
pub mod payouts;
pub mod postgres;
pub mod reconcile;
pub mod serve;
pub mod service_token;
mod stored;
pub mod telemetry;
pub mod text;

use std::io::Write;
use std::process::ExitCode;

use access::Identity;
use cli::{Cli, Command, PayoutsCommand, Settings, TenantCommand, TokenArgs};
use database::Database;
use domain::session::Pool;
use domain::tenant::create::{self, NewTenant};
use error::{Error, Result};
use id::TenantId;

/// Does what the command line says; answers the exit code.
pub async fn run(cli: Cli) -> Result<ExitCode> {
    let settings = &cli.settings.without_blanks();
    match cli.command.unwrap_or(Command::Serve) {
        Command::Serve => serve::serve(settings).await?,
        Command::Schema => say(graphql::sdl().trim_end())?,
        Command::Token(args) => token(settings, args)?,
        Command::Doctor => {
            let is_well = doctor::run(settings).await?;
            return Ok(if is_well { ExitCode::SUCCESS } else { ExitCode::from(1) });
        }
        Command::Migrate => with_database(settings, say, async |_| Ok(())).await?,
        Command::Payouts(PayoutsCommand::Run(args)) => {
            with_pool(settings, async |pool| payouts::run(pool, &args).await).await?;
        }
        Command::ServiceToken(command) => {
            with_pool(settings, async |pool| service_token::run(pool, &command).await).await?;
        }
        Command::Reconcile(args) => {
            let agree = with_pool(settings, async |pool| reconcile::run(pool, &args).await).await?;
            return Ok(if agree { ExitCode::SUCCESS } else { ExitCode::from(1) });
        }
        Command::Demo => with_pool(settings, load_demo).await?,
        Command::Tenant(TenantCommand::Create(args)) => {
            let name = args.name.unwrap_or_else(|| args.id.clone());
            let tenant = NewTenant { id: args.id, name, time_zone: args.time_zone, currency: args.currency };
            with_pool(settings, async |pool| {
                say(&format!("created the tenant {}", create::create(pool, tenant.clone()).await?))
            })
            .await?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

async fn load_demo(pool: &Pool) -> Result<()> {
    if !demo::is_wanted(pool).await? {
        return Err(Error::internal("this database has tenants already; the demo wants an empty one"));
    }
    demo::load(pool).await?;
    say(&format!("loaded the tenant {}", demo::TENANT))
}

/// Works on the database, after bringing its schema up to date.
async fn with_pool<T>(settings: &Settings, work: impl AsyncFnOnce(&Pool) -> Result<T>) -> Result<T> {
    let tell = |line: &str| {
        advise(line);
        Ok(())
    };
    with_database(settings, tell, work).await
}

async fn with_database<T>(
    settings: &Settings,
    tell: impl Fn(&str) -> Result<()>,
    work: impl AsyncFnOnce(&Pool) -> Result<T>,
) -> Result<T> {
    let database = Database::any(settings).await?;
    let result = async {
        for migration in database.migrate().await? {
            tell(&format!("migrated the database: {migration}"))?;
        }
        let pool = Pool::new(database.url(), 4)?;
        let result = work(&pool).await;
        pool.close();
        result
    }
    .await;
    database.close();
    result
}

fn token(settings: &Settings, args: TokenArgs) -> Result<()> {
    let (tokens, _) = key::signing(settings)?;
    let user = text::line("--user", &args.user)?;
    let identity = Identity::operator(TenantId(args.tenant), user, args.role);
    say(&tokens.mint(&identity, args.ttl)?)
}

/// Prints a line of what was asked for.
fn say(line: &str) -> Result<()> {
    writeln!(std::io::stdout(), "{line}")
        .map_err(|error| Error::internal(format!("cannot write to standard output: {error}")))
}

/// Prints a line beside what was asked for, where no script takes it for that.
fn advise(line: &str) {
    let _ = writeln!(std::io::stderr(), "{line}");
}
