//! The dataset: a platform after three years, with twenty tenants, two thousand partners and a million commission
//! events, and one more tenant with as many partners as its lists have rows.
//!
//! As in practice, a few partners have many events and most have a few hundred. All runs of a day generate the same
//! data.

use chrono::{DateTime, Datelike, Months, NaiveDate, NaiveTime, TimeDelta, Utc};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use uuid::Uuid;

use crate::size::{DatasetSize, LIST_TENANT, TENANTS, events_by_partner};

const MONTHS: usize = 36;
/// The number of events of a customer who paid every month of three years.
const EVENTS_PER_CUSTOMER: u32 = 36;
/// The time from the end of a month to its payouts, and from there to their completion.
const TIME_TO_PAYOUT: TimeDelta = TimeDelta::days(5);
pub const TIME_TO_COMPLETION: TimeDelta = TimeDelta::days(3);
/// The time from a payment to its refund.
pub const TIME_TO_REFUND: TimeDelta = TimeDelta::days(3);

/// A partner, with the totals of its rows.
#[derive(Debug, Default)]
pub struct Partner {
    pub id: Uuid,
    pub tenant: usize,
    pub currency: &'static str,
    /// The number of events, without reversals.
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
    /// The ten latest events, by date and id, latest first.
    pub latest: Vec<(DateTime<Utc>, Uuid)>,
    pub payouts: u32,
}

/// A commission event, and the reversal of half of it if the invoice is partly refunded.
pub struct Event {
    pub partner: usize,
    pub account: usize,
    pub id: Uuid,
    pub at: DateTime<Utc>,
    /// The amount that the commission is computed from, in cents.
    pub base: i64,
    /// The commission rate, in percent.
    pub rate: i64,
    pub status: &'static str,
    /// An index of `Dataset::payouts`.
    pub payout: Option<usize>,
    pub is_refunded: bool,
    /// The id of the reversal.
    pub reversal_id: Uuid,
}

/// A payout of a partner for a month.
pub struct Payout {
    pub id: Uuid,
    pub partner: usize,
    /// The index of the month that it pays.
    pub month: usize,
    pub created: DateTime<Utc>,
    pub status: &'static str,
    /// In cents.
    pub total: i64,
    pub lines: u32,
}

/// The whole dataset.
pub struct Dataset {
    pub today: DateTime<Utc>,
    /// Those of the tenant with the long lists are the last.
    pub partners: Vec<Partner>,
    /// The number of the other partners.
    pub regular_partners: usize,
    /// By date and id.
    pub events: Vec<Event>,
    pub payouts: Vec<Payout>,
}

impl Dataset {
    /// Generates the dataset.
    pub fn generate(size: DatasetSize) -> Self {
        let mut random = StdRng::seed_from_u64(20_261_125);
        let today = Utc::now().date_naive().and_time(NaiveTime::MIN).and_utc();
        let mut dataset = Self {
            today,
            partners: Vec::new(),
            regular_partners: 0,
            events: Vec::new(),
            payouts: Vec::new(),
        };
        for (n, events) in events_by_partner(size).into_iter().enumerate() {
            dataset.add_partner(n % TENANTS, events, &mut random);
        }
        dataset.regular_partners = dataset.partners.len();
        for _ in 0..size.list_partners {
            dataset.add_partner(LIST_TENANT, 1, &mut random);
        }
        dataset.events.sort_by_key(|event| (event.at, event.id));
        dataset
    }

    /// Returns the first midnight of a month, where month 35 is the current one.
    pub fn month_start(&self, month: usize) -> DateTime<Utc> {
        let back = u32::try_from(MONTHS - 1).unwrap() - u32::try_from(month).unwrap();
        let first = self.today.date_naive().with_day(1).unwrap();
        midnight(first - Months::new(back))
    }

    fn add_partner(&mut self, tenant: usize, events: u32, random: &mut StdRng) {
        let n = self.partners.len();
        let currency = currency(tenant);
        let id = uuid(self.month_start(0), random);
        let customers = (events / EVENTS_PER_CUSTOMER).max(1);
        let accounts: Vec<_> = (0..customers).map(|_| uuid(self.month_start(0), random)).collect();
        let mut partner = Partner { id, tenant, currency, size: events, accounts, ..Partner::default() };
        let starts: Vec<_> = (0..MONTHS).map(|month| self.month_start(month)).chain([self.today]).collect();
        let seconds = (self.today - starts[0]).num_seconds();
        let mut payouts: Vec<Option<usize>> = vec![None; MONTHS];
        for _ in 0..events {
            let at = starts[0] + TimeDelta::seconds(random.random_range(0..seconds));
            let month = starts[1..MONTHS].partition_point(|start| *start <= at);
            let account = random.random_range(0..partner.accounts.len());
            let rate = if account % 4 == 3 { 10 } else { 15 };
            // With these bases and rates, the commission and its half are whole cents.
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
                is_refunded: random.random_range(0..100) == 0 && at + TIME_TO_REFUND < self.today,
                reversal_id: uuid(at + TIME_TO_REFUND, random),
            };
            let created = self.month_end(month) + TIME_TO_PAYOUT;
            if random.random_range(0..50) == 0 {
                event.status = "CANCELLED";
            } else if created > self.today {
                let is_old = at < self.today - TimeDelta::days(10);
                event.status = if is_old { "APPROVED" } else { "PENDING" };
            } else {
                let payout = &mut payouts[month];
                let index = payout.unwrap_or_else(|| self.add_payout(n, month, random));
                *payout = Some(index);
                event.payout = Some(index);
            }
            self.add_to_figures(&mut partner, &event);
            self.events.push(event);
        }
        partner.latest.sort_unstable_by(|one, other| other.cmp(one));
        partner.latest.truncate(10);
        self.partners.push(partner);
    }

    /// Adds a payout without lines; returns its index.
    fn add_payout(&mut self, partner: usize, month: usize, random: &mut StdRng) -> usize {
        let created = self.month_end(month) + TIME_TO_PAYOUT;
        let is_completed = self.month_end(month + 1) + TIME_TO_PAYOUT <= self.today;
        let status = match (is_completed, partner % 2) {
            (true, _) => "COMPLETED",
            (false, 0) => "READY",
            (false, _) => "PROCESSING",
        };
        let id = uuid(created, random);
        self.payouts.push(Payout { id, partner, month, created, status, total: 0, lines: 0 });
        self.payouts.len() - 1
    }

    /// Returns the first midnight after a month.
    pub fn month_end(&self, month: usize) -> DateTime<Utc> {
        midnight(self.month_start(month).date_naive() + Months::new(1))
    }

    /// Adds an event and its reversal to the totals of its partner and payout.
    fn add_to_figures(&mut self, partner: &mut Partner, event: &Event) {
        let month_start = self.month_start(MONTHS - 1);
        for EventRow { id, at, base, commission, .. } in event.rows() {
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
                    payout.lines += 1;
                    if payout.status == "COMPLETED" {
                        partner.settled += commission;
                        let is_of_this_month = payout.created + TIME_TO_COMPLETION >= month_start;
                        partner.month_payouts += if is_of_this_month { commission } else { 0 };
                    } else {
                        partner.in_transit += commission;
                    }
                }
            }
        }
    }
}

/// A row of `commission_events`.
pub struct EventRow {
    pub id: Uuid,
    pub at: DateTime<Utc>,
    /// In cents.
    pub base: i64,
    /// In cents.
    pub commission: i64,
    pub is_reversal: bool,
}

impl Event {
    /// Returns the event, and the reversal of half of it if its invoice is refunded.
    pub fn rows(&self) -> impl Iterator<Item = EventRow> {
        let Self { id, at, base, .. } = *self;
        let commission = base * self.rate / 100;
        let original = EventRow { id, at, base, commission, is_reversal: false };
        let reversal = self.is_refunded.then(|| EventRow {
            id: self.reversal_id,
            at: at + TIME_TO_REFUND,
            base: -base / 2,
            commission: -commission / 2,
            is_reversal: true,
        });
        [original].into_iter().chain(reversal)
    }
}

/// Returns the currency of a tenant and of its partners.
pub fn currency(tenant: usize) -> &'static str {
    if tenant.is_multiple_of(2) { "EUR" } else { "USD" }
}

/// Returns the hold period of a tenant's commissions, in days.
pub fn hold_days(tenant: usize) -> i64 {
    if tenant.is_multiple_of(2) { 0 } else { 5 }
}

/// Returns an id like those of the program: ordered by time, and otherwise random.
pub fn uuid(at: DateTime<Utc>, random: &mut StdRng) -> Uuid {
    let millis = u64::try_from(at.timestamp_millis()).unwrap();
    uuid::Builder::from_unix_timestamp_millis(millis, &random.random()).into_uuid()
}

fn midnight(day: NaiveDate) -> DateTime<Utc> {
    day.and_time(NaiveTime::MIN).and_utc()
}
