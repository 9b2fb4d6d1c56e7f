//! `revshare work`: does the jobs of all tenants, beside servers that do not.

use tokio_util::sync::CancellationToken;

use super::database::Database;
use super::mail_settings;
use super::secret_keys;
use super::serve::stop_signal;
use super::settings::{DATABASE_CONNECTIONS_MAX, Settings};
use crate::domain::db::pool::Pool;
use crate::mail::MailSettings;
use crate::primitives::error::Result;
use crate::stripe::client::StripeClient;
use crate::webhook::WebhookSettings;
use crate::worker::Worker;

/// Does jobs until the process is stopped.
pub async fn work(settings: &Settings) -> Result<()> {
    let webhooks = secret_keys::webhooks(settings)?;
    let mails = mail_settings::of(settings, webhooks.keys.clone())?;
    let stripe = StripeClient::new(&settings.stripe()?)?;
    let database = Database::open(settings).await?;
    let result = database.supervised(work_on(&database, webhooks, mails, stripe)).await;
    database.close();
    result
}

async fn work_on(
    database: &Database,
    webhooks: WebhookSettings,
    mails: MailSettings,
    stripe: StripeClient,
) -> Result<()> {
    database.migrate().await?;
    let pool = Pool::new(database.url(), DATABASE_CONNECTIONS_MAX)?;
    let (stop, stopped) = (CancellationToken::new(), stop_signal()?);
    let worker = Worker::new(&pool, webhooks, mails)?.with_stripe(stripe);
    tracing::info!("doing the jobs of all tenants");
    let running = tokio::spawn(worker.run(stop.clone()));
    stopped.await;
    tracing::info!("stopping: finishing the jobs that have begun");
    stop.cancel();
    let _ = running.await;
    pool.close();
    Ok(())
}
