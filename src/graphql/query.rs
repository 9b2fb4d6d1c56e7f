//! The reads.

use async_graphql::{Context, Interface, Object};

use super::connection::{Connection, Paging};
use super::context::request;
use super::guard::require;
use super::types::account::ManagedAccount;
use super::types::commission::CommissionEvent;
use super::types::partner::Partner;
use super::types::payout::Payout;
use super::types::reconciliation::Reconciliation;
use super::types::referral::ReferralLead;
use super::types::viewer::Viewer;
use crate::auth::Permission;
use crate::domain::account::ManagedAccountFilter;
use crate::domain::commission::{CommissionEventFilter, CommissionEventOrder};
use crate::domain::partner::PartnerFilter;
use crate::domain::payout::{PayoutFilter, PayoutOrder};
use crate::domain::referral::ReferralLeadFilter;
use crate::domain::{account, commission, partner, payout, referral, reporting};
use crate::primitives::id::{
    CommissionEventId, ManagedAccountId, NodeId, PartnerId, PayoutId, ReferralLeadId,
};

/// Whatever has an id of its own. Ids are UUIDs, unique over all types.
#[derive(Interface)]
#[graphql(field(name = "id", ty = "async_graphql::ID", desc = "Its id, unique over all types."))]
pub enum Node {
    /// A partner.
    Partner(Partner),
    /// A commission event.
    CommissionEvent(CommissionEvent),
    /// A payout.
    Payout(Payout),
    /// A referral lead.
    ReferralLead(ReferralLead),
    /// A managed account.
    ManagedAccount(ManagedAccount),
}

/// The reads.
pub struct Query;

/// What can be read. Nothing of another tenant, and nothing of partners that a partner user is not linked to, is
/// ever found: it answers null or is left out, as if it did not exist.
#[Object]
impl Query {
    /// Who is asking.
    #[graphql(guard = "require(Permission::ViewSelf)")]
    async fn viewer(&self) -> Viewer {
        Viewer
    }

    /// Whatever has this id, of any type; null if there is no such row for the viewer.
    #[graphql(guard = "require(Permission::Read)")]
    async fn node(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The id.")] id: NodeId,
    ) -> async_graphql::Result<Option<Node>> {
        let loaders = request(ctx)?.loaders();
        if let Some(row) = loaders.event.load(CommissionEventId(id.0)).await? {
            return Ok(Some(CommissionEvent(row).into()));
        }
        if let Some(row) = loaders.payout.load(PayoutId(id.0)).await? {
            return Ok(Some(Payout(row).into()));
        }
        if let Some(row) = loaders.account.load(ManagedAccountId(id.0)).await? {
            return Ok(Some(ManagedAccount(row).into()));
        }
        if let Some(row) = loaders.lead.load(ReferralLeadId(id.0)).await? {
            return Ok(Some(ReferralLead(row).into()));
        }
        Ok(loaders.partner.load(PartnerId(id.0)).await?.map(|row| Partner(row).into()))
    }

    /// The partner with this id; null if there is none. A partner user gets FORBIDDEN for every id that is not one
    /// of its own partners', whether or not it exists.
    #[graphql(guard = "require(Permission::Read)")]
    async fn partner(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The partner's id.")] id: PartnerId,
    ) -> async_graphql::Result<Option<Partner>> {
        let request = request(ctx)?;
        request.caller().scope().require_partner(id)?;
        Ok(request.loaders().partner.load(id).await?.map(Partner))
    }

    /// The commission event with this id; null if there is none for the viewer.
    #[graphql(guard = "require(Permission::Read)")]
    async fn commission_event(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The event's id.")] id: CommissionEventId,
    ) -> async_graphql::Result<Option<CommissionEvent>> {
        Ok(request(ctx)?.loaders().event.load(id).await?.map(CommissionEvent))
    }

    /// The payout with this id; null if there is none for the viewer.
    #[graphql(guard = "require(Permission::Read)")]
    async fn payout(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The payout's id.")] id: PayoutId,
    ) -> async_graphql::Result<Option<Payout>> {
        Ok(request(ctx)?.loaders().payout.load(id).await?.map(Payout))
    }

    /// The referral lead with this id; null if there is none for the viewer.
    #[graphql(guard = "require(Permission::Read)")]
    async fn referral_lead(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The lead's id.")] id: ReferralLeadId,
    ) -> async_graphql::Result<Option<ReferralLead>> {
        Ok(request(ctx)?.loaders().lead.load(id).await?.map(ReferralLead))
    }

    /// The managed account with this id; null if there is none for the viewer.
    #[graphql(guard = "require(Permission::Read)")]
    async fn managed_account(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The account's id.")] id: ManagedAccountId,
    ) -> async_graphql::Result<Option<ManagedAccount>> {
        Ok(request(ctx)?.loaders().account.load(id).await?.map(ManagedAccount))
    }

    /// The partners that the viewer may see, by name.
    #[graphql(guard = "require(Permission::Read)")]
    async fn partners(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which partners; default all.")] filter: Option<PartnerFilter>,
        #[graphql(desc = "How many from the start: 1 to 100, default 50.")] first: Option<i32>,
        #[graphql(desc = "Only what comes after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end: 1 to 100. Not together with first.")] last: Option<i32>,
        #[graphql(desc = "Only what comes before this cursor.")] before: Option<String>,
    ) -> async_graphql::Result<Connection<Partner>> {
        let paging = Paging { forward: (first, after), backward: (last, before) };
        Ok(Connection::of_all(ctx, filter, partner::store::BY_NAME, paging).await?)
    }

    /// The commission events of all partners that the viewer may see.
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
        Ok(Connection::of_all(ctx, filter, commission::store::ordering(order_by), paging).await?)
    }

    /// The payouts of all partners that the viewer may see.
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
        Ok(Connection::of_all(ctx, filter, payout::store::ordering(order_by), paging).await?)
    }

    /// The referral leads of all partners that the viewer may see, latest first.
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
        Ok(Connection::of_all(ctx, filter, referral::store::BY_SUBMISSION, paging).await?)
    }

    /// The managed accounts of all partners that the viewer may see, latest start first.
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
        Ok(Connection::of_all(ctx, filter, account::store::BY_START, paging).await?)
    }

    /// Whether the books of the tenant agree. Reads all of its rows: a second or two for each hundred
    /// thousand commission events. For staff.
    #[graphql(guard = "require(Permission::Reconcile)")]
    async fn reconciliation(&self, ctx: &Context<'_>) -> async_graphql::Result<Reconciliation> {
        let mut db = request(ctx)?.session().await?;
        Ok(Reconciliation(db.read_snapshot(async |db| reporting::reconcile(db).await).await?))
    }
}
