//! The demo tenant: made by the same acts that users call, so that it is as consistent as theirs.

use std::collections::HashMap;

use async_graphql::ScalarType;
use chrono::{DateTime, Datelike, Months, SubsecRound, TimeDelta, Utc};
use chrono_tz::Tz;

use crate::access::{Identity, PartnerUserRole, Role};
use crate::currency::Currency;
use crate::domain::account::assign::{self, AssignManagedAccountInput};
use crate::domain::commission::approve::{
    self, ApproveCommissionEventsInput, ApprovePendingCommissionEventsInput, CancelCommissionEventsInput,
};
use crate::domain::commission::record::{self, RecordInvoicePaidInput};
use crate::domain::partner::create::{self, CreatePartnerInput};
use crate::domain::partner::update::{self, UpdatePartnerInput};
use crate::domain::partner::user::add::{self, AddPartnerUserInput};
use crate::domain::partner::{PartnerStatus, PartnerTier};
use crate::domain::payout::batch::{self, CreatePayoutBatchInput};
use crate::domain::payout::settle::{self, CompletePayoutInput};
use crate::domain::referral::ReferralStatus;
use crate::domain::referral::advance::{self, AdvanceReferralLeadInput};
use crate::domain::referral::submit::{self, SubmitReferralLeadInput};
use crate::domain::session::{Act, Pool, Session};
use crate::domain::tenant::create::NewTenant;
use crate::domain::tenant::settings::{self, UpdateTenantSettingsInput};
use crate::domain::{partner, statement, tenant};
use crate::error::{Error, Result};
use crate::id::{CommissionEventId, PartnerId, TenantId};
use crate::instant::Instant;
use crate::money::MoneyInput;

/// The demo tenant's name in tokens.
pub const TENANT: &str = "demo";

const ZONE: Tz = Tz::America__New_York;
const PAULA: &str = "paula";
/// The user of two partners of the demo tenant.
pub const SAM: &str = "sam";

/// Somebody to try the demo as, with a query to begin with.
pub struct Persona {
    /// What they would ask.
    pub what: &'static str,
    /// Their user id.
    pub user: &'static str,
    /// Their role.
    pub role: Role,
    /// The query.
    pub query: String,
}

/// One of each of the three kinds of users.
pub fn personas() -> [Persona; 3] {
    let now = Utc::now().trunc_subsecs(0);
    let invoice = format!("INV-{}", now.format("%Y%m%d-%H%M%S"));
    let paid_at = Instant(now).to_value();
    [
        Persona {
            what: "a partner user: what did we earn, and when is it paid?",
            user: PAULA,
            role: Role::Partner,
            query: "{viewer{partners{companyName dashboard{outstandingBalance{amount currency}nextPayoutDate}}}}"
                .to_owned(),
        },
        Persona {
            what: "finance: what waits for approval?",
            user: "fiona",
            role: Role::Finance,
            query: "{commissionEvents(filter:{status:[PENDING]}){totalCount nodes{id commissionAmount{amount currency}}}}"
                .to_owned(),
        },
        Persona {
            what: "the billing service: a customer paid an invoice",
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

/// Whether the database holds the demo tenant.
pub async fn is_loaded(pool: &Pool) -> Result<bool> {
    let identity = Identity::operator(TenantId(TENANT.to_owned()), "demo", Role::Auditor);
    match tenant::admit(pool, identity).await {
        Ok(caller) => Ok(partner::store::any(&mut Session::open(pool, &caller).await?).await?),
        Err(Error::Unauthenticated(_)) => Ok(false),
        Err(error) => Err(error),
    }
}

/// Whether the database is for the demo tenant to have: without tenants, or with the demo tenant only as far as a run
/// that was killed had come.
pub async fn is_wanted(pool: &Pool) -> Result<bool> {
    match tenant::all(pool).await?.as_slice() {
        [] => Ok(true),
        [only] if only.0 == TENANT => Ok(!is_loaded(pool).await?),
        _ => Ok(false),
    }
}

/// Loads the demo tenant: all of it in one transaction, after the tenant itself.
pub async fn load(pool: &Pool) -> Result<()> {
    let tenant = TenantId(TENANT.to_owned());
    if tenant::all(pool).await?.is_empty() {
        let new = NewTenant {
            id: TENANT.to_owned(),
            name: "Demo Software Inc.".to_owned(),
            time_zone: ZONE.to_string(),
            currency: Currency::USD,
        };
        tenant::create::create(pool, new).await?;
    }
    let staff = tenant::admit(pool, Identity::operator(tenant, "demo", Role::Admin)).await?;
    Act::perform(pool, &staff, fill, &Utc::now()).await
}

async fn fill(db: &mut Act, now: &DateTime<Utc>) -> Result<()> {
    let mut demo = Demo { db, now: *now };
    demo.settings().await?;
    demo.gold_partner().await?;
    demo.other_partners().await
}

struct Demo<'d> {
    db: &'d mut Act,
    now: DateTime<Utc>,
}

impl Demo<'_> {
    fn hours_ago(&self, hours: i64) -> Instant {
        Instant(self.now - TimeDelta::hours(hours))
    }

    async fn settings(&mut self) -> Result<()> {
        let input = UpdateTenantSettingsInput {
            name: None,
            time_zone: None,
            default_currency: None,
            hold_days: None,
            payout_day: async_graphql::MaybeUndefined::Value(15),
            minimum_payouts: Some(vec![money("25.00", "USD")?, money("25.00", "EUR")?]),
        };
        settings::update(self.db, &input).await?;
        Ok(())
    }

    /// A Gold partner with 3 managed accounts, 20 commission events in two currencies and of mixed status, 3
    /// completed payouts, and 5 leads of which 2 are converted.
    async fn gold_partner(&mut self) -> Result<()> {
        let partner = self.partner("Northwind Advisors", PartnerTier::Gold, "0.1500", "USD").await?;
        self.user(partner, PAULA, PartnerUserRole::Owner).await?;
        self.user(partner, SAM, PartnerUserRole::AccountManager).await?;
        self.account(partner, "cust-birch", "Birch Bakeries", None).await?;
        self.account(partner, "cust-cedar", "Cedar Clinics", Some("0.1000")).await?;
        self.account(partner, "cust-maple", "Maple Media", Some("0.2000")).await?;
        for month in [3, 2, 1] {
            self.paid_month(partner, month).await?;
        }
        for (id, customer, amount, currency, hours_ago) in [
            ("N-401", "cust-birch", "1250.00", "USD", 2),
            ("N-402", "cust-cedar", "480.00", "USD", 5),
            ("N-403", "cust-maple", "333.35", "USD", 9),
            ("N-404", "cust-maple", "199.90", "EUR", 20),
        ] {
            self.invoice(id, customer, amount, currency, hours_ago).await?;
        }
        let approved = vec![
            self.invoice("N-405", "cust-birch", "990.00", "USD", 30).await?,
            self.invoice("N-406", "cust-cedar", "75.50", "USD", 31).await?,
            self.invoice("N-407", "cust-maple", "640.00", "EUR", 40).await?,
        ];
        approve::approve(self.db, &ApproveCommissionEventsInput { ids: approved }).await?;
        let cancelled = vec![self.invoice("N-408", "cust-birch", "12.00", "USD", 50).await?];
        let reason = "billed to the wrong customer".to_owned();
        approve::cancel(self.db, &CancelCommissionEventsInput { ids: cancelled, reason }).await?;
        self.leads(partner).await
    }

    /// Four invoices of a month that lies some months back, approved and paid out.
    async fn paid_month(&mut self, partner: PartnerId, months_back: u32) -> Result<()> {
        let start = month_start(self.now, months_back);
        let end = month_start(self.now, months_back - 1);
        let customers = ["cust-birch", "cust-cedar", "cust-maple", "cust-birch"];
        let amounts = ["1249.99", "480.00", "333.35", "87.30"];
        for (n, (customer, amount)) in customers.iter().zip(amounts).enumerate() {
            let paid_at =
                Instant(start + TimeDelta::days(5 * i64::try_from(n).unwrap_or(0)) + TimeDelta::hours(10));
            let id = format!("N-{months_back}{n:02}");
            self.invoice_at(&id, customer, amount, "USD", paid_at).await?;
        }
        let pending = ApprovePendingCommissionEventsInput {
            partner_id: Some(partner),
            currency: None,
            event_date_from: None,
            event_date_to: Instant(end),
            dry_run: None,
        };
        approve::approve_pending(self.db, &pending).await?;
        let payout = CreatePayoutBatchInput {
            partner_id: partner,
            period_start: Instant(start),
            period_end: Instant(end),
            currency: None,
            payment_method: Some("wire".to_owned()),
            payout_date: Some(Instant(end + TimeDelta::days(14))),
            notes: None,
            idempotency_key: None,
        };
        let payout = batch::create(self.db, &payout).await?;
        let completed = CompletePayoutInput {
            id: payout.id,
            payment_reference: format!("WIRE-{}", start.format("%Y-%m")),
            completed_at: None,
        };
        settle::complete(self.db, &completed).await?;
        Ok(())
    }

    async fn leads(&mut self, partner: PartnerId) -> Result<()> {
        let paula = Identity::operator(TenantId(TENANT.to_owned()), PAULA, Role::Partner);
        let paula = paula.with_links(HashMap::from([(partner, PartnerUserRole::Owner)]))?;
        let leads = [
            ("Aspen Audio", "Ann Aldo", "9000.00", Some(ReferralStatus::Converted)),
            ("Poplar Print", "Pia Park", "4200.00", Some(ReferralStatus::Converted)),
            ("Willow Works", "Will Wong", "12000.00", Some(ReferralStatus::Qualified)),
            ("Hazel Homes", "Hana Hill", "800.00", None),
            ("Larch Legal", "Lea Lund", "2500.00", Some(ReferralStatus::Lost)),
        ];
        for (company, contact, value, status) in leads {
            let first_name = contact.split(' ').next().unwrap_or(contact).to_lowercase();
            let lead = SubmitReferralLeadInput {
                partner_id: partner,
                company_name: Some(company.to_owned()),
                contact_name: contact.to_owned(),
                contact_email: format!("{first_name}@example.com"),
                contact_phone: None,
                estimated_value: Some(money(value, "USD")?),
                source: Some("trade fair".to_owned()),
                notes: None,
            };
            let staff = self.db.continue_for(paula.clone());
            let lead = submit::submit(self.db, &lead).await?;
            self.db.continue_for(staff);
            for status in
                [Some(ReferralStatus::Contacted), status].into_iter().flatten().filter(|_| status.is_some())
            {
                let converted = status == ReferralStatus::Converted;
                let step = AdvanceReferralLeadInput {
                    id: lead.id,
                    status,
                    converted_customer_id: converted.then(|| format!("cust-{first_name}")),
                    actual_value: if converted { Some(money(value, "USD")?) } else { None },
                    notes: None,
                };
                advance::advance(self.db, &step).await?;
            }
        }
        Ok(())
    }

    /// Partners beside the first, so that it can be seen that their users do not see each other.
    async fn other_partners(&mut self) -> Result<()> {
        let partner = self.partner("Rheinwerk Beratung", PartnerTier::Silver, "0.1200", "EUR").await?;
        self.user(partner, "erik", PartnerUserRole::Owner).await?;
        self.user(partner, SAM, PartnerUserRole::AccountManager).await?;
        self.account(partner, "cust-linde", "Linde Logistik", None).await?;
        let approved = vec![
            self.invoice("R-101", "cust-linde", "2400.00", "EUR", 480).await?,
            self.invoice("R-102", "cust-linde", "2400.00", "EUR", 72).await?,
        ];
        approve::approve(self.db, &ApproveCommissionEventsInput { ids: approved }).await?;
        self.invoice("R-103", "cust-linde", "150.00", "EUR", 3).await?;
        let suspended = self.partner("Southgate Resellers", PartnerTier::Bronze, "0.0500", "USD").await?;
        self.account(suspended, "cust-elm", "Elm Electric", None).await?;
        self.invoice("S-101", "cust-elm", "60.00", "USD", 48).await?;
        let input = UpdatePartnerInput {
            id: suspended,
            company_name: None,
            tier: None,
            status: Some(PartnerStatus::Suspended),
            default_commission_rate: async_graphql::MaybeUndefined::Undefined,
            payout_currency: None,
        };
        update::update(self.db, &input).await?;
        Ok(())
    }

    async fn partner(
        &mut self,
        name: &str,
        tier: PartnerTier,
        rate: &str,
        currency: &str,
    ) -> Result<PartnerId> {
        let input = CreatePartnerInput {
            company_name: name.to_owned(),
            partner_number: None,
            tier: Some(tier),
            status: None,
            default_commission_rate: Some(rate.parse().map_err(Error::internal)?),
            payout_currency: Some(currency.parse().map_err(Error::internal)?),
        };
        Ok(create::create(self.db, &input).await?.id)
    }

    async fn user(&mut self, partner: PartnerId, user_id: &str, role: PartnerUserRole) -> Result<()> {
        let input = AddPartnerUserInput {
            partner_id: partner,
            user_id: user_id.to_owned(),
            email: format!("{user_id}@example.com"),
            role,
        };
        add::add(self.db, &input).await?;
        Ok(())
    }

    async fn account(
        &mut self,
        partner: PartnerId,
        customer: &str,
        name: &str,
        rate: Option<&str>,
    ) -> Result<()> {
        let rate = rate.map(str::parse).transpose().map_err(Error::internal)?;
        let input = AssignManagedAccountInput {
            partner_id: partner,
            customer_id: customer.to_owned(),
            customer_name: Some(name.to_owned()),
            engagement_type: None,
            custom_commission_rate: rate,
            starts_at: Some(self.hours_ago(365 * 24)),
            ends_at: None,
        };
        assign::assign(self.db, &input).await?;
        Ok(())
    }

    async fn invoice(
        &mut self,
        id: &str,
        customer: &str,
        amount: &str,
        currency: &str,
        hours_ago: i64,
    ) -> Result<CommissionEventId> {
        self.invoice_at(id, customer, amount, currency, self.hours_ago(hours_ago)).await
    }

    async fn invoice_at(
        &mut self,
        id: &str,
        customer: &str,
        amount: &str,
        currency: &str,
        paid_at: Instant,
    ) -> Result<CommissionEventId> {
        let input = RecordInvoicePaidInput {
            invoice_id: id.to_owned(),
            customer_id: customer.to_owned(),
            total_amount: money(amount, currency)?,
            commissionable_amount: None,
            paid_at,
        };
        let (_, event) = record::record(self.db, &input).await?;
        Ok(event.ok_or_else(|| Error::internal("a demo invoice earned nothing"))?.id)
    }
}

fn money(amount: &str, currency: &str) -> Result<MoneyInput> {
    Ok(MoneyInput {
        amount: amount.parse().map_err(Error::internal)?,
        currency: currency.parse().map_err(Error::internal)?,
    })
}

/// Midnight of the first of a month that lies some months back, where the tenant is.
fn month_start(now: DateTime<Utc>, months_back: u32) -> DateTime<Utc> {
    let today = now.with_timezone(&ZONE).date_naive();
    let first = today.with_day(1).and_then(|day| day.checked_sub_months(Months::new(months_back)));
    statement::midnight(first.unwrap_or(today), ZONE)
}
