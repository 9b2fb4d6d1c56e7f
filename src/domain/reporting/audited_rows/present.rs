//! The present values of audited rows, page by page.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text, Uuid as SqlUuid};
use uuid::Uuid;

use crate::domain::db::audited_row::{AuditedRow, Field, RowKey, RowKind};
use crate::domain::db::session::Session;
use crate::domain::db::sql_builder::SqlBuilder;
use crate::domain::tenant::legal::TenantLegalFields;
use crate::domain::tenant::service_token;
use crate::domain::{
    account, partner, paying_account, payment_file, payout, payout_account, payout_attempt, referral,
    saved_view, stripe_connection, tenant, webhook,
};
use crate::primitives::error::Result;
use crate::primitives::id::{
    ManagedAccountId, PartnerId, PartnerUserId, PaymentFileId, PayoutAccountId, PayoutAttemptId, PayoutId,
    PayoutRunId, ReferralLeadId, SavedViewId, WebhookEndpointId,
};

/// The rows that are read at a time.
const PAGE_ROWS: i64 = 200;

/// The kinds of rows, with their tables. Commission events and invoices are not among them: accruals and refunds change them,
/// which leave receipts, and reconciliation compares them to these.
pub(super) const TABLES: [(RowKind, &str); 14] = [
    (RowKind::Partner, "partners"),
    (RowKind::PartnerUser, "partner_users"),
    (RowKind::ManagedAccount, "managed_accounts"),
    (RowKind::ReferralLead, "referral_leads"),
    (RowKind::PayingAccount, "paying_accounts"),
    (RowKind::PaymentFile, "payment_files"),
    (RowKind::Payout, "payouts"),
    (RowKind::PayoutAccount, "payout_accounts"),
    (RowKind::PayoutAttempt, "payout_attempts"),
    (RowKind::PayoutRun, "payout_runs"),
    (RowKind::ServiceToken, "service_tokens"),
    (RowKind::StripeConnection, "stripe_connections"),
    (RowKind::WebhookEndpoint, "webhook_endpoints"),
    (RowKind::SavedView, "saved_views"),
];

/// A row with its present fields.
pub(super) struct PresentRow {
    pub key: RowKey,
    pub owner: Option<PartnerId>,
    pub fields: Vec<Field>,
}

impl PresentRow {
    fn of(row: &impl AuditedRow) -> Self {
        Self { key: row.key(), owner: row.owner(), fields: row.fields() }
    }
}

impl AuditedRow for PresentRow {
    fn key(&self) -> RowKey {
        self.key
    }

    fn owner(&self) -> Option<PartnerId> {
        self.owner
    }

    fn fields(&self) -> Vec<Field> {
        self.fields.clone()
    }
}

/// Returns the ids of the rows of a table after one of them, in order. With `lock`, no transaction changes the rows until the
/// end of this one.
pub(super) async fn ids_after(
    db: &mut Session,
    table: &'static str,
    after: Uuid,
    lock: bool,
) -> Result<Vec<Uuid>> {
    #[derive(QueryableByName)]
    struct Id {
        #[diesel(sql_type = SqlUuid)]
        id: Uuid,
    }
    let query = SqlBuilder::new(format!("SELECT id FROM {table} WHERE tenant_id = "))
        .bind::<Text, _>(db.scope().tenant().clone())
        .sql(" AND id > ")
        .bind::<SqlUuid, _>(after)
        .sql(" ORDER BY id LIMIT ")
        .bind::<BigInt, _>(PAGE_ROWS)
        .sql(if lock { " FOR SHARE" } else { "" });
    Ok(db.aggregate::<Id, _>(query).await?.into_iter().map(|row| row.id).collect())
}

/// Returns the rows with these ids.
pub(super) async fn rows(db: &mut Session, kind: RowKind, ids: &[Uuid]) -> Result<Vec<PresentRow>> {
    macro_rules! by_ids {
        ($module:path, $id:ident) => {{
            use $module as store;
            let ids: Vec<_> = ids.iter().copied().map($id).collect();
            store::by_ids(db, &ids).await?.iter().map(|row| PresentRow::of(&**row)).collect()
        }};
    }
    Ok(match kind {
        RowKind::Partner => partners(db, ids).await?,
        RowKind::ManagedAccount => accounts(db, ids).await?,
        RowKind::PartnerUser => by_ids!(partner::user::store, PartnerUserId),
        RowKind::ReferralLead => by_ids!(referral::store, ReferralLeadId),
        RowKind::PayingAccount => {
            let account = paying_account::store::own(db).await?;
            account.iter().map(|account| PresentRow::of(&**account)).collect()
        }
        RowKind::PaymentFile => by_ids!(payment_file::store, PaymentFileId),
        RowKind::Payout => by_ids!(payout::store, PayoutId),
        RowKind::PayoutAccount => by_ids!(payout_account::store, PayoutAccountId),
        RowKind::PayoutAttempt => by_ids!(payout_attempt::store, PayoutAttemptId),
        RowKind::StripeConnection => {
            let connection = stripe_connection::store::own(db).await?;
            connection.iter().map(|connection| PresentRow::of(&**connection)).collect()
        }
        RowKind::SavedView => by_ids!(saved_view::store, SavedViewId),
        RowKind::PayoutRun => by_ids!(payout::run::store, PayoutRunId),
        RowKind::ServiceToken => {
            let tokens = service_token::all(db).await?;
            let tokens = tokens.iter().filter(|(token, _)| ids.contains(&token.id.0));
            tokens.map(|(token, _)| PresentRow::of(token)).collect()
        }
        RowKind::WebhookEndpoint => by_ids!(webhook::store, WebhookEndpointId),
        RowKind::Tenant => vec![tenant(db).await?],
        RowKind::CommissionEvent | RowKind::Invoice => Vec::new(),
    })
}

/// Returns partners with the changes of their terms and their legal identities.
async fn partners(db: &mut Session, ids: &[Uuid]) -> Result<Vec<PresentRow>> {
    let ids: Vec<_> = ids.iter().copied().map(PartnerId).collect();
    let mut terms = partner::terms::store::of_partners(db, &ids).await?;
    let legal = partner::legal::store::of_partners(db, &ids).await?;
    let partners = partner::store::by_ids(db, &ids).await?;
    Ok(partners
        .iter()
        .map(|partner| {
            let mut row = PresentRow::of(&**partner);
            let terms = terms.remove(&partner.id).unwrap_or_default();
            row.fields.extend(terms.iter().map(|change| change.audited_field()));
            row.fields.extend(legal.get(&partner.id).into_iter().flat_map(|legal| legal.fields()));
            row
        })
        .collect())
}

/// Returns the tenant with its legal identity.
async fn tenant(db: &mut Session) -> Result<PresentRow> {
    let mut row = PresentRow::of(&*tenant::settings(db).await?);
    if let Some(legal) = tenant::legal::store::own(db).await? {
        row.fields.extend(TenantLegalFields(&legal).fields());
    }
    Ok(row)
}

/// Returns managed accounts with the changes of their terms.
async fn accounts(db: &mut Session, ids: &[Uuid]) -> Result<Vec<PresentRow>> {
    let ids: Vec<_> = ids.iter().copied().map(ManagedAccountId).collect();
    let mut terms = account::terms::store::of_accounts(db, &ids).await?;
    let accounts = account::store::by_ids(db, &ids).await?;
    Ok(accounts
        .iter()
        .map(|account| {
            let mut row = PresentRow::of(&**account);
            let terms = terms.remove(&account.id).unwrap_or_default();
            row.fields.extend(terms.iter().map(|change| change.audited_field()));
            row
        })
        .collect())
}
