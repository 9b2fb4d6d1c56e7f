//! The object types of partners and their users.

use async_graphql::{Context, ID, Object};

use super::account::ManagedAccount;
use super::commission::CommissionEvent;
use super::legal::LegalIdentity;
use super::payout::Payout;
use super::payout_attempt::PayoutAccount;
use super::person::Erasure;
use super::referral::ReferralLead;
use super::reporting::{PartnerBalance, PartnerMonth, PartnerRevenueDashboard, ReferralStage};
use super::statement::Statement;
use super::statement_preview::StatementPreview;
use super::terms::PartnerTerms;
use crate::auth::{Authorized, PartnerUserRole, Permission};
use crate::domain::account::{ManagedAccountFilter, ManagedAccountOrder};
use crate::domain::commission::{CommissionEventFilter, CommissionEventOrder};
use crate::domain::db::list_query::OF_PARTNER;
use crate::domain::partner::{self, PartnerStatus, PartnerTier};
use crate::domain::payout::{PayoutFilter, PayoutOrder};
use crate::domain::referral::{ReferralLeadFilter, ReferralLeadOrder};
use crate::domain::reporting::{DashboardKey, MONTHS_MAX};
use crate::domain::statement::{StatementFilter, StatementKind};
use crate::domain::{account, commission, payout, referral, statement};
use crate::graphql::connection::{Connection, ConnectionNode};
use crate::graphql::context::{counted, request};
use crate::graphql::guard::require;
use crate::graphql::loader::Loader;
use crate::graphql::loaders::{ListLoaders, Loaders};
use crate::graphql::reference::Referenced;
use crate::primitives::currency::Currency;
use crate::primitives::decimal::DecimalText;
use crate::primitives::error::Error;
use crate::primitives::id::PartnerId;
use crate::primitives::pagination::PageArgs;
use crate::primitives::timestamp::Timestamp;

/// The number of months that a client gets if it does not specify one.
const MONTHS_DEFAULT: i32 = 12;

/// A partner within the caller's scope.
pub struct Partner(pub Authorized<partner::Partner>);

impl From<Authorized<partner::Partner>> for Partner {
    fn from(row: Authorized<partner::Partner>) -> Self {
        Self(row)
    }
}

impl Referenced for Partner {
    type Key = PartnerId;
    type Row = partner::Partner;

    fn loader(loaders: &Loaders) -> &Loader<PartnerId, Authorized<partner::Partner>> {
        &loaders.partner
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

/// A company that earns commissions on the paid invoices of the customers that it manages.
#[Object]
impl Partner {
    /// The id of the partner: a UUID, unique over all types.
    pub async fn id(&self) -> ID {
        self.0.id.into()
    }

    /// The number of the partner, unique within the tenant without regard to case.
    async fn partner_number(&self) -> &str {
        &self.0.partner_number
    }

    /// The name of the partner's company.
    async fn company_name(&self) -> &str {
        &self.0.company_name
    }

    /// The present status of the partner, which determines whether it can be paid, and whether it earns on what is paid now.
    async fn status(&self) -> PartnerStatus {
        self.0.terms.status
    }

    /// The present rank of the partner in the tenant's partner programme.
    async fn tier(&self) -> PartnerTier {
        self.0.terms.tier
    }

    /// The present rate of managed accounts without a rate of their own, as a fraction with 4 decimals: `"0.1500"` is 15 %.
    /// Null means that such accounts earn no commission.
    async fn default_commission_rate(&self) -> Option<DecimalText> {
        self.0.terms.default_commission_rate.map(|rate| rate.to_decimal_text())
    }

    /// The currency of the partner's payouts, unless createPayoutBatch names another.
    async fn payout_currency(&self) -> Currency {
        self.0.payout_currency
    }

    /// The instant at which the partner was created.
    async fn created_at(&self) -> Timestamp {
        self.0.created_at.into()
    }

    /// The revenue, commissions, payouts and leads of the partner in one currency, all from one snapshot of the
    /// database.
    #[graphql(guard = "require(Permission::Read)")]
    async fn dashboard(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The currency of all amounts; default the partner's payoutCurrency.")]
        currency: Option<Currency>,
        #[graphql(
            desc = "The instant that the amounts are computed for; default now, with every recorded event included. Commission events count by eventDate, payouts by the instants at which they were created, completed or released. Statuses are the present ones: an event that is now CANCELLED or CLAWBACK is excluded at every instant, one that is now APPROVED counts as approved."
        )]
        as_of: Option<Timestamp>,
    ) -> async_graphql::Result<PartnerRevenueDashboard> {
        let currency = currency.unwrap_or(self.0.payout_currency);
        let loaders = request(ctx)?.loaders();
        let is_payable = self.0.terms.status.is_payable();
        let key = DashboardKey { partner: self.0.id, is_payable, currency, as_of };
        Ok(PartnerRevenueDashboard(loaders.dashboard.load_required(key).await?))
    }

    /// The balances of the partner, ordered by currency code: one per currency in which it has commission events whose
    /// status is neither CANCELLED nor CLAWBACK. Amounts in different currencies are never added up.
    #[graphql(guard = "require(Permission::Read)")]
    async fn balances(
        &self,
        ctx: &Context<'_>,
        #[graphql(
            desc = "The instant that the amounts are computed for; default now, with every recorded event included. Commission events count by eventDate, payouts by the instants at which they were created, completed or released. Statuses are the present ones: an event that is now CANCELLED or CLAWBACK is excluded at every instant, one that is now APPROVED counts as approved."
        )]
        as_of: Option<Timestamp>,
    ) -> async_graphql::Result<Vec<PartnerBalance>> {
        let balances = request(ctx)?.loaders().balances.load((self.0.id, as_of)).await?;
        counted(ctx, balances.unwrap_or_default().into_iter().map(PartnerBalance).collect()).await
    }

    /// The revenue, commissions and payouts of the partner by month, oldest first. The last month is the present one;
    /// months without any are included.
    #[graphql(guard = "require(Permission::Read)")]
    async fn months(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The currency of all amounts; default the partner's payoutCurrency.")]
        currency: Option<Currency>,
        #[graphql(
            desc = "The number of months up to the present one, 1 to 120; default 12.",
            default_with = "Some(MONTHS_DEFAULT)"
        )]
        count: Option<i32>,
    ) -> async_graphql::Result<Vec<PartnerMonth>> {
        let count = count.unwrap_or(MONTHS_DEFAULT);
        if !(1..=MONTHS_MAX).contains(&count) {
            return Err(Error::bad_input("count", format!("is {count}; it must be 1 to {MONTHS_MAX}")).into());
        }
        let currency = currency.unwrap_or(self.0.payout_currency);
        let months = request(ctx)?.loaders().months.load_required((self.0.id, currency, count)).await?;
        counted(ctx, months.into_iter().map(PartnerMonth::from).collect()).await
    }

    /// The referral funnel of the partner: the stages NEW, CONTACTED, QUALIFIED and CONVERTED, in this order.
    #[graphql(guard = "require(Permission::Read)")]
    async fn referral_funnel(&self, ctx: &Context<'_>) -> async_graphql::Result<Vec<ReferralStage>> {
        let stages = request(ctx)?.loaders().funnel.load_required(self.0.id).await?;
        counted(ctx, stages.into_iter().map(ReferralStage::from).collect()).await
    }

    /// The commission events of the partner, in all statuses and currencies.
    #[graphql(guard = "require(Permission::Read)")]
    async fn commission_events(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The conditions on the events; default all events.")] filter: Option<
            CommissionEventFilter,
        >,
        #[graphql(desc = "The order of the list; default latest eventDate first.")] order_by: Option<
            CommissionEventOrder,
        >,
        #[graphql(desc = "The number of rows from the start of the list, 1 to 100; default 50.")]
        first: Option<i32>,
        #[graphql(desc = "Only rows after this cursor, which is excluded.")] after: Option<String>,
        #[graphql(desc = "The number of rows from the end of the list, 1 to 100; not together with first.")]
        last: Option<i32>,
        #[graphql(desc = "Only rows before this cursor, which is excluded.")] before: Option<String>,
    ) -> async_graphql::Result<Connection<CommissionEvent>> {
        let page = PageArgs { first, after, last, before };
        let parent = (OF_PARTNER, self.0.id.0);
        Ok(Connection::of_parent(ctx, parent, filter, commission::list::ordering(order_by), page).await?)
    }

    /// The payouts to the partner, in all statuses and currencies.
    #[graphql(guard = "require(Permission::Read)")]
    async fn payouts(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The conditions on the payouts; default all payouts.")] filter: Option<PayoutFilter>,
        #[graphql(desc = "The order of the list; default latest payoutDate first.")] order_by: Option<
            PayoutOrder,
        >,
        #[graphql(desc = "The number of rows from the start of the list, 1 to 100; default 50.")]
        first: Option<i32>,
        #[graphql(desc = "Only rows after this cursor, which is excluded.")] after: Option<String>,
        #[graphql(desc = "The number of rows from the end of the list, 1 to 100; not together with first.")]
        last: Option<i32>,
        #[graphql(desc = "Only rows before this cursor, which is excluded.")] before: Option<String>,
    ) -> async_graphql::Result<Connection<Payout>> {
        let page = PageArgs { first, after, last, before };
        let parent = (OF_PARTNER, self.0.id.0);
        Ok(Connection::of_parent(ctx, parent, filter, payout::store::ordering(order_by), page).await?)
    }

    /// The referral leads of the partner.
    #[graphql(guard = "require(Permission::Read)")]
    async fn referral_leads(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The conditions on the leads; default all leads.")] filter: Option<
            ReferralLeadFilter,
        >,
        #[graphql(desc = "The order of the list; default latest submittedAt first.")] order_by: Option<
            ReferralLeadOrder,
        >,
        #[graphql(desc = "The number of rows from the start of the list, 1 to 100; default 50.")]
        first: Option<i32>,
        #[graphql(desc = "Only rows after this cursor, which is excluded.")] after: Option<String>,
        #[graphql(desc = "The number of rows from the end of the list, 1 to 100; not together with first.")]
        last: Option<i32>,
        #[graphql(desc = "Only rows before this cursor, which is excluded.")] before: Option<String>,
    ) -> async_graphql::Result<Connection<ReferralLead>> {
        let page = PageArgs { first, after, last, before };
        let parent = (OF_PARTNER, self.0.id.0);
        Ok(Connection::of_parent(ctx, parent, filter, referral::store::ordering(order_by), page).await?)
    }

    /// The managed accounts of the partner.
    #[graphql(guard = "require(Permission::Read)")]
    async fn managed_accounts(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The conditions on the accounts; default all accounts, ended ones included.")]
        filter: Option<ManagedAccountFilter>,
        #[graphql(desc = "The order of the list; default latest startsAt first; CUSTOMER_ID is for staff.")]
        order_by: Option<ManagedAccountOrder>,
        #[graphql(desc = "The number of rows from the start of the list, 1 to 100; default 50.")]
        first: Option<i32>,
        #[graphql(desc = "Only rows after this cursor, which is excluded.")] after: Option<String>,
        #[graphql(desc = "The number of rows from the end of the list, 1 to 100; not together with first.")]
        last: Option<i32>,
        #[graphql(desc = "Only rows before this cursor, which is excluded.")] before: Option<String>,
    ) -> async_graphql::Result<Connection<ManagedAccount>> {
        let page = PageArgs { first, after, last, before };
        let parent = (OF_PARTNER, self.0.id.0);
        Ok(Connection::of_parent(ctx, parent, filter, account::store::ordering(order_by), page).await?)
    }

    /// The statements of the partner, latest first: of completed payouts, and of its accounts.
    #[graphql(guard = "require(Permission::Read)")]
    async fn statements(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only statements in this currency; default all.")] currency: Option<Currency>,
        #[graphql(desc = "Only statements of this kind; default all.")] kind: Option<StatementKind>,
        #[graphql(desc = "The number of rows from the start of the list, 1 to 100; default 50.")]
        first: Option<i32>,
        #[graphql(desc = "Only rows after this cursor, which is excluded.")] after: Option<String>,
        #[graphql(desc = "The number of rows from the end of the list, 1 to 100; not together with first.")]
        last: Option<i32>,
        #[graphql(desc = "Only rows before this cursor, which is excluded.")] before: Option<String>,
    ) -> async_graphql::Result<Connection<Statement>> {
        let page = PageArgs { first, after, last, before };
        let filter = StatementFilter { partner_id: None, currency, kind };
        let parent = (OF_PARTNER, self.0.id.0);
        Ok(Connection::of_parent(ctx, parent, Some(filter), statement::store::BY_ISSUE, page).await?)
    }

    /// A preview of the next statement of the partner's account in a currency; null if the account is stated up to now.
    #[graphql(guard = "require(Permission::Read)")]
    async fn open_statement(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The currency of the account.")] currency: Currency,
    ) -> async_graphql::Result<Option<StatementPreview>> {
        let mut db = request(ctx)?.session().await?;
        let open = statement::account_statement::open(&mut db, self.0.id, currency).await?;
        Ok(open.map(StatementPreview))
    }

    /// The users that are or were linked to the partner, inactive links included, oldest link first.
    #[graphql(guard = "require(Permission::Read)")]
    async fn users(&self, ctx: &Context<'_>) -> async_graphql::Result<Vec<PartnerUser>> {
        let users = request(ctx)?.loaders().users.load(self.0.id).await?;
        counted(ctx, users.unwrap_or_default().into_iter().map(PartnerUser).collect()).await
    }

    /// The legal identity of the partner, as its invoices state it; null if none was given.
    #[graphql(guard = "require(Permission::Read)")]
    async fn legal(&self, ctx: &Context<'_>) -> async_graphql::Result<Option<LegalIdentity>> {
        Ok(request(ctx)?.loaders().partner_legal.load(self.0.id).await?.map(LegalIdentity))
    }

    /// The accounts that the partner is paid to and that were not ended, in the order in which they were opened.
    #[graphql(guard = "require(Permission::Read)")]
    async fn payout_accounts(&self, ctx: &Context<'_>) -> async_graphql::Result<Vec<PayoutAccount>> {
        let accounts = request(ctx)?.loaders().payout_accounts.load(self.0.id).await?.unwrap_or_default();
        counted(ctx, accounts.into_iter().map(PayoutAccount).collect()).await
    }

    /// The terms of the partner, past, present and scheduled, latest effectiveFrom first. Of entries with the same
    /// effectiveFrom, the first one holds and has replaced the others.
    #[graphql(guard = "require(Permission::Read)")]
    async fn terms(&self, ctx: &Context<'_>) -> async_graphql::Result<Vec<PartnerTerms>> {
        let terms = request(ctx)?.loaders().partner_terms.load(self.0.id).await?;
        counted(ctx, terms.unwrap_or_default().into_iter().map(PartnerTerms).collect()).await
    }
}

/// The link of a user to a partner within the caller's scope.
pub struct PartnerUser(pub Authorized<partner::user::PartnerUser>);

/// The link of a user to a partner. While it is active, the user may act for the partner.
#[Object]
impl PartnerUser {
    /// The id of the link: a UUID, unique over all types.
    pub async fn id(&self) -> ID {
        self.0.id.into()
    }

    /// The id of the user: the claim `sub` of the user's tokens.
    async fn user_id(&self) -> &str {
        &self.0.user_id
    }

    /// The e-mail address of the user, in lower case.
    async fn email(&self) -> &str {
        &self.0.email
    }

    /// The role of the user within the partner.
    async fn role(&self) -> PartnerUserRole {
        self.0.role
    }

    /// Whether the link is active; an inactive link grants no access.
    async fn is_active(&self) -> bool {
        self.0.is_active
    }

    /// The erasure of the user by erasePerson; null if the user was not erased, and always null for partner users.
    async fn erasure(&self, ctx: &Context<'_>) -> async_graphql::Result<Option<Erasure>> {
        let request = request(ctx)?;
        if !request.caller().sees_staff_notes() {
            return Ok(None);
        }
        Ok(request.loaders().user_erasure.load(self.0.id).await?.map(|erasure| Erasure::from(&*erasure)))
    }
}
