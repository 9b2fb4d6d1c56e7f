//! The queries of the schema.

use async_graphql::{Context, MergedObject, Object};

use super::connection::Connection;
use super::context::{counted, request};
use super::guard::require;
use super::staff_query::StaffQuery;
use super::total_query::TotalQuery;
use super::types::account::ManagedAccount;
use super::types::audit::{AuditEntry, AuditSeal};
use super::types::commission::CommissionEvent;
use super::types::invoice::Invoice;
use super::types::node::{NODES_MAX, Node};
use super::types::partner::Partner;
use super::types::payout::Payout;
use super::types::reconciliation::Reconciliation;
use super::types::referral::ReferralLead;
use super::types::search::SearchHit;
use super::types::statement::{Statement, StatementMovement};
use super::types::viewer::Viewer;
use crate::auth::Permission;
use crate::domain::account::{ManagedAccountFilter, ManagedAccountOrder};
use crate::domain::audit::list::AuditEntryFilter;
use crate::domain::commission::{CommissionEventFilter, CommissionEventOrder};
use crate::domain::invoice::list::InvoiceFilter;
use crate::domain::partner::{PartnerFilter, PartnerOrder};
use crate::domain::payout::{PayoutFilter, PayoutOrder};
use crate::domain::referral::{ReferralLeadFilter, ReferralLeadOrder};
use crate::domain::search::HITS_DEFAULT;
use crate::domain::statement::StatementFilter;
use crate::domain::statement::movement::{StatementMovementFilter, store::BY_MOVEMENT};
use crate::domain::{
    account, audit, commission, invoice, partner, payout, referral, reporting, search, statement,
};
use crate::primitives::error::Error;
use crate::primitives::id::{
    CommissionEventId, ManagedAccountId, NodeId, PartnerId, PayoutId, ReferralLeadId,
};
use crate::primitives::pagination::PageArgs;
use crate::primitives::text;

/// The queries. Objects of other tenants, and for partner users objects of partners that they are not linked to, are
/// null or absent, as if they did not exist. Billing services may only query `viewer`.
#[derive(MergedObject, Default)]
pub struct Query(RowQuery, StaffQuery, TotalQuery);

/// The queries of single rows and of lists, and the reports.
#[derive(Default)]
pub struct RowQuery;

#[Object]
impl RowQuery {
    /// The caller, by the token of the request. For every authenticated caller.
    #[graphql(guard = "require(Permission::ViewSelf)")]
    async fn viewer(&self) -> Viewer {
        Viewer
    }

    /// The object with this id, of any type; null if none exists within the viewer's scope.
    #[graphql(guard = "require(Permission::Read)")]
    async fn node(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The id of the object.")] id: NodeId,
    ) -> async_graphql::Result<Option<Node>> {
        Ok(Node::of_ids(request(ctx)?, &[id]).await?.pop().flatten())
    }

    /// The objects with these ids, of any types, in the order of the ids; null for each that does not exist within the
    /// viewer's scope.
    #[graphql(guard = "require(Permission::Read)")]
    async fn nodes(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The ids of the objects, at most 100; the same id may occur several times.")]
        ids: Vec<NodeId>,
    ) -> async_graphql::Result<Vec<Option<Node>>> {
        if ids.len() > NODES_MAX {
            let message = format!("has {} ids; at most {NODES_MAX} are allowed", ids.len());
            return Err(Error::bad_input("ids", message).into());
        }
        counted(ctx, Node::of_ids(request(ctx)?, &ids).await?).await
    }

    /// The partner with this id; null if none exists. Partner users get the error FORBIDDEN for every partner that they
    /// are not linked to, whether or not it exists.
    #[graphql(guard = "require(Permission::Read)")]
    async fn partner(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The id of the partner.")] id: PartnerId,
    ) -> async_graphql::Result<Option<Partner>> {
        let request = request(ctx)?;
        request.caller().scope().require_partner(id)?;
        Ok(request.loaders().partner.load(id).await?.map(Partner))
    }

    /// The commission event with this id; null if none exists within the viewer's scope.
    #[graphql(guard = "require(Permission::Read)")]
    async fn commission_event(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The id of the commission event.")] id: CommissionEventId,
    ) -> async_graphql::Result<Option<CommissionEvent>> {
        Ok(request(ctx)?.loaders().event.load(id).await?.map(CommissionEvent))
    }

    /// The payout with this id; null if none exists within the viewer's scope.
    #[graphql(guard = "require(Permission::Read)")]
    async fn payout(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The id of the payout.")] id: PayoutId,
    ) -> async_graphql::Result<Option<Payout>> {
        Ok(request(ctx)?.loaders().payout.load(id).await?.map(Payout))
    }

    /// The referral lead with this id; null if none exists within the viewer's scope.
    #[graphql(guard = "require(Permission::Read)")]
    async fn referral_lead(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The id of the referral lead.")] id: ReferralLeadId,
    ) -> async_graphql::Result<Option<ReferralLead>> {
        Ok(request(ctx)?.loaders().lead.load(id).await?.map(ReferralLead))
    }

    /// The managed account with this id; null if none exists within the viewer's scope.
    #[graphql(guard = "require(Permission::Read)")]
    async fn managed_account(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The id of the managed account.")] id: ManagedAccountId,
    ) -> async_graphql::Result<Option<ManagedAccount>> {
        Ok(request(ctx)?.loaders().account.load(id).await?.map(ManagedAccount))
    }

    /// The partners within the viewer's scope.
    #[graphql(guard = "require(Permission::Read)")]
    async fn partners(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The conditions on the partners; default all partners.")] filter: Option<
            PartnerFilter,
        >,
        #[graphql(desc = "The order of the list; default by NAME, ascending.")] order_by: Option<
            PartnerOrder,
        >,
        #[graphql(desc = "The number of rows from the start of the list, 1 to 100; default 50.")]
        first: Option<i32>,
        #[graphql(desc = "Only rows after this cursor, which is excluded.")] after: Option<String>,
        #[graphql(desc = "The number of rows from the end of the list, 1 to 100; not together with first.")]
        last: Option<i32>,
        #[graphql(desc = "Only rows before this cursor, which is excluded.")] before: Option<String>,
    ) -> async_graphql::Result<Connection<Partner>> {
        let page = PageArgs { first, after, last, before };
        Ok(Connection::all(ctx, filter, partner::store::ordering(order_by), page).await?)
    }

    /// The commission events of all partners within the viewer's scope. Filtering by a partner outside of it is
    /// FORBIDDEN.
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
        Ok(Connection::all(ctx, filter, commission::list::ordering(order_by), page).await?)
    }

    /// The payouts of all partners within the viewer's scope. Filtering by a partner outside of it is FORBIDDEN.
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
        Ok(Connection::all(ctx, filter, payout::store::ordering(order_by), page).await?)
    }

    /// The referral leads of all partners within the viewer's scope. Filtering by a partner
    /// outside of it is FORBIDDEN.
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
        Ok(Connection::all(ctx, filter, referral::store::ordering(order_by), page).await?)
    }

    /// The managed accounts of all partners within the viewer's scope. Filtering by a partner
    /// outside of it is FORBIDDEN.
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
        Ok(Connection::all(ctx, filter, account::store::ordering(order_by), page).await?)
    }

    /// The statements of all partners within the viewer's scope, latest first. Filtering by a partner outside of it is
    /// FORBIDDEN.
    #[graphql(guard = "require(Permission::Read)")]
    async fn statements(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The conditions on the statements; default all statements.")] filter: Option<
            StatementFilter,
        >,
        #[graphql(desc = "The number of rows from the start of the list, 1 to 100; default 50.")]
        first: Option<i32>,
        #[graphql(desc = "Only rows after this cursor, which is excluded.")] after: Option<String>,
        #[graphql(desc = "The number of rows from the end of the list, 1 to 100; not together with first.")]
        last: Option<i32>,
        #[graphql(desc = "Only rows before this cursor, which is excluded.")] before: Option<String>,
    ) -> async_graphql::Result<Connection<Statement>> {
        let page = PageArgs { first, after, last, before };
        Ok(Connection::all(ctx, filter, statement::store::BY_ISSUE, page).await?)
    }

    /// The movements on statements, earliest first. Filtering by a partner outside of the viewer's scope is FORBIDDEN.
    #[graphql(guard = "require(Permission::Read)")]
    async fn statement_movements(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The conditions on the movements; default all movements.")] filter: Option<
            StatementMovementFilter,
        >,
        #[graphql(desc = "The number of rows from the start of the list, 1 to 100; default 50.")]
        first: Option<i32>,
        #[graphql(desc = "Only rows after this cursor, which is excluded.")] after: Option<String>,
        #[graphql(desc = "The number of rows from the end of the list, 1 to 100; not together with first.")]
        last: Option<i32>,
        #[graphql(desc = "Only rows before this cursor, which is excluded.")] before: Option<String>,
    ) -> async_graphql::Result<Connection<StatementMovement>> {
        let page = PageArgs { first, after, last, before };
        Ok(Connection::all(ctx, filter, BY_MOVEMENT, page).await?)
    }

    /// The invoice with this id in the billing system, or the payment of it; null if it was not recorded. An invoice
    /// with several payments needs the paymentId. For staff.
    #[graphql(guard = "require(Permission::ReadInvoices)")]
    async fn invoice(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The id of the invoice in the billing system.")] invoice_id: String,
        #[graphql(desc = "The id of the payment in the billing system; default the only payment.")]
        payment_id: Option<String>,
    ) -> async_graphql::Result<Option<Invoice>> {
        let invoice_id = text::identifier("invoiceId", &invoice_id)?;
        let payment_id = text::optional_identifier_non_blank("paymentId", payment_id.as_deref())?;
        let mut db = request(ctx)?.session().await?;
        let found = invoice::payment::find(&mut db, &invoice_id, payment_id.as_deref()).await?;
        Ok(found.map(Invoice))
    }

    /// The invoices that billing reported, each payment of one by itself, whatever came of them; latest payment first.
    /// For staff.
    #[graphql(guard = "require(Permission::ReadInvoices)")]
    async fn invoices(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The conditions on the invoices; default all invoices.")] filter: Option<
            InvoiceFilter,
        >,
        #[graphql(desc = "The number of rows from the start of the list, 1 to 100; default 50.")]
        first: Option<i32>,
        #[graphql(desc = "Only rows after this cursor, which is excluded.")] after: Option<String>,
        #[graphql(desc = "The number of rows from the end of the list, 1 to 100; not together with first.")]
        last: Option<i32>,
        #[graphql(desc = "Only rows before this cursor, which is excluded.")] before: Option<String>,
    ) -> async_graphql::Result<Connection<Invoice>> {
        let page = PageArgs { first, after, last, before };
        Ok(Connection::all(ctx, filter, invoice::list::BY_PAYMENT, page).await?)
    }

    /// Everything that is the text or begins with it, exact matches first: partners by name, number and e-mail addresses of their
    /// users, managed accounts by customer, payouts by payment reference, commission events by invoice, refund and customer,
    /// referral leads by company and contact, and all of these by their id. Upper and lower case are the same. Partner users
    /// find what they see: neither names of customers nor refunds, and an id that is masked only by all of it.
    #[graphql(guard = "require(Permission::Read)")]
    async fn search(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The text, 1 to 255 characters.")] text: String,
        #[graphql(desc = "The most hits, 1 to 50; default 20.", default_with = "Some(HITS_DEFAULT)")]
        first: Option<i32>,
    ) -> async_graphql::Result<Vec<SearchHit>> {
        let hits = search::search(&mut *request(ctx)?.session().await?, &text, first).await?;
        counted(ctx, hits.into_iter().map(SearchHit).collect()).await
    }

    /// The audit trail: an entry for each act that changed something, latest first. Accruals and refunds have none, because
    /// `invoices` has their receipts. For staff.
    #[graphql(guard = "require(Permission::ReadAudit)")]
    async fn audit_entries(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The conditions on the entries; default all entries.")] filter: Option<
            AuditEntryFilter,
        >,
        #[graphql(desc = "The number of rows from the start of the list, 1 to 100; default 50.")]
        first: Option<i32>,
        #[graphql(desc = "Only rows after this cursor, which is excluded.")] after: Option<String>,
        #[graphql(desc = "The number of rows from the end of the list, 1 to 100; not together with first.")]
        last: Option<i32>,
        #[graphql(desc = "Only rows before this cursor, which is excluded.")] before: Option<String>,
    ) -> async_graphql::Result<Connection<AuditEntry>> {
        let page = PageArgs { first, after, last, before };
        Ok(Connection::all(ctx, filter, audit::list::BY_TIME, page).await?)
    }

    /// The newest seal of the audit trail, which proves every entry before it; null before the first one. Keep it outside of
    /// this system: with it, `revshare audit verify --head` shows later that nothing was changed since. For staff.
    #[graphql(guard = "require(Permission::ReadAudit)")]
    async fn audit_head(&self, ctx: &Context<'_>) -> async_graphql::Result<Option<AuditSeal>> {
        Ok(audit::head(&mut *request(ctx)?.session().await?).await?.map(AuditSeal))
    }

    /// The reconciliation of all stored amounts of the tenant, computed now. Reads every row: allow one to two seconds
    /// per 100,000 commission events. One of a tenant runs at a time; another one waits up to two seconds, and is then
    /// rejected with UNAVAILABLE. For staff.
    #[graphql(guard = "require(Permission::Reconcile)")]
    async fn reconciliation(&self, ctx: &Context<'_>) -> async_graphql::Result<Reconciliation> {
        let request = request(ctx)?;
        let _turn = request.reserve_report().await?;
        let mut db = request.session().await?;
        Ok(Reconciliation(db.read_snapshot(async |db| reporting::reconcile(db).await).await?))
    }
}
