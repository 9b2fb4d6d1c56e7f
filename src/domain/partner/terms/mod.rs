//! The terms of partners: status, tier and default rate, each with the moment from which they hold.

pub mod store;

use chrono::{DateTime, Utc};
use diesel::deserialize::{self, FromSql, FromSqlRow};
use diesel::pg::{Pg, PgValue};
use diesel::prelude::*;
use diesel::sql_types::{Nullable, Numeric, Record, Text};

use super::{Partner, PartnerStatus, PartnerTier};
use crate::auth::{Authorized, PartnerOwned};
use crate::domain::db::audited_row::{Field, RowKey, RowKind, time_text};
use crate::domain::db::schema::partner_terms;
use crate::domain::db::transaction::Transaction;
use crate::domain::terms::{self, BEGINNING, Timeline};
use crate::primitives::error::Result;
use crate::primitives::id::{PartnerId, TenantId};
use crate::primitives::money::Rate;
use crate::primitives::timestamp::Timestamp;

/// The columns of [`Terms`], as one value.
pub type TermsRecord = Record<(Text, Text, Nullable<Numeric>)>;

/// The terms of a partner at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromSqlRow)]
pub struct Terms {
    /// Decides whether the partner earns and can be paid.
    pub status: PartnerStatus,
    /// The tier in the tenant's programme.
    pub tier: PartnerTier,
    /// The rate for accounts without a rate of their own; `None` if such accounts earn nothing.
    pub default_commission_rate: Option<Rate>,
}

impl FromSql<TermsRecord, Pg> for Terms {
    fn from_sql(value: PgValue<'_>) -> deserialize::Result<Self> {
        let (status, tier, default_commission_rate) = FromSql::<TermsRecord, Pg>::from_sql(value)?;
        Ok(Self { status, tier, default_commission_rate })
    }
}

/// A change of the terms of a partner: what holds from a moment until the next change. Rows are never changed; of those with
/// the same moment, the one with the largest number holds.
#[derive(Clone, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = partner_terms, check_for_backend(Pg))]
pub struct TermsChange {
    /// The tenant of the partner.
    pub tenant_id: TenantId,
    /// The partner.
    pub partner_id: PartnerId,
    /// The moment from which the terms hold.
    pub effective_from: DateTime<Utc>,
    /// The number of the change within the partner, from 1.
    pub number: i32,
    /// The status.
    pub status: PartnerStatus,
    /// The tier.
    pub tier: PartnerTier,
    /// The rate for accounts without a rate of their own.
    pub default_commission_rate: Option<Rate>,
    /// The id of the user who made the change.
    pub changed_by: String,
    /// The time of the change, by the database's clock.
    pub changed_at: DateTime<Utc>,
}

impl TermsChange {
    fn terms(&self) -> Terms {
        let Self { status, tier, default_commission_rate, .. } = *self;
        Terms { status, tier, default_commission_rate }
    }

    /// Returns what the audit trail records of the change: a field `terms.<number>` of the partner.
    pub(in crate::domain) fn audited_field(&self) -> Field {
        let Terms { status, tier, default_commission_rate } = self.terms();
        let rate = default_commission_rate.map_or_else(|| "no rate".to_owned(), |rate| rate.to_string());
        let from = time_text(self.effective_from);
        Field::plain(format!("terms.{}", self.number), format!("from {from}: {status}, {tier}, {rate}"))
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

/// The attributes of the terms that a request changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Changes {
    pub status: Option<PartnerStatus>,
    pub tier: Option<PartnerTier>,
    /// The new rate; `Some(None)` removes it.
    pub default_commission_rate: Option<Option<Rate>>,
}

impl Changes {
    /// Returns whether the request changes none of them.
    pub fn is_empty(&self) -> bool {
        self.status.is_none() && self.tier.is_none() && self.default_commission_rate.is_none()
    }
}

/// Stores the terms with which a partner begins: they hold from the beginning, because invoices may have been paid before the
/// partner was entered.
pub(super) async fn begin(db: &mut Transaction, partner: &Partner) -> Result<()> {
    let first = row(db, partner, 1, (BEGINNING, partner.terms), partner.created_at);
    insert(db, vec![first]).await
}

/// Changes terms of a partner that is locked by `partner::store::lock_for_terms`.
pub(super) async fn change(
    db: &mut Transaction,
    partner: &Partner,
    changes: Changes,
    effective_from: Option<Timestamp>,
) -> Result<()> {
    let rows: Vec<Authorized<TermsChange>> = store::of_partner(db, partner.id).await?;
    // Never before an earlier change, also if the clock was set back since.
    let latest = rows.iter().map(|row| row.changed_at).max().unwrap_or(BEGINNING);
    let changed_at = db.clock_timestamp().await?.max(latest);
    let from = terms::effective_from(effective_from, changed_at)?;
    let before = Timeline::new(rows.iter().map(|row| (row.effective_from, row.terms())));
    let mut after = before.clone();
    if let Some(status) = changes.status {
        after.set(from, |terms| &mut terms.status, &status);
    }
    if let Some(tier) = changes.tier {
        after.set(from, |terms| &mut terms.tier, &tier);
    }
    if let Some(rate) = changes.default_commission_rate {
        // The first rate of all was missing before: it counts for invoices that earned nothing without it.
        let is_first = rows.iter().all(|row| row.default_commission_rate.is_none());
        let from = if is_first && effective_from.is_none() { BEGINNING } else { from };
        after.set(from, |terms| &mut terms.default_commission_rate, &rate);
    }
    let next = rows.iter().map(|row| row.number).max().unwrap_or(0) + 1;
    let missing = after.rows_missing_in(&before);
    let rows = (next..).zip(missing).map(|(number, period)| row(db, partner, number, period, changed_at));
    let rows: Vec<_> = rows.collect();
    insert(db, rows).await
}

async fn insert(db: &mut Transaction, rows: Vec<TermsChange>) -> Result<()> {
    for row in &rows {
        let partner = RowKey { kind: RowKind::Partner, id: Some(row.partner_id.0) };
        let field = row.audited_field();
        db.record_field(Some(partner), &field.name, None, field.recorded());
    }
    store::insert(db, rows).await
}

fn row(
    db: &Transaction,
    partner: &Partner,
    number: i32,
    (effective_from, terms): (DateTime<Utc>, Terms),
    changed_at: DateTime<Utc>,
) -> TermsChange {
    TermsChange {
        tenant_id: partner.tenant_id.clone(),
        partner_id: partner.id,
        effective_from,
        number,
        status: terms.status,
        tier: terms.tier,
        default_commission_rate: terms.default_commission_rate,
        changed_by: db.caller().identity().user().to_owned(),
        changed_at,
    }
}
