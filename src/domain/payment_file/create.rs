//! createPaymentFile: READY payouts become one file for the bank.

use std::collections::HashMap;

use async_graphql::InputObject;
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::payment::{Head, Payer, Payment};
use super::{KeptSkip, PaymentFile, PaymentFileFormat, csv_content, sepa_content, store};
use crate::auth::Authorized;
use crate::auth::secrets::SecretKeys;
use crate::domain::db::transaction::Transaction;
use crate::domain::partner::Partner;
use crate::domain::payout::batch::reason_partner_not_payable;
use crate::domain::payout::{Payout, PayoutStatus, rail_step, settle};
use crate::domain::payout_account::{self, PayoutAccount, PayoutAccountStatus};
use crate::domain::payout_attempt::send::{UnsentPayout, require_ids};
use crate::domain::payout_attempt::{self, PayoutAttempt, PayoutRail};
use crate::domain::{idempotency, paying_account, tenant};
use crate::primitives::currency::Currency;
use crate::primitives::day::Day;
use crate::primitives::error::{Error, Result, UserError, UserErrorCode};
use crate::primitives::id::{PartnerId, PaymentFileId, PayoutId};
use crate::primitives::money::Money;

/// How far ahead a bank can be asked to pay.
const EXECUTION_AHEAD_MAX: TimeDelta = TimeDelta::days(365);

/// The payouts that a bank is to pay.
#[derive(Clone, Debug, InputObject)]
pub struct CreatePaymentFileInput {
    /// The ids of 1 to 500 READY payouts, each once.
    pub payout_ids: Vec<PayoutId>,
    /// The day on which the bank is to pay: today or later, in the time zone of the tenant, and within a year.
    pub execution_date: Day,
    /// The format of the file. SEPA is for payouts in EUR to IBANs of SEPA; a CSV file has the currency of the first
    /// payout that can be in it.
    pub format: PaymentFileFormat,
    /// A name for this request, 1 to 255 characters, unique within the tenant. Repeated with the same key and data, the
    /// request returns the file of the first time; with other data it is a CONFLICT.
    pub idempotency_key: String,
}

impl CreatePaymentFileInput {
    fn canonical(&self) -> Value {
        json!({
            "payoutIds": self.payout_ids.iter().map(|id| id.0).collect::<Vec<_>>(),
            "executionDate": self.execution_date.0.to_string(),
            "format": self.format.to_string(),
        })
    }
}

/// A file with the payouts that were asked for and are not in it.
#[derive(Debug)]
pub struct CreatedFile {
    /// The file.
    pub file: Authorized<PaymentFile>,
    /// The payouts that are not in it.
    pub skipped: Vec<UnsentPayout>,
}

/// Creates a file, with an attempt for each of its payouts, which become PROCESSING. Rejects a request of which no
/// payout can be in it.
pub async fn create(
    db: &mut Transaction,
    (input, keys): &(&CreatePaymentFileInput, &SecretKeys),
) -> Result<CreatedFile> {
    require_ids("payoutIds", &input.payout_ids)?;
    let key = Some(input.idempotency_key.as_str());
    let (key, recorded) = idempotency::reserve(db, key, "createPaymentFile", input.canonical()).await?;
    if let Some(recorded) = recorded {
        let file = store::by_id(db, PaymentFileId(recorded)).await?;
        let skipped = file.skipped()?.into_iter().map(|(id, error)| UnsentPayout { id, error }).collect();
        return Ok(CreatedFile { file, skipped });
    }
    validate_execution_date(db, input.execution_date).await?;
    let payer = payer(db, input.format, keys).await?;
    let (payments, skipped) = payments(db, input, keys).await?;
    if payments.is_empty() {
        return Err(Error::UserErrors(skipped.into_iter().map(|skipped| skipped.error).collect()));
    }
    let payouts: Vec<_> = payments.iter().map(|payment| payment.payout.clone()).collect();
    let at = rail_step::advance_all(db, &payouts, PayoutStatus::Processing, None, None).await?;
    let file = insert_file(db, input, keys, &payer, &payments, &skipped, at).await?;
    insert_attempts(db, &file, &payer, &payments, at).await?;
    key.set_result(db, file.id.0).await?;
    Ok(CreatedFile { file, skipped })
}

async fn validate_execution_date(db: &mut Transaction, Day(day): Day) -> Result<()> {
    let zone = tenant::settings(db).await?.tenant.zone()?;
    let today = db.clock_timestamp().await?.with_timezone(&zone).date_naive();
    if day < today || day > today + EXECUTION_AHEAD_MAX {
        let message = format!("must lie between today, which is {today}, and one year from now");
        return Err(Error::bad_input("executionDate", message));
    }
    Ok(())
}

/// Returns the account that the tenant pays from, which a SEPA file must have.
async fn payer(db: &mut Transaction, format: PaymentFileFormat, keys: &SecretKeys) -> Result<Option<Payer>> {
    if format == PaymentFileFormat::Csv {
        return Ok(None);
    }
    let Some(account) = paying_account::store::own(db).await? else {
        let message =
            "the bank account that the tenant pays from is not set; an admin sets it in the settings";
        return Err(Error::user_error(UserError::new(UserErrorCode::RailNotConnected, message)));
    };
    Ok(Some(Payer { holder: account.holder.clone(), iban: account.iban(keys)?, bic: account.bic.clone() }))
}

/// Locks the payouts, and returns the payments of those that can be in the file, in the order of the input; and the
/// others.
async fn payments(
    db: &mut Transaction,
    input: &CreatePaymentFileInput,
    keys: &SecretKeys,
) -> Result<(Vec<Payment>, Vec<UnsentPayout>)> {
    let (partners, payouts) = settle::lock_all(db, &input.payout_ids).await?;
    let accounts = ready_accounts(db, partners.keys().copied().collect()).await?;
    let payouts: HashMap<_, _> = payouts.into_iter().map(|payout| (payout.id, payout)).collect();
    let (mut payments, mut skipped) = (Vec::new(), Vec::new());
    let mut currency = None;
    for id in &input.payout_ids {
        let found = payouts.get(id).and_then(|payout| Some((payout, partners.get(&payout.partner_id)?)));
        let account = found.and_then(|(payout, _)| accounts.get(&payout.partner_id));
        match accepted(input.format, currency, found, account) {
            Ok(Accepted { payout, partner, account }) => {
                currency = Some(payout.currency());
                payments.push(Payment {
                    payout: payout.clone(),
                    details: account.details(keys)?,
                    account: account.clone(),
                    partner_number: partner.partner_number.clone(),
                });
            }
            Err((code, message)) => {
                let error = UserError::new(code, message).at("payoutIds").about(*id);
                skipped.push(UnsentPayout { id: *id, error });
            }
        }
    }
    Ok((payments, skipped))
}

/// Returns the confirmed bank accounts of partners.
async fn ready_accounts(
    db: &mut Transaction,
    partners: Vec<PartnerId>,
) -> Result<HashMap<PartnerId, Authorized<PayoutAccount>>> {
    let accounts = payout_account::store::of_partners(db, &partners).await?;
    let is_ready = |account: &Authorized<PayoutAccount>| {
        account.rail == PayoutRail::File && account.status == PayoutAccountStatus::Ready
    };
    let ready = accounts.into_values().flatten().filter(is_ready);
    Ok(ready.map(|account| (account.partner_id, account)).collect())
}

/// A payout that can be in a file, with what its payment needs.
struct Accepted<'a> {
    payout: &'a Authorized<Payout>,
    partner: &'a Authorized<Partner>,
    account: &'a Authorized<PayoutAccount>,
}

/// Why a payout cannot be in a file.
type Rejected = (UserErrorCode, String);

/// Returns a payout with what its payment needs, or why it cannot be in a file of this format and currency.
fn accepted<'a>(
    format: PaymentFileFormat,
    currency: Option<Currency>,
    found: Option<(&'a Authorized<Payout>, &'a Authorized<Partner>)>,
    account: Option<&'a Authorized<PayoutAccount>>,
) -> std::result::Result<Accepted<'a>, Rejected> {
    let rejected = |code, message: &str| Err((code, message.to_owned()));
    let Some((payout, partner)) = found else {
        return rejected(UserErrorCode::NotFound, "there is no such payout");
    };
    if payout.status != PayoutStatus::Ready {
        let message = format!("the payout is {}; only READY payouts can be in a payment file", payout.status);
        return Err((UserErrorCode::InvalidState, message));
    }
    if let Some(reason) = reason_partner_not_payable(partner) {
        return Err((reason.code, reason.message));
    }
    let Some(account) = account else {
        let message = "the partner has no bank account that was confirmed; set one, and have it confirmed";
        return rejected(UserErrorCode::AccountNotReady, message);
    };
    if currency.is_some_and(|currency| currency != payout.currency()) {
        let message = "the payout is in another currency than the file; put it into a file of its own";
        return rejected(UserErrorCode::CurrencyUnsupported, message);
    }
    if format == PaymentFileFormat::Sepa {
        if payout.currency().code() != sepa_content::CURRENCY {
            let message = "a SEPA file is for payouts in EUR; put the payout into a CSV file";
            return rejected(UserErrorCode::CurrencyUnsupported, message);
        }
        if !account.accepts_sepa {
            let message =
                "the bank account of the partner has no IBAN of SEPA; put the payout into a CSV file";
            return rejected(UserErrorCode::AccountNotReady, message);
        }
        if sepa_content::cents(payout.total()).is_none() {
            let message = "a credit transfer of SEPA has at most 999,999,999.99; pay the payout by hand";
            return rejected(UserErrorCode::AmountTooLarge, message);
        }
    }
    Ok(Accepted { payout, partner, account })
}

async fn insert_file(
    db: &mut Transaction,
    input: &CreatePaymentFileInput,
    keys: &SecretKeys,
    payer: &Option<Payer>,
    payments: &[Payment],
    skipped: &[UnsentPayout],
    at: DateTime<Utc>,
) -> Result<Authorized<PaymentFile>> {
    let totals = Money::sums_by_currency(payments.iter().map(|payment| payment.payout.total()))?;
    let [total] = totals.as_slice() else { return Err(Error::internal("a payment file has two currencies")) };
    let skipped: Vec<_> = skipped.iter().map(|skipped| KeptSkip::of(skipped.id, &skipped.error)).collect();
    let mut file = PaymentFile {
        tenant_id: db.scope().tenant().clone(),
        id: PaymentFileId::new(),
        format: input.format,
        execution_date: input.execution_date.0,
        currency: total.currency(),
        payout_count: i32::try_from(payments.len()).map_err(Error::internal)?,
        total_amount: total.amount(),
        sha256: Vec::new(),
        skipped: serde_json::to_value(skipped).map_err(Error::internal)?,
        created_at: at,
        created_by: db.caller().identity().user().to_owned(),
        downloaded_at: None,
        downloaded_by: None,
        withdrawn_at: None,
    };
    let head = Head {
        message_id: &file.message_id(),
        execution_date: file.execution_date,
        created_at: file.created_at,
    };
    let content = match payer {
        Some(payer) => sepa_content::content(&head, payer, payments)?,
        None => csv_content::content(&head, payments)?,
    };
    file.sha256 = Sha256::digest(&content).to_vec();
    let sealed = keys.seal(&content, file.place())?;
    store::insert(db, &file, sealed).await?;
    db.record_created(&file);
    db.scope().authorize(file)
}

async fn insert_attempts(
    db: &mut Transaction,
    file: &PaymentFile,
    payer: &Option<Payer>,
    payments: &[Payment],
    at: DateTime<Utc>,
) -> Result<()> {
    let rail_account = payer.as_ref().map(Payer::masked).unwrap_or_default();
    let user = db.caller().identity().user().to_owned();
    let attempts: Vec<_> = payments
        .iter()
        .map(|payment| {
            let made = (user.clone(), at);
            let mut attempt = PayoutAttempt::in_file(&payment.payout, &payment.account, file.id, made);
            attempt.rail_account.clone_from(&rail_account);
            attempt
        })
        .collect();
    payout_attempt::store::insert_all(db, &attempts).await?;
    for attempt in &attempts {
        db.record_created(attempt);
    }
    Ok(())
}
