//! The demo tenant at the stand-in for Stripe that `make run` starts.

use super::caller;
use crate::auth::Role;
use crate::auth::secrets::SecretKeys;
use crate::domain::db::act::Act;
use crate::domain::db::list_query;
use crate::domain::db::pool::Pool;
use crate::domain::db::session::Session;
use crate::domain::db::transaction::Transaction;
use crate::domain::partner::{self, Partner, PartnerFilter};
use crate::domain::payout_account::link::{self, FoundAccount};
use crate::domain::payout_account::refresh::AccountState;
use crate::domain::stripe_connection;
use crate::domain::stripe_connection::connect::{self, ConnectStripeInput};
use crate::primitives::error::{Error, Result};
use crate::primitives::pagination::{PageArgs, PageRequest};
use crate::stripe::api_key::ApiKey;
use crate::stripe::client::StripeClient;

/// What the stand-in knows the demo tenant by: `demo.rs` of its crate has the same names.
const API_KEY: &str = "sk_test_demoStandIn";
const WEBHOOK_SECRET: &str = "whsec_demoStandIn0123456789";
const ACCOUNTS: [(&str, &str); 2] =
    [("Northwind Advisors", "acct_demoNorthwind"), ("Rheinwerk Beratung", "acct_demoRheinwerk")];

/// Connects the demo tenant to the stand-in, and links the accounts of its partners, unless it was connected before. Returns
/// whether it is connected to it now: not if Stripe is not the stand-in of the demo.
pub async fn connect(pool: &Pool, keys: &SecretKeys, stripe: &StripeClient) -> Result<bool> {
    let staff = caller(pool, "demo", Role::Admin).await?;
    let connection = stripe_connection::of_tenant(pool, &staff).await?;
    let key: ApiKey = API_KEY.parse().map_err(Error::internal)?;
    let Ok(account) = stripe.account(&key).await else { return Ok(false) };
    if let Some(connection) = connection {
        return Ok(connection.account == account.id);
    }
    let input = ConnectStripeInput {
        api_key: API_KEY.to_owned(),
        webhook_secrets: vec![WEBHOOK_SECRET.to_owned()],
        takes_invoices: Some(true),
        customer_metadata_key: None,
    };
    let connected = (&input, account.id.as_str(), keys);
    let connection = Transaction::run(pool, &staff, Act::ConnectStripe, connect::connect, &connected).await?;
    let page = PageRequest::new(partner::store::ordering(None), PageArgs::default())?;
    let mut db = Session::open(pool, &staff).await?;
    let partners = list_query::page::<Partner>(&mut db, &PartnerFilter::default(), &page, false).await?.rows;
    drop(db);
    for (name, destination) in ACCOUNTS {
        let Some(partner) = partners.iter().find(|partner| partner.company_name == name) else { continue };
        let Ok(account) = stripe.retrieve_account(&key, destination).await else { continue };
        let found = FoundAccount {
            partner: partner.id,
            connection: &connection,
            destination: destination.to_owned(),
            state: AccountState::of(&account),
        };
        Transaction::run(pool, &staff, Act::LinkStripeAccount, link::link, &found).await?;
    }
    Ok(true)
}
