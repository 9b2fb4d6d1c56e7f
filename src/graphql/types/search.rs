//! The object type of the hits of a search.

use async_graphql::{Context, Object};

use super::account::ManagedAccount;
use super::commission::CommissionEvent;
use super::mask_identifier;
use super::node::Node;
use super::partner::Partner;
use super::payout::Payout;
use super::referral::ReferralLead;
use crate::auth::Authorized;
use crate::domain::search::{self, HitKind, SearchField};
use crate::graphql::context::request;
use crate::primitives::id::{CommissionEventId, ManagedAccountId, PartnerId, PayoutId, ReferralLeadId};

/// A hit within the caller's scope.
pub struct SearchHit(pub Authorized<search::SearchHit>);

/// An object that a search found, and what of it matches.
#[Object]
impl SearchHit {
    /// The object: a partner, managed account, payout, commission event or referral lead.
    async fn node(&self, ctx: &Context<'_>) -> async_graphql::Result<Node> {
        let (loaders, id) = (request(ctx)?.loaders(), self.0.id);
        Ok(match self.0.kind {
            HitKind::Partner => Partner(loaders.partner.load_required(PartnerId(id)).await?).into(),
            HitKind::ManagedAccount => {
                ManagedAccount(loaders.account.load_required(ManagedAccountId(id)).await?).into()
            }
            HitKind::Payout => Payout(loaders.payout.load_required(PayoutId(id)).await?).into(),
            HitKind::CommissionEvent => {
                CommissionEvent(loaders.event.load_required(CommissionEventId(id)).await?).into()
            }
            HitKind::ReferralLead => {
                ReferralLead(loaders.lead.load_required(ReferralLeadId(id)).await?).into()
            }
        })
    }

    /// The kind of the text that matches.
    async fn field(&self) -> SearchField {
        self.0.field
    }

    /// The text that matches: it is the text searched for, or begins with it. Ids of customers and invoices that contain
    /// an @ are masked for partner users.
    async fn text(&self, ctx: &Context<'_>) -> async_graphql::Result<String> {
        Ok(match self.0.field {
            SearchField::CustomerId | SearchField::InvoiceId => mask_identifier(ctx, &self.0.text)?,
            SearchField::Id
            | SearchField::CompanyName
            | SearchField::PartnerNumber
            | SearchField::UserEmail
            | SearchField::CustomerName
            | SearchField::PaymentReference
            | SearchField::RefundId
            | SearchField::ContactName
            | SearchField::ContactEmail => self.0.text.clone(),
        })
    }

    /// Whether it is the whole text searched for, ignoring case.
    async fn is_exact(&self) -> bool {
        self.0.is_exact
    }
}
