//! Saved views: a filter and an order of a list under a name, of one member of staff or shared with all.

mod audited_fields;
pub mod create;
mod definition;
pub mod delete;
pub mod store;
pub mod update;

use async_graphql::Enum;
use chrono::{DateTime, Utc};
use diesel::deserialize::FromSqlRow;
use diesel::expression::AsExpression;
use diesel::prelude::*;
use diesel::sql_types::Text;
use serde_json::Value;
use uuid::Uuid;

use super::db::saved_view_schema::saved_views;
use crate::auth::{Caller, PartnerOwned, Role};
use crate::primitives::error::{Error, Result, UserError, UserErrorCode};
use crate::primitives::id::{PartnerId, SavedViewId, TenantId};
use crate::primitives::text_enum::text_enum;

/// The most views of one member of staff.
const VIEWS_MAX: usize = 100;

/// A list that has saved views.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Enum, AsExpression, FromSqlRow)]
#[diesel(sql_type = Text)]
pub enum SavedViewList {
    /// The list of partners, `partners`.
    Partners,
    /// The list of commission events, `commissionEvents`.
    CommissionEvents,
    /// The list of payouts, `payouts`.
    Payouts,
    /// The list of managed accounts, `managedAccounts`.
    ManagedAccounts,
    /// The list of referral leads, `referralLeads`.
    ReferralLeads,
    /// The list of invoices, `invoices`.
    Invoices,
    /// The list of entries of the audit trail, `auditEntries`.
    AuditEntries,
}

text_enum!(SavedViewList);

/// A saved view.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = saved_views, check_for_backend(diesel::pg::Pg))]
pub struct SavedView {
    /// The tenant of the owner.
    pub tenant_id: TenantId,
    /// The id of the view.
    pub id: SavedViewId,
    /// The user id of the member of staff who saved it.
    pub owner: String,
    /// The list that it is a view of.
    pub list: SavedViewList,
    /// The name, unique among the views of the owner and the list.
    pub name: String,
    /// The input values of the list: `filter`, and `orderBy` if it is not the default.
    pub definition: Value,
    /// Whether all staff of the tenant see it.
    pub is_shared: bool,
    /// When it was saved, by the database's clock.
    pub created_at: DateTime<Utc>,
    /// When it was last changed, by the database's clock.
    pub changed_at: DateTime<Utc>,
    /// When it was deleted; the row stays for the audit trail.
    pub deleted_at: Option<DateTime<Utc>>,
}

impl SavedView {
    /// Returns whether a caller owns the view.
    pub fn is_owned_by(&self, caller: &Caller) -> bool {
        self.owner == caller.identity().user()
    }

    /// Returns the filter as JSON.
    pub fn filter(&self) -> String {
        self.definition.get(FILTER).map_or_else(|| "{}".to_owned(), Value::to_string)
    }

    /// Returns the order as JSON; `None` for the default of the list.
    pub fn order_by(&self) -> Option<String> {
        self.definition.get(ORDER_BY).map(Value::to_string)
    }

    /// Rejects a caller who may not change the view: only its owner may and, if it is shared, an admin.
    fn require_change_by(&self, caller: &Caller) -> Result<()> {
        if self.is_owned_by(caller) || caller.identity().role() == Role::Admin {
            return Ok(());
        }
        let message = "only its owner or an admin may change a shared view; save one of your own";
        let error = UserError::new(UserErrorCode::InvalidState, message);
        Err(Error::user_error(error.at("id").about(self.id)))
    }
}

/// The members of a definition.
const FILTER: &str = "filter";
const ORDER_BY: &str = "orderBy";

/// A view belongs to no partner: it is only within a scope of all partners.
impl PartnerOwned for SavedView {
    fn tenant_id(&self) -> &TenantId {
        &self.tenant_id
    }

    fn partner_id(&self) -> PartnerId {
        PartnerId(Uuid::nil())
    }
}
