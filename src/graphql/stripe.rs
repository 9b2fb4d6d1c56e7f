//! What resolvers ask of Stripe. No transaction is open meanwhile.

use std::time::Duration;

use async_graphql::Context;

use super::context::{MutationResult, request};
use super::rail_payload::Onboarding;
use crate::auth::secrets::SecretKeys;
use crate::domain::db::act::Act;
use crate::domain::payout_account::link::{self, FoundAccount, StartStripeOnboardingInput};
use crate::domain::payout_account::refresh::AccountState;
use crate::domain::stripe_connection::StripeConnection;
use crate::primitives::country::Country;
use crate::primitives::error::{Error, Result, UserError, UserErrorCode};
use crate::primitives::id::PartnerId;
use crate::primitives::timestamp::Timestamp;
use crate::stripe::account::{Account, NewAccount};
use crate::stripe::api_key::ApiKey;
use crate::stripe::client::StripeClient;
use crate::stripe::failure::Failure;
use crate::webhook::WebhookSettings;

/// How long Stripe may take to answer while a client waits.
const TIMEOUT: Duration = Duration::from_secs(10);

/// What resolvers need to ask Stripe.
#[derive(Clone)]
pub struct StripeAccess {
    /// The client.
    pub client: StripeClient,
    /// The URL of the portal, without a slash at its end: partners come back to it from Stripe.
    pub public_url: String,
}

/// Stripe, as a resolver asks it.
pub struct Stripe<'c> {
    client: StripeClient,
    public_url: &'c str,
    /// The keys that secrets are sealed with.
    pub keys: &'c SecretKeys,
}

/// Rejects a partner that the caller may not choose the payout account of, before Stripe is asked.
pub fn require_partner(ctx: &Context<'_>, partner: PartnerId) -> Result<()> {
    let caller = request(ctx)?.caller();
    caller.scope().require_partner(partner)?;
    caller.require_payout_account_change(partner)
}

impl<'c> Stripe<'c> {
    /// Returns Stripe for a resolver.
    pub fn of(ctx: &Context<'c>) -> Result<Self> {
        let access =
            ctx.data::<StripeAccess>().map_err(|_| Error::internal("there is no access to Stripe"))?;
        let webhooks = ctx.data::<WebhookSettings>().map_err(|_| Error::internal("there are no settings"))?;
        let client = access.client.with_timeout(TIMEOUT);
        Ok(Self { client, public_url: &access.public_url, keys: webhooks.required_keys()? })
    }

    /// Returns the account that a key is of.
    pub async fn account_of_key(&self, key: &str) -> Result<MutationResult<String>> {
        let key: ApiKey = key.parse().map_err(|why: String| Error::bad_input("apiKey", why))?;
        match self.client.account(&key).await {
            Ok(account) => Ok(Ok(account.id)),
            Err(failure) => rejected(&failure, "apiKey"),
        }
    }

    /// Returns the connection of the tenant; rejects a tenant without one, and one that is broken.
    pub async fn connection(
        &self,
        ctx: &Context<'_>,
        field: &'static str,
    ) -> Result<MutationResult<StripeConnection>> {
        let connection = request(ctx)?.stripe_connection().await?;
        let usable = connection.filter(|connection| connection.broken_at.is_none());
        Ok(usable.ok_or_else(|| {
            let message =
                "Stripe is not connected, or does not accept the key; an admin connects it in the settings";
            vec![UserError::new(UserErrorCode::RailNotConnected, message).at(field)]
        }))
    }

    fn key(&self, connection: &StripeConnection) -> Result<ApiKey> {
        connection.key(self.keys)?.parse().map_err(|_| Error::internal("a stored key is not one of Stripe"))
    }

    /// Returns what Stripe tells of the account of a partner.
    pub async fn account_state(
        &self,
        connection: &StripeConnection,
        account: &str,
    ) -> Result<MutationResult<AccountState>> {
        match self.client.retrieve_account(&self.key(connection)?, account).await {
            Ok(account) => Ok(Ok(AccountState::of(&account))),
            Err(failure) => rejected(&failure, "account"),
        }
    }

    /// Opens an account for a partner that has none, and returns the page where the partner completes it.
    pub async fn onboarding(
        &self,
        ctx: &Context<'_>,
        input: &StartStripeOnboardingInput,
    ) -> Result<MutationResult<Onboarding>> {
        let connection = match self.connection(ctx, "partnerId").await? {
            Ok(connection) => connection,
            Err(errors) => return Ok(Err(errors)),
        };
        let key = self.key(&connection)?;
        let (present, count) = request(ctx)?.stripe_accounts(input.partner_id).await?;
        // Read again: the event that told of a change may not have arrived.
        let opened = match present {
            Some(account) => self.client.retrieve_account(&key, &account.destination).await,
            None => self.open_account(&key, &connection, input, count).await?,
        };
        let opened = match opened {
            Ok(opened) => opened,
            Err(failure) => return rejected(&failure, "partnerId"),
        };
        let found = FoundAccount {
            partner: input.partner_id,
            connection: &connection,
            destination: opened.id.clone(),
            state: AccountState::of(&opened),
        };
        let account = match request(ctx)?.mutate(Act::StartStripeOnboarding, link::link, &found).await? {
            Ok(account) => account,
            Err(errors) => return Ok(Err(errors)),
        };
        let page = format!("{}/partners/payout-account?partner={}", self.public_url, input.partner_id);
        let refresh = format!("{page}&onboarding=expired");
        match self.client.account_link(&key, &account.destination, &refresh, &page).await {
            Ok(link) => {
                let expires_at = Timestamp(link.expires_at);
                Ok(Ok(Onboarding { account, url: link.url, expires_at }))
            }
            Err(failure) => rejected(&failure, "partnerId"),
        }
    }

    /// Opens an account for a partner; `count` is the number of accounts that it has had.
    async fn open_account(
        &self,
        key: &ApiKey,
        connection: &StripeConnection,
        input: &StartStripeOnboardingInput,
        count: i64,
    ) -> Result<std::result::Result<Account, Failure>> {
        let country = required_country(input.country.as_deref())?;
        let partner = input.partner_id.to_string();
        let new = NewAccount {
            country: country.code(),
            email: None,
            service_agreement_recipient: false,
            metadata: &[("tenant", &connection.tenant_id.0), ("partner", &partner)],
        };
        // Repeated, Stripe answers with the account that it has opened.
        Ok(self.client.create_account(key, &new, &format!("rvs-account-{partner}-{count}")).await)
    }
}

fn required_country(country: Option<&str>) -> Result<Country> {
    let country = country.ok_or_else(|| Error::bad_input("country", "is required for a new account"))?;
    country.parse().map_err(|why: String| Error::bad_input("country", why))
}

/// Returns a failure as a rejection that a client can act on, or as UNAVAILABLE.
fn rejected<T>(failure: &Failure, field: &'static str) -> Result<MutationResult<T>> {
    let error = match failure {
        Failure::Unauthorized { message } => UserError::new(
            UserErrorCode::RailNotConnected,
            format!("Stripe does not accept the key, or it may not do this: {message}"),
        ),
        Failure::Refused { message, .. } => {
            UserError::new(UserErrorCode::AccountNotReady, format!("Stripe refused: {message}"))
        }
        Failure::NotExecuted { .. }
        | Failure::InUse
        | Failure::KeyReused { .. }
        | Failure::Unknown { .. } => {
            return Err(Error::Unavailable);
        }
    };
    Ok(Err(vec![error.at(field)]))
}
