//! Admission: what is read about the caller of a request before anything else, in one statement.

use std::sync::Arc;

use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use super::db::plan_cache::PlanCacheMode;
use super::db::pool::Pool;
use super::db::schema::{partner_users, partners, tenants};
use super::db::tenant_connection::TenantConnection;
use super::partner::{Partner, PartnerStatus};
use super::tenant::TenantSettings;
use super::tenant::store::SettingsRow;
use crate::auth::{Authorized, Caller, Identity, PartnerUserRole, Role};
use crate::primitives::error::{Error, Result};
use crate::primitives::id::TenantId;
use crate::primitives::text;

/// A caller, and what was read about it.
pub struct Admission {
    /// The caller.
    pub caller: Caller,
    /// The settings of its tenant; `None` for a service, whose token names the tenant.
    pub settings: Option<Arc<TenantSettings>>,
    /// The partners that a partner user is linked to, ordered by name; none for other callers.
    pub partners: Vec<Authorized<Partner>>,
}

/// Joins an identity with its present partner links, so that deactivating a link takes effect at once. Links to ARCHIVED
/// partners do not count.
///
/// Rejects a tenant that does not exist, and a partner user without links.
pub async fn admit(pool: &Pool, identity: Identity) -> Result<Admission> {
    let mut connection = pool.acquire_for_lookup().await?;
    let linked = match identity.role() {
        Role::Partner => linked(&mut connection, &identity).await?,
        Role::Admin | Role::Finance | Role::Support | Role::Auditor | Role::Billing => Vec::new(),
    };
    let (settings, links) = match linked {
        linked if linked.is_empty() => (settings(&mut connection, identity.tenant()).await?, Vec::new()),
        linked => {
            let (mut settings, mut links) = (None, Vec::new());
            for (row, role, partner) in linked {
                settings = Some(row);
                links.push((role, partner));
            }
            (settings, links)
        }
    };
    drop(connection);
    let settings = settings.ok_or_else(|| {
        Error::Unauthenticated("the tenant_id of this token is not a tenant of this service".to_owned())
    })?;
    let links: Vec<_> =
        links.into_iter().filter(|(_, partner)| partner.terms.status != PartnerStatus::Archived).collect();
    let caller = identity.with_links(links.iter().map(|(role, partner)| (partner.id, *role)).collect())?;
    let caller = caller.in_tenant_subscribed_to(settings.subscribed());
    let partners = links.into_iter().map(|(_, partner)| caller.scope().authorize(partner));
    let partners = partners.collect::<Result<_>>()?;
    Ok(Admission { caller, settings: Some(Arc::new(settings.into())), partners })
}

/// Returns the caller for an operator at the command line; rejects a tenant that does not exist.
pub async fn operator(pool: &Pool, tenant: TenantId, user: &str, role: Role) -> Result<Caller> {
    let unknown = Error::bad_input("--tenant", format!("there is no tenant {tenant}"));
    let user = text::identifier("--user", user)?;
    let admission = admit(pool, Identity::operator(tenant, user, role)).await;
    admission
        .map(|admission| admission.caller)
        .map_err(|error| if matches!(error, Error::Unauthenticated(_)) { unknown } else { error })
}

/// Returns the partners that a partner user is linked to, with the role within each, ordered by name.
///
/// Without a session, because a session needs the caller that is made of the links.
async fn linked(
    connection: &mut TenantConnection,
    identity: &Identity,
) -> Result<Vec<(SettingsRow, PartnerUserRole, Partner)>> {
    let partner =
        partners::tenant_id.eq(partner_users::tenant_id).and(partners::id.eq(partner_users::partner_id));
    let query = partner_users::table
        .inner_join(partners::table.on(partner))
        .inner_join(tenants::table.on(tenants::tenant_id.eq(partner_users::tenant_id)))
        .filter(partner_users::tenant_id.eq(identity.tenant()))
        .filter(partner_users::user_id.eq(identity.user()))
        .filter(partner_users::is_active)
        .order((partners::company_name, partners::id))
        .select((SettingsRow::as_select(), partner_users::role, Partner::as_select()));
    connection
        .execute_as(identity.tenant(), PlanCacheMode::Generic, async move |mut connection| {
            query.load(&mut connection).await
        })
        .await
}

/// Returns the settings of a tenant, if it exists.
async fn settings(connection: &mut TenantConnection, tenant: &TenantId) -> Result<Option<SettingsRow>> {
    let query = tenants::table.filter(tenants::tenant_id.eq(tenant)).select(SettingsRow::as_select());
    let rows: Vec<SettingsRow> = connection
        .execute_as(tenant, PlanCacheMode::Generic, async move |mut connection| {
            query.load(&mut connection).await
        })
        .await?;
    Ok(rows.into_iter().next())
}
