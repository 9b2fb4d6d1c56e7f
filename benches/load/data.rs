//! A platform after three years: twenty tenants, thousands of partners, a million commission events, the same at every run of
//! a day. A few partners have fifty thousand events each, most a few hundred: as it is.

use std::fs::File;
use std::io::BufWriter;
use std::path::Path;

use chrono::{DateTime, Datelike, Months, NaiveTime, TimeDelta, Utc};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use uuid::Uuid;

use crate::size::{Size, sizes};
use crate::tables::{cents, midnight, put, table, uuid};

pub const TENANTS: usize = 20;
const MONTHS: usize = 36;
const LEADS: usize = 25;
/// After how many events a customer has paid every month of three years.
const EVENTS_OF_A_CUSTOMER: u32 = 36;
/// When a month is paid, and when that payment has arrived.
const PAID_AFTER: TimeDelta = TimeDelta::days(5);
const ARRIVED_AFTER: TimeDelta = TimeDelta::days(3);
const STAGES: [&str; 6] = ["NEW", "CONTACTED", "QUALIFIED", "CONVERTED", "LOST", "INVALID"];

/// What is known of a partner from the rows that were made for it, and from nothing else.
#[derive(Debug, Default)]
pub struct Partner {
    pub id: Uuid,
    pub tenant: usize,
    pub currency: &'static str,
    pub size: u32,
    pub accounts: Vec<Uuid>,
    /// Amounts in the partner's currency, in cents.
    pub pending: i64,
    pub approved: i64,
    pub in_transit: i64,
    pub settled: i64,
    pub revenue: i64,
    pub month_revenue: i64,
    pub month_commissions: i64,
    pub month_payouts: i64,
    pub pending_events: u32,
    /// The latest events, by date and id, latest first.
    pub latest: Vec<(DateTime<Utc>, Uuid)>,
    pub payouts: u32,
}

struct Event {
    partner: usize,
    account: usize,
    id: Uuid,
    at: DateTime<Utc>,
    /// In cents.
    base: i64,
    /// In percent.
    rate: i64,
    status: &'static str,
    payout: Option<usize>,
    refunded: bool,
    refund_id: Uuid,
}

struct Payout {
    id: Uuid,
    partner: usize,
    month: usize,
    created: DateTime<Utc>,
    status: &'static str,
    total: i64,
    revenue: i64,
    lines: u32,
}

/// All of it.
pub struct World {
    pub today: DateTime<Utc>,
    pub partners: Vec<Partner>,
    events: Vec<Event>,
    payouts: Vec<Payout>,
}

impl World {
    pub fn made(size: Size) -> Self {
        let mut random = StdRng::seed_from_u64(20_261_125);
        let today = Utc::now().date_naive().and_time(NaiveTime::MIN).and_utc();
        let mut world = Self { today, partners: Vec::new(), events: Vec::new(), payouts: Vec::new() };
        for (n, events) in sizes(size).into_iter().enumerate() {
            world.partner(n, events, &mut random);
        }
        world.events.sort_by_key(|event| (event.at, event.id));
        world
    }

    fn month(&self, month: usize) -> DateTime<Utc> {
        let back = u32::try_from(MONTHS - 1).unwrap() - u32::try_from(month).unwrap();
        let first = self.today.date_naive().with_day(1).unwrap();
        midnight(first - Months::new(back))
    }

    fn partner(&mut self, n: usize, events: u32, random: &mut StdRng) {
        let tenant = n % TENANTS;
        let currency = if tenant.is_multiple_of(2) { "EUR" } else { "USD" };
        let id = uuid(self.month(0), random);
        let customers = (events / EVENTS_OF_A_CUSTOMER).max(1);
        let accounts: Vec<_> = (0..customers).map(|_| uuid(self.month(0), random)).collect();
        let mut partner = Partner { id, tenant, currency, size: events, accounts, ..Partner::default() };
        let starts: Vec<_> = (0..MONTHS).map(|month| self.month(month)).chain([self.today]).collect();
        let seconds = (self.today - starts[0]).num_seconds();
        let mut of_month: Vec<Option<usize>> = vec![None; MONTHS];
        for _ in 0..events {
            let at = starts[0] + TimeDelta::seconds(random.random_range(0..seconds));
            let month = starts[1..MONTHS].partition_point(|start| *start <= at);
            let account = random.random_range(0..partner.accounts.len());
            let rate = if account % 4 == 3 { 10 } else { 15 };
            // Of an even number of units, and in rates, that leave whole cents of their half, too.
            let base = random.random_range(10..2_000) * 200;
            let mut event = Event {
                partner: n,
                account,
                id: uuid(at, random),
                at,
                base,
                rate,
                status: "PAID",
                payout: None,
                refunded: random.random_range(0..100) == 0 && at + TimeDelta::days(3) < self.today,
                refund_id: uuid(at + TimeDelta::days(3), random),
            };
            let created = self.month_end(month) + PAID_AFTER;
            if random.random_range(0..50) == 0 {
                event.status = "CANCELLED";
            } else if created > self.today {
                let is_old = at < self.today - TimeDelta::days(10);
                event.status = if is_old { "APPROVED" } else { "PENDING" };
            } else {
                let index = *of_month[month].get_or_insert_with(|| {
                    let arrived = self.month_end(month + 1) + PAID_AFTER <= self.today;
                    let status = match (arrived, n % 2) {
                        (true, _) => "COMPLETED",
                        (false, 0) => "READY",
                        (false, _) => "PROCESSING",
                    };
                    let id = uuid(created, random);
                    self.payouts.push(Payout {
                        id,
                        partner: n,
                        month,
                        created,
                        status,
                        total: 0,
                        revenue: 0,
                        lines: 0,
                    });
                    self.payouts.len() - 1
                });
                event.payout = Some(index);
            }
            self.count(&mut partner, &event);
            self.events.push(event);
        }
        partner.latest.sort_unstable_by(|one, other| other.cmp(one));
        partner.latest.truncate(10);
        self.partners.push(partner);
    }

    fn month_end(&self, month: usize) -> DateTime<Utc> {
        midnight(self.month(month).date_naive() + Months::new(1))
    }

    /// Adds an event up, and the line that takes half of it back.
    fn count(&mut self, partner: &mut Partner, event: &Event) {
        let month_start = self.month(MONTHS - 1);
        let rows = [(event.at, 1_i64, event.id), (event.at + TimeDelta::days(3), -2, event.refund_id)];
        for (at, share, id) in rows.into_iter().take(if event.refunded { 2 } else { 1 }) {
            let (base, commission) = (event.base * share.signum() / share.abs(), event.commission(share));
            partner.latest.push((at, id));
            if event.status == "CANCELLED" {
                continue;
            }
            partner.revenue += base;
            if at >= month_start {
                partner.month_revenue += base;
                partner.month_commissions += commission;
            }
            match event.payout {
                None if event.status == "PENDING" => {
                    partner.pending += commission;
                    partner.pending_events += 1;
                }
                None => partner.approved += commission,
                Some(index) => {
                    let payout = &mut self.payouts[index];
                    partner.payouts += u32::from(payout.lines == 0);
                    payout.total += commission;
                    payout.revenue += base;
                    payout.lines += 1;
                    if payout.status == "COMPLETED" {
                        partner.settled += commission;
                        let is_of_this_month = payout.created + ARRIVED_AFTER >= month_start;
                        partner.month_payouts += if is_of_this_month { commission } else { 0 };
                    } else {
                        partner.in_transit += commission;
                    }
                }
            }
        }
    }

    /// Writes a file for each table, in the form that COPY reads.
    pub fn write(&self, folder: &Path) {
        self.write_partners(folder);
        self.write_events(folder);
        self.write_payouts(folder);
    }

    fn write_partners(&self, folder: &Path) {
        let mut tenants = table(folder, "tenants");
        for n in 0..TENANTS {
            let (currency, hold) = if n.is_multiple_of(2) { ("EUR", 0) } else { ("USD", 5) };
            put(&mut tenants, &format!("t{n}\tTenant {n}\tUTC\t{currency}\t{hold}\t6"));
        }
        let [mut partners, mut users, mut accounts, mut leads] =
            ["partners", "partner_users", "managed_accounts", "referral_leads"]
                .map(|name| table(folder, name));
        let begun = self.month(0);
        let mut random = StdRng::seed_from_u64(7);
        for (n, partner) in self.partners.iter().enumerate() {
            let Partner { id, tenant, currency, .. } = partner;
            let number = n / TENANTS;
            put(
                &mut partners,
                &format!(
                    "t{tenant}\t{id}\tP-{number}\tPartner {n} Limited\tACTIVE\tGOLD\t0.15\t{currency}\t{begun}"
                ),
            );
            let link = uuid(begun, &mut random);
            put(
                &mut users,
                &format!("t{tenant}\t{link}\t{id}\tuser-{n}\tuser-{n}@example.com\tOWNER\tt\t{begun}"),
            );
            for (k, account) in partner.accounts.iter().enumerate() {
                let rate = if k % 4 == 3 { "0.10" } else { "\\N" };
                put(
                    &mut accounts,
                    &format!(
                        "t{tenant}\t{account}\t{id}\tcust-{n}-{k}\tCustomer {k} of {n}\tDIRECT\t{rate}\t{begun}\t\\N\t{begun}"
                    ),
                );
            }
            for k in 0..LEADS {
                let at = begun + TimeDelta::days(40 * i64::try_from(k).unwrap());
                let (lead, stage) = (uuid(begun, &mut random), STAGES[k % 6]);
                let converted = if stage == "CONVERTED" { at.to_string() } else { "\\N".to_owned() };
                put(
                    &mut leads,
                    &format!(
                        "t{tenant}\t{lead}\t{id}\tLead {k}\tAda Byron\tada{k}@example.com\t{stage}\tuser-{n}\tt\t{at}\t{converted}"
                    ),
                );
            }
        }
    }

    fn write_events(&self, folder: &Path) {
        let [mut receipts, mut refunds, mut events, mut lines, mut changes] =
            ["invoice_receipts", "invoice_refunds", "commission_events", "payout_lines", "status_changes"]
                .map(|name| table(folder, name));
        for (n, event) in self.events.iter().enumerate() {
            let partner = &self.partners[event.partner];
            let Partner { id: partner_id, tenant, currency, .. } = partner;
            let invoice = format!("INV-{n:07}");
            let customer = format!("cust-{}-{}", event.partner, event.account);
            let account = partner.accounts[event.account];
            let (base, rate, source) = (
                cents(event.base),
                format!("0.{}", event.rate),
                if event.rate == 10 { "MANAGED_ACCOUNT" } else { "PARTNER" },
            );
            let recorded = event.at + TimeDelta::minutes(1);
            put(
                &mut receipts,
                &format!(
                    "t{tenant}\t{invoice}\t{customer}\t{currency}\t{base}\t{base}\t{}\tRECORDED\t{recorded}\t{partner_id}\t{rate}",
                    event.at
                ),
            );
            if event.refunded {
                let at = event.at + TimeDelta::days(3);
                put(
                    &mut refunds,
                    &format!(
                        "t{tenant}\tRE-{n:07}\t{invoice}\t{currency}\t{}\t{at}\t\\N\tRECORDED\t{at}",
                        cents(event.base / 2)
                    ),
                );
            }
            let rows = [(event.at, 1_i64, event.id), (event.at + TimeDelta::days(3), -2, event.refund_id)];
            for (at, share, id) in rows.into_iter().take(if event.refunded { 2 } else { 1 }) {
                let (recorded, hold) =
                    (at + TimeDelta::minutes(1), if tenant.is_multiple_of(2) { 0 } else { 5 });
                let commission = cents(event.commission(share));
                let base = cents(event.base * share.signum() / share.abs());
                let payout = event.payout.map(|index| &self.payouts[index]);
                let (payout_id, paid_at) = payout.map_or(("\\N".to_owned(), "\\N".to_owned()), |payout| {
                    (payout.id.to_string(), payout.created.to_string())
                });
                let (kind, refund, payable, original) = if share == 1 {
                    ("INVOICE_PAID", "\\N".to_owned(), at + TimeDelta::days(hold), "\\N".to_owned())
                } else {
                    ("CLAWBACK", format!("RE-{n:07}"), at, event.id.to_string())
                };
                put(
                    &mut events,
                    &format!(
                        "t{tenant}\t{id}\t{partner_id}\t{account}\t{kind}\t{}\t{invoice}\t{refund}\t{customer}\t{currency}\t{base}\t{rate}\t{source}\t{commission}\t{at}\t{recorded}\t{payable}\t{payout_id}\t{paid_at}\t{original}\t\\N",
                        event.status
                    ),
                );
                put(&mut changes, &format!("t{tenant}\t{id}\t\\N\t\\N\tPENDING\t{recorded}\tbilling\t\\N"));
                let next = if event.status == "CANCELLED" { "CANCELLED" } else { "APPROVED" };
                if event.status != "PENDING" {
                    put(
                        &mut changes,
                        &format!(
                            "t{tenant}\t{id}\t\\N\tPENDING\t{next}\t{}\tfiona\t\\N",
                            recorded + TimeDelta::hours(20)
                        ),
                    );
                }
                if let Some(Payout { id: payout_id, created, .. }) = payout {
                    put(
                        &mut lines,
                        &format!(
                            "t{tenant}\t{payout_id}\t{id}\t{partner_id}\t{currency}\t{commission}\t{created}\t\\N"
                        ),
                    );
                    put(
                        &mut changes,
                        &format!("t{tenant}\t{id}\t\\N\tAPPROVED\tPAID\t{created}\tfiona\t\\N"),
                    );
                }
            }
        }
        self.write_changes_of_payouts(&mut changes);
    }

    fn write_changes_of_payouts(&self, changes: &mut BufWriter<File>) {
        for payout in &self.payouts {
            let (tenant, id, created) = (self.partners[payout.partner].tenant, payout.id, payout.created);
            put(changes, &format!("t{tenant}\t\\N\t{id}\t\\N\tREADY\t{created}\tfiona\t\\N"));
            if payout.status != "READY" {
                let at = created + ARRIVED_AFTER;
                put(changes, &format!("t{tenant}\t\\N\t{id}\tREADY\t{}\t{at}\tfiona\t\\N", payout.status));
            }
        }
    }

    fn write_payouts(&self, folder: &Path) {
        let mut payouts = table(folder, "payouts");
        for payout in &self.payouts {
            let Partner { id: partner, tenant, currency, .. } = &self.partners[payout.partner];
            let Payout { id, created, status, total, lines, .. } = payout;
            let (reference, completed) = if *status == "COMPLETED" {
                (format!("WIRE-{}", id.simple()), (*created + ARRIVED_AFTER).to_string())
            } else {
                ("\\N".to_owned(), "\\N".to_owned())
            };
            let (start, end) = (self.month(payout.month), self.month_end(payout.month));
            put(
                &mut payouts,
                &format!(
                    "t{tenant}\t{id}\t{partner}\t{currency}\t{}\t{lines}\t{status}\tsepa\t{reference}\t{created}\t{start}\t{end}\t{created}\t{completed}",
                    cents(*total)
                ),
            );
        }
    }
}

impl Event {
    /// A share of its commission, in cents: 1, or with -2 the half of it that is taken back.
    fn commission(&self, share: i64) -> i64 {
        self.base * self.rate / 100 / share
    }
}
