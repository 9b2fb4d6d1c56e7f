//! The fields of paying accounts that the audit trail records. Never the IBAN.

use super::PayingAccount;
use crate::domain::db::audited_row::{AuditedRow, Field, RowKey, RowKind};
use crate::primitives::id::PartnerId;

impl AuditedRow for PayingAccount {
    fn key(&self) -> RowKey {
        RowKey { kind: RowKind::PayingAccount, id: Some(self.id.0) }
    }

    fn owner(&self) -> Option<PartnerId> {
        None
    }

    fn fields(&self) -> Vec<Field> {
        vec![
            Field::name("holder", Some(&self.holder)),
            Field::plain("iban", self.masked_iban()),
            Field::optional("bic", self.bic.as_deref()),
            Field::time("setAt", self.set_at),
        ]
    }
}
