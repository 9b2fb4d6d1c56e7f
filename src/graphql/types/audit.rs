//! The object types of the audit trail: entries, their changes, and seals.

use async_graphql::{Context, ID, Object};

use super::account::ManagedAccount;
use super::commission::CommissionEvent;
use super::invoice::Invoice;
use super::node::Node;
use super::partner::{Partner, PartnerUser};
use super::payout::Payout;
use super::referral::ReferralLead;
use super::viewer::Tenant;
use crate::auth::Authorized;
use crate::domain::{audit, tenant};
use crate::graphql::connection::ConnectionNode;
use crate::graphql::context::{counted, request};
use crate::graphql::loaders::{ListLoaders, Loaders};
use crate::graphql::reference::Reference;
use crate::primitives::error::Result;
use crate::primitives::id::{
    CommissionEventId, InvoiceId, ManagedAccountId, PartnerId, PartnerUserId, PayoutId, ReferralLeadId,
};
use crate::primitives::timestamp::Timestamp;

/// An entry of the audit trail of the caller's tenant.
pub struct AuditEntry(pub Authorized<audit::AuditEntry>);

impl From<Authorized<audit::AuditEntry>> for AuditEntry {
    fn from(row: Authorized<audit::AuditEntry>) -> Self {
        Self(row)
    }
}

impl ConnectionNode for AuditEntry {
    type Row = audit::AuditEntry;
    const CONNECTION: &'static str = "AuditEntryConnection";
    const EDGE: &'static str = "AuditEntryEdge";

    fn lists(_: &Loaders) -> Option<&ListLoaders<Self::Row>> {
        None
    }
}

/// The changes of one act: who did it, when, on which rows, and each field before and after. Written in the same transaction,
/// never changed, and without personal data: of names and e-mail addresses only first letters. For staff.
#[Object]
impl AuditEntry {
    /// The id of the entry: a UUID, unique over all types.
    pub async fn id(&self) -> ID {
        self.0.id.into()
    }

    /// The instant of the entry, just before its transaction was committed, by the clock of the database.
    async fn at(&self) -> Timestamp {
        self.0.at.into()
    }

    /// The user id of the caller, or the name of the service, as in histories; of a partner user masked, `"p***"`.
    async fn actor(&self) -> &str {
        &self.0.actor
    }

    /// The role of the caller: `admin`, `finance`, `support`, `auditor`, `billing` or `partner`.
    async fn actor_role(&self) -> &str {
        &self.0.actor_role
    }

    /// The name of the mutation, as `"updatePartner"`, or of the command, as `"service-token create"`; `"BASELINE"` for rows
    /// that are older than the trail.
    async fn act(&self) -> &str {
        &self.0.act
    }

    /// The kind of the row that the entry is about, the name of its type; null for bulk changes and downloads.
    async fn subject_type(&self) -> Option<&str> {
        self.0.subject_type.as_deref()
    }

    /// The row that the entry is about; null for bulk changes, and for payout runs and service tokens, which are no objects of
    /// this API.
    async fn subject(&self, ctx: &Context<'_>) -> async_graphql::Result<Option<Node>> {
        Ok(self.load_subject(ctx).await?)
    }

    /// The partner that the changed rows belong to; null if they belong to none or to several.
    async fn partner(&self) -> Option<Reference<Partner>> {
        self.0.partner_id.map(Reference::new)
    }

    /// The changes. A bulk change, as of 500 events, has the number of rows (`count`), the sums of their amounts (`sum.EUR`)
    /// and the SHA-256 of their sorted ids (`idsSha256`).
    async fn changes(&self, ctx: &Context<'_>) -> async_graphql::Result<Vec<FieldChange>> {
        counted(ctx, self.0.field_changes()?.into_iter().map(FieldChange).collect()).await
    }

    /// The reason that the caller stated; null if none was stated.
    async fn reason(&self, ctx: &Context<'_>) -> async_graphql::Result<Option<&str>> {
        Ok(request(ctx)?.work().count_text(self.0.reason.as_deref())?)
    }

    /// The id of the request, as in its response header `x-request-id`, or of the run of the command.
    async fn request_id(&self) -> &str {
        &self.0.request_id
    }

    /// The SHA-256 of the entry as canonical JSON (RFC 8785), hexadecimal.
    async fn hash(&self) -> String {
        audit::hex(&self.0.hash)
    }

    /// The seal that proves the entry; null for up to a minute.
    async fn seal(&self, ctx: &Context<'_>) -> async_graphql::Result<Option<AuditSeal>> {
        Ok(request(ctx)?.loaders().audit_seal.load(self.0.id).await?.map(AuditSeal))
    }
}

impl AuditEntry {
    async fn load_subject(&self, ctx: &Context<'_>) -> Result<Option<Node>> {
        let request = request(ctx)?;
        let loaders = request.loaders();
        let Some(kind) = self.0.subject_type.as_deref() else { return Ok(None) };
        if kind == "Tenant" {
            let settings = tenant::settings(&mut *request.session().await?).await?;
            return Ok(Some(Tenant(settings).into()));
        }
        let Some(id) = self.0.subject_id else { return Ok(None) };
        Ok(match kind {
            "Partner" => loaders.partner.load(PartnerId(id)).await?.map(|row| Partner(row).into()),
            "PartnerUser" => loaders.user.load(PartnerUserId(id)).await?.map(|row| PartnerUser(row).into()),
            "ManagedAccount" => {
                loaders.account.load(ManagedAccountId(id)).await?.map(|row| ManagedAccount(row).into())
            }
            "ReferralLead" => {
                loaders.lead.load(ReferralLeadId(id)).await?.map(|row| ReferralLead(row).into())
            }
            "CommissionEvent" => {
                loaders.event.load(CommissionEventId(id)).await?.map(|row| CommissionEvent(row).into())
            }
            "Payout" => loaders.payout.load(PayoutId(id)).await?.map(|row| Payout(row).into()),
            "Invoice" => loaders.invoice.load(InvoiceId(id)).await?.map(|row| Invoice(row).into()),
            _ => None,
        })
    }
}

/// The change of a field, or a figure of an act.
pub struct FieldChange(audit::FieldChange);

/// The change of a field of a row, or a figure of the act.
#[Object]
impl FieldChange {
    /// The name of the field, e.g. `"companyName"`; of terms `"terms.2"`, the second change of the terms; or the name of a
    /// figure.
    async fn field(&self) -> &str {
        &self.0.field
    }

    /// The value before; null for none. Amounts with their currency, instants in UTC; of personal data only first letters, of
    /// free text only its length.
    async fn before(&self) -> Option<&str> {
        self.0.before.as_deref()
    }

    /// The value after; null for none. In the format of `before`.
    async fn after(&self) -> Option<&str> {
        self.0.after.as_deref()
    }

    /// The row, as type and id (`"ManagedAccount:…"`), if it is another one than the subject of the entry; else null.
    async fn row(&self) -> Option<&str> {
        self.0.row.as_deref()
    }
}

/// A seal of the audit trail of the caller's tenant.
pub struct AuditSeal(pub audit::AuditSeal);

/// A seal: a hash that proves all entries committed until then, because it contains theirs and that of the seal before. One
/// a minute, if there were entries. For staff.
#[Object]
impl AuditSeal {
    /// The number of the seal, from 1, without gaps.
    async fn number(&self) -> i32 {
        i32::try_from(self.0.number).unwrap_or(i32::MAX)
    }

    /// The instant of the seal, by the clock of the database.
    async fn sealed_at(&self) -> Timestamp {
        self.0.sealed_at.into()
    }

    /// The number of entries of the seal.
    async fn entries(&self) -> i32 {
        self.0.entries
    }

    /// The hash of the seal before, hexadecimal; 64 zeros for the first one.
    async fn previous_hash(&self) -> String {
        self.0.previous_hash_text()
    }

    /// The SHA-256 of the previous hash, the number, the instant and the hashes of the entries in the order of their ids,
    /// hexadecimal.
    async fn hash(&self) -> String {
        self.0.hash_text()
    }
}
