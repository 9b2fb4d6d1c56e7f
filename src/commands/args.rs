//! The command line: the commands and their arguments.

use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use async_graphql::{ScalarType, Value};
use chrono::NaiveDate;
use clap::{Args, Parser, Subcommand};
use uuid::Uuid;

use super::settings::{Settings, ttl};
use crate::auth::Role;
use crate::domain::audit::chain::KnownHead;
use crate::domain::db::job::Lane;
use crate::primitives::currency::Currency;
use crate::primitives::timestamp::Timestamp;

/// Partner revenue share behind one GraphQL API: commissions on paid invoices, payouts, referrals.
#[derive(Debug, Parser)]
#[command(name = "revshare", version, propagate_version = true)]
pub struct Cli {
    /// The command; default serve
    #[command(subcommand)]
    pub command: Option<Command>,
    /// The settings of all commands.
    #[command(flatten)]
    pub settings: Settings,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Serve the API; migrates the database first
    Serve,
    /// Do the jobs of all tenants, such as sending webhooks, beside servers with --worker off
    Work,
    /// Migrate the database to the schema of this program
    Migrate,
    /// Print the GraphQL schema
    Schema,
    /// Manage tenants
    #[command(subcommand)]
    Tenant(TenantCommand),
    /// Pay partners
    #[command(subcommand)]
    Payouts(PayoutsCommand),
    /// Issue the statements of partners
    #[command(subcommand)]
    Statements(StatementsCommand),
    /// Reconcile the books: exit code 0 if they balance, 1 if they do not, 2 if that cannot be determined
    Reconcile(ReconcileArgs),
    /// Seal and verify the audit trail
    #[command(subcommand)]
    Audit(AuditCommand),
    /// Check the configuration, the database, its privileges, migrations, keys and clock, and advise what to do: exit code
    /// 0 without errors, 1 with errors
    Doctor,
    /// Manage the tokens of services such as the billing service: opaque, revocable, at most two at a time
    #[command(subcommand)]
    ServiceToken(ServiceTokenCommand),
    /// Show and retry the jobs that wait for the worker, such as sending webhooks
    #[command(subcommand)]
    Jobs(JobsCommand),
    /// Load the demo tenant into a database without tenants
    Demo,
    /// Sign a token for a user, with the configured secret or the local key
    Token(TokenArgs),
}

/// The subcommands of `tenant`.
#[derive(Debug, Subcommand)]
pub enum TenantCommand {
    /// Create a tenant
    Create(TenantArgs),
}

/// A new tenant.
#[derive(Debug, Args)]
pub struct TenantArgs {
    /// The id of the tenant, as in the claim tenant_id: letters, digits and _.:-
    pub id: String,
    /// The display name; default the id
    #[arg(long)]
    pub name: Option<String>,
    /// The IANA time zone in which its months start
    #[arg(long, default_value = "UTC")]
    pub time_zone: String,
    /// The default payout currency of its partners, an ISO 4217 code
    #[arg(long, default_value = "USD")]
    pub currency: Currency,
}

/// The subcommands of `statements`.
#[derive(Debug, Subcommand)]
pub enum StatementsCommand {
    /// Issue the statement of each account with movements that are on none yet, like the mutation issueStatements
    Issue(IssueStatementsArgs),
    /// Issue the statements that payouts lack which were completed before there were statements
    Backfill(BackfillStatementsArgs),
}

/// Statements of accounts to issue.
#[derive(Debug, Args)]
pub struct IssueStatementsArgs {
    /// The id of the tenant
    #[arg(long)]
    pub tenant: String,
    /// The end of the period, exclusive: a date in the tenant's time zone, or a time; default now
    #[arg(long)]
    pub before: Option<PeriodBound>,
    /// Only the accounts of this partner, by its id; default all
    #[arg(long)]
    pub partner: Option<Uuid>,
    /// Only the accounts in this currency; default all
    #[arg(long)]
    pub currency: Option<Currency>,
    /// Write nothing and show what would be issued
    #[arg(long)]
    pub dry_run: bool,
    /// The user who issues the statements
    #[arg(long, default_value = "operator")]
    pub user: String,
}

/// Statements of payouts to issue.
#[derive(Debug, Args)]
pub struct BackfillStatementsArgs {
    /// The id of the tenant; default all tenants
    #[arg(long)]
    pub tenant: Option<String>,
    /// The user who issues the statements
    #[arg(long, default_value = "operator")]
    pub user: String,
}

/// The subcommands of `payouts`.
#[derive(Debug, Subcommand)]
pub enum PayoutsCommand {
    /// Create a payout for every partner and currency with a payable amount, like the mutation runPayouts
    Run(RunPayoutsArgs),
}

/// The arguments of `payouts run`.
#[derive(Debug, Args)]
pub struct RunPayoutsArgs {
    /// The id of the tenant
    #[arg(long)]
    pub tenant: String,
    /// The exclusive end of the period, by the dates of the commission events: a day (2026-12-01) in the tenant's time
    /// zone, or a timestamp (2026-12-01T00:00:00Z)
    #[arg(long)]
    pub until: PeriodBound,
    /// The inclusive start of the period, a day or a timestamp
    #[arg(long, default_value = "1970-01-01")]
    pub since: PeriodBound,
    /// Only payouts in this currency; default all currencies
    #[arg(long)]
    pub currency: Option<Currency>,
    /// The payment method; default "manual"
    #[arg(long)]
    pub payment_method: Option<String>,
    /// The id of a partner that the run leaves out; repeat it for several
    #[arg(long, value_name = "PARTNER_ID")]
    pub exclude: Vec<Uuid>,
    /// Show what a run would do now, without changing anything
    #[arg(long)]
    pub dry_run: bool,
    /// An idempotency key: a run with the same key continues an interrupted one and pays nothing twice
    #[arg(long)]
    pub key: Option<String>,
    /// The user id for the history
    #[arg(long, default_value = "operator")]
    pub user: String,
}

/// A bound of a period: a timestamp, or the start of a day in the tenant's time zone.
#[derive(Clone, Copy, Debug)]
pub enum PeriodBound {
    /// A timestamp.
    Timestamp(Timestamp),
    /// A day in the tenant's time zone.
    Day(NaiveDate),
}

impl FromStr for PeriodBound {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if let Ok(date) = text.parse() {
            return Ok(Self::Day(date));
        }
        Timestamp::parse(Value::String(text.to_owned()))
            .map(Self::Timestamp)
            .map_err(|_| "write a day, 2026-12-01, or a timestamp, 2026-12-01T00:00:00Z".to_owned())
    }
}

/// The arguments of `reconcile`.
#[derive(Debug, Args)]
pub struct ReconcileArgs {
    /// The id of the tenant; default all tenants
    #[arg(long)]
    pub tenant: Option<String>,
}

/// The subcommands of `audit`.
#[derive(Debug, Subcommand)]
pub enum AuditCommand {
    /// Seal what is not sealed yet, as the server does once a minute
    Seal(AuditSealArgs),
    /// Verify every entry and seal, and that each audited field has the value of its last entry: exit code 0 if all is intact, 1
    /// if something was changed, 2 if that cannot be determined
    Verify(AuditVerifyArgs),
}

/// The arguments of `audit seal`.
#[derive(Debug, Args)]
pub struct AuditSealArgs {
    /// The id of the tenant; default all tenants
    #[arg(long)]
    pub tenant: Option<String>,
}

/// The arguments of `audit verify`.
#[derive(Debug, Args)]
pub struct AuditVerifyArgs {
    /// The id of the tenant; default all tenants
    #[arg(long)]
    pub tenant: Option<String>,
    /// A head that was kept outside of the database, number:hash as on a statement: it must be a seal of the tenant
    #[arg(long, value_name = "NUMBER:HASH")]
    pub head: Option<KnownHead>,
    /// Verify this file, a downloaded audit.jsonl, and no database
    #[arg(long, value_name = "FILE", conflicts_with = "tenant")]
    pub file: Option<PathBuf>,
}

/// The subcommands of `service-token`.
#[derive(Debug, Subcommand)]
pub enum ServiceTokenCommand {
    /// Create a token for a service and print it; it cannot be shown again
    Create(CreateServiceTokenArgs),
    /// List the service tokens of a tenant
    List(ListServiceTokensArgs),
    /// Revoke a token, effective with the next request
    Revoke(RevokeServiceTokenArgs),
}

/// The arguments of `service-token create`.
#[derive(Debug, Args)]
pub struct CreateServiceTokenArgs {
    /// The id of the tenant
    #[arg(long)]
    pub tenant: String,
    /// The name of the service, for the history
    #[arg(long)]
    pub name: String,
    /// How long the token is valid, e.g. 90d; default until it is revoked
    #[arg(long, value_parser = ttl)]
    pub ttl: Option<Duration>,
    /// The user id of its creator
    #[arg(long, default_value = "operator")]
    pub user: String,
}

/// The arguments of `service-token list`.
#[derive(Debug, Args)]
pub struct ListServiceTokensArgs {
    /// The id of the tenant
    #[arg(long)]
    pub tenant: String,
}

/// The arguments of `service-token revoke`.
#[derive(Debug, Args)]
pub struct RevokeServiceTokenArgs {
    /// The id of the tenant
    #[arg(long)]
    pub tenant: String,
    /// The id of the token, as listed
    #[arg(long)]
    pub id: Uuid,
}

/// The subcommands of `jobs`.
#[derive(Debug, Subcommand)]
pub enum JobsCommand {
    /// Print the numbers of jobs by tenant and lane, and the jobs that are dead: not tried again by themselves
    List(ListJobsArgs),
    /// Have dead jobs tried again, like the mutation retryDeadJobs
    Retry(RetryJobsArgs),
}

/// The arguments of `jobs list`.
#[derive(Debug, Args)]
pub struct ListJobsArgs {
    /// The id of the tenant; default all tenants
    #[arg(long)]
    pub tenant: Option<String>,
}

/// The arguments of `jobs retry`.
#[derive(Debug, Args)]
pub struct RetryJobsArgs {
    /// The id of the tenant; default all tenants
    #[arg(long)]
    pub tenant: Option<String>,
    /// Only the jobs of this lane, as listed; default all lanes
    #[arg(long)]
    pub lane: Option<Lane>,
    /// Only the job about this subject, as listed
    #[arg(long, requires = "tenant", requires = "lane")]
    pub subject: Option<Uuid>,
    /// The user id for the audit trail
    #[arg(long, default_value = "operator")]
    pub user: String,
}

/// The arguments of `token`.
#[derive(Debug, Args)]
pub struct TokenArgs {
    /// The id of the tenant
    #[arg(long)]
    pub tenant: String,
    /// The user id; for a partner user, the one that its link names
    #[arg(long)]
    pub user: String,
    /// The role of the user
    #[arg(long)]
    pub role: Role,
    /// How long the token is valid, e.g. 15m, 12h
    #[arg(long, default_value = "12h", value_parser = humantime::parse_duration)]
    pub ttl: Duration,
}
