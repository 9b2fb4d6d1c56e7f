//! The demo tenant: created by the mutations that clients call, so that its data is as consistent as theirs.

mod data;
pub mod stripe;

use async_graphql::{MaybeUndefined, ScalarType};
use chrono::{DateTime, Datelike, Months, SubsecRound, TimeDelta, Utc};
use chrono_tz::Tz;

use self::data::{DemoInvoice, DemoPartner, LEADS, Outcome, PARTNERS, PAST_INVOICES, PAST_MONTHS};
use crate::auth::{Caller, Identity, Role};
use crate::domain::account::assign::{self, AssignManagedAccountInput};
use crate::domain::commission::approve::{
    self, ApproveCommissionEventsInput, ApprovePendingCommissionEventsInput, CancelCommissionEventsInput,
};
use crate::domain::commission::record::{self, RecordInvoicePaidInput};
use crate::domain::db::act::Act;
use crate::domain::db::pool::Pool;
use crate::domain::db::session::Session;
use crate::domain::db::transaction::Transaction;
use crate::domain::partner::PartnerStatus;
use crate::domain::partner::create::{self, CreatePartnerInput};
use crate::domain::partner::update::{self, UpdatePartnerInput};
use crate::domain::partner::user::add::{self, AddPartnerUserInput};
use crate::domain::payout::batch::{self, CreatePayoutBatchInput};
use crate::domain::payout::settle::{self, CompletePayoutInput};
use crate::domain::referral::ReferralStatus;
use crate::domain::referral::advance::{self, AdvanceReferralLeadInput};
use crate::domain::referral::submit::{self, SubmitReferralLeadInput};
use crate::domain::tenant::create::NewTenant;
use crate::domain::tenant::settings::{self, UpdateTenantSettingsInput};
use crate::domain::{admission, partner, referral, reporting, tenant};
use crate::primitives::currency::Currency;
use crate::primitives::error::{Error, Result};
use crate::primitives::id::{CommissionEventId, PartnerId, ReferralLeadId, TenantId};
use crate::primitives::money::MoneyInput;
use crate::primitives::timestamp::Timestamp;

/// The id of the demo tenant.
pub const TENANT: &str = "demo";

const ZONE: Tz = Tz::America__New_York;
const PAULA: &str = "paula";
/// The user of two partners of the demo tenant.
pub const SAM: &str = "sam";

/// A user to try the demo as, with a query to start with.
pub struct Persona {
    /// The role of the user, and a question that the user would ask.
    pub description: &'static str,
    /// The user id.
    pub user: &'static str,
    /// The role.
    pub role: Role,
    /// A query that answers the question.
    pub query: String,
}

/// Returns a persona for each of the three kinds of users.
pub fn personas() -> [Persona; 3] {
    let now = Utc::now().trunc_subsecs(0);
    let invoice = format!("INV-{}", now.format("%Y%m%d-%H%M%S"));
    let paid_at = Timestamp(now).to_value();
    [
        Persona {
            description: "a partner user: what did we earn, and when is it paid?",
            user: PAULA,
            role: Role::Partner,
            query: "{viewer{partners{companyName dashboard{outstandingBalance{amount currency}nextPayoutDate}}}}"
                .to_owned(),
        },
        Persona {
            description: "finance: what is waiting for approval?",
            user: "fiona",
            role: Role::Finance,
            query: "{commissionEvents(filter:{status:[PENDING]}){totalCount nodes{id commissionAmount{amount currency}}}}"
                .to_owned(),
        },
        Persona {
            description: "the billing service: a customer paid an invoice",
            user: "billing",
            role: Role::Billing,
            query: format!(
                "mutation{{recordInvoicePaid(input:{{invoiceId:\"{invoice}\",customerId:\"cust-birch\",totalAmount:\
                 {{amount:\"100.00\",currency:\"USD\"}},paidAt:{paid_at}}}){{outcome commissionEvent\
                 {{commissionAmount{{amount currency}}}}userErrors{{message}}}}}}"
            ),
        },
    ]
}

/// Returns whether the demo tenant is completely loaded. Its leads are loaded last.
pub async fn is_loaded(pool: &Pool) -> Result<bool> {
    match caller(pool, "demo", Role::Auditor).await {
        Ok(caller) => Ok(referral::store::exists(&mut Session::open(pool, &caller).await?).await?),
        Err(Error::Unauthenticated(_)) => Ok(false),
        Err(error) => Err(error),
    }
}

/// Returns whether to load the demo tenant: there is no tenant, or only a demo tenant whose loading was interrupted.
pub async fn is_wanted(pool: &Pool) -> Result<bool> {
    match tenant::all(pool).await?.as_slice() {
        [] => Ok(true),
        [only] if only.0 == TENANT => Ok(!is_loaded(pool).await?),
        _ => Ok(false),
    }
}

/// Loads the demo tenant. Continues where an interrupted call stopped: partners and leads are a transaction each.
pub async fn load(pool: &Pool) -> Result<()> {
    if tenant::all(pool).await?.is_empty() {
        let tenant = NewTenant {
            id: TENANT.to_owned(),
            name: "Demo Software Inc.".to_owned(),
            time_zone: ZONE.to_string(),
            currency: Currency::USD,
        };
        tenant::create::create(pool, tenant).await?;
    }
    let staff = caller(pool, "demo", Role::Admin).await?;
    if !partner::store::exists(&mut Session::open(pool, &staff).await?).await? {
        Transaction::run(pool, &staff, Act::LoadDemo, load_partners, &Utc::now()).await?;
    }
    // Partner users see the contacts of leads that they have submitted themselves.
    let paula = caller(pool, PAULA, Role::Partner).await?;
    let leads = Transaction::run(pool, &paula, Act::LoadDemo, submit_leads, &()).await?;
    Transaction::run(pool, &staff, Act::LoadDemo, advance_leads, leads.as_slice()).await
}

async fn caller(pool: &Pool, user: &str, role: Role) -> Result<Caller> {
    let identity = Identity::operator(TenantId(TENANT.to_owned()), user, role);
    Ok(admission::admit(pool, identity).await?.caller)
}

async fn load_partners(db: &mut Transaction, now: &DateTime<Utc>) -> Result<()> {
    let settings = UpdateTenantSettingsInput {
        name: MaybeUndefined::Undefined,
        time_zone: MaybeUndefined::Undefined,
        default_currency: MaybeUndefined::Undefined,
        hold_days: MaybeUndefined::Undefined,
        payout_day: MaybeUndefined::Value(15),
        minimum_payouts: MaybeUndefined::Value(vec![money("25.00", "USD")?, money("25.00", "EUR")?]),
        contact_email: MaybeUndefined::Undefined,
    };
    db.perform(Act::UpdateTenantSettings, settings::update, &settings).await?;
    for (index, partner) in PARTNERS.iter().enumerate() {
        let id = create_partner(db, partner, *now).await?;
        if index == 0 {
            for months_ago in (1..=PAST_MONTHS).rev() {
                pay_past_month(db, id, months_ago, *now).await?;
            }
        }
        record_invoices(db, partner.invoices, *now).await?;
        if partner.is_suspended {
            suspend(db, id).await?;
        }
    }
    Ok(())
}

/// Creates a partner with its users and accounts.
async fn create_partner(
    db: &mut Transaction,
    partner: &DemoPartner,
    now: DateTime<Utc>,
) -> Result<PartnerId> {
    let input = CreatePartnerInput {
        company_name: partner.name.to_owned(),
        partner_number: None,
        tier: MaybeUndefined::Value(partner.tier),
        status: MaybeUndefined::Undefined,
        default_commission_rate: Some(partner.rate.parse().map_err(Error::internal)?),
        payout_currency: MaybeUndefined::Value(partner.currency.parse().map_err(Error::internal)?),
        idempotency_key: None,
    };
    let id = db.perform(Act::CreatePartner, create::create, &input).await?.id;
    for (user, role) in partner.users {
        let input = AddPartnerUserInput {
            partner_id: id,
            user_id: (*user).to_owned(),
            email: format!("{user}@example.com"),
            role: *role,
        };
        db.perform(Act::AddPartnerUser, add::add, &input).await?;
    }
    for account in partner.accounts {
        let input = AssignManagedAccountInput {
            partner_id: id,
            customer_id: account.customer.to_owned(),
            customer_name: Some(account.name.to_owned()),
            engagement_type: MaybeUndefined::Undefined,
            custom_commission_rate: account.rate.map(str::parse).transpose().map_err(Error::internal)?,
            starts_at: MaybeUndefined::Value(Timestamp(now - TimeDelta::days(365))),
            ends_at: None,
        };
        db.perform(Act::AssignManagedAccount, assign::assign, &input).await?;
    }
    Ok(id)
}

/// Records the invoices of a past month, approves their commissions and pays them out.
async fn pay_past_month(
    db: &mut Transaction,
    partner: PartnerId,
    months_ago: u32,
    now: DateTime<Utc>,
) -> Result<()> {
    let (start, end) = (month_start(now, months_ago), month_start(now, months_ago - 1));
    for (index, invoice) in (0_i64..).zip(&PAST_INVOICES) {
        let paid_at = Timestamp(start + TimeDelta::days(5 * index) + TimeDelta::hours(10));
        let id = format!("N-{months_ago}{index:02}");
        record_invoice(db, id, invoice.customer, money(invoice.amount, "USD")?, paid_at).await?;
    }
    let pending = ApprovePendingCommissionEventsInput {
        partner_id: MaybeUndefined::Value(partner),
        currency: MaybeUndefined::Undefined,
        event_date_from: MaybeUndefined::Undefined,
        event_date_to: Timestamp(end),
        dry_run: MaybeUndefined::Undefined,
    };
    db.perform(Act::ApprovePendingCommissionEvents, approve::approve_pending, &pending).await?;
    let payout = CreatePayoutBatchInput {
        partner_id: partner,
        period_start: Timestamp(start),
        period_end: Timestamp(end),
        currency: MaybeUndefined::Undefined,
        payment_method: Some("wire".to_owned()),
        payout_date: Some(Timestamp(end + TimeDelta::days(14))),
        notes: None,
        idempotency_key: None,
    };
    let payout = db.perform(Act::CreatePayoutBatch, batch::create, &payout).await?;
    let completed = CompletePayoutInput {
        id: payout.id,
        payment_reference: format!("WIRE-{}", start.format("%Y-%m")),
        completed_at: None,
    };
    db.perform(Act::CompletePayout, settle::complete, &completed).await?;
    Ok(())
}

/// Records recent invoices, and approves or cancels their commissions.
async fn record_invoices(db: &mut Transaction, invoices: &[DemoInvoice], now: DateTime<Utc>) -> Result<()> {
    let (mut approved, mut cancelled) = (Vec::new(), Vec::new());
    for invoice in invoices {
        let amount = money(invoice.amount, invoice.currency)?;
        let paid_at = Timestamp(now - TimeDelta::hours(invoice.hours_ago));
        let event = record_invoice(db, invoice.id.to_owned(), invoice.customer, amount, paid_at).await?;
        match invoice.outcome {
            Outcome::Pending => {}
            Outcome::Approved => approved.push(event),
            Outcome::Cancelled => cancelled.push(event),
        }
    }
    if !approved.is_empty() {
        db.perform(
            Act::ApproveCommissionEvents,
            approve::approve,
            &ApproveCommissionEventsInput { ids: approved },
        )
        .await?;
    }
    if !cancelled.is_empty() {
        let reason = "billed to the wrong customer".to_owned();
        db.perform(
            Act::CancelCommissionEvents,
            approve::cancel,
            &CancelCommissionEventsInput { ids: cancelled, reason },
        )
        .await?;
    }
    Ok(())
}

async fn record_invoice(
    db: &mut Transaction,
    id: String,
    customer: &str,
    total_amount: MoneyInput,
    paid_at: Timestamp,
) -> Result<CommissionEventId> {
    let input = RecordInvoicePaidInput {
        invoice_id: id,
        customer_id: customer.to_owned(),
        total_amount,
        commissionable_amount: None,
        paid_at,
        payment_id: None,
    };
    let event = db.perform(Act::RecordInvoicePaid, record::record, &input).await?.commission_event;
    Ok(event.ok_or_else(|| Error::internal("an invoice of the demo earned no commission"))?.id)
}

async fn suspend(db: &mut Transaction, partner: PartnerId) -> Result<()> {
    let input = UpdatePartnerInput {
        id: partner,
        company_name: MaybeUndefined::Undefined,
        tier: MaybeUndefined::Undefined,
        status: MaybeUndefined::Value(PartnerStatus::Suspended),
        default_commission_rate: MaybeUndefined::Undefined,
        payout_currency: MaybeUndefined::Undefined,
        effective_from: None,
    };
    db.perform(Act::UpdatePartner, update::update, &input).await?;
    Ok(())
}

/// Submits the leads as the user of the first partner; returns their ids in order.
async fn submit_leads(db: &mut Transaction, (): &()) -> Result<Vec<ReferralLeadId>> {
    let partners = partner::store::linked(db).await?;
    let partner = partners.first().ok_or_else(|| Error::internal("the demo has no partner"))?.id;
    let mut ids = Vec::new();
    for lead in &LEADS {
        let input = SubmitReferralLeadInput {
            partner_id: partner,
            company_name: Some(lead.company.to_owned()),
            contact_name: lead.contact.to_owned(),
            contact_email: lead.email.to_owned(),
            contact_phone: None,
            estimated_value: Some(money(lead.value, "USD")?),
            source: Some("trade fair".to_owned()),
            notes: None,
        };
        ids.push(db.perform(Act::SubmitReferralLead, submit::submit, &input).await?.id);
    }
    Ok(ids)
}

/// Advances the leads to their status, each but a new one by way of CONTACTED.
async fn advance_leads(db: &mut Transaction, ids: &[ReferralLeadId]) -> Result<()> {
    for (id, lead) in ids.iter().zip(&LEADS).filter(|(_, lead)| lead.status != ReferralStatus::New) {
        for status in [ReferralStatus::Contacted, lead.status] {
            let customer = lead.customer.filter(|_| status == ReferralStatus::Converted);
            let input = AdvanceReferralLeadInput {
                id: *id,
                status,
                converted_customer_id: customer.map(str::to_owned),
                assign_account: MaybeUndefined::Undefined,
                actual_value: customer.map(|_| money(lead.value, "USD")).transpose()?.map(Some).into(),
                notes: MaybeUndefined::Undefined,
            };
            db.perform(Act::AdvanceReferralLead, advance::advance, &input).await?;
        }
    }
    Ok(())
}

fn money(amount: &str, currency: &str) -> Result<MoneyInput> {
    Ok(MoneyInput {
        amount: amount.parse().map_err(Error::internal)?,
        currency: currency.parse().map_err(Error::internal)?,
    })
}

/// Returns the start of a past month in the tenant's time zone.
fn month_start(now: DateTime<Utc>, months_ago: u32) -> DateTime<Utc> {
    let today = now.with_timezone(&ZONE).date_naive();
    let first = today.with_day(1).and_then(|day| day.checked_sub_months(Months::new(months_ago)));
    reporting::midnight(first.unwrap_or(today), ZONE)
}
