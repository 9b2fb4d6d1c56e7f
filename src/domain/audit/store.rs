//! Reads and writes of the tables `audit_seals` and `audit_seal_members`, and reads of `audit_entries`.

use diesel::prelude::*;

use super::AuditSeal;
use crate::domain::db::audit_schema::audit_seals;
use crate::domain::db::session::Session;
use crate::primitives::error::Result;

/// Returns the newest seal of the tenant. It is a digest of all entries and no row of a partner, so that partner users may
/// read it too: it is printed on their statements.
pub(super) async fn head(db: &mut Session) -> Result<Option<AuditSeal>> {
    let query = audit_seals::table
        .filter(audit_seals::tenant_id.eq(db.scope().tenant().clone()))
        .order(audit_seals::number.desc())
        .limit(1)
        .select(AuditSeal::as_select());
    Ok(db.aggregate(query).await?.pop())
}
