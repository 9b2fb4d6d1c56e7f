//! Search: one text, looked up by its beginning in everything that has a name or an identifier.

pub mod store;

use async_graphql::Enum;
use diesel::deserialize::FromSqlRow;
use diesel::expression::AsExpression;
use diesel::prelude::*;
use diesel::sql_types::{Bool, Text, Uuid as SqlUuid};
use uuid::Uuid;

use super::db::session::Session;
use crate::auth::{Authorized, PartnerOwned};
use crate::primitives::error::{Error, Result};
use crate::primitives::id::{PartnerId, TenantId};
use crate::primitives::text;
use crate::primitives::text_enum::text_enum;

/// The most hits that a search returns.
pub const HITS_MAX: i32 = 50;
/// The number of hits if the client does not specify one.
pub const HITS_DEFAULT: i32 = 20;

/// The kind of the object of a hit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Enum, AsExpression, FromSqlRow)]
#[diesel(sql_type = Text)]
pub enum HitKind {
    /// A partner.
    Partner,
    /// A managed account.
    ManagedAccount,
    /// A payout.
    Payout,
    /// A commission event.
    CommissionEvent,
    /// A referral lead.
    ReferralLead,
}

text_enum!(HitKind);

/// The text of an object that matches a search, by its kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Enum, AsExpression, FromSqlRow)]
#[diesel(sql_type = Text)]
pub enum SearchField {
    /// The id of the object.
    Id,
    /// The company of a partner or a referral lead.
    CompanyName,
    /// The number of a partner.
    PartnerNumber,
    /// The e-mail address of a user of a partner.
    UserEmail,
    /// The customer of a managed account or of a commission event.
    CustomerId,
    /// The name of the customer of a managed account.
    CustomerName,
    /// The payment reference of a payout.
    PaymentReference,
    /// The invoice of a commission event.
    InvoiceId,
    /// A refund of the invoice of a commission event.
    RefundId,
    /// The name of the contact of a referral lead.
    ContactName,
    /// The e-mail address of the contact of a referral lead.
    ContactEmail,
}

text_enum!(SearchField);

/// An object that a search found.
#[derive(Clone, Debug, QueryableByName)]
pub struct SearchHit {
    /// The tenant of the object.
    #[diesel(sql_type = Text)]
    pub tenant_id: TenantId,
    /// The partner of the object, or the partner itself.
    #[diesel(sql_type = SqlUuid)]
    pub partner_id: PartnerId,
    /// The kind of the object.
    #[diesel(sql_type = Text)]
    pub kind: HitKind,
    /// The id of the object.
    #[diesel(sql_type = SqlUuid)]
    pub id: Uuid,
    /// The text that matches, by its kind.
    #[diesel(sql_type = Text)]
    pub field: SearchField,
    /// The text that matches.
    #[diesel(sql_type = Text)]
    pub text: String,
    /// Whether it is the text searched for, and not only begins with it.
    #[diesel(sql_type = Bool)]
    pub is_exact: bool,
}

impl PartnerOwned for SearchHit {
    fn tenant_id(&self) -> &TenantId {
        &self.tenant_id
    }

    fn partner_id(&self) -> PartnerId {
        self.partner_id
    }
}

/// Returns what a text is, or what begins with it, exact matches first: at most one hit for an object.
pub async fn search(db: &mut Session, text: &str, first: Option<i32>) -> Result<Vec<Authorized<SearchHit>>> {
    let text = text::required_text("text", text)?;
    let first = first.unwrap_or(HITS_DEFAULT);
    if !(1..=HITS_MAX).contains(&first) {
        return Err(Error::bad_input("first", format!("is {first}; it must be 1 to {HITS_MAX}")));
    }
    store::hits(db, &text, first).await
}
