//! The terms of managed accounts: their rate, with the moment from which it holds.

pub mod store;

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Integer, Nullable, Numeric, Text, Timestamptz, Uuid as SqlUuid};

use super::ManagedAccount;
use crate::auth::{Authorized, PartnerOwned};
use crate::domain::db::audited_row::{Field, RowKey, RowKind, time_text};
use crate::domain::db::schema::managed_account_terms;
use crate::domain::db::transaction::Transaction;
use crate::domain::partner::PartnerStatus;
use crate::domain::terms::{self, BEGINNING, Timeline};
use crate::primitives::error::Result;
use crate::primitives::id::{ManagedAccountId, PartnerId, TenantId};
use crate::primitives::money::Rate;
use crate::primitives::timestamp::Timestamp;

/// A change of the rate of an account: what holds from a moment until the next change. Rows are never changed; of those with
/// the same moment, the one with the largest number holds.
#[derive(Clone, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = managed_account_terms, check_for_backend(diesel::pg::Pg))]
pub struct TermsChange {
    /// The tenant of the account.
    pub tenant_id: TenantId,
    /// The account.
    pub managed_account_id: ManagedAccountId,
    /// The moment from which the rate holds.
    pub effective_from: DateTime<Utc>,
    /// The number of the change within the account, from 1.
    pub number: i32,
    /// The partner of the account.
    pub partner_id: PartnerId,
    /// The rate that overrides the partner's default.
    pub custom_commission_rate: Option<Rate>,
    /// The id of the user who made the change.
    pub changed_by: String,
    /// The time of the change, by the database's clock.
    pub changed_at: DateTime<Utc>,
}

impl TermsChange {
    /// Returns what the audit trail records of the change: a field `terms.<number>` of the account.
    pub(in crate::domain) fn audited_field(&self) -> Field {
        let rate = self.custom_commission_rate;
        let rate = rate.map_or_else(|| "no rate of its own".to_owned(), |rate| rate.to_string());
        let from = time_text(self.effective_from);
        Field::plain(format!("terms.{}", self.number), format!("from {from}: {rate}"))
    }
}

impl PartnerOwned for TermsChange {
    fn tenant_id(&self) -> &TenantId {
        &self.tenant_id
    }

    fn partner_id(&self) -> PartnerId {
        self.partner_id
    }
}

/// The terms of an account and its partner at one moment, which decide what an invoice paid then earns.
#[derive(Clone, Debug, QueryableByName)]
#[diesel(check_for_backend(diesel::pg::Pg))]
pub struct EarningTerms {
    /// The tenant of the account.
    #[diesel(sql_type = Text)]
    pub tenant_id: TenantId,
    /// The account.
    #[diesel(sql_type = SqlUuid)]
    pub managed_account_id: ManagedAccountId,
    /// The partner of the account.
    #[diesel(sql_type = SqlUuid)]
    pub partner_id: PartnerId,
    /// The status of the partner.
    #[diesel(sql_type = Text)]
    pub status: PartnerStatus,
    /// The rate of the account, which takes precedence.
    #[diesel(sql_type = Nullable<Numeric>)]
    pub custom_commission_rate: Option<Rate>,
    /// The rate of the partner.
    #[diesel(sql_type = Nullable<Numeric>)]
    pub default_commission_rate: Option<Rate>,
    /// When the later of both terms was changed.
    #[diesel(sql_type = Timestamptz)]
    pub changed_at: DateTime<Utc>,
    /// The tenant's hold: days until the commission may be paid out.
    #[diesel(sql_type = Integer)]
    pub hold_days: i32,
    /// When the terms were read, by the database's clock.
    #[diesel(sql_type = Timestamptz)]
    pub read_at: DateTime<Utc>,
}

impl PartnerOwned for EarningTerms {
    fn tenant_id(&self) -> &TenantId {
        &self.tenant_id
    }

    fn partner_id(&self) -> PartnerId {
        self.partner_id
    }
}

/// Stores the terms with which an account begins: they hold from the beginning.
pub(super) async fn begin(db: &mut Transaction, account: &ManagedAccount) -> Result<()> {
    let changed_at = db.clock_timestamp().await?;
    let first = row(db, account, 1, (BEGINNING, account.custom_commission_rate), changed_at);
    insert(db, vec![first]).await
}

/// Changes the rate of an account that is locked by `account::store::lock_for_terms`; `None` removes it.
pub(super) async fn change(
    db: &mut Transaction,
    account: &ManagedAccount,
    rate: Option<Rate>,
    effective_from: Option<Timestamp>,
) -> Result<()> {
    let rows: Vec<Authorized<TermsChange>> = store::of_account(db, account.id).await?;
    // Never before an earlier change, also if the clock was set back since.
    let latest = rows.iter().map(|row| row.changed_at).max().unwrap_or(BEGINNING);
    let changed_at = db.clock_timestamp().await?.max(latest);
    let from = terms::effective_from(effective_from, changed_at)?;
    let before = Timeline::new(rows.iter().map(|row| (row.effective_from, row.custom_commission_rate)));
    let mut after = before.clone();
    after.set(from, |present| present, &rate);
    let next = rows.iter().map(|row| row.number).max().unwrap_or(0) + 1;
    let missing = after.rows_missing_in(&before);
    let rows = (next..).zip(missing).map(|(number, period)| row(db, account, number, period, changed_at));
    let rows: Vec<_> = rows.collect();
    insert(db, rows).await
}

async fn insert(db: &mut Transaction, rows: Vec<TermsChange>) -> Result<()> {
    for row in &rows {
        let account = RowKey { kind: RowKind::ManagedAccount, id: Some(row.managed_account_id.0) };
        let field = row.audited_field();
        db.record_field(Some(account), &field.name, None, field.recorded());
    }
    store::insert(db, rows).await
}

fn row(
    db: &Transaction,
    account: &ManagedAccount,
    number: i32,
    (effective_from, custom_commission_rate): (DateTime<Utc>, Option<Rate>),
    changed_at: DateTime<Utc>,
) -> TermsChange {
    TermsChange {
        tenant_id: account.tenant_id.clone(),
        managed_account_id: account.id,
        effective_from,
        number,
        partner_id: account.partner_id,
        custom_commission_rate,
        changed_by: db.caller().identity().user().to_owned(),
        changed_at,
    }
}
