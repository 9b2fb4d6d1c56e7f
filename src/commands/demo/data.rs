//! The rows of the demo tenant.

use crate::auth::PartnerUserRole;
use crate::domain::partner::PartnerTier;
use crate::domain::referral::ReferralStatus;

/// A partner of the demo.
pub struct DemoPartner {
    pub name: &'static str,
    pub tier: PartnerTier,
    /// A fraction: `"0.1500"` is 15 %.
    pub rate: &'static str,
    pub currency: &'static str,
    pub users: &'static [(&'static str, PartnerUserRole)],
    pub accounts: &'static [DemoAccount],
    pub invoices: &'static [DemoInvoice],
    /// Suspended after its invoices were recorded.
    pub is_suspended: bool,
}

/// A customer that a partner of the demo manages.
pub struct DemoAccount {
    pub customer: &'static str,
    pub name: &'static str,
    pub rate: Option<&'static str>,
}

/// A paid invoice of the demo, and what happened to its commission.
pub struct DemoInvoice {
    pub id: &'static str,
    pub customer: &'static str,
    pub amount: &'static str,
    pub currency: &'static str,
    pub hours_ago: i64,
    pub outcome: Outcome,
}

/// What happened to the commission of an invoice.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    Pending,
    Approved,
    Cancelled,
}

/// An invoice of a past month, which is approved and paid out.
pub struct DemoPastInvoice {
    pub customer: &'static str,
    pub amount: &'static str,
}

/// A referral lead of the demo, with its current status.
pub struct DemoLead {
    pub company: &'static str,
    pub contact: &'static str,
    pub email: &'static str,
    pub value: &'static str,
    pub status: ReferralStatus,
    pub customer: Option<&'static str>,
}

const fn invoice(
    id: &'static str,
    customer: &'static str,
    amount: &'static str,
    currency: &'static str,
    hours_ago: i64,
    outcome: Outcome,
) -> DemoInvoice {
    DemoInvoice { id, customer, amount, currency, hours_ago, outcome }
}

const fn account(customer: &'static str, name: &'static str, rate: Option<&'static str>) -> DemoAccount {
    DemoAccount { customer, name, rate }
}

/// The partners. The first is the one of the personas; the second shows that partners do not see each other.
pub const PARTNERS: [DemoPartner; 3] = [
    DemoPartner {
        name: "Northwind Advisors",
        tier: PartnerTier::Gold,
        rate: "0.1500",
        currency: "USD",
        users: &[("paula", PartnerUserRole::Owner), ("sam", PartnerUserRole::AccountManager)],
        accounts: &[
            account("cust-birch", "Birch Bakeries", None),
            account("cust-cedar", "Cedar Clinics", Some("0.1000")),
            account("cust-maple", "Maple Media", Some("0.2000")),
        ],
        invoices: &[
            invoice("N-401", "cust-birch", "1250.00", "USD", 2, Outcome::Pending),
            invoice("N-402", "cust-cedar", "480.00", "USD", 5, Outcome::Pending),
            invoice("N-403", "cust-maple", "333.35", "USD", 9, Outcome::Pending),
            invoice("N-404", "cust-maple", "199.90", "EUR", 20, Outcome::Pending),
            invoice("N-405", "cust-birch", "990.00", "USD", 30, Outcome::Approved),
            invoice("N-406", "cust-cedar", "75.50", "USD", 31, Outcome::Approved),
            invoice("N-407", "cust-maple", "640.00", "EUR", 40, Outcome::Approved),
            invoice("N-408", "cust-birch", "12.00", "USD", 50, Outcome::Cancelled),
        ],
        is_suspended: false,
    },
    DemoPartner {
        name: "Rheinwerk Beratung",
        tier: PartnerTier::Silver,
        rate: "0.1200",
        currency: "EUR",
        users: &[("erik", PartnerUserRole::Owner), ("sam", PartnerUserRole::AccountManager)],
        accounts: &[account("cust-linde", "Linde Logistik", None)],
        invoices: &[
            invoice("R-101", "cust-linde", "2400.00", "EUR", 480, Outcome::Approved),
            invoice("R-102", "cust-linde", "2400.00", "EUR", 72, Outcome::Approved),
            invoice("R-103", "cust-linde", "150.00", "EUR", 3, Outcome::Pending),
        ],
        is_suspended: false,
    },
    DemoPartner {
        name: "Southgate Resellers",
        tier: PartnerTier::Bronze,
        rate: "0.0500",
        currency: "USD",
        users: &[],
        accounts: &[account("cust-elm", "Elm Electric", None)],
        invoices: &[invoice("S-101", "cust-elm", "60.00", "USD", 48, Outcome::Pending)],
        is_suspended: true,
    },
];

/// How many past months of the first partner are paid out.
pub const PAST_MONTHS: u32 = 3;

/// The invoices of each past month of the first partner, five days apart, in US dollars.
pub const PAST_INVOICES: [DemoPastInvoice; 4] = [
    DemoPastInvoice { customer: "cust-birch", amount: "1249.99" },
    DemoPastInvoice { customer: "cust-cedar", amount: "480.00" },
    DemoPastInvoice { customer: "cust-maple", amount: "333.35" },
    DemoPastInvoice { customer: "cust-birch", amount: "87.30" },
];

/// The referral leads of the first partner, with their value in US dollars.
pub const LEADS: [DemoLead; 5] = [
    DemoLead {
        company: "Aspen Audio",
        contact: "Ann Aldo",
        email: "ann@example.com",
        value: "9000.00",
        status: ReferralStatus::Converted,
        customer: Some("cust-ann"),
    },
    DemoLead {
        company: "Poplar Print",
        contact: "Pia Park",
        email: "pia@example.com",
        value: "4200.00",
        status: ReferralStatus::Converted,
        customer: Some("cust-pia"),
    },
    DemoLead {
        company: "Willow Works",
        contact: "Will Wong",
        email: "will@example.com",
        value: "12000.00",
        status: ReferralStatus::Qualified,
        customer: None,
    },
    DemoLead {
        company: "Hazel Homes",
        contact: "Hana Hill",
        email: "hana@example.com",
        value: "800.00",
        status: ReferralStatus::New,
        customer: None,
    },
    DemoLead {
        company: "Larch Legal",
        contact: "Lea Lund",
        email: "lea@example.com",
        value: "2500.00",
        status: ReferralStatus::Lost,
        customer: None,
    },
];
