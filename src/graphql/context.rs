//! The context of a request: its caller, session and loaders, and how its resolvers run mutations.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_graphql::Context;
use tokio::sync::MappedMutexGuard;

use super::loader::Base;
use super::loaders::Loaders;
use super::work::Work;
use crate::auth::{Authorized, Caller};
use crate::domain::admission::Admission;
use crate::domain::commission::reassess::{self, ReassessInvoicesInput};
use crate::domain::db::act::Act;
use crate::domain::db::pool::Pool;
use crate::domain::db::request_session::RequestSession;
use crate::domain::db::session::Session;
use crate::domain::db::tenant_share::TenantPermit;
use crate::domain::db::transaction::Transaction;
use crate::domain::partner::{self, Partner};
use crate::domain::payment_file::settle::{SettlePaymentFileInput, SettledFile, settle_file};
use crate::domain::payout::run::{self, Report, RunPayoutsInput};
use crate::domain::payout_account::{self, PayoutAccount};
use crate::domain::payout_attempt::PayoutRail;
use crate::domain::payout_attempt::send::{self, SendPayoutsInput, SendReport};
use crate::domain::statement::account_statement::{self, IssueStatementsInput};
use crate::domain::stripe_connection::{self, StripeConnection};
use crate::metrics::{Metrics, RequestMetrics};
use crate::primitives::error::{Error, Result, UserError};
use crate::primitives::id::PartnerId;

/// The result of a mutation: its value, or the user errors with which it was rejected.
pub type MutationResult<T> = std::result::Result<T, Vec<UserError>>;

/// The context of one request.
pub struct Request {
    pool: Pool,
    caller: Caller,
    session: Arc<RequestSession>,
    metrics: RequestMetrics,
    work: Arc<Work>,
    loaded: Mutex<Loaded>,
}

/// What the request has loaded; a mutation may change it.
struct Loaded {
    loaders: Arc<Loaders>,
    /// The partners that the caller is linked to, as they were read with it; `None` after a mutation.
    linked_partners: Option<Vec<Authorized<Partner>>>,
}

impl Request {
    /// Returns the context of a request of this caller, which counts the fields of its response.
    pub fn new(pool: Pool, admission: Admission, metrics: RequestMetrics, work: Arc<Work>) -> Self {
        let Admission { caller, settings, partners } = admission;
        let session = Arc::new(RequestSession::new(&pool, &caller, settings));
        let base = Base { session: Arc::clone(&session), metrics: metrics.clone(), work: Arc::clone(&work) };
        let loaders = Loaders::new(&base);
        for partner in &partners {
            loaders.partner.prime(partner.id, partner.clone());
        }
        let loaded = Mutex::new(Loaded { loaders: Arc::new(loaders), linked_partners: Some(partners) });
        Self { pool, caller, session, metrics, work, loaded }
    }

    /// Returns the caller.
    pub fn caller(&self) -> &Caller {
        &self.caller
    }

    /// Returns the metrics of the server.
    pub fn metrics(&self) -> &Metrics {
        self.metrics.metrics()
    }

    /// Returns the count of the fields of the response.
    pub fn work(&self) -> &Work {
        &self.work
    }

    /// Returns the session of the request, as soon as no other resolver uses it.
    pub async fn session(&self) -> Result<MappedMutexGuard<'_, Session>> {
        self.session.session().await
    }

    /// Reserves the turn of a report that reads every row of the tenant; to be called before the session is.
    pub async fn reserve_report(&self) -> Result<TenantPermit> {
        self.session.reserve_report().await
    }

    /// Returns the loaders.
    pub fn loaders(&self) -> Arc<Loaders> {
        Arc::clone(&self.loaded().loaders)
    }

    /// Returns the partners that a partner user is linked to, ordered by name; none for staff and services.
    pub async fn linked_partners(&self) -> Result<Vec<Authorized<Partner>>> {
        let linked = self.loaded().linked_partners.clone();
        match linked {
            Some(linked) => Ok(linked),
            None => partner::store::linked(&mut *self.session().await?).await,
        }
    }

    fn loaded(&self) -> MutexGuard<'_, Loaded> {
        self.loaded.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs a mutation in one transaction.
    pub async fn mutate<I, T>(
        &self,
        act: Act,
        mutation: impl AsyncFn(&mut Transaction, &I) -> Result<T>,
        input: &I,
    ) -> Result<MutationResult<T>> {
        self.session.release_for_mutation().await;
        self.mutation_result(Transaction::run(&self.pool, &self.caller, act, mutation, input).await)
    }

    /// Runs payouts for all partners, each in a transaction of its own.
    pub async fn run_payouts(&self, input: &RunPayoutsInput) -> Result<MutationResult<Report>> {
        self.session.release_for_mutation().await;
        self.mutation_result(run::run(&self.pool, &self.caller, input, |_| ()).await)
    }

    /// Sends payouts, each in a transaction of its own.
    pub async fn send_payouts(&self, input: &SendPayoutsInput) -> Result<MutationResult<SendReport>> {
        self.session.release_for_mutation().await;
        self.mutation_result(send::send_all(&self.pool, &self.caller, input).await)
    }

    /// Completes the open payouts of a payment file, each in a transaction of its own.
    pub async fn settle_payment_file(
        &self,
        input: &SettlePaymentFileInput,
    ) -> Result<MutationResult<SettledFile>> {
        self.session.release_for_mutation().await;
        self.mutation_result(settle_file(&self.pool, &self.caller, input).await)
    }

    /// Returns the connection of the tenant to Stripe, also to a partner user, who may not see it.
    pub async fn stripe_connection(&self) -> Result<Option<StripeConnection>> {
        stripe_connection::of_tenant(&self.pool, &self.caller).await
    }

    /// Returns the account of a partner at Stripe that is not ended, and how many it has ever had.
    pub async fn stripe_accounts(
        &self,
        partner: PartnerId,
    ) -> Result<(Option<Authorized<PayoutAccount>>, i64)> {
        let mut session = self.session().await?;
        let living = payout_account::store::living(&mut session, partner, PayoutRail::Stripe).await?;
        Ok((living, payout_account::store::count(&mut session, partner, PayoutRail::Stripe).await?))
    }

    /// Assesses invoices again, each in a transaction of its own.
    pub async fn reassess_invoices(
        &self,
        input: &ReassessInvoicesInput,
    ) -> Result<MutationResult<reassess::Report>> {
        self.session.release().await;
        self.mutation_result(reassess::run(&self.pool, &self.caller, input).await)
    }

    /// Issues the statements of accounts, each in a transaction of its own.
    pub async fn issue_statements(
        &self,
        input: &IssueStatementsInput,
    ) -> Result<MutationResult<account_statement::Report>> {
        self.session.release_for_mutation().await;
        self.mutation_result(account_statement::issue(&self.pool, &self.caller, input).await)
    }

    /// Separates user errors, which are data of the payload, from all other errors.
    fn mutation_result<T>(&self, result: Result<T>) -> Result<MutationResult<T>> {
        // Loaded values may have changed: the next field of the mutation loads them again.
        let (session, work) = (Arc::clone(&self.session), Arc::clone(&self.work));
        let loaders = Arc::new(Loaders::new(&Base { session, metrics: self.metrics.clone(), work }));
        *self.loaded() = Loaded { loaders, linked_partners: None };
        match result {
            Ok(value) => Ok(Ok(value)),
            Err(Error::UserErrors(errors)) => {
                self.metrics.record_user_error();
                Ok(Err(errors))
            }
            Err(error) => Err(error),
        }
    }
}

/// Returns the items of a list that a resolver returns, and counts the fields selected of them as work of the request.
pub async fn counted<T>(ctx: &Context<'_>, items: Vec<T>) -> async_graphql::Result<Vec<T>> {
    Ok(request(ctx)?.work().count_items(ctx, items).await?)
}

/// Returns the context of the request that a resolver runs in.
pub fn request<'a>(ctx: &Context<'a>) -> Result<&'a Request> {
    ctx.data::<Request>().map_err(|_| Error::internal("a resolver ran without a request context"))
}
