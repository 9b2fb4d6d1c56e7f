//! Writes the dataset as files for COPY, with all rows that the program would have written.

use std::fs::File;
use std::io::BufWriter;
use std::path::Path;

use chrono::TimeDelta;
use rand::SeedableRng;
use rand::rngs::StdRng;

use crate::copy_format::{NULL, cents, put, table};
use crate::dataset::{
    Dataset, Event, EventRow, Partner, Payout, TIME_TO_COMPLETION, TIME_TO_REFUND, currency, hold_days, uuid,
};
use crate::size::{LIST_TENANT, TENANTS};

/// The number of leads of each partner, except those of the long lists, which have one.
const LEADS: usize = 25;
const LEAD_STATUSES: [&str; 6] = ["NEW", "CONTACTED", "QUALIFIED", "CONVERTED", "LOST", "INVALID"];
/// The moment from which the first terms hold.
const BEGINNING: &str = "2000-01-01 00:00:00+00";
/// The time from a payment to its receipt.
const TIME_TO_RECORD: TimeDelta = TimeDelta::minutes(1);

/// The files of invoice_revisions, invoice_refunds, commission_events, payout_lines and status_changes.
type EventFiles = [BufWriter<File>; 5];

impl Dataset {
    /// Writes a file for each table, in the text format of COPY.
    pub fn write(&self, folder: &Path) {
        self.write_partners(folder);
        self.write_events(folder);
        self.write_payouts(folder);
    }

    fn write_partners(&self, folder: &Path) {
        let mut tenants = table(folder, "tenants");
        for n in 0..=TENANTS {
            let (currency, hold) = (currency(n), hold_days(n));
            put(&mut tenants, &format!("t{n}\tTenant {n}\tUTC\t{currency}\t{hold}\t6"));
        }
        let names = [
            "partners",
            "partner_terms",
            "partner_users",
            "managed_accounts",
            "managed_account_terms",
            "referral_leads",
        ];
        let [mut partners, mut terms, mut users, mut accounts, mut account_terms, mut leads] =
            names.map(|name| table(folder, name));
        let start = self.month_start(0);
        let mut random = StdRng::seed_from_u64(7);
        for (n, partner) in self.partners.iter().enumerate() {
            let Partner { id, tenant, currency, .. } = partner;
            // In the long lists, no two rows are at the same place.
            let is_listed = *tenant == LIST_TENANT;
            let place = TimeDelta::seconds(if is_listed { i64::try_from(n).unwrap() } else { 0 });
            put(&mut partners, &format!("t{tenant}\t{id}\tP-{n}\tPartner {n} Limited\t{currency}\t{start}"));
            put(&mut terms, &format!("t{tenant}\t{id}\t{BEGINNING}\t1\tACTIVE\tGOLD\t0.15\tadam\t{start}"));
            let link = uuid(start, &mut random);
            put(
                &mut users,
                &format!("t{tenant}\t{link}\t{id}\tuser-{n}\tuser-{n}@example.com\tOWNER\tt\t{start}"),
            );
            let starts_at = start - place;
            for (k, account) in partner.accounts.iter().enumerate() {
                let rate = if k % 4 == 3 { "0.10" } else { "\\N" };
                put(
                    &mut accounts,
                    &format!(
                        "t{tenant}\t{account}\t{id}\tcust-{n}-{k}\tCustomer {k} of {n}\tDIRECT\t{starts_at}\t\\N\t{start}"
                    ),
                );
                put(
                    &mut account_terms,
                    &format!("t{tenant}\t{account}\t{BEGINNING}\t1\t{id}\t{rate}\tadam\t{start}"),
                );
            }
            for k in 0..if is_listed { 1 } else { LEADS } {
                let at = start + TimeDelta::days(40 * i64::try_from(k).unwrap()) + place;
                let (lead, status) = (uuid(start, &mut random), LEAD_STATUSES[k % 6]);
                let converted = if status == "CONVERTED" { at.to_string() } else { "\\N".to_owned() };
                put(
                    &mut leads,
                    &format!(
                        "t{tenant}\t{lead}\t{id}\tLead {k}\tAda Byron\tada{k}@example.com\t{status}\tuser-{n}\tt\t{at}\t{converted}"
                    ),
                );
            }
        }
    }

    fn write_events(&self, folder: &Path) {
        let names =
            ["invoice_revisions", "invoice_refunds", "commission_events", "payout_lines", "status_changes"];
        let mut files = names.map(|name| table(folder, name));
        for (n, event) in self.events.iter().enumerate() {
            self.write_invoice(&mut files, n, event);
            for row in event.rows() {
                self.write_event(&mut files, n, event, &row);
            }
        }
        let [.., changes] = &mut files;
        self.write_changes_of_payouts(changes);
    }

    /// Writes the invoice of an event, and its refund.
    fn write_invoice(&self, [invoices, refunds, ..]: &mut EventFiles, n: usize, event: &Event) {
        let Partner { id: partner, tenant, currency, .. } = &self.partners[event.partner];
        // An invoice has the id of its event.
        let Event { id, at, partner: number, account, rate, .. } = event;
        let (base, recorded) = (cents(event.base), *at + TIME_TO_RECORD);
        put(
            invoices,
            &format!(
                "t{tenant}\tINV-{n:07}\tcust-{number}-{account}\t{currency}\t{base}\t{base}\t{at}\tRECORDED\t{recorded}\t{partner}\t0.{rate}\t{id}\tbilling"
            ),
        );
        if event.is_refunded {
            let at = *at + TIME_TO_REFUND;
            let amount = cents(event.base / 2);
            put(
                refunds,
                &format!(
                    "t{tenant}\tRE-{n:07}\tINV-{n:07}\t{currency}\t{amount}\t{at}\t\\N\tRECORDED\t{at}\t{id}\t1"
                ),
            );
        }
    }

    /// Writes a row of an event, its payout line and its status changes.
    fn write_event(
        &self,
        [_, _, events, lines, changes]: &mut EventFiles,
        n: usize,
        event: &Event,
        row: &EventRow,
    ) {
        let Partner { id: partner, tenant, currency, accounts, .. } = &self.partners[event.partner];
        let Event { partner: number, account, rate, status, .. } = event;
        let EventRow { id, at, .. } = row;
        let source = if *rate == 10 { "MANAGED_ACCOUNT" } else { "PARTNER" };
        let recorded = *at + TIME_TO_RECORD;
        let (base, commission) = (cents(row.base), cents(row.commission));
        let payout = event.payout.map(|index| &self.payouts[index]);
        let (payout_id, paid_at) = payout.map_or((NULL.to_owned(), NULL.to_owned()), |payout| {
            (payout.id.to_string(), payout.created.to_string())
        });
        let (event_type, refund, payable, original) = if row.is_reversal {
            ("CLAWBACK", format!("RE-{n:07}"), *at, event.id.to_string())
        } else {
            let hold = TimeDelta::days(hold_days(*tenant));
            ("INVOICE_PAID", NULL.to_owned(), *at + hold, NULL.to_owned())
        };
        let account_id = accounts[*account];
        put(
            events,
            &format!(
                "t{tenant}\t{id}\t{partner}\t{account_id}\t{event_type}\t{status}\tINV-{n:07}\t{refund}\tcust-{number}-{account}\t{currency}\t{base}\t0.{rate}\t{source}\t{commission}\t{at}\t{recorded}\t{payable}\t{payout_id}\t{paid_at}\t{original}\t\\N\t{}\t1",
                event.id
            ),
        );
        put(changes, &format!("t{tenant}\t{id}\t\\N\t\\N\tPENDING\t{recorded}\tbilling\t\\N"));
        if *status != "PENDING" {
            let decision = if *status == "CANCELLED" { "CANCELLED" } else { "APPROVED" };
            let decided = recorded + TimeDelta::hours(20);
            put(changes, &format!("t{tenant}\t{id}\t\\N\tPENDING\t{decision}\t{decided}\tfiona\t\\N"));
        }
        if let Some(Payout { id: payout_id, created, .. }) = payout {
            put(
                lines,
                &format!("t{tenant}\t{payout_id}\t{id}\t{partner}\t{currency}\t{commission}\t{created}\t\\N"),
            );
            put(changes, &format!("t{tenant}\t{id}\t\\N\tAPPROVED\tPAID\t{created}\tfiona\t\\N"));
        }
    }

    fn write_changes_of_payouts(&self, changes: &mut BufWriter<File>) {
        for payout in &self.payouts {
            let (tenant, id, created) = (self.partners[payout.partner].tenant, payout.id, payout.created);
            put(changes, &format!("t{tenant}\t\\N\t{id}\t\\N\tREADY\t{created}\tfiona\t\\N"));
            if payout.status != "READY" {
                let at = created + TIME_TO_COMPLETION;
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
                (format!("WIRE-{}", id.simple()), (*created + TIME_TO_COMPLETION).to_string())
            } else {
                ("\\N".to_owned(), "\\N".to_owned())
            };
            let (start, end) = (self.month_start(payout.month), self.month_end(payout.month));
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
