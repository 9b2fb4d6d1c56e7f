//! The interface of objects with an id, and the look-up of any of them.

use async_graphql::Interface;
use futures_util::future::try_join_all;
use uuid::Uuid;

use super::account::ManagedAccount;
use super::audit::AuditEntry;
use super::commission::CommissionEvent;
use super::invoice::Invoice;
use super::mail::Mail;
use super::partner::{Partner, PartnerUser};
use super::payout::Payout;
use super::referral::ReferralLead;
use super::saved_view::SavedView;
use super::statement::Statement;
use super::viewer::Tenant;
use super::webhook::{WebhookDelivery, WebhookEndpoint, WebhookEvent};
use crate::auth::Permission;
use crate::domain::tenant;
use crate::graphql::context::Request;
use crate::graphql::loaders::Loaders;
use crate::primitives::error::Result;
use crate::primitives::id::{
    AuditEntryId, CommissionEventId, DomainEventId, InvoiceId, MailId, ManagedAccountId, NodeId, PartnerId,
    PartnerUserId, PayoutId, ReferralLeadId, SavedViewId, StatementId, WebhookDeliveryId, WebhookEndpointId,
};

/// An object with an id. Ids are UUIDs, unique over all types; only that of a tenant is its own name.
// Only `id`, which has no guard: guards are not applied to fields that are selected through an interface
// (https://github.com/async-graphql/async-graphql/issues/1826).
#[derive(Interface)]
#[graphql(field(
    name = "id",
    ty = "async_graphql::ID",
    desc = "The id of the object: a UUID, unique over all types; only that of a tenant is its own name."
))]
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
    /// An invoice, or a payment of one.
    Invoice(Invoice),
    /// The link of a user to a partner.
    PartnerUser(PartnerUser),
    /// A statement.
    Statement(Statement),
    /// The tenant of the viewer.
    Tenant(Tenant),
    /// An entry of the audit trail.
    AuditEntry(AuditEntry),
    /// A webhook endpoint.
    WebhookEndpoint(WebhookEndpoint),
    /// A webhook delivery.
    WebhookDelivery(WebhookDelivery),
    /// An event that is delivered to webhook endpoints.
    WebhookEvent(WebhookEvent),
    /// A mail.
    Mail(Mail),
    /// A saved view.
    SavedView(SavedView),
}

/// The number of ids that `nodes` accepts.
pub const NODES_MAX: usize = 100;

impl Node {
    /// Returns the row with this id within the caller's scope, of any type.
    async fn of_row(request: &Request, loaders: &Loaders, id: Uuid) -> Result<Option<Self>> {
        if let Some(row) = loaders.event.load(CommissionEventId(id)).await? {
            return Ok(Some(CommissionEvent(row).into()));
        }
        if let Some(row) = loaders.payout.load(PayoutId(id)).await? {
            return Ok(Some(Payout(row).into()));
        }
        if let Some(row) = loaders.statement.load(StatementId(id)).await? {
            return Ok(Some(Statement(row).into()));
        }
        if let Some(row) = loaders.account.load(ManagedAccountId(id)).await? {
            return Ok(Some(ManagedAccount(row).into()));
        }
        if let Some(row) = loaders.lead.load(ReferralLeadId(id)).await? {
            return Ok(Some(ReferralLead(row).into()));
        }
        if let Some(row) = loaders.user.load(PartnerUserId(id)).await? {
            return Ok(Some(PartnerUser(row).into()));
        }
        if let Some(row) = loaders.partner.load(PartnerId(id)).await? {
            return Ok(Some(Partner(row).into()));
        }
        if request.caller().require(Permission::ReadInvoices).is_ok()
            && let Some(row) = loaders.invoice.load(InvoiceId(id)).await?
        {
            return Ok(Some(Invoice(row).into()));
        }
        if request.caller().require(Permission::ReadWebhooks).is_ok()
            && let Some(webhook) = Self::of_webhooks(loaders, id).await?
        {
            return Ok(Some(webhook));
        }
        if request.caller().require(Permission::ReadAudit).is_err() {
            return Ok(None);
        }
        if let Some(row) = loaders.saved_view.load(SavedViewId(id)).await? {
            return Ok(Some(SavedView(row).into()));
        }
        if let Some(row) = loaders.mail.load(MailId(id)).await? {
            return Ok(Some(Mail(row).into()));
        }
        Ok(loaders.audit_entry.load(AuditEntryId(id)).await?.map(|row| AuditEntry(row).into()))
    }

    async fn of_webhooks(loaders: &Loaders, id: Uuid) -> Result<Option<Self>> {
        if let Some(row) = loaders.webhook_delivery.load(WebhookDeliveryId(id)).await? {
            return Ok(Some(WebhookDelivery(row).into()));
        }
        if let Some(row) = loaders.domain_event.load(DomainEventId(id)).await? {
            return Ok(Some(WebhookEvent(row).into()));
        }
        Ok(loaders.webhook_endpoint.load(WebhookEndpointId(id)).await?.map(|row| WebhookEndpoint(row).into()))
    }

    /// Returns the object of each id, in their order; `None` for an object that does not exist within the caller's scope.
    /// Takes one statement for each type, because an id does not show its type.
    pub async fn of_ids(request: &Request, ids: &[NodeId]) -> Result<Vec<Option<Self>>> {
        let own = request.caller().scope().tenant();
        let tenant = if ids.iter().any(|id| id.is_of(own)) {
            Some(tenant::settings(&mut *request.session().await?).await?)
        } else {
            None
        };
        let loaders = request.loaders();
        // At the same time, so that the loaders combine their look-ups.
        try_join_all(ids.iter().map(async |id| match (id.is_of(own), id.row()) {
            (true, _) => Ok(tenant.clone().map(|row| Tenant(row).into())),
            (false, Some(id)) => Self::of_row(request, &loaders, id).await,
            (false, None) => Ok(None),
        }))
        .await
    }
}
