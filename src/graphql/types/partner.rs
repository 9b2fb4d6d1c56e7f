//! Partners and their users as clients see them.

use async_graphql::{Context, ID, Object};

use super::account::ManagedAccount;
use super::commission::CommissionEvent;
use super::payout::Payout;
use super::referral::ReferralLead;
use super::reporting::{PartnerBalance, PartnerMonth, PartnerRevenueDashboard, ReferralStage};
use crate::auth::{Authorized, PartnerUserRole, Permission};
use crate::domain::account::ManagedAccountFilter;
use crate::domain::commission::{CommissionEventFilter, CommissionEventOrder};
use crate::domain::db::list_query::OF_PARTNER;
use crate::domain::partner::{self, PartnerStatus, PartnerTier};
use crate::domain::payout::{PayoutFilter, PayoutOrder};
use crate::domain::referral::ReferralLeadFilter;
use crate::domain::reporting::MONTHS_MAX;
use crate::domain::{account, commission, payout, referral};
use crate::graphql::connection::{Connection, ConnectionNode, Paging};
use crate::graphql::context::request;
use crate::graphql::guard::require;
use crate::graphql::loaders::{ListLoaders, Loaders};
use crate::primitives::currency::Currency;
use crate::primitives::decimal::DecimalText;
use crate::primitives::error::Error;
use crate::primitives::timestamp::Timestamp;

/// A partner.
pub struct Partner(pub Authorized<partner::Partner>);

impl From<Authorized<partner::Partner>> for Partner {
    fn from(row: Authorized<partner::Partner>) -> Self {
        Self(row)
    }
}

impl ConnectionNode for Partner {
    type Row = partner::Partner;
    const CONNECTION: &'static str = "PartnerConnection";
    const EDGE: &'static str = "PartnerEdge";

    fn lists(_: &Loaders) -> Option<&ListLoaders<Self::Row>> {
        None
    }
}

/// A partner: who earns commissions on the paid invoices of the customers it manages.
#[Object]
impl Partner {
    /// Its id.
    pub async fn id(&self) -> ID {
        self.0.id.into()
    }

    /// Its number in the tenant's books, unique within the tenant.
    async fn partner_number(&self) -> &str {
        &self.0.partner_number
    }

    /// Its name.
    async fn company_name(&self) -> &str {
        &self.0.company_name
    }

    /// Whether it earns and can be paid.
    async fn status(&self) -> PartnerStatus {
        self.0.status
    }

    /// Its rank in the tenant's programme.
    async fn tier(&self) -> PartnerTier {
        self.0.tier
    }

    /// What it earns on accounts without a rate of their own, as a fraction with 4 decimals: `"0.1500"` is 15 %.
    /// Null means that such accounts earn nothing.
    async fn default_commission_rate(&self) -> Option<DecimalText> {
        self.0.default_commission_rate.map(|rate| rate.shown())
    }

    /// The currency it is paid in, unless a payout batch names another.
    async fn payout_currency(&self) -> Currency {
        self.0.payout_currency
    }

    /// When it was created.
    async fn created_at(&self) -> Timestamp {
        self.0.created_at.into()
    }

    /// Its figures in one currency at one moment.
    #[graphql(guard = "require(Permission::Read)")]
    async fn dashboard(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The currency of the amounts; default the partner's payout currency.")]
        currency: Option<Currency>,
        #[graphql(
            desc = "Answers what was true at this moment, as far as the rows tell: commission events count by eventDate, payouts by the times at which they were made, completed or released. Left out, everything recorded so far counts. Statuses are today's: an event that was cancelled or taken back in full since counts at no moment, and one that was approved since counts as approved."
        )]
        as_of: Option<Timestamp>,
    ) -> async_graphql::Result<PartnerRevenueDashboard> {
        let currency = currency.unwrap_or(self.0.payout_currency);
        let loaders = request(ctx)?.loaders();
        Ok(PartnerRevenueDashboard::new(loaders.dashboard.load_required((self.0.id, currency, as_of)).await?))
    }

    /// What it earned and was paid: one balance for each currency that it has commission events in, apart from those that
    /// were cancelled or taken back in full, by currency code. Balances in different currencies are never added up.
    #[graphql(guard = "require(Permission::Read)")]
    async fn balances(
        &self,
        ctx: &Context<'_>,
        #[graphql(
            desc = "Answers what was true at this moment, as far as the rows tell: commission events count by eventDate, payouts by the times at which they were made, completed or released. Left out, everything recorded so far counts. Statuses are today's: an event that was cancelled or taken back in full since counts at no moment, and one that was approved since counts as approved."
        )]
        as_of: Option<Timestamp>,
    ) -> async_graphql::Result<Vec<PartnerBalance>> {
        let balances = request(ctx)?.loaders().balances.load((self.0.id, as_of)).await?;
        Ok(balances.unwrap_or_default().into_iter().map(PartnerBalance).collect())
    }

    /// What it earned and was paid month by month, oldest first; the last is the present month. Months without anything
    /// are there too.
    #[graphql(guard = "require(Permission::Read)")]
    async fn months(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The currency of the amounts; default the partner's payout currency.")]
        currency: Option<Currency>,
        #[graphql(desc = "How many months: 1 to 120, default 12.", default_with = "Some(12)")] last: Option<
            i32,
        >,
    ) -> async_graphql::Result<Vec<PartnerMonth>> {
        let last = last.unwrap_or(12);
        if !(1..=MONTHS_MAX).contains(&last) {
            return Err(Error::bad_input("last", format!("is {last}; it must be 1 to {MONTHS_MAX}")).into());
        }
        let currency = currency.unwrap_or(self.0.payout_currency);
        let months = request(ctx)?.loaders().months.load_required((self.0.id, currency, last)).await?;
        Ok(months.into_iter().map(PartnerMonth::from).collect())
    }

    /// How far its referral leads came: NEW, CONTACTED, QUALIFIED and CONVERTED, in this order.
    #[graphql(guard = "require(Permission::Read)")]
    async fn referral_funnel(&self, ctx: &Context<'_>) -> async_graphql::Result<Vec<ReferralStage>> {
        let stages = request(ctx)?.loaders().funnel.load_required(self.0.id).await?;
        Ok(stages.into_iter().map(ReferralStage::from).collect())
    }

    /// Its commission events.
    #[graphql(guard = "require(Permission::Read)")]
    async fn commission_events(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which events; default all.")] filter: Option<CommissionEventFilter>,
        #[graphql(desc = "In which order; default latest eventDate first.")] order_by: Option<
            CommissionEventOrder,
        >,
        #[graphql(desc = "How many from the start: 1 to 100, default 50.")] first: Option<i32>,
        #[graphql(desc = "Only what comes after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end: 1 to 100. Not together with first.")] last: Option<i32>,
        #[graphql(desc = "Only what comes before this cursor.")] before: Option<String>,
    ) -> async_graphql::Result<Connection<CommissionEvent>> {
        let paging = Paging { forward: (first, after), backward: (last, before) };
        let parent = (OF_PARTNER, self.0.id.0);
        Ok(Connection::under(ctx, parent, filter, commission::store::ordering(order_by), paging).await?)
    }

    /// Its payouts.
    #[graphql(guard = "require(Permission::Read)")]
    async fn payouts(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which payouts; default all.")] filter: Option<PayoutFilter>,
        #[graphql(desc = "In which order; default latest payoutDate first.")] order_by: Option<PayoutOrder>,
        #[graphql(desc = "How many from the start: 1 to 100, default 50.")] first: Option<i32>,
        #[graphql(desc = "Only what comes after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end: 1 to 100. Not together with first.")] last: Option<i32>,
        #[graphql(desc = "Only what comes before this cursor.")] before: Option<String>,
    ) -> async_graphql::Result<Connection<Payout>> {
        let paging = Paging { forward: (first, after), backward: (last, before) };
        let parent = (OF_PARTNER, self.0.id.0);
        Ok(Connection::under(ctx, parent, filter, payout::store::ordering(order_by), paging).await?)
    }

    /// Its referral leads, latest first.
    #[graphql(guard = "require(Permission::Read)")]
    async fn referral_leads(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which leads; default all.")] filter: Option<ReferralLeadFilter>,
        #[graphql(desc = "How many from the start: 1 to 100, default 50.")] first: Option<i32>,
        #[graphql(desc = "Only what comes after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end: 1 to 100. Not together with first.")] last: Option<i32>,
        #[graphql(desc = "Only what comes before this cursor.")] before: Option<String>,
    ) -> async_graphql::Result<Connection<ReferralLead>> {
        let paging = Paging { forward: (first, after), backward: (last, before) };
        let parent = (OF_PARTNER, self.0.id.0);
        Ok(Connection::under(ctx, parent, filter, referral::store::BY_SUBMISSION, paging).await?)
    }

    /// The customers it manages or managed, latest start first.
    #[graphql(guard = "require(Permission::Read)")]
    async fn managed_accounts(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which accounts; default all, ended ones too.")] filter: Option<
            ManagedAccountFilter,
        >,
        #[graphql(desc = "How many from the start: 1 to 100, default 50.")] first: Option<i32>,
        #[graphql(desc = "Only what comes after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end: 1 to 100. Not together with first.")] last: Option<i32>,
        #[graphql(desc = "Only what comes before this cursor.")] before: Option<String>,
    ) -> async_graphql::Result<Connection<ManagedAccount>> {
        let paging = Paging { forward: (first, after), backward: (last, before) };
        let parent = (OF_PARTNER, self.0.id.0);
        Ok(Connection::under(ctx, parent, filter, account::store::BY_START, paging).await?)
    }

    /// The users who may act for it, inactive ones too, oldest link first.
    #[graphql(guard = "require(Permission::Read)")]
    async fn users(&self, ctx: &Context<'_>) -> async_graphql::Result<Vec<PartnerUser>> {
        let users = request(ctx)?.loaders().users.load(self.0.id).await?;
        Ok(users.unwrap_or_default().into_iter().map(PartnerUser).collect())
    }
}

/// The link of a user to a partner.
pub struct PartnerUser(pub Authorized<partner::user::PartnerUser>);

/// The link of a user to a partner: while it is active, the user may act for the partner.
#[Object]
impl PartnerUser {
    /// The id of the link.
    pub async fn id(&self) -> ID {
        self.0.id.into()
    }

    /// The user, as the `sub` of their tokens.
    async fn user_id(&self) -> &str {
        &self.0.user_id
    }

    /// Their e-mail address.
    async fn email(&self) -> &str {
        &self.0.email
    }

    /// What they are to the partner.
    async fn role(&self) -> PartnerUserRole {
        self.0.role
    }

    /// Whether the link counts.
    async fn is_active(&self) -> bool {
        self.0.is_active
    }
}
