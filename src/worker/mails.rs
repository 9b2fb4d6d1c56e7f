//! The jobs that send mails.

use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use tokio::sync::Semaphore;

use super::give_back;
use crate::auth::Caller;
use crate::domain::db::act::Act;
use crate::domain::db::job::ClaimedJob;
use crate::domain::db::pool::Pool;
use crate::domain::db::session::Session;
use crate::domain::db::transaction::Transaction;
use crate::domain::mail::deliver;
use crate::domain::mail::{DueMail, Mail};
use crate::domain::tenant;
use crate::mail::MailSettings;
use crate::mail::message::{Draft, envelope};
use crate::mail::template::{MailContext, RenderedMail, render};
use crate::mail::unsubscribe::Subscription;
use crate::primitives::error::Result;

/// The mails that are sent at a time: mail servers limit the connections of a client.
const SENT_AT_A_TIME: usize = 8;
/// How long a mail waits for its turn: together with the attempt itself less than the lease.
const TURN_TIMEOUT: Duration = Duration::from_secs(60);
/// When a mail that did not get its turn is looked at again.
const NEXT_TURN: TimeDelta = TimeDelta::seconds(10);

/// The turns of mails that are sent.
#[derive(Clone)]
pub struct MailTurns(Arc<Semaphore>);

impl Default for MailTurns {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(SENT_AT_A_TIME)))
    }
}

/// One attempt to send a mail.
pub struct MailAttempt {
    pub pool: Pool,
    pub mails: Arc<MailSettings>,
    pub turns: MailTurns,
    pub caller: Caller,
    pub job: ClaimedJob,
}

impl MailAttempt {
    /// Makes the attempt and records it. After an error, nothing is recorded, and the attempt is made again later.
    pub async fn run(self) {
        let Err(error) = self.attempt().await else { return };
        give_back(&self.pool, &self.caller, &self.job, &error).await;
    }

    async fn attempt(&self) -> Result<()> {
        let due = self.due().await?;
        let Some(due) = due.filter(DueMail::is_to_be_sent) else { return self.abandon().await };
        let Some(message) = self.message(due).await? else { return self.abandon().await };
        let Ok(turn) = tokio::time::timeout(TURN_TIMEOUT, self.turns.0.acquire()).await else {
            return self.postpone().await;
        };
        // Read again: the recipient may have been erased while the mail waited for its turn.
        let Some(due) = self.due().await?.filter(DueMail::is_to_be_sent) else { return self.abandon().await };
        let envelope = envelope(&self.mails.from, &due.mail.address)?;
        let result = self.mails.sender.send(due.mail.id.0, &envelope, &message).await;
        drop(turn);
        let recorded = (&self.job, &due, &result);
        Transaction::run(&self.pool, &self.caller, Act::AttemptMail, deliver::record, &recorded).await
    }

    async fn due(&self) -> Result<Option<DueMail>> {
        let mut db = Session::open(&self.pool, &self.caller).await?;
        Ok(deliver::due(&mut db, &self.job).await?.map(|due| DueMail::clone(&due)))
    }

    /// Returns the bytes of a mail: those that were sent before, or new ones, which are kept first; `None` if the mail is not to
    /// be sent any more.
    async fn message(&self, due: DueMail) -> Result<Option<Vec<u8>>> {
        if let Some(message) = due.message {
            return Ok(Some(message));
        }
        let (content, message) = self.render(&due).await?;
        let rendered = (due.mail.id, &content, message.as_slice());
        let is_kept =
            Transaction::run(&self.pool, &self.caller, Act::AttemptMail, deliver::keep_rendered, &rendered)
                .await?;
        // Another worker has rendered it meanwhile: its bytes are those to send.
        if is_kept { Ok(Some(message)) } else { Ok(self.due().await?.and_then(|due| due.message)) }
    }

    async fn render(&self, due: &DueMail) -> Result<(RenderedMail, Vec<u8>)> {
        let settings = tenant::settings(&mut Session::open(&self.pool, &self.caller).await?).await?;
        let tenant = &settings.tenant;
        let context = MailContext {
            tenant: tenant.name.clone(),
            partner: due.company_name.clone().unwrap_or_default(),
            zone: tenant.zone()?,
            brand_color: tenant.brand_color.clone(),
            public_url: self.mails.public_url.clone(),
            unsubscribe_url: self.unsubscribe_url(&due.mail),
        };
        let content = render(&due.notification()?, &context)?;
        let draft = Draft {
            id: due.mail.id.0,
            created_at: due.mail.created_at,
            from: &self.mails.from,
            from_name: &tenant.name,
            to: &due.mail.address,
            content: &content,
            unsubscribe_url: context.unsubscribe_url.as_deref(),
        };
        let message = draft.to_bytes()?;
        Ok((content, message))
    }

    fn unsubscribe_url(&self, mail: &Mail) -> Option<String> {
        self.mails.unsubscribe_url(&Subscription {
            tenant: mail.tenant_id.clone(),
            partner_user: mail.partner_user_id?,
            kind: mail.kind,
        })
    }

    /// Ends the job of a mail that is not sent, and deletes what was kept of the mail besides its row.
    async fn abandon(&self) -> Result<()> {
        self.mails.sender.forget(self.job.subject).await?;
        let due = self.due().await?;
        let ended = (&self.job, due.as_ref());
        Transaction::run(&self.pool, &self.caller, Act::AttemptMail, deliver::abandon, &ended).await
    }

    /// Gives a mail back that did not get its turn.
    async fn postpone(&self) -> Result<()> {
        Transaction::run(
            &self.pool,
            &self.caller,
            Act::GiveJobBack,
            deliver::postpone,
            &(&self.job, NEXT_TURN),
        )
        .await
    }
}
