//! The mutations of partners, their users and accounts, and the settings of the tenant.

use async_graphql::{Context, Object};

use crate::auth::Permission;
use crate::domain::account::assign::AssignManagedAccountInput;
use crate::domain::account::update::{EndManagedAccountInput, UpdateManagedAccountInput};
use crate::domain::db::act::Act;
use crate::domain::partner::create::CreatePartnerInput;
use crate::domain::partner::legal::update::UpdatePartnerLegalInput;
use crate::domain::partner::update::UpdatePartnerInput;
use crate::domain::partner::user::add::AddPartnerUserInput;
use crate::domain::partner::user::deactivate::DeactivatePartnerUserInput;
use crate::domain::tenant::branding::UpdateTenantBrandingInput;
use crate::domain::tenant::legal::update::UpdateTenantLegalInput;
use crate::domain::tenant::settings::UpdateTenantSettingsInput;
use crate::domain::{account, partner, tenant};
use crate::graphql::context::request;
use crate::graphql::guard::require;
use crate::graphql::payload::{ManagedAccountPayload, PartnerPayload, PartnerUserPayload, TenantPayload};

/// The mutations of partners, their users and accounts, and the settings of the tenant.
#[derive(Default)]
pub struct PartnerMutation;

#[Object]
impl PartnerMutation {
    /// Creates a partner with its terms and its first status. For support and admins.
    #[graphql(guard = "require(Permission::ManagePartners)")]
    async fn create_partner(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The terms of the new partner.")] input: CreatePartnerInput,
    ) -> async_graphql::Result<Option<PartnerPayload>> {
        Ok(Some(request(ctx)?.mutate(Act::CreatePartner, partner::create::create, &input).await?.into()))
    }

    /// Updates a partner; absent fields remain unchanged. Recorded commission events are not affected. For support
    /// and admins.
    #[graphql(guard = "require(Permission::ManagePartners)")]
    async fn update_partner(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The partner and its changed fields.")] input: UpdatePartnerInput,
    ) -> async_graphql::Result<Option<PartnerPayload>> {
        Ok(Some(request(ctx)?.mutate(Act::UpdatePartner, partner::update::update, &input).await?.into()))
    }

    /// Sets or changes the legal identity of a partner: the supplier on invoices under self-billing. Issued statements are not
    /// affected. For support, admins, and the users of the partner with the role OWNER or ADMIN.
    #[graphql(guard = "require(Permission::ChangePartnerLegal)")]
    async fn update_partner_legal(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The partner and the changed fields of its legal identity.")]
        input: UpdatePartnerLegalInput,
    ) -> async_graphql::Result<Option<PartnerPayload>> {
        Ok(Some(
            request(ctx)?
                .mutate(Act::UpdatePartnerLegal, partner::legal::update::update, &input)
                .await?
                .into(),
        ))
    }

    /// Links a user to a partner, so that the user may act for it from the next request on. For support and admins.
    #[graphql(guard = "require(Permission::ManagePartners)")]
    async fn add_partner_user(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The user and the partner to be linked.")] input: AddPartnerUserInput,
    ) -> async_graphql::Result<Option<PartnerUserPayload>> {
        Ok(Some(request(ctx)?.mutate(Act::AddPartnerUser, partner::user::add::add, &input).await?.into()))
    }

    /// Deactivates the link of a user to a partner, from the user's next request on. For support and admins.
    #[graphql(guard = "require(Permission::ManagePartners)")]
    async fn deactivate_partner_user(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The link to be deactivated.")] input: DeactivatePartnerUserInput,
    ) -> async_graphql::Result<Option<PartnerUserPayload>> {
        Ok(Some(
            request(ctx)?
                .mutate(Act::DeactivatePartnerUser, partner::user::deactivate::deactivate, &input)
                .await?
                .into(),
        ))
    }

    /// Assigns a customer to a partner for a period, from startsAt until before endsAt. Rejected with
    /// ACCOUNT_OVERLAPS if any partner manages the customer within that period. For support and admins.
    #[graphql(guard = "require(Permission::ManagePartners)")]
    async fn assign_managed_account(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The customer, the partner and the period.")] input: AssignManagedAccountInput,
    ) -> async_graphql::Result<Option<ManagedAccountPayload>> {
        Ok(Some(
            request(ctx)?.mutate(Act::AssignManagedAccount, account::assign::assign, &input).await?.into(),
        ))
    }

    /// Edits a managed account; absent fields remain unchanged. Recorded commission events are not affected. For
    /// support and admins.
    #[graphql(guard = "require(Permission::ManagePartners)")]
    async fn update_managed_account(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The managed account and its changed fields.")] input: UpdateManagedAccountInput,
    ) -> async_graphql::Result<Option<ManagedAccountPayload>> {
        Ok(Some(
            request(ctx)?.mutate(Act::UpdateManagedAccount, account::update::update, &input).await?.into(),
        ))
    }

    /// Ends a managed account at an instant, or moves its end. Rejected with ACCOUNT_OVERLAPS if a later end reaches
    /// into an assignment of the same customer. For support and admins.
    #[graphql(guard = "require(Permission::ManagePartners)")]
    async fn end_managed_account(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The managed account and its end.")] input: EndManagedAccountInput,
    ) -> async_graphql::Result<Option<ManagedAccountPayload>> {
        Ok(Some(request(ctx)?.mutate(Act::EndManagedAccount, account::update::end, &input).await?.into()))
    }

    /// Configures the tenant's settings; absent fields remain unchanged. Recorded commission events are not affected.
    /// For admins.
    #[graphql(guard = "require(Permission::ChangeSettings)")]
    async fn update_tenant_settings(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The settings to be changed.")] input: UpdateTenantSettingsInput,
    ) -> async_graphql::Result<Option<TenantPayload>> {
        Ok(Some(
            request(ctx)?.mutate(Act::UpdateTenantSettings, tenant::settings::update, &input).await?.into(),
        ))
    }

    /// Changes the colour and the logo with which the portal shows the tenant to its partners; absent fields remain
    /// unchanged, and null removes what was set. For admins.
    #[graphql(guard = "require(Permission::ChangeSettings)")]
    async fn update_tenant_branding(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The colour and the logo.")] input: UpdateTenantBrandingInput,
    ) -> async_graphql::Result<Option<TenantPayload>> {
        Ok(Some(
            request(ctx)?.mutate(Act::UpdateTenantBranding, tenant::branding::update, &input).await?.into(),
        ))
    }

    /// Sets or changes the legal identity of the tenant: the customer on invoices under self-billing. Issued statements are
    /// not affected. For admins.
    #[graphql(guard = "require(Permission::ChangeSettings)")]
    async fn update_tenant_legal(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The changed fields of the legal identity.")] input: UpdateTenantLegalInput,
    ) -> async_graphql::Result<Option<TenantPayload>> {
        Ok(Some(
            request(ctx)?.mutate(Act::UpdateTenantLegal, tenant::legal::update::update, &input).await?.into(),
        ))
    }
}
