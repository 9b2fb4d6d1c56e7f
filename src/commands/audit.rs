//! `revshare audit seal | verify`: seals and verifies the audit trails.

use std::fs::File;
use std::io::BufReader;

use super::args::{AuditCommand, AuditSealArgs, AuditVerifyArgs};
use super::audit_sealing::seal_tenant;
use super::database::with_pool;
use super::output::print_line;
use super::settings::Settings;
use crate::auth::Role;
use crate::domain::audit::export;
use crate::domain::audit::seal::Reach;
use crate::domain::db::pool::Pool;
use crate::domain::db::session::Session;
use crate::domain::reporting::audited_rows::{self, Verification};
use crate::domain::{admission, tenant};
use crate::primitives::error::{Error, Result};
use crate::primitives::id::TenantId;

/// Runs the subcommand; returns whether nothing was found.
pub async fn run(settings: &Settings, command: AuditCommand) -> Result<bool> {
    match command {
        AuditCommand::Seal(args) => {
            with_pool(settings, async |pool| seal(pool, &args).await).await.map(|()| true)
        }
        AuditCommand::Verify(args) if args.file.is_some() => verify_file(&args),
        AuditCommand::Verify(args) => with_pool(settings, async |pool| verify(pool, &args).await).await,
    }
}

/// Returns the named tenant, or all tenants.
async fn tenants(pool: &Pool, named: Option<&str>) -> Result<Vec<TenantId>> {
    let tenants = match named {
        Some(tenant) => vec![TenantId(tenant.to_owned())],
        None => tenant::all(pool).await?,
    };
    if tenants.is_empty() {
        // An empty database is more likely the wrong one than an intact one.
        return Err(Error::internal("this database has no tenants; is it the right one?"));
    }
    Ok(tenants)
}

async fn seal(pool: &Pool, args: &AuditSealArgs) -> Result<()> {
    for tenant in tenants(pool, args.tenant.as_deref()).await? {
        let seals = seal_tenant(pool, &tenant, Reach::All).await?;
        let entries: i32 = seals.iter().map(|seal| seal.entries).sum();
        let head = seals.last().map_or_else(String::new, |seal| format!("; head {}", seal.head_text()));
        print_line(&format!("{tenant}: sealed entries: {entries}{head}"))?;
    }
    Ok(())
}

/// Verifies the trails, and prints every finding. Fails in the end if that of a tenant could not be verified, which does not
/// keep those of the others from being.
async fn verify(pool: &Pool, args: &AuditVerifyArgs) -> Result<bool> {
    let tenants = tenants(pool, args.tenant.as_deref()).await?;
    if args.head.is_some() && tenants.len() > 1 {
        return Err(Error::bad_input("--head", "is a seal of one tenant; name it with --tenant"));
    }
    let (mut is_intact, mut failure) = (true, None);
    for tenant in tenants {
        let result = async {
            let caller = admission::operator(pool, tenant.clone(), "operator", Role::Auditor).await?;
            let mut db = Session::open(pool, &caller).await?;
            db.read_snapshot(async |db| audited_rows::verify(db, args.head.clone()).await).await
        };
        match result.await {
            Ok(verification) => is_intact &= report(&tenant.0, &verification)?,
            Err(error) => {
                print_line(&format!("{tenant}: not verified: {}", error.describe()))?;
                failure = failure.or(Some(error));
            }
        }
    }
    failure.map_or(Ok(is_intact), Err)
}

fn verify_file(args: &AuditVerifyArgs) -> Result<bool> {
    let Some(path) = &args.file else { return Ok(true) };
    let unreadable =
        |error| Error::bad_input("--file", format!("{} cannot be read: {error}", path.display()));
    let file = BufReader::new(File::open(path).map_err(unreadable)?);
    let verification = export::verify(file, args.head.clone())?.into();
    report(&path.display().to_string(), &verification)
}

/// Prints the result; returns whether nothing was found.
fn report(name: &str, verification: &Verification) -> Result<bool> {
    let Verification { entries, head, findings } = verification;
    let head = head.as_deref().unwrap_or("none");
    let result =
        if findings.is_empty() { "intact".to_owned() } else { format!("findings: {}", findings.len()) };
    print_line(&format!("{name}: {result}; entries: {entries}; head {head}"))?;
    for finding in findings {
        print_line(&format!("  {finding}"))?;
    }
    Ok(findings.is_empty())
}
