//! Which role may do what: the one table of rights.

use std::fmt;
use std::str::FromStr;

use async_graphql::Enum;
use clap::ValueEnum;
use diesel::deserialize::FromSqlRow;
use diesel::expression::AsExpression;
use diesel::sql_types::Text;
use serde::{Deserialize, Serialize};

use crate::stored::stored_as_text;

/// What kind of user somebody is, as the `role` of their token says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// A user of a partner; sees the partners it is linked to.
    Partner,
    /// Staff who may do everything within the tenant.
    Admin,
    /// Staff who approve and pay.
    Finance,
    /// Staff who look after partners, their accounts and leads.
    Support,
    /// Staff who only look.
    Auditor,
    /// The billing service.
    Billing,
}

impl Role {
    /// Whether it is the tenant's staff: neither a partner's user nor a service.
    pub const fn is_staff(self) -> bool {
        !matches!(self, Self::Partner | Self::Billing)
    }

    /// Whether the role has a right.
    pub const fn may(self, right: Right) -> bool {
        match right {
            Right::SeeOneself => true,
            Right::Read => !matches!(self, Self::Billing),
            Right::Introspect | Right::Reconcile => self.is_staff(),
            Right::RecordInvoices => matches!(self, Self::Admin | Self::Billing),
            Right::Settle => matches!(self, Self::Admin | Self::Finance),
            Right::ManagePartners => matches!(self, Self::Admin | Self::Support),
            Right::ChangeSettings => matches!(self, Self::Admin),
            Right::SubmitLeads => matches!(self, Self::Partner | Self::Admin | Self::Support),
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Partner => "partner",
            Self::Admin => "admin",
            Self::Finance => "finance",
            Self::Support => "support",
            Self::Auditor => "auditor",
            Self::Billing => "billing",
        })
    }
}

impl FromStr for Role {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        <Self as ValueEnum>::from_str(text, false)
    }
}

/// What may be done. Every field of the roots asks for one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Right {
    /// See who one is.
    SeeOneself,
    /// Read what the scope covers.
    Read,
    /// Ask for the schema.
    Introspect,
    /// See whether the tenant's books agree.
    Reconcile,
    /// Tell of paid and refunded invoices.
    RecordInvoices,
    /// Approve, cancel and adjust commissions, and pay them out.
    Settle,
    /// Look after partners, their users, accounts and the progress of leads.
    ManagePartners,
    /// Change the settings of the tenant.
    ChangeSettings,
    /// Submit referral leads.
    SubmitLeads,
}

impl Right {
    /// The right as the end of a sentence: "the role … may not …".
    pub const fn deed(self) -> &'static str {
        match self {
            Self::SeeOneself => "see itself",
            Self::Read => "read partners, commissions, payouts and leads",
            Self::Introspect => "ask for the schema",
            Self::Reconcile => "see the reconciliation",
            Self::RecordInvoices => "record invoices",
            Self::Settle => "approve, cancel or pay commissions",
            Self::ManagePartners => "change partners, their users, accounts or leads",
            Self::ChangeSettings => "change the settings of the tenant",
            Self::SubmitLeads => "submit referral leads",
        }
    }
}

/// What a user is to a partner it is linked to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum, AsExpression, FromSqlRow)]
#[diesel(sql_type = Text)]
pub enum PartnerUserRole {
    /// Owns the partner's business.
    Owner,
    /// Runs the partner's affairs here.
    Admin,
    /// Looks after customers and leads.
    AccountManager,
    /// Looks after the money; submits no leads.
    Finance,
}

stored_as_text!(PartnerUserRole);
