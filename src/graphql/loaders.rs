//! Loaders: load the values of many keys in one statement, per kind of value and level of a query.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::Arc;

use futures_util::FutureExt;
use rust_decimal::Decimal;
use uuid::Uuid;

use super::loader::{Base, Loader};
use crate::auth::Authorized;
use crate::domain::account::{self, ManagedAccount};
use crate::domain::audit::{self, AuditEntry, AuditSeal};
use crate::domain::commission::{self, CommissionEvent, REVERSALS_MAX};
use crate::domain::db::list_query::{self, Paginated, ParentCondition, Parents};
use crate::domain::db::session::Session;
use crate::domain::history::{self, StatusChange};
use crate::domain::invoice::store::REVISIONS_MAX;
use crate::domain::invoice::{self, InvoiceRevision};
use crate::domain::legal::LegalIdentity;
use crate::domain::mail::{self, Mail};
use crate::domain::partner::user::PartnerUser;
use crate::domain::partner::{self, Partner};
use crate::domain::payment_file::{self, PaymentFile};
use crate::domain::payout::{self, Payout};
use crate::domain::payout_account::{self, PayoutAccount};
use crate::domain::payout_attempt::{self, AttemptStatus, PayoutAttempt};
use crate::domain::person::{self, Erasure};
use crate::domain::referral::{self, ReferralLead};
use crate::domain::reporting::{
    self, AccountEarnings, Balance, BalancesKey, Dashboard, DashboardKey, Month, MonthsKey, Stage,
};
use crate::domain::saved_view::{self, SavedView};
use crate::domain::statement::file::PdfSummary;
use crate::domain::statement::movement::Movement;
use crate::domain::statement::{self, Statement};
use crate::domain::tenant;
use crate::domain::webhook::{self, DomainEvent, WebhookDelivery, WebhookEndpoint};
use crate::primitives::error::{Error, Result};
use crate::primitives::id::{
    AuditEntryId, CommissionEventId, DomainEventId, InvoiceId, MailId, ManagedAccountId, PartnerId,
    PartnerUserId, PaymentFileId, PayoutId, ReferralLeadId, SavedViewId, StatementId, TenantId,
    WebhookDeliveryId, WebhookEndpointId,
};
use crate::primitives::pagination::{PageRequest, PageSlice};

/// Loads the pages and counts of one kind of row under its parents.
pub struct ListLoaders<R: Paginated> {
    /// Loads a page of the list of a parent.
    pub pages: Loader<PageKey<R>, PageSlice<Authorized<R>>>,
    /// Loads the number of rows in the list of a parent.
    pub counts: Loader<CountKey<R>, i64>,
}

impl<R: Paginated> ListLoaders<R> {
    fn new(base: &Base) -> Self {
        Self {
            pages: Loader::new(base, |db, keys| pages::<R>(db, keys).boxed()),
            counts: Loader::new(base, |db, keys| counts::<R>(db, keys).boxed()),
        }
    }
}

/// A page of a list of a parent, and whether to count the list with it.
pub type PageKey<R> = (Uuid, ParentCondition, <R as Paginated>::Filter, PageRequest, bool);
/// A list of a parent.
pub type CountKey<R> = (Uuid, ParentCondition, <R as Paginated>::Filter);

/// Loads the pages with one statement for all parents whose lists are requested with the same arguments.
async fn pages<R: Paginated>(
    db: &mut Session,
    keys: &[PageKey<R>],
) -> Result<HashMap<PageKey<R>, PageSlice<Authorized<R>>>> {
    let mut groups = HashMap::<_, Vec<Uuid>>::new();
    for (parent, condition, filter, page, has_total) in keys {
        groups.entry((*condition, filter.clone(), page.clone(), *has_total)).or_default().push(*parent);
    }
    let mut loaded = HashMap::new();
    for ((condition, filter, page, has_total), ids) in groups {
        let parents = Parents { condition, ids: ids.clone() };
        let mut slices = list_query::pages_of(db, parents, &filter, &page, has_total).await?;
        for parent in ids {
            let slice = slices.remove(&parent).unwrap_or_else(|| page.slice(Vec::new()));
            loaded.insert((parent, condition, filter.clone(), page.clone(), has_total), slice);
        }
    }
    Ok(loaded)
}

async fn counts<R: Paginated>(db: &mut Session, keys: &[CountKey<R>]) -> Result<HashMap<CountKey<R>, i64>> {
    let mut groups = HashMap::<_, Vec<Uuid>>::new();
    for (parent, condition, filter) in keys {
        groups.entry((*condition, filter.clone())).or_default().push(*parent);
    }
    let mut loaded = HashMap::new();
    for ((condition, filter), ids) in groups {
        for (parent, rows) in list_query::counts_of::<R>(db, Parents { condition, ids }, &filter).await? {
            loaded.insert((parent, condition, filter.clone()), rows);
        }
    }
    Ok(loaded)
}

/// All loaders of a request. They load on behalf of its caller, so that no key finds a row outside of the caller's scope.
pub struct Loaders {
    /// Partners by id.
    pub partner: Loader<PartnerId, Authorized<Partner>>,
    /// The users of a partner.
    pub users: Loader<PartnerId, Vec<Authorized<PartnerUser>>>,
    /// The terms of a partner.
    pub partner_terms: Loader<PartnerId, Vec<Authorized<partner::terms::TermsChange>>>,
    /// The legal identity of a partner, if it has one.
    pub partner_legal: Loader<PartnerId, Authorized<partner::legal::PartnerLegal>>,
    /// The legal identity of the caller's tenant, if it has one.
    pub tenant_legal: Loader<TenantId, Arc<LegalIdentity>>,
    /// Partner users by id.
    pub user: Loader<PartnerUserId, Authorized<PartnerUser>>,
    /// The erasure of a partner user.
    pub user_erasure: Loader<PartnerUserId, Authorized<Erasure>>,
    /// The balances of a partner, at an instant.
    pub balances: Loader<BalancesKey, Vec<Balance>>,
    /// The dashboard of a partner, in a currency and at an instant.
    pub dashboard: Loader<DashboardKey, Dashboard>,
    /// The monthly amounts of a partner.
    pub months: Loader<MonthsKey, Vec<Month>>,
    /// The referral funnel of a partner.
    pub funnel: Loader<PartnerId, Vec<Stage>>,
    /// Managed accounts by id.
    pub account: Loader<ManagedAccountId, Authorized<ManagedAccount>>,
    /// The terms of a managed account.
    pub account_terms: Loader<ManagedAccountId, Vec<Authorized<account::terms::TermsChange>>>,
    /// The earnings of a managed account.
    pub account_earnings: Loader<ManagedAccountId, Vec<AccountEarnings>>,
    /// Commission events by id.
    pub event: Loader<CommissionEventId, Authorized<CommissionEvent>>,
    /// The reversals of a commission event.
    pub reversals: Loader<CommissionEventId, Vec<Authorized<CommissionEvent>>>,
    /// The status history of a commission event.
    pub event_history: Loader<CommissionEventId, Vec<StatusChange>>,
    /// The present revisions of invoices by id.
    pub invoice: Loader<InvoiceId, Authorized<InvoiceRevision>>,
    /// The revisions of an invoice.
    pub revisions: Loader<InvoiceId, Vec<Authorized<InvoiceRevision>>>,
    /// The refunded amount of an invoice, if it has refunds.
    pub refunded: Loader<InvoiceId, Decimal>,
    /// The events of an invoice, those included that corrections have replaced.
    pub invoice_events: Loader<InvoiceId, Vec<Authorized<CommissionEvent>>>,
    /// Payouts by id.
    pub payout: Loader<PayoutId, Authorized<Payout>>,
    /// The status history of a payout.
    pub payout_history: Loader<PayoutId, Vec<StatusChange>>,
    /// Statements by id.
    pub statement: Loader<StatementId, Authorized<Statement>>,
    /// The statement of a payout.
    pub payout_statement: Loader<PayoutId, Authorized<Statement>>,
    /// The attempts to send a payout.
    pub payout_attempts: Loader<PayoutId, Vec<Authorized<PayoutAttempt>>>,
    /// The accounts that a partner is paid to.
    pub payout_accounts: Loader<PartnerId, Vec<Authorized<PayoutAccount>>>,
    /// Payment files by id.
    pub payment_file: Loader<PaymentFileId, Authorized<PaymentFile>>,
    /// The attempts of a payment file.
    pub payment_file_attempts: Loader<PaymentFileId, Vec<Authorized<PayoutAttempt>>>,
    /// The numbers of attempts of a payment file, by status.
    pub payment_file_counts: Loader<PaymentFileId, Vec<(AttemptStatus, i64)>>,
    /// The credit note of a payout.
    pub payout_credit_note: Loader<PayoutId, Authorized<Statement>>,
    /// The PDF file of a statement, if it was rendered.
    pub statement_pdf: Loader<StatementId, Authorized<PdfSummary>>,
    /// Referral leads by id.
    pub lead: Loader<ReferralLeadId, Authorized<ReferralLead>>,
    /// The possible duplicates of a referral lead.
    pub duplicates: Loader<ReferralLeadId, Vec<Authorized<ReferralLead>>>,
    /// The erasure of a referral lead.
    pub lead_erasure: Loader<ReferralLeadId, Authorized<Erasure>>,
    /// Saved views by id.
    pub saved_view: Loader<SavedViewId, Authorized<SavedView>>,
    /// Entries of the audit trail by id.
    pub audit_entry: Loader<AuditEntryId, Authorized<AuditEntry>>,
    /// The seal of an entry of the audit trail.
    pub audit_seal: Loader<AuditEntryId, AuditSeal>,
    /// Webhook endpoints by id, deleted ones included.
    pub webhook_endpoint: Loader<WebhookEndpointId, Authorized<WebhookEndpoint>>,
    /// Webhook deliveries by id.
    pub webhook_delivery: Loader<WebhookDeliveryId, Authorized<WebhookDelivery>>,
    /// Mails by id.
    pub mail: Loader<MailId, Authorized<Mail>>,
    /// Domain events by id.
    pub domain_event: Loader<DomainEventId, Authorized<DomainEvent>>,
    /// Commission events under a partner or a payout.
    pub events: ListLoaders<CommissionEvent>,
    /// Payouts under a partner.
    pub payouts: ListLoaders<Payout>,
    /// Referral leads under a partner.
    pub leads: ListLoaders<ReferralLead>,
    /// Managed accounts under a partner.
    pub accounts: ListLoaders<ManagedAccount>,
    /// Statements of a partner.
    pub statements: ListLoaders<Statement>,
    /// Movements on a statement.
    pub movements: ListLoaders<Movement>,
}

impl Loaders {
    /// Returns the loaders of a request.
    pub fn new(base: &Base) -> Self {
        Self {
            partner: Loader::new(base, |db, ids| {
                async move { Ok(keyed(partner::store::by_ids(db, ids).await?, |row| row.id)) }.boxed()
            }),
            users: Loader::new(base, |db, ids| partner::user::store::by_partners(db, ids).boxed()),
            partner_terms: Loader::new(base, |db, ids| partner::terms::store::of_partners(db, ids).boxed()),
            partner_legal: Loader::new(base, |db, ids| partner::legal::store::of_partners(db, ids).boxed()),
            tenant_legal: Loader::new(base, |db, tenants| {
                async move {
                    let legal = tenant::legal::store::own(db).await?.map(Arc::new);
                    Ok(tenants.iter().cloned().zip(legal).collect())
                }
                .boxed()
            }),
            user: Loader::new(base, |db, ids| {
                async move { Ok(keyed(partner::user::store::by_ids(db, ids).await?, |row| row.id)) }.boxed()
            }),
            user_erasure: Loader::new(base, |db, ids| person::store::of_partner_users(db, ids).boxed()),
            balances: Loader::with_reports(
                base,
                |keys| keys.iter().any(|(_, as_of)| as_of.is_some()),
                |db, keys| reporting::balances(db, keys).boxed(),
            ),
            dashboard: Loader::with_reports(base, are_past, |db, keys| {
                async move {
                    let read = async |db: &mut Session| reporting::dashboards(db, keys).await;
                    // A past instant is computed from all rows, whose best plan depends on their number.
                    if are_past(keys) { db.read_snapshot(read).await } else { read(db).await }
                }
                .boxed()
            }),
            months: Loader::new(base, |db, keys| reporting::months(db, keys).boxed()),
            funnel: Loader::new(base, |db, ids| reporting::funnels(db, ids).boxed()),
            account: Loader::new(base, |db, ids| {
                async move { Ok(keyed(account::store::by_ids(db, ids).await?, |row| row.id)) }.boxed()
            }),
            account_terms: Loader::new(base, |db, ids| account::terms::store::of_accounts(db, ids).boxed()),
            account_earnings: Loader::new(base, |db, ids| reporting::of_accounts(db, ids).boxed()),
            event: Loader::new(base, |db, ids| {
                async move { Ok(keyed(commission::store::by_ids(db, ids).await?, |row| row.id)) }.boxed()
            }),
            reversals: Loader::new(base, |db, ids| reversals(db, ids).boxed()),
            event_history: Loader::new(base, |db, ids| history::of_events(db, ids).boxed()),
            invoice: Loader::new(base, |db, ids| {
                async move { Ok(keyed(invoice::store::present(db, ids).await?, |row| row.id)) }.boxed()
            }),
            revisions: Loader::new(base, |db, ids| {
                async move { of_invoices(invoice::store::revisions(db, ids).await?, |row| Some(row.id)) }
                    .boxed()
            }),
            refunded: Loader::new(base, |db, ids| invoice::store::refunded_amounts(db, ids).boxed()),
            invoice_events: Loader::new(base, |db, ids| {
                async move {
                    of_invoices(commission::store::of_invoices(db, ids).await?, |row| row.invoice_row_id)
                }
                .boxed()
            }),
            payout: Loader::new(base, |db, ids| {
                async move { Ok(keyed(payout::store::by_ids(db, ids).await?, |row| row.id)) }.boxed()
            }),
            payout_history: Loader::new(base, |db, ids| history::of_payouts(db, ids).boxed()),
            statement: Loader::new(base, |db, ids| {
                async move { Ok(keyed(statement::store::by_ids(db, ids).await?, |row| row.id)) }.boxed()
            }),
            payout_statement: Loader::new(base, |db, ids| statement::of_payouts(db, ids).boxed()),
            payout_attempts: Loader::new(base, |db, ids| payout_attempt::store::of_payouts(db, ids).boxed()),
            payout_accounts: Loader::new(base, |db, ids| payout_account::store::of_partners(db, ids).boxed()),
            payment_file: Loader::new(base, |db, ids| {
                async move { Ok(keyed(payment_file::store::by_ids(db, ids).await?, |row| row.id)) }.boxed()
            }),
            payment_file_attempts: Loader::new(base, |db, ids| {
                payout_attempt::store::of_files(db, ids).boxed()
            }),
            payment_file_counts: Loader::new(base, |db, ids| {
                payout_attempt::store::counts_of_files(db, ids).boxed()
            }),
            payout_credit_note: Loader::new(base, |db, ids| {
                statement::credit_notes_of_payouts(db, ids).boxed()
            }),
            statement_pdf: Loader::new(base, |db, ids| {
                async move { Ok(keyed(statement::file::store::summaries(db, ids).await?, |row| row.statement_id)) }
                    .boxed()
            }),
            lead: Loader::new(base, |db, ids| {
                async move { Ok(keyed(referral::store::by_ids(db, ids).await?, |row| row.id)) }.boxed()
            }),
            duplicates: Loader::new(base, |db, ids| referral::store::possible_duplicates(db, ids).boxed()),
            lead_erasure: Loader::new(base, |db, ids| person::store::of_leads(db, ids).boxed()),
            saved_view: Loader::new(base, |db, ids| {
                async move { Ok(keyed(saved_view::store::visible_by_ids(db, ids).await?, |row| row.id)) }
                    .boxed()
            }),
            audit_entry: Loader::new(base, |db, ids| {
                async move { Ok(keyed(audit::store::by_ids(db, ids).await?, |row| row.id)) }.boxed()
            }),
            webhook_endpoint: Loader::new(base, |db, ids| {
                async move { Ok(keyed(webhook::store::by_ids(db, ids).await?, |row| row.id)) }.boxed()
            }),
            webhook_delivery: Loader::new(base, |db, ids| {
                async move { Ok(keyed(webhook::store::deliveries(db, ids).await?, |row| row.id)) }.boxed()
            }),
            mail: Loader::new(base, |db, ids| {
                async move { Ok(keyed(mail::store::by_ids(db, ids).await?, |row| row.id)) }.boxed()
            }),
            domain_event: Loader::new(base, |db, ids| {
                async move { Ok(keyed(webhook::store::events(db, ids).await?, |row| row.id)) }.boxed()
            }),
            audit_seal: Loader::new(base, |db, ids| audit::store::seals_of(db, ids).boxed()),
            events: ListLoaders::new(base),
            payouts: ListLoaders::new(base),
            leads: ListLoaders::new(base),
            accounts: ListLoaders::new(base),
            statements: ListLoaders::new(base),
            movements: ListLoaders::new(base),
        }
    }
}

async fn reversals(
    db: &mut Session,
    ids: &[CommissionEventId],
) -> Result<HashMap<CommissionEventId, Vec<Authorized<CommissionEvent>>>> {
    let mut reversals = HashMap::<_, Vec<_>>::new();
    let loaded = commission::store::reversals_of(db, ids).await?;
    if i64::try_from(loaded.len()).is_ok_and(|count| count > REVERSALS_MAX) {
        return Err(Error::LimitExceeded(format!(
            "these commission events have more than {REVERSALS_MAX} reversals; request those of fewer events"
        )));
    }
    for reversal in loaded {
        if let Some(original) = reversal.reverses_id {
            reversals.entry(original).or_default().push(reversal);
        }
    }
    Ok(reversals)
}

/// Groups revisions or events by invoice; rejects more of them than a response could contain.
fn of_invoices<T>(
    rows: Vec<Authorized<T>>,
    invoice: fn(&T) -> Option<InvoiceId>,
) -> Result<HashMap<InvoiceId, Vec<Authorized<T>>>> {
    if i64::try_from(rows.len()).is_ok_and(|count| count > REVISIONS_MAX) {
        return Err(Error::LimitExceeded(format!(
            "these invoices have more than {REVISIONS_MAX} revisions; request those of fewer invoices"
        )));
    }
    let mut grouped = HashMap::<_, Vec<_>>::new();
    for row in rows {
        if let Some(id) = invoice(&row) {
            grouped.entry(id).or_default().push(row);
        }
    }
    Ok(grouped)
}

fn keyed<K: Eq + Hash, T>(rows: Vec<Authorized<T>>, key: fn(&T) -> K) -> HashMap<K, Authorized<T>> {
    rows.into_iter().map(|row| (key(&row), row)).collect()
}

/// Returns whether some dashboards are computed for a past instant.
fn are_past(keys: &[DashboardKey]) -> bool {
    keys.iter().any(|key| key.as_of.is_some())
}
