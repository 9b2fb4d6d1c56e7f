//! createSavedView: saves a filter and an order of a list under a name.

use async_graphql::InputObject;

use super::{SavedView, SavedViewList, VIEWS_MAX, definition, store};
use crate::auth::Authorized;
use crate::domain::db::transaction::Transaction;
use crate::primitives::error::{Error, Result, UserError, UserErrorCode};
use crate::primitives::id::SavedViewId;
use crate::primitives::text;

/// A view of a list to be saved.
#[derive(Clone, Debug, InputObject)]
pub struct CreateSavedViewInput {
    /// The list that it is a view of.
    pub list: SavedViewList,
    /// The name, 1 to 255 characters, unique among the viewer's views of the list.
    pub name: String,
    /// The filter as JSON, as the list takes it, at most 4,000 characters: `{"status":["READY"]}`. Default all rows.
    pub filter: Option<String>,
    /// The order as JSON, as the list takes it: `{"field":"NAME","direction":"ASC"}`. Default that of the list.
    pub order_by: Option<String>,
    /// Whether all staff of the tenant see it; default only the viewer does.
    pub is_shared: Option<bool>,
}

/// Saves a view; rejects a name that the caller has used, and a definition that the list would reject.
pub async fn create(db: &mut Transaction, input: &CreateSavedViewInput) -> Result<Authorized<SavedView>> {
    let name = text::required_text("name", &input.name)?;
    let (filter, order_by) = (input.filter.as_deref(), input.order_by.as_deref());
    let definition = definition::checked(db.caller(), input.list, filter, order_by)?;
    if store::count_own(db).await? >= VIEWS_MAX {
        let message = format!("you have {VIEWS_MAX} saved views; delete one first");
        return Err(Error::user_error(UserError::new(UserErrorCode::LimitExceeded, message)));
    }
    let now = db.clock_timestamp().await?;
    let view = SavedView {
        tenant_id: db.scope().tenant().clone(),
        id: SavedViewId::new(),
        owner: db.caller().identity().user().to_owned(),
        list: input.list,
        name,
        definition,
        is_shared: input.is_shared.unwrap_or_default(),
        created_at: now,
        changed_at: now,
        deleted_at: None,
    };
    store::insert(db, &view).await?;
    db.record_created(&view);
    db.scope().authorize(view)
}
