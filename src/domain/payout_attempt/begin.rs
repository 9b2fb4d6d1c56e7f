//! The beginning of a try: it is committed that the rail will be asked, before it is.

use chrono::{DateTime, TimeDelta, Utc};

use super::outcome::{again_at, end_refused, end_uncertain};
use super::{AttemptStatus, Order, PayoutAttempt, store};
use crate::auth::Authorized;
use crate::domain::db::job::ClaimedJob;
use crate::domain::db::transaction::Transaction;
use crate::domain::partner::Partner;
use crate::domain::payout::batch::reason_partner_not_payable;
use crate::domain::payout::{Payout, settle};
use crate::domain::payout_account::{self, PayoutAccountStatus};
use crate::domain::stripe_connection::{self, StripeConnection};
use crate::primitives::error::Result;
use crate::primitives::id::PayoutAttemptId;

/// For how long the rail is asked to move the money: it forgets the key of a request after 24 hours, and might then move it
/// again.
const SENDING_MAX: TimeDelta = TimeDelta::hours(20);
/// How long the attempts of a tenant wait whose connection is broken.
const BROKEN_PAUSE: TimeDelta = TimeDelta::minutes(15);

/// What the worker does next.
#[derive(Clone, Debug)]
pub enum Begun {
    /// Look for the transfer, and ask for it if there is none.
    Send(Box<Order>),
    /// Look for the transfer, and never ask for it again.
    Look(Box<Order>),
    /// Read the transfer: it has completed the payout, but its money may have come back.
    Check(Box<Order>),
    /// Nothing: the attempt is over, or has to wait.
    Nothing,
}

/// Begins the try of a job.
pub async fn begin(db: &mut Transaction, job: &ClaimedJob) -> Result<Begun> {
    // Repeated, it finds the attempt as it left it, and counts it as in doubt.
    db.mark_idempotent();
    let found = store::by_ids(db, &[PayoutAttemptId(job.subject)]).await?.pop();
    let Some(found) = found else {
        job.finish(db).await?;
        db.record_nothing();
        return Ok(Begun::Nothing);
    };
    let (partner, payout) = settle::lock(db, found.payout_id).await?;
    let attempt = store::lock(db, found.id).await?;
    let is_settled = attempt.status == AttemptStatus::Settled;
    if !is_settled && !attempt.status.is_under_way() {
        job.finish(db).await?;
        db.record_nothing();
        return Ok(Begun::Nothing);
    }
    let now = settle::now_for(db, &payout).await?;
    let connection = stripe_connection::store::own(db)
        .await?
        .filter(|connection| connection.continues(&attempt.rail_account, attempt.is_live));
    let Some(connection) = connection else {
        if is_settled {
            job.finish(db).await?;
            db.record_nothing();
            return Ok(Begun::Nothing);
        }
        let why = "the Stripe account that the attempt was made for is not connected any more";
        return give_up(db, job, (&payout, &attempt), ("connection_changed", why), now).await;
    };
    if connection.broken_at.is_some() {
        again_at(db, job, now + BROKEN_PAUSE).await?;
        db.record_nothing();
        return Ok(Begun::Nothing);
    }
    let connection = StripeConnection::clone(&connection);
    if is_settled || attempt.status == AttemptStatus::Uncertain {
        db.record_nothing();
        let order = Box::new(Order { attempt: PayoutAttempt::clone(&attempt), connection });
        return Ok(if is_settled { Begun::Check(order) } else { Begun::Look(order) });
    }
    if attempt.first_sent_at.is_some_and(|first| now - first >= SENDING_MAX) {
        let why = "Stripe has not answered for 20 hours; it is not asked again";
        return give_up(db, job, (&payout, &attempt), ("no_answer", why), now).await;
    }
    if let Some((code, why)) = unmet_condition(db, &partner, &attempt).await? {
        return give_up(db, job, (&payout, &attempt), (code, &why), now).await;
    }
    let sending = PayoutAttempt {
        status: AttemptStatus::Sending,
        // The try before has ended without telling what came of it.
        is_in_doubt: attempt.is_in_doubt || attempt.status == AttemptStatus::Sending,
        first_sent_at: attempt.first_sent_at.or(Some(now)),
        last_sent_at: Some(now),
        ..PayoutAttempt::clone(&attempt)
    };
    store::update(db, &sending).await?;
    db.record_changed(&*attempt, &sending);
    Ok(Begun::Send(Box::new(Order { attempt: sending, connection })))
}

/// Returns what keeps the money from being sent now.
async fn unmet_condition(
    db: &mut Transaction,
    partner: &Authorized<Partner>,
    attempt: &PayoutAttempt,
) -> Result<Option<(&'static str, String)>> {
    if let Some(reason) = reason_partner_not_payable(partner) {
        return Ok(Some(("partner_not_payable", reason.message)));
    }
    let account = payout_account::store::by_ids(db, &[attempt.payout_account_id]).await?.pop();
    let is_ready = account.is_some_and(|account| account.status == PayoutAccountStatus::Ready);
    let why = "the partner's account at Stripe cannot receive transfers now".to_owned();
    Ok((!is_ready).then_some(("account_not_ready", why)))
}

/// Gives an attempt up: refused if the rail was certainly never asked, else uncertain.
async fn give_up(
    db: &mut Transaction,
    job: &ClaimedJob,
    (payout, attempt): (&Payout, &PayoutAttempt),
    (code, why): (&str, &str),
    now: DateTime<Utc>,
) -> Result<Begun> {
    if attempt.status == AttemptStatus::Queued {
        end_refused(db, payout, attempt, (code, why), now).await?;
        job.finish(db).await?;
    } else if attempt.status == AttemptStatus::Sending {
        end_uncertain(db, job, payout, attempt, (code, why), now).await?;
    } else {
        // Cannot be looked for without its connection.
        again_at(db, job, now + TimeDelta::hours(1)).await?;
        db.record_nothing();
    }
    Ok(Begun::Nothing)
}
