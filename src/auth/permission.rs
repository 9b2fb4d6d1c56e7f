//! Roles and their permissions: the one table.

use std::fmt;
use std::str::FromStr;

use async_graphql::Enum;
use clap::ValueEnum;
use diesel::deserialize::FromSqlRow;
use diesel::expression::AsExpression;
use diesel::sql_types::Text;
use serde::{Deserialize, Serialize};

use crate::primitives::text_enum::text_enum;

/// The role of a caller, from the claim `role` of its token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// A partner user; sees the partners that it is linked to.
    Partner,
    /// Staff with every permission within the tenant.
    Admin,
    /// Staff who approve commissions and pay them out.
    Finance,
    /// Staff who manage partners, their users, accounts and leads.
    Support,
    /// Staff who read only.
    Auditor,
    /// The billing service.
    Billing,
}

impl Role {
    /// Returns whether the role is one of the tenant's staff: neither a partner user nor a service.
    pub const fn is_staff(self) -> bool {
        !matches!(self, Self::Partner | Self::Billing)
    }

    /// Returns whether the role has a permission.
    pub const fn allows(self, permission: Permission) -> bool {
        match permission {
            Permission::ViewSelf => true,
            Permission::Read => !matches!(self, Self::Billing),
            Permission::Introspect
            | Permission::Reconcile
            | Permission::ReadInvoices
            | Permission::ReadWebhooks
            | Permission::ReadJobs
            | Permission::ReadMails
            | Permission::ReadOverview
            | Permission::ReadAudit
            | Permission::SaveViews => self.is_staff(),
            Permission::RecordInvoices => matches!(self, Self::Admin | Self::Billing),
            Permission::CorrectInvoices => matches!(self, Self::Admin | Self::Finance | Self::Billing),
            Permission::ManageCommissions => matches!(self, Self::Admin | Self::Finance),
            Permission::ManagePartners => matches!(self, Self::Admin | Self::Support),
            Permission::ChangeSettings
            | Permission::ManageWebhooks
            | Permission::RetryJobs
            | Permission::ErasePersons
            | Permission::ManageServiceTokens => {
                matches!(self, Self::Admin)
            }
            Permission::ChooseNotifications => matches!(self, Self::Partner),
            Permission::ManagePayoutAccounts => matches!(self, Self::Partner | Self::Admin | Self::Finance),
            Permission::ChangePartnerLegal => matches!(self, Self::Partner | Self::Admin | Self::Support),
            Permission::SubmitLeads => matches!(self, Self::Partner | Self::Admin | Self::Support),
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

/// A permission. Every field of the root types requires one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Permission {
    /// View the caller's own identity.
    ViewSelf,
    /// Read the rows within the caller's scope.
    Read,
    /// Run introspection queries.
    Introspect,
    /// View the reconciliation of the tenant's books.
    Reconcile,
    /// View the invoices of the tenant.
    ReadInvoices,
    /// View the sums of all partners, and what waits for staff.
    ReadOverview,
    /// View the audit trail.
    ReadAudit,
    /// View webhook endpoints and deliveries, without secrets.
    ReadWebhooks,
    /// Create, change, test and delete webhook endpoints, and deliver webhooks again.
    ManageWebhooks,
    /// View the jobs that wait for the worker, and those that are dead.
    ReadJobs,
    /// Have dead jobs tried again.
    RetryJobs,
    /// View mails, and the contact that is notified of problems.
    ReadMails,
    /// Choose which notifications to be sent.
    ChooseNotifications,
    /// Save views of lists, and see those that are shared.
    SaveViews,
    /// Record paid and refunded invoices.
    RecordInvoices,
    /// Correct what billing reported: invoices, and refunds that were reversed.
    CorrectInvoices,
    /// Approve, cancel, adjust and pay commissions.
    ManageCommissions,
    /// Manage partners, their users, accounts and leads.
    ManagePartners,
    /// Open, link and end the accounts that partners are paid to.
    ManagePayoutAccounts,
    /// Change the legal identities of partners.
    ChangePartnerLegal,
    /// Change the settings of the tenant.
    ChangeSettings,
    /// Submit referral leads.
    SubmitLeads,
    /// Erase what was written about a person.
    ErasePersons,
    /// View, create and revoke service tokens.
    ManageServiceTokens,
}

impl Permission {
    /// Returns the permission as the end of the sentence "the role … may not …".
    pub const fn description(self) -> &'static str {
        match self {
            Self::ViewSelf => "view itself",
            Self::Read => "read partners, commissions, payouts and leads",
            Self::Introspect => "run introspection queries",
            Self::Reconcile => "view the reconciliation",
            Self::ReadInvoices => "view invoices",
            Self::ReadWebhooks => "view webhooks",
            Self::ManageWebhooks => "manage webhooks",
            Self::ReadJobs => "view background jobs",
            Self::RetryJobs => "retry background jobs",
            Self::ReadMails => "view mails",
            Self::ChooseNotifications => "choose notifications of partners",
            Self::ReadOverview => "view the overview of all partners",
            Self::ReadAudit => "view the audit trail",
            Self::SaveViews => "save views of lists",
            Self::RecordInvoices => "record invoices",
            Self::CorrectInvoices => "correct invoices and refunds",
            Self::ManageCommissions => "approve, cancel or pay commissions",
            Self::ManagePartners => "change partners, their users, accounts or leads",
            Self::ManagePayoutAccounts => "change the accounts that partners are paid to",
            Self::ChangePartnerLegal => "change the legal identities of partners",
            Self::ChangeSettings => "change the settings of the tenant",
            Self::SubmitLeads => "submit referral leads",
            Self::ErasePersons => "erase persons",
            Self::ManageServiceTokens => "manage service tokens",
        }
    }
}

/// The role of a user within a partner.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum, AsExpression, FromSqlRow)]
#[diesel(sql_type = Text)]
pub enum PartnerUserRole {
    /// The owner of the partner's business.
    Owner,
    /// An administrator of the partner.
    Admin,
    /// Manages the partner's customers and leads.
    AccountManager,
    /// Manages the partner's finances; may not submit leads.
    Finance,
}

text_enum!(PartnerUserRole);
