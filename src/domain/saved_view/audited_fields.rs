//! The fields of saved views that the audit trail records. Of names and filters only the length: they may be about a person.

use super::SavedView;
use crate::domain::db::audited_row::{AuditedRow, Field, RowKey, RowKind};
use crate::primitives::id::PartnerId;

impl AuditedRow for SavedView {
    fn key(&self) -> RowKey {
        RowKey { kind: RowKind::SavedView, id: Some(self.id.0) }
    }

    fn owner(&self) -> Option<PartnerId> {
        None
    }

    fn fields(&self) -> Vec<Field> {
        vec![
            Field::address("owner", &self.owner),
            Field::plain("list", self.list),
            Field::text("name", Some(&self.name)),
            Field::text("filter", Some(&self.filter())),
            Field::text("orderBy", self.order_by().as_deref()),
            Field::plain("isShared", self.is_shared),
            Field::time("deletedAt", self.deleted_at),
        ]
    }
}
