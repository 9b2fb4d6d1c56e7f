//! deleteSavedView: a view disappears, for its owner and for all who shared it.

use async_graphql::InputObject;
use serde_json::json;

use super::{SavedView, store};
use crate::auth::Authorized;
use crate::domain::db::transaction::Transaction;
use crate::primitives::error::Result;
use crate::primitives::id::SavedViewId;

/// A saved view to be deleted.
#[derive(Clone, Debug, InputObject)]
pub struct DeleteSavedViewInput {
    /// The view to be deleted.
    pub id: SavedViewId,
}

/// Deletes a view. The row stays, without its definition, so that the audit trail refers to something.
pub async fn delete(db: &mut Transaction, input: &DeleteSavedViewInput) -> Result<Authorized<SavedView>> {
    let before = store::lock(db, input.id).await?;
    before.require_change_by(db.caller())?;
    let now = db.clock_timestamp().await?;
    let deleted = SavedView {
        definition: json!({}),
        is_shared: false,
        changed_at: now,
        deleted_at: Some(now),
        ..SavedView::clone(&before)
    };
    store::update(db, &deleted).await?;
    db.record_changed(&*before, &deleted);
    Ok(before)
}
