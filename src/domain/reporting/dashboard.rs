//! The dashboards of partners, each read from one snapshot of the database.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::{DateTime, TimeDelta, Utc};
use diesel::prelude::*;
use diesel::sql_types::{
    Array, BigInt, Bpchar, Double, Nullable, Numeric, Text, Timestamptz, Uuid as SqlUuid,
};
use rust_decimal::Decimal;

use super::balance::{Balance, Key, Position, Positions};
use super::{AsOf, calendar};
use crate::auth::Authorized;
use crate::domain::commission::{self, CommissionEvent, CommissionEventFilter};
use crate::domain::db::cached_statement::CachedStatement;
use crate::domain::db::list_query::{OF_PARTNER, Parents, pages_of};
use crate::domain::db::session::Session;
use crate::domain::partner::{self, Partner};
use crate::domain::payout::{self, Payout, PayoutFilter};
use crate::domain::tenant::{self, Tenant};
use crate::primitives::currency::Currency;
use crate::primitives::error::Result;
use crate::primitives::id::PartnerId;
use crate::primitives::money::Money;
use crate::primitives::pagination::{PageArgs, PageRequest};
use crate::primitives::timestamp::Timestamp;

/// The number of latest events and payouts on a dashboard.
const RECENT_MAX: i32 = 10;

/// The key of a dashboard: the partner, the currency, and the time as of which it is computed; `None` for now.
pub type DashboardKey = (PartnerId, Currency, Option<Timestamp>);

/// The dashboard of one partner in one currency.
#[derive(Clone, Debug)]
pub struct Dashboard {
    /// The time as of which the amounts are computed.
    pub as_of: DateTime<Utc>,
    /// The balance.
    pub balance: Balance,
    /// The sum of the bases of all commission events.
    pub total_revenue: Money,
    /// The sum of the bases of this month's commission events.
    pub month_revenue: Money,
    /// The sum of this month's commissions.
    pub month_commissions: Money,
    /// The sum of the payouts completed this month.
    pub month_payouts: Money,
    /// The number of leads.
    pub total_referrals: i64,
    /// The number of leads that were converted.
    pub converted_referrals: i64,
    /// The number of leads that may still be converted.
    pub active_referrals: i64,
    /// The converted leads in percent of all; 0 without leads. A float, because it is not money.
    pub conversion_rate: f64,
    /// The number of customers that the partner manages or managed.
    pub total_customers: i64,
    /// The number of customers that the partner manages.
    pub active_customers: i64,
    /// The number of events that await approval, in all currencies.
    pub pending_commission_events: i64,
    /// The date of the next payout; `None` if there is nothing to pay or no date is set.
    pub next_payout_date: Option<DateTime<Utc>>,
    /// The latest events, in all currencies.
    pub recent_commission_events: Vec<Authorized<CommissionEvent>>,
    /// The latest payouts, in all currencies.
    pub recent_payouts: Vec<Authorized<Payout>>,
}

/// Returns dashboards. Must be called in a read-only snapshot, so that their amounts are consistent.
pub async fn dashboards(db: &mut Session, keys: &[DashboardKey]) -> Result<HashMap<DashboardKey, Dashboard>> {
    let tenant = tenant::current(db).await?;
    let minimums = tenant::minimum_payouts(db).await?;
    let now = db.clock_timestamp().await?;
    let cuts: BTreeSet<Option<Timestamp>> = keys.iter().map(|(_, _, as_of)| *as_of).collect();
    let mut dashboards = HashMap::new();
    for as_of in cuts {
        let keys: Vec<_> = keys.iter().filter(|key| key.2 == as_of).copied().collect();
        let data = DashboardData::load(db, &tenant, &keys, as_of.map(|at| at.0), now).await?;
        for (partner, currency, as_of) in keys {
            let dashboard = data.dashboard(&tenant, &minimums, partner, currency)?;
            dashboards.insert((partner, currency, as_of), dashboard);
        }
    }
    Ok(dashboards)
}

/// The amounts and rows of the dashboards of some partners as of one time.
struct DashboardData {
    as_of: AsOf,
    partners: HashMap<PartnerId, Authorized<Partner>>,
    positions: BTreeMap<Key, Position>,
    /// The due commissions of the partners without an open payout.
    matured: BTreeMap<Key, Money>,
    payouts: HashMap<(PartnerId, Currency), PayoutTotals>,
    counts: HashMap<PartnerId, Counts>,
    recent_events: HashMap<PartnerId, Vec<Authorized<CommissionEvent>>>,
    recent_payouts: HashMap<PartnerId, Vec<Authorized<Payout>>>,
}

impl DashboardData {
    async fn load(
        db: &mut Session,
        tenant: &Tenant,
        keys: &[DashboardKey],
        cut: Option<DateTime<Utc>>,
        now: DateTime<Utc>,
    ) -> Result<Self> {
        let ids: Vec<_> = keys.iter().map(|key| key.0).collect::<BTreeSet<_>>().into_iter().collect();
        let moment = cut.unwrap_or(now);
        let month_start = calendar::month_start(moment, tenant.zone()?);
        let as_of = AsOf { cut, moment, month_start: Some(month_start) };
        let payouts = payout_totals(db, &ids, as_of).await?;
        let positions = Positions::load(db, &ids, as_of).await?;
        // Needed only for partners without an open payout: their next payout date depends on it.
        let waits = |key: &&(PartnerId, Currency)| payouts.get(key).is_none_or(|row| row.next.is_none());
        let waiting: BTreeSet<_> = positions.by_key.keys().filter(waits).map(|key| key.0).collect();
        let matured = if tenant.payout_day.is_some() && !waiting.is_empty() {
            positions.matured(db, &waiting, as_of).await?
        } else {
            BTreeMap::new()
        };
        Ok(Self {
            as_of,
            partners: partner::store::by_ids(db, &ids).await?.into_iter().map(|row| (row.id, row)).collect(),
            positions: positions.by_key,
            matured,
            payouts,
            counts: counts(db, &ids, as_of).await?,
            recent_events: recent_events(db, &ids, as_of).await?,
            recent_payouts: recent_payouts(db, &ids, as_of).await?,
        })
    }

    fn dashboard(
        &self,
        tenant: &Tenant,
        minimums: &[Money],
        partner: PartnerId,
        currency: Currency,
    ) -> Result<Dashboard> {
        let zero = Position::zero(currency);
        let position = self.positions.get(&(partner, currency)).unwrap_or(&zero);
        let payouts = self.payouts.get(&(partner, currency));
        let counts = self.counts.get(&partner).copied().unwrap_or_default();
        let of_partner = self.positions.iter().filter(|((id, _), _)| *id == partner);
        let run = || {
            let partner = self.partners.get(&partner)?;
            let matured = self.matured.get(&(partner.id, currency)).copied().unwrap_or(zero.revenue);
            let reason = payout::batch::reason_not_payable(partner, matured, minimums);
            let day = u32::try_from(tenant.payout_day?).ok().filter(|_| reason.is_none())?;
            calendar::next_day_of_month(self.as_of.moment, day, tenant.zone().ok()?)
        };
        Ok(Dashboard {
            as_of: self.as_of.moment,
            balance: position.balance,
            total_revenue: position.revenue,
            month_revenue: position.month_revenue,
            month_commissions: position.month_commissions,
            month_payouts: payouts
                .map_or(Money::zero(currency), |row| Money::stored(row.completed, currency)),
            total_referrals: counts.leads,
            converted_referrals: counts.converted,
            active_referrals: counts.active,
            conversion_rate: counts.conversion_rate,
            total_customers: counts.customers,
            active_customers: counts.active_customers,
            pending_commission_events: of_partner.map(|(_, position)| position.pending_events).sum(),
            next_payout_date: payouts.and_then(|row| row.next).or_else(run),
            recent_commission_events: self.recent_events.get(&partner).cloned().unwrap_or_default(),
            recent_payouts: self.recent_payouts.get(&partner).cloned().unwrap_or_default(),
        })
    }
}

#[derive(QueryableByName)]
struct PayoutTotals {
    #[diesel(sql_type = SqlUuid)]
    partner_id: PartnerId,
    #[diesel(sql_type = Bpchar)]
    currency: Currency,
    #[diesel(sql_type = Numeric)]
    completed: Decimal,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    next: Option<DateTime<Utc>>,
}

/// Returns the sum of the payouts completed this month and the date of the earliest open payout.
async fn payout_totals(
    db: &mut Session,
    partners: &[PartnerId],
    as_of: AsOf,
) -> Result<HashMap<(PartnerId, Currency), PayoutTotals>> {
    let query = diesel::sql_query(
        "SELECT partner_id, currency,
             coalesce(sum(total_amount) FILTER (
                 WHERE completed_at >= $4 AND completed_at <= coalesce($3, 'infinity')), 0) AS completed,
             min(payout_date) FILTER (
                 WHERE (completed_at IS NULL OR completed_at > coalesce($3, 'infinity'))
                   AND (released_at IS NULL OR released_at > coalesce($3, 'infinity'))) AS next
         FROM payouts
         WHERE tenant_id = $1 AND partner_id = ANY($2) AND created_at <= coalesce($3, 'infinity')
         GROUP BY partner_id, currency",
    )
    .bind::<Text, _>(db.scope().tenant().clone())
    .bind::<Array<SqlUuid>, _>(partners.to_vec())
    .bind::<Nullable<Timestamptz>, _>(as_of.cut)
    .bind::<Nullable<Timestamptz>, _>(as_of.month_start);
    let rows: Vec<PayoutTotals> = db.aggregate(CachedStatement(query)).await?;
    Ok(rows.into_iter().map(|row| ((row.partner_id, row.currency), row)).collect())
}

#[derive(Clone, Copy, Default, QueryableByName)]
struct Counts {
    #[diesel(sql_type = BigInt)]
    leads: i64,
    #[diesel(sql_type = BigInt)]
    converted: i64,
    #[diesel(sql_type = BigInt)]
    active: i64,
    #[diesel(sql_type = Double)]
    conversion_rate: f64,
    #[diesel(sql_type = BigInt)]
    customers: i64,
    #[diesel(sql_type = BigInt)]
    active_customers: i64,
}

#[derive(QueryableByName)]
struct PartnerKey {
    #[diesel(sql_type = SqlUuid)]
    partner_id: PartnerId,
}

/// Returns the numbers of leads and customers of each partner. A lead that was converted after that time counts as active.
async fn counts(db: &mut Session, partners: &[PartnerId], as_of: AsOf) -> Result<HashMap<PartnerId, Counts>> {
    let query = diesel::sql_query(
        "SELECT partner.id AS partner_id, lead.leads, lead.converted, lead.active,
             coalesce(100.0 * lead.converted / nullif(lead.leads, 0), 0)::double precision AS conversion_rate,
             account.customers, account.active_customers
         FROM unnest($2) AS partner (id)
         CROSS JOIN LATERAL (
             SELECT count(*) AS leads,
                 count(*) FILTER (WHERE status = 'CONVERTED' AND converted_at <= coalesce($3, 'infinity')) AS converted,
                 count(*) FILTER (WHERE status IN ('NEW', 'CONTACTED', 'QUALIFIED')
                     OR status = 'CONVERTED' AND converted_at > coalesce($3, 'infinity')) AS active
             FROM referral_leads
             WHERE tenant_id = $1 AND partner_id = partner.id AND submitted_at <= coalesce($3, 'infinity')
         ) AS lead
         CROSS JOIN LATERAL (
             SELECT count(DISTINCT customer_id) AS customers,
                 count(*) FILTER (WHERE ends_at IS NULL OR ends_at > $4) AS active_customers
             FROM managed_accounts
             WHERE tenant_id = $1 AND partner_id = partner.id AND starts_at <= $4
         ) AS account",
    )
    .bind::<Text, _>(db.scope().tenant().clone())
    .bind::<Array<SqlUuid>, _>(partners.to_vec())
    .bind::<Nullable<Timestamptz>, _>(as_of.cut)
    .bind::<Timestamptz, _>(as_of.moment);
    let rows: Vec<(PartnerKey, Counts)> = db.aggregate(CachedStatement(query)).await?;
    Ok(rows.into_iter().map(|(key, counts)| (key.partner_id, counts)).collect())
}

/// Returns the arguments of the page with the latest rows.
fn recent() -> PageArgs {
    PageArgs { first: Some(RECENT_MAX), ..PageArgs::default() }
}

async fn recent_events(
    db: &mut Session,
    partners: &[PartnerId],
    as_of: AsOf,
) -> Result<HashMap<PartnerId, Vec<Authorized<CommissionEvent>>>> {
    // The end of the period is exclusive, but an event dated exactly at that time is included.
    let event_date_to = as_of.cut.map(|cut| Timestamp(cut + TimeDelta::microseconds(1)));
    let filter = CommissionEventFilter { event_date_to, ..CommissionEventFilter::default() };
    let page = PageRequest::new(commission::list::ordering(None), recent())?;
    let ids = partners.iter().map(|partner| partner.0).collect();
    let parents = Parents { condition: OF_PARTNER, ids };
    let pages = pages_of(db, parents, &filter, &page).await?;
    Ok(pages.into_iter().map(|(partner, slice)| (PartnerId(partner), slice.rows)).collect())
}

async fn recent_payouts(
    db: &mut Session,
    partners: &[PartnerId],
    as_of: AsOf,
) -> Result<HashMap<PartnerId, Vec<Authorized<Payout>>>> {
    let filter = PayoutFilter { created_until: as_of.cut, ..PayoutFilter::default() };
    let page = PageRequest::new(payout::store::ordering(None), recent())?;
    let ids = partners.iter().map(|partner| partner.0).collect();
    let parents = Parents { condition: OF_PARTNER, ids };
    let pages = pages_of(db, parents, &filter, &page).await?;
    Ok(pages.into_iter().map(|(partner, slice)| (PartnerId(partner), slice.rows)).collect())
}
