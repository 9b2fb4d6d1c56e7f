//! The attempts to send a mail: what to send, and what becomes of it.

use chrono::{DateTime, TimeDelta, Utc};

use super::{DueMail, Mail, MailStatus, store};
use crate::auth::Authorized;
use crate::domain::db::job::ClaimedJob;
use crate::domain::db::session::Session;
use crate::domain::db::transaction::Transaction;
use crate::mail::notification::Notification;
use crate::mail::sender::SendResult;
use crate::mail::template::RenderedMail;
use crate::primitives::error::{Error, Result};
use crate::primitives::id::MailId;

/// The time from each attempt to the next one, in minutes; the last one repeats until the mail is too old.
const DELAYS: [i64; 7] = [1, 5, 15, 30, 60, 120, 240];
/// For how long a mail is attempted.
const ATTEMPTED_MAX: TimeDelta = TimeDelta::days(2);

impl DueMail {
    /// Returns whether the mail is to be sent: it waits, and its recipient still wants it.
    pub fn is_to_be_sent(&self) -> bool {
        self.mail.status == MailStatus::Pending && self.is_wanted
    }

    /// Returns what the mail tells.
    pub fn notification(&self) -> Result<Notification> {
        serde_json::from_value(self.content.clone()).map_err(Error::internal)
    }
}

/// Returns the mail of a job; `None` if it no longer exists.
pub async fn due(db: &mut Session, job: &ClaimedJob) -> Result<Option<Authorized<DueMail>>> {
    store::due(db, MailId(job.subject)).await
}

/// Keeps what was rendered of a mail; returns whether it is still to be sent, and was not rendered by another worker.
pub async fn keep_rendered(
    db: &mut Transaction,
    (id, content, message): &(MailId, &RenderedMail, &[u8]),
) -> Result<bool> {
    db.mark_idempotent();
    store::keep_rendered(db, *id, content, message).await
}

/// Ends the job of a mail that is not sent, and abandons a mail that waits.
pub async fn abandon(db: &mut Transaction, (job, due): &(&ClaimedJob, Option<&DueMail>)) -> Result<()> {
    db.mark_idempotent();
    if let Some(due) = due
        && due.mail.status == MailStatus::Pending
    {
        let now = db.clock_timestamp().await?;
        let abandoned = Mail { status: MailStatus::Abandoned, ended_at: Some(now), ..due.mail.clone() };
        store::update(db, &abandoned).await?;
    }
    // Without the lease, another worker has done the same.
    job.finish(db).await?;
    Ok(())
}

/// Records an attempt: the mail is over, or the job waits for the next attempt. A worker that has lost its lease changes
/// nothing: another one makes the attempt again, with the same Message-ID.
pub async fn record(
    db: &mut Transaction,
    (job, due, result): &(&ClaimedJob, &DueMail, &SendResult),
) -> Result<()> {
    // Repeated, it finds that it no longer has the lease.
    db.mark_idempotent();
    let now = db.clock_timestamp().await?;
    let mail = outcome(&due.mail, result, now);
    let next = if mail.status == MailStatus::Pending { Some(next_attempt(mail.attempts, now)) } else { None };
    let has_lease = match next {
        Some(at) => job.retry_at(db, at, mail.last_error.as_deref().unwrap_or_default()).await?,
        None => job.finish(db).await?,
    };
    if has_lease {
        store::update(db, &mail).await?;
    }
    Ok(())
}

/// Makes a job available again after a while, because other mails are being sent.
pub async fn postpone(db: &mut Transaction, (job, wait): &(&ClaimedJob, TimeDelta)) -> Result<()> {
    db.mark_idempotent();
    let at = db.clock_timestamp().await? + *wait;
    job.retry_at(db, at, "other mails are being sent").await?;
    Ok(())
}

/// Returns a mail after an attempt.
fn outcome(mail: &Mail, result: &SendResult, now: DateTime<Utc>) -> Mail {
    let after = Mail {
        attempts: mail.attempts + 1,
        attempted_at: Some(now),
        code: None,
        last_error: None,
        ..mail.clone()
    };
    match result {
        SendResult::Sent => {
            Mail { status: MailStatus::Sent, sent_at: Some(now), ended_at: Some(now), ..after }
        }
        SendResult::Bounced(code) => Mail {
            status: MailStatus::Bounced,
            ended_at: Some(now),
            code: Some(i32::from(*code)),
            last_error: Some(format!("the server answered {code}")),
            ..after
        },
        SendResult::Again { code, error } => {
            let is_over = now - mail.created_at >= ATTEMPTED_MAX;
            Mail {
                status: if is_over { MailStatus::Failed } else { MailStatus::Pending },
                ended_at: is_over.then_some(now),
                code: code.map(i32::from),
                last_error: Some(error.clone()),
                ..after
            }
        }
    }
}

/// Returns when the next attempt is due after this many.
fn next_attempt(attempts: i32, now: DateTime<Utc>) -> DateTime<Utc> {
    let position = usize::try_from(attempts - 1).unwrap_or_default().min(DELAYS.len() - 1);
    now + TimeDelta::minutes(DELAYS.get(position).copied().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::mail::notification::NotificationKind;
    use crate::primitives::id::TenantId;

    fn mail() -> Mail {
        Mail {
            tenant_id: TenantId("acme".to_owned()),
            id: MailId(Uuid::nil()),
            kind: NotificationKind::PayoutCreated,
            partner_user_id: None,
            address: String::new(),
            subject: None,
            text_body: None,
            status: MailStatus::Pending,
            attempts: 0,
            code: None,
            last_error: None,
            attempted_at: None,
            sent_at: None,
            ended_at: None,
            created_at: DateTime::UNIX_EPOCH,
        }
    }

    #[test]
    fn a_mail_is_attempted_for_two_days() {
        let again = SendResult::Again { code: Some(421), error: "the server answered 421".to_owned() };
        let (mut mail, mut now) = (mail(), DateTime::UNIX_EPOCH);
        while mail.status == MailStatus::Pending {
            mail = outcome(&mail, &again, now);
            now = next_attempt(mail.attempts, now);
        }
        assert_eq!(mail.status, MailStatus::Failed);
        assert!((15..=25).contains(&mail.attempts), "{}", mail.attempts);
        let ended = mail.ended_at.unwrap_or_default() - DateTime::UNIX_EPOCH;
        assert!(TimeDelta::days(2) <= ended && ended < TimeDelta::hours(53), "{ended}");
    }

    #[test]
    fn a_refusal_is_final() {
        let bounced = outcome(&mail(), &SendResult::Bounced(550), DateTime::UNIX_EPOCH);
        assert_eq!((bounced.status, bounced.code), (MailStatus::Bounced, Some(550)));
        let sent = outcome(&bounced, &SendResult::Sent, DateTime::UNIX_EPOCH);
        assert_eq!((sent.status, sent.code, sent.last_error), (MailStatus::Sent, None, None));
    }
}
