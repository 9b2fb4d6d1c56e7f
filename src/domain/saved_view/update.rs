//! updateSavedView: renames, redefines or shares a view.

use async_graphql::{InputObject, MaybeUndefined};

use super::{SavedView, definition, store};
use crate::auth::Authorized;
use crate::domain::db::transaction::Transaction;
use crate::primitives::error::Result;
use crate::primitives::id::SavedViewId;
use crate::primitives::nullable::not_null;
use crate::primitives::text;

/// A saved view and its changed fields; omitted fields stay as they are.
#[derive(Clone, Debug, InputObject)]
pub struct UpdateSavedViewInput {
    /// The view to be changed.
    pub id: SavedViewId,
    /// The name, 1 to 255 characters, unique among the owner's views of the list. Not null.
    pub name: MaybeUndefined<String>,
    /// The filter as JSON, as the list takes it, at most 4,000 characters. Null for all rows.
    pub filter: MaybeUndefined<String>,
    /// The order as JSON, as the list takes it. Null for that of the list.
    pub order_by: MaybeUndefined<String>,
    /// Whether all staff of the tenant see it. Not null.
    pub is_shared: MaybeUndefined<bool>,
}

/// Updates a view.
pub async fn update(db: &mut Transaction, input: &UpdateSavedViewInput) -> Result<Authorized<SavedView>> {
    let before = store::lock(db, input.id).await?;
    before.require_change_by(db.caller())?;
    let mut view = SavedView::clone(&before);
    if let Some(name) = not_null("name", &input.name)? {
        view.name = text::required_text("name", name)?;
    }
    if let Some(is_shared) = not_null("isShared", &input.is_shared)? {
        view.is_shared = *is_shared;
    }
    let filter = present(&input.filter, Some(before.filter()));
    let order_by = present(&input.order_by, before.order_by());
    view.definition = definition::checked(db.caller(), view.list, filter.as_deref(), order_by.as_deref())?;
    if view == *before {
        db.record_nothing();
        return Ok(before);
    }
    view.changed_at = db.clock_timestamp().await?;
    store::update(db, &view).await?;
    db.record_changed(&*before, &view);
    db.scope().authorize(view)
}

/// Returns the value of an input field, or that of before if it is absent.
fn present(input: &MaybeUndefined<String>, before: Option<String>) -> Option<String> {
    match input {
        MaybeUndefined::Undefined => before,
        MaybeUndefined::Null => None,
        MaybeUndefined::Value(value) => Some(value.clone()),
    }
}
