//! updateTenantLegal: sets or changes the legal identity of the tenant.

use std::sync::Arc;

use async_graphql::{InputObject, MaybeUndefined};

use super::{TenantLegalFields, store};
use crate::domain::db::transaction::Transaction;
use crate::domain::legal::{LegalChanges, LegalIdentity};
use crate::domain::tenant::{self, TenantSettings};
use crate::primitives::error::Result;

/// The legal identity of the tenant; omitted fields stay as they are, and only vatId can be null. The first time, name,
/// addressLines and country must be given. Statements that were issued already do not change.
#[derive(Clone, Debug, InputObject)]
pub struct UpdateTenantLegalInput {
    /// The full name under which the tenant is registered, 1 to 255 characters.
    pub name: MaybeUndefined<String>,
    /// The lines of the address without the country, 1 to 6 lines of 1 to 100 characters.
    pub address_lines: MaybeUndefined<Vec<String>>,
    /// The country of the address, by its ISO 3166-1 alpha-2 code in upper case, as in `"DE"`.
    pub country: MaybeUndefined<String>,
    /// The VAT identification number; blanks, points and hyphens are removed. In the European Union and the United Kingdom
    /// it begins with its country, as in `"DE123456789"`. Null for none.
    pub vat_id: MaybeUndefined<String>,
}

/// Sets or changes the legal identity of the tenant. Repeated, it has no further effect.
pub async fn update(db: &mut Transaction, input: &UpdateTenantLegalInput) -> Result<Arc<TenantSettings>> {
    tenant::store::lock_own(db).await?;
    let before = store::own(db).await?;
    let changes = LegalChanges {
        name: &input.name,
        address_lines: &input.address_lines,
        country: &input.country,
        vat_id: &input.vat_id,
    };
    let after = LegalIdentity::changed(before.as_ref(), &changes)?;
    match &before {
        Some(before) => {
            store::update(db, &after).await?;
            db.record_changed(&TenantLegalFields(before), &TenantLegalFields(&after));
        }
        None => {
            store::insert(db, &after).await?;
            db.record_created(&TenantLegalFields(&after));
        }
    }
    tenant::settings(db).await
}
