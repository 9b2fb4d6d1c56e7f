//! Reads and writes of the tables `mails` and `notification_preferences`.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Array, Jsonb, Text, Timestamptz, Uuid as SqlUuid};
use serde_json::Value;
use uuid::Uuid;

use super::{DueMail, Mail};
use crate::auth::{Authorized, PartnerUserRole};
use crate::domain::db::cached_statement::CachedStatement;
use crate::domain::db::job;
use crate::domain::db::mail_schema::{mails, notification_preferences};
use crate::domain::db::session::Session;
use crate::domain::db::sql_builder::SqlBuilder;
use crate::domain::db::transaction::Transaction;
use crate::mail::notification::{Notification, NotificationKind};
use crate::mail::template::RenderedMail;
use crate::primitives::error::{Error, Result};
use crate::primitives::id::{MailId, PartnerId, PartnerUserId};

/// The roles within a partner that are notified of its payouts.
const TOLD: [PartnerUserRole; 3] = [PartnerUserRole::Owner, PartnerUserRole::Admin, PartnerUserRole::Finance];

/// Begins a statement that inserts mails, with a job for each: what follows selects the recipients.
const INSERT_MAILS: &str = "WITH mail AS (
    INSERT INTO mails (tenant_id, id, kind, subject_id, occurred_at, content, status, created_at, partner_user_id, address)";

/// What a mail is about, and the notification.
pub struct Occasion {
    /// What it is about: a payout, a partner, a partner user, a payout account, a webhook endpoint.
    pub subject: Uuid,
    /// When that happened. A recipient gets one mail of a kind for each subject and instant.
    pub at: DateTime<Utc>,
    /// The facts.
    pub notification: Notification,
}

/// Begins such a statement with the columns that do not depend on the recipient.
fn insert_mails(db: &Transaction, occasion: &Occasion) -> Result<SqlBuilder> {
    let content = serde_json::to_value(&occasion.notification).map_err(Error::internal)?;
    Ok(SqlBuilder::new(INSERT_MAILS)
        .sql(" SELECT ")
        .bind::<Text, _>(db.scope().tenant().0.clone())
        .sql(", gen_random_uuid(), ")
        .bind::<Text, _>(occasion.notification.kind())
        .sql(", ")
        .bind::<SqlUuid, _>(occasion.subject)
        .sql(", ")
        .bind::<Timestamptz, _>(occasion.at)
        .sql(", ")
        .bind::<Jsonb, Value>(content)
        .sql(", 'PENDING', clock_timestamp()"))
}

/// Ends such a statement, executes it, and has the worker woken if there is a mail to send.
async fn with_jobs(db: &mut Transaction, mails: SqlBuilder) -> Result<()> {
    let statement = mails
        .sql(" ON CONFLICT DO NOTHING RETURNING tenant_id, id, created_at) ")
        .sql(job::store::INSERT)
        .sql("SELECT tenant_id, 'MAIL', id, created_at, created_at FROM mail");
    if db.execute_unaudited(CachedStatement(statement)).await? > 0 {
        db.wake_worker();
    }
    Ok(())
}

/// Writes a mail to each active user of a partner who is notified of its payouts, except those who turned the kind off.
pub async fn insert_for_partner(db: &mut Transaction, partner: PartnerId, occasion: &Occasion) -> Result<()> {
    let statement = insert_mails(db, occasion)?
        .sql(", id, email FROM partner_users AS recipient WHERE tenant_id = ")
        .bind::<Text, _>(db.scope().tenant().0.clone())
        .sql(" AND partner_id = ")
        .bind::<SqlUuid, _>(partner)
        .part(|statement| wants(statement, occasion.notification.kind()));
    with_jobs(db, statement).await
}

/// Writes a mail to each active owner of a partner, of a kind that none of them can turn off.
pub async fn insert_for_owners(db: &mut Transaction, partner: PartnerId, occasion: &Occasion) -> Result<()> {
    let statement = insert_mails(db, occasion)?
        .sql(", id, email FROM partner_users AS recipient WHERE tenant_id = ")
        .bind::<Text, _>(db.scope().tenant().0.clone())
        .sql(" AND partner_id = ")
        .bind::<SqlUuid, _>(partner)
        .sql(" AND recipient.is_active AND recipient.role = ")
        .bind::<Text, _>(PartnerUserRole::Owner);
    with_jobs(db, statement).await
}

/// Appends the condition that a `recipient` is active, is notified of the payouts of its partner, and wants a kind.
fn wants(statement: SqlBuilder, kind: NotificationKind) -> SqlBuilder {
    let roles: Vec<_> = TOLD.iter().map(ToString::to_string).collect();
    statement
        .sql(" AND recipient.is_active AND recipient.role = ANY(")
        .bind::<Array<Text>, _>(roles)
        .sql(
            ") AND NOT EXISTS (SELECT FROM notification_preferences AS preference
                WHERE preference.tenant_id = recipient.tenant_id AND preference.user_id = recipient.user_id
                  AND NOT preference.is_wanted AND preference.kind = ",
        )
        .bind::<Text, _>(kind)
        .sql(")")
}

/// Writes a mail to one partner user.
pub async fn insert_for_user(
    db: &mut Transaction,
    user: PartnerUserId,
    address: &str,
    occasion: &Occasion,
) -> Result<()> {
    let statement = insert_mails(db, occasion)?
        .sql(", ")
        .bind::<SqlUuid, _>(user)
        .sql(", ")
        .bind::<Text, _>(address.to_owned());
    with_jobs(db, statement).await
}

/// Writes a mail to the contact of the tenant, if it has one.
pub async fn insert_for_contact(db: &mut Transaction, occasion: &Occasion) -> Result<()> {
    let statement = insert_mails(db, occasion)?
        .sql(", NULL, contact_email FROM tenants WHERE contact_email IS NOT NULL AND tenant_id = ")
        .bind::<Text, _>(db.scope().tenant().0.clone());
    with_jobs(db, statement).await
}

/// Inserts a job for each partner with a user who wants its digest.
pub async fn insert_digest_jobs(db: &mut Transaction) -> Result<()> {
    let statement = SqlBuilder::new(job::store::INSERT)
        .sql(
            "SELECT recipient.tenant_id, 'DIGEST', recipient.partner_id, clock_timestamp(), clock_timestamp()
            FROM partner_users AS recipient WHERE recipient.tenant_id = ",
        )
        .bind::<Text, _>(db.scope().tenant().0.clone())
        .part(|statement| wants(statement, NotificationKind::MonthlyDigest))
        .sql(" GROUP BY recipient.tenant_id, recipient.partner_id ON CONFLICT DO NOTHING");
    db.execute_unaudited(CachedStatement(statement)).await?;
    Ok(())
}

/// Returns a mail with what an attempt needs, if it exists.
pub async fn due(db: &mut Session, id: MailId) -> Result<Option<Authorized<DueMail>>> {
    let statement = SqlBuilder::new(
        "SELECT mails.*, partner.company_name, recipient.id IS NULL OR recipient.is_active AND NOT EXISTS (
                SELECT FROM notification_preferences AS preference
                WHERE preference.tenant_id = mails.tenant_id AND preference.user_id = recipient.user_id
                  AND preference.kind = mails.kind AND NOT preference.is_wanted) AS is_wanted
         FROM mails
         LEFT JOIN partner_users AS recipient
             ON recipient.tenant_id = mails.tenant_id AND recipient.id = mails.partner_user_id
         LEFT JOIN partners AS partner
             ON partner.tenant_id = recipient.tenant_id AND partner.id = recipient.partner_id
         WHERE mails.tenant_id = ",
    )
    .bind::<Text, _>(db.scope().tenant().0.clone())
    .sql(" AND mails.id = ")
    .bind::<SqlUuid, _>(id);
    db.load_one(CachedStatement(statement)).await
}

/// Returns mails by id.
pub async fn by_ids(db: &mut Session, ids: &[MailId]) -> Result<Vec<Authorized<Mail>>> {
    let query = mails::table
        .filter(mails::tenant_id.eq(db.scope().tenant().clone()))
        .filter(mails::id.eq_any(ids.to_vec()))
        .select(Mail::as_select());
    db.load(query).await
}

/// Returns the latest mails that were rendered, latest first.
pub async fn latest(db: &mut Session, limit: i64) -> Result<Vec<Authorized<Mail>>> {
    let query = mails::table
        .filter(mails::tenant_id.eq(db.scope().tenant().clone()))
        .filter(mails::subject.is_not_null())
        .order((mails::created_at.desc(), mails::id.desc()))
        .limit(limit)
        .select(Mail::as_select());
    db.load(query).await
}

/// Returns the HTML of a mail; `None` if there is no such mail, or it was not rendered.
pub async fn html(db: &mut Session, id: MailId) -> Result<Option<String>> {
    let query = mails::table
        .filter(mails::tenant_id.eq(db.scope().tenant().clone()))
        .filter(mails::id.eq(id))
        .select(mails::html_body);
    Ok(db.aggregate::<Option<String>, _>(query).await?.pop().flatten())
}

/// Keeps what was rendered of a mail, unless it was rendered or ended meanwhile; returns whether it did.
pub async fn keep_rendered(
    db: &mut Transaction,
    id: MailId,
    content: &RenderedMail,
    message: &[u8],
) -> Result<bool> {
    let update = diesel::update(mails::table)
        .filter(mails::tenant_id.eq(db.scope().tenant().clone()))
        .filter(mails::id.eq(id))
        .filter(mails::status.eq(super::MailStatus::Pending))
        .filter(mails::message.is_null())
        .set((
            mails::subject.eq(content.subject.clone()),
            mails::text_body.eq(content.text.clone()),
            mails::html_body.eq(content.html.clone()),
            mails::message.eq(message.to_vec()),
        ));
    Ok(db.execute_unaudited(update).await? == 1)
}

/// Updates what became of a mail that is pending. The bytes are kept only while it may be sent again.
pub async fn update(db: &mut Transaction, mail: &Mail) -> Result<()> {
    let pending = mails::table
        .filter(mails::tenant_id.eq(db.scope().tenant().clone()))
        .filter(mails::id.eq(mail.id))
        .filter(mails::status.eq(super::MailStatus::Pending));
    let outcome = (
        mails::status.eq(mail.status),
        mails::attempts.eq(mail.attempts),
        mails::code.eq(mail.code),
        mails::last_error.eq(mail.last_error.clone()),
        mails::attempted_at.eq(mail.attempted_at),
        mails::sent_at.eq(mail.sent_at),
        mails::ended_at.eq(mail.ended_at),
    );
    if mail.status == super::MailStatus::Pending {
        db.execute_unaudited(diesel::update(pending).set(outcome)).await?;
    } else {
        let nothing = mails::message.eq(None::<Vec<u8>>);
        db.execute_unaudited(diesel::update(pending).set((outcome, nothing))).await?;
    }
    Ok(())
}

/// Erases the recipient from the mails to these links, and what they said; those that wait are abandoned. A job for each
/// deletes what was kept of it outside of the database.
pub async fn erase_recipient(db: &mut Transaction, link: PartnerUserId, address: &str) -> Result<()> {
    let statement = SqlBuilder::new("WITH mail AS (UPDATE mails SET address = ")
        .bind::<Text, _>(address.to_owned())
        .sql(
            ", content = '{}', subject = NULL, text_body = NULL, html_body = NULL, message = NULL, last_error = NULL,
            status = CASE status WHEN 'PENDING' THEN 'ABANDONED' ELSE status END,
            ended_at = coalesce(ended_at, clock_timestamp())
            WHERE tenant_id = ",
        )
        .bind::<Text, _>(db.scope().tenant().0.clone())
        .sql(" AND partner_user_id = ")
        .bind::<SqlUuid, _>(link)
        .sql(" RETURNING tenant_id, id) ")
        .sql(job::store::INSERT)
        .sql("SELECT tenant_id, 'MAIL', id, clock_timestamp(), clock_timestamp() FROM mail ON CONFLICT DO NOTHING");
    if db.execute_unaudited(CachedStatement(statement)).await? > 0 {
        db.wake_worker();
    }
    Ok(())
}

/// Deletes up to `limit` mails that ended before an instant, the oldest first; returns how many.
pub async fn delete_before(db: &mut Transaction, before: DateTime<Utc>, limit: i64) -> Result<usize> {
    let old = mails::table
        .filter(mails::tenant_id.eq(db.scope().tenant().clone()))
        .filter(mails::created_at.lt(before))
        .filter(mails::ended_at.lt(before))
        .order(mails::created_at)
        .limit(limit)
        .select(mails::id);
    let ids: Vec<MailId> = db.aggregate(old).await?;
    let delete = diesel::delete(mails::table)
        .filter(mails::tenant_id.eq(db.scope().tenant().clone()))
        .filter(mails::id.eq_any(ids));
    db.execute_unaudited(delete).await
}

/// Returns the kinds that a user has turned off.
pub async fn unwanted(db: &mut Session, user: &str) -> Result<Vec<NotificationKind>> {
    let query = notification_preferences::table
        .filter(notification_preferences::tenant_id.eq(db.scope().tenant().clone()))
        .filter(notification_preferences::user_id.eq(user.to_owned()))
        .filter(notification_preferences::is_wanted.eq(false))
        .select(notification_preferences::kind);
    db.aggregate(query).await
}

/// Inserts or replaces the preference of a user.
pub async fn prefer(
    db: &mut Transaction,
    user: &str,
    kind: NotificationKind,
    is_wanted: bool,
    now: DateTime<Utc>,
) -> Result<()> {
    let choice =
        (notification_preferences::is_wanted.eq(is_wanted), notification_preferences::changed_at.eq(now));
    let insert = diesel::insert_into(notification_preferences::table)
        .values((
            notification_preferences::tenant_id.eq(db.scope().tenant().clone()),
            notification_preferences::user_id.eq(user.to_owned()),
            notification_preferences::kind.eq(kind),
            choice,
        ))
        .on_conflict((
            notification_preferences::tenant_id,
            notification_preferences::user_id,
            notification_preferences::kind,
        ))
        .do_update()
        .set(choice);
    db.execute(insert).await?;
    Ok(())
}

/// Deletes the preferences of a user.
pub async fn forget_preferences(db: &mut Transaction, user: &str) -> Result<()> {
    let delete = diesel::delete(notification_preferences::table)
        .filter(notification_preferences::tenant_id.eq(db.scope().tenant().clone()))
        .filter(notification_preferences::user_id.eq(user.to_owned()));
    db.execute(delete).await?;
    Ok(())
}
