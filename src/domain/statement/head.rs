//! The head of a statement: what it says besides its lines, as it was when the statement was issued.

use chrono::{DateTime, Utc};
use diesel::deserialize::{self, FromSql, FromSqlRow};
use diesel::expression::AsExpression;
use diesel::pg::{Pg, PgValue};
use diesel::serialize::{self, Output, ToSql};
use diesel::sql_types::Jsonb;
use serde::{Deserialize, Serialize};

use super::self_billing;
use crate::domain::db::session::Session;
use crate::domain::partner::Partner;
use crate::domain::payout::Payout;
use crate::domain::{audit, tenant};
use crate::primitives::error::Result;

/// The head of a statement. Its names are those of the stored JSON: fields may be added as optional ones, and are neither
/// renamed nor removed.
#[derive(Clone, Debug, Serialize, Deserialize, AsExpression, FromSqlRow)]
#[diesel(sql_type = Jsonb)]
pub struct Head {
    /// The title of the document.
    pub title: String,
    /// The tenant, which issues the statement.
    pub issuer: Party,
    /// The partner, which receives it.
    pub partner: Party,
    /// The number of the partner.
    pub partner_number: String,
    /// The IANA time zone of the dates in the document.
    pub time_zone: String,
    /// The payment of a payout.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payment: Option<PaymentHead>,
    /// What the statement states as an invoice; `None` on every other one. PostgreSQL checks it against the kind.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub invoice: Option<InvoiceHead>,
    /// What a credit note credits; `None` on every other statement. PostgreSQL checks it against the kind.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credit: Option<CreditHead>,
    /// The newest seal of the audit trail: its number and its hash.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub audit_head: Option<String>,
}

/// One of the two parties of a statement.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Party {
    /// The display name.
    pub name: String,
}

/// What an invoice under self-billing states besides a statement: the particulars of article 226 of Directive 2006/112/EC.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct InvoiceHead {
    /// The partner, which supplies.
    pub supplier: LegalHead,
    /// The tenant, which is supplied and issues the invoice.
    pub customer: LegalHead,
    /// The date of the first commission.
    #[serde(with = "instant")]
    pub supplied_from: DateTime<Utc>,
    /// The date of the last commission.
    #[serde(with = "instant")]
    pub supplied_to: DateTime<Utc>,
    /// The tax treatment, by its name in GraphQL.
    pub tax_treatment: String,
    /// How the invoice names the tax treatment.
    pub tax_words: String,
    /// What the partner says about the tax treatment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tax_note: Option<String>,
}

/// The legal identity of a party of an invoice.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct LegalHead {
    /// The full name.
    pub name: String,
    /// The lines of the address, with the name of the country as the last one.
    pub address_lines: Vec<String>,
    /// The VAT identification number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vat_id: Option<String>,
}

/// What a credit note credits, and why.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct CreditHead {
    /// The number of the statement or invoice that it credits.
    pub number: String,
    /// When that was issued.
    #[serde(with = "instant")]
    pub issued_at: DateTime<Utc>,
    /// When the money was back.
    #[serde(with = "instant")]
    pub returned_at: DateTime<Utc>,
    /// Why it came back.
    pub reason: String,
}

/// The payment of a payout.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct PaymentHead {
    /// How the money was sent.
    pub method: String,
    /// The reference of the payment.
    pub reference: String,
    /// When the money arrived.
    #[serde(with = "instant")]
    pub completed_at: DateTime<Utc>,
}

impl Head {
    /// Returns the head of a statement to a partner, as of now.
    pub(super) async fn read(db: &mut Session, title: &str, partner: &Partner) -> Result<Self> {
        let settings = tenant::settings(db).await?;
        let seal = audit::head(db).await?;
        let audit_head = seal.map(|seal| format!("{}:{}", seal.number, seal.hash_text()));
        let tenant = &settings.tenant;
        Ok(Self {
            title: title.to_owned(),
            issuer: Party { name: tenant.name.clone() },
            partner: Party { name: partner.company_name.clone() },
            partner_number: partner.partner_number.clone(),
            time_zone: tenant.time_zone.clone(),
            payment: None,
            invoice: None,
            credit: None,
            audit_head,
        })
    }

    /// Adds the payment of a payout, if it is completed.
    pub(super) fn with_payment(self, payout: &Payout) -> Self {
        let payment = payout.payment_reference.clone().zip(payout.completed_at);
        let payment = payment.map(|(reference, completed_at)| PaymentHead {
            method: payout.payment_method.clone(),
            reference,
            completed_at,
        });
        Self { payment, ..self }
    }

    /// Makes the head that of an invoice under self-billing, if it is one.
    pub(super) fn with_invoice(self, invoice: Option<InvoiceHead>) -> Self {
        let title = if invoice.is_some() { self_billing::TITLE.to_owned() } else { self.title };
        Self { title, invoice, ..self }
    }
}

impl FromSql<Jsonb, Pg> for Head {
    fn from_sql(value: PgValue<'_>) -> deserialize::Result<Self> {
        let json = <serde_json::Value as FromSql<Jsonb, Pg>>::from_sql(value)?;
        Ok(serde_json::from_value(json)?)
    }
}

impl ToSql<Jsonb, Pg> for Head {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        let json = serde_json::to_value(self)?;
        <serde_json::Value as ToSql<Jsonb, Pg>>::to_sql(&json, &mut out.reborrow())
    }
}

/// An instant as text, by RFC 3339.
mod instant {
    use chrono::{DateTime, SecondsFormat, Utc};
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub fn serialize<S: Serializer>(at: &DateTime<Utc>, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&at.to_rfc3339_opts(SecondsFormat::Micros, true))
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<DateTime<Utc>, D::Error> {
        let text = String::deserialize(deserializer)?;
        DateTime::parse_from_rfc3339(&text).map(|at| at.to_utc()).map_err(D::Error::custom)
    }
}
