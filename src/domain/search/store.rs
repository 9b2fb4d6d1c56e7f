//! The statement of a search: one look-up by index for each text that is searched, whatever it is of.

use std::fmt::Write;

use diesel::sql_types::{Array, BigInt, Nullable, Text, Uuid as SqlUuid};
use uuid::Uuid;

use super::{HITS_MAX, SearchHit};
use crate::auth::Authorized;
use crate::domain::db::cached_statement::CachedStatement;
use crate::domain::db::plan_cache::PlanCacheMode;
use crate::domain::db::search_key::{GREATEST, is_not_personal};
use crate::domain::db::session::Session;
use crate::primitives::error::Result;

/// The most events of a customer that are hits.
const EVENTS_OF_CUSTOMER: i32 = 3;

/// Whose look-up it is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Audience {
    /// Of staff and partner users.
    Everyone,
    /// Of staff only: partner users do not see the text.
    Staff,
    /// Of both, but partner users find a text with an `@` only by all of it, because they see it masked.
    Identifier(&'static str),
    /// Of both, but partner users only find leads that their partner submitted.
    Lead,
}

/// A text that is searched: a column of a table with its key.
struct Look {
    kind: &'static str,
    field: &'static str,
    table: &'static str,
    text: &'static str,
    partner: &'static str,
    id: &'static str,
    /// A further condition.
    condition: &'static str,
    audience: Audience,
}

impl Look {
    const fn new(kind: &'static str, field: &'static str, table: &'static str, text: &'static str) -> Self {
        Self {
            kind,
            field,
            table,
            text,
            partner: "partner_id",
            id: "id",
            condition: "",
            audience: Audience::Everyone,
        }
    }

    const fn partner(self, partner: &'static str) -> Self {
        Self { partner, ..self }
    }

    const fn id(self, id: &'static str) -> Self {
        Self { id, ..self }
    }

    const fn condition(self, condition: &'static str) -> Self {
        Self { condition, ..self }
    }

    const fn audience(self, audience: Audience) -> Self {
        Self { audience, ..self }
    }
}

/// The look-ups by one column, in the order of their hits.
const LOOKS: [Look; 10] = [
    Look::new("PARTNER", "COMPANY_NAME", "partners", "company_name").partner("id"),
    Look::new("PARTNER", "PARTNER_NUMBER", "partners", "partner_number").partner("id"),
    Look::new("PARTNER", "USER_EMAIL", "partner_users", "email").id("partner_id").condition(" AND is_active"),
    Look::new("MANAGED_ACCOUNT", "CUSTOMER_ID", "managed_accounts", "customer_id")
        .audience(Audience::Identifier(is_not_personal!("customer_id"))),
    Look::new("MANAGED_ACCOUNT", "CUSTOMER_NAME", "managed_accounts", "customer_name")
        .audience(Audience::Staff),
    Look::new("PAYOUT", "PAYMENT_REFERENCE", "payouts", "payment_reference")
        .condition(" AND payment_reference_key IS NOT NULL"),
    Look::new("COMMISSION_EVENT", "INVOICE_ID", "commission_events", "invoice_id")
        .condition(" AND reverses_id IS NULL")
        .audience(Audience::Identifier(is_not_personal!("invoice_id"))),
    Look::new("REFERRAL_LEAD", "COMPANY_NAME", "referral_leads", "company_name").audience(Audience::Lead),
    Look::new("REFERRAL_LEAD", "CONTACT_NAME", "referral_leads", "contact_name").audience(Audience::Lead),
    Look::new("REFERRAL_LEAD", "CONTACT_EMAIL", "referral_leads", "contact_email").audience(Audience::Lead),
];

/// The kinds of objects that are found by their id, with their tables and the columns of their partners.
const KINDS: [(&str, &str, &str); 5] = [
    ("PARTNER", "partners", "id"),
    ("MANAGED_ACCOUNT", "managed_accounts", "partner_id"),
    ("PAYOUT", "payouts", "partner_id"),
    ("COMMISSION_EVENT", "commission_events", "partner_id"),
    ("REFERRAL_LEAD", "referral_leads", "partner_id"),
];

/// Returns the condition that a key begins with the text.
fn begins(key: &str) -> String {
    format!("{key} >= search_key($2) AND {key} < search_key($2) || {GREATEST}")
}

/// Returns the condition that a row is of a partner in the scope.
fn of_scope(column: &str, is_restricted: bool) -> String {
    if is_restricted { format!(" AND {column} = ANY ($4)") } else { String::new() }
}

/// Returns the rows of a look-up by one column. The number of rows is in the text, because a generic plan does not know the
/// parameter, and would be one for a tenth of the table.
fn look_up(look: &Look, is_restricted: bool) -> String {
    let Look { kind, field, table, text, partner, id, condition, audience } = look;
    let (key, scope) = (format!("{text}_key"), of_scope(partner, is_restricted));
    let restriction = match audience {
        Audience::Identifier(is_not_personal) if is_restricted => {
            format!(" AND ({is_not_personal} OR {key} = search_key($2))")
        }
        Audience::Lead if is_restricted => " AND submitted_by_partner".to_owned(),
        Audience::Everyone | Audience::Staff | Audience::Identifier(_) | Audience::Lead => String::new(),
    };
    format!(
        "SELECT '{kind}' AS kind, {id} AS id, {partner} AS partner_id, '{field}' AS field, {text} AS text, {key} AS key
         FROM {table} WHERE tenant_id = $1{scope} AND {}{condition}{restriction} ORDER BY {key} LIMIT {HITS_MAX}",
        begins(&key),
    )
}

/// Returns the latest events of the customers whose id begins with the text: customers are found by their accounts.
fn events_of_customers(is_restricted: bool) -> String {
    let scope = |table: &str| of_scope(&format!("{table}.partner_id"), is_restricted);
    let restriction = if is_restricted {
        format!(" AND ({} OR customer_id_key = search_key($2))", is_not_personal!("customer_id"))
    } else {
        String::new()
    };
    format!(
        "SELECT 'COMMISSION_EVENT' AS kind, event.id, event.partner_id, 'CUSTOMER_ID' AS field, customer.customer_id AS text,
             customer.customer_id_key AS key
         FROM (SELECT DISTINCT customer_id, customer_id_key FROM (
             SELECT customer_id, customer_id_key FROM managed_accounts WHERE tenant_id = $1{} AND {}{restriction}
             ORDER BY customer_id_key LIMIT {HITS_MAX}) AS account) AS customer
         CROSS JOIN LATERAL (
             SELECT id, partner_id FROM commission_events WHERE tenant_id = $1{}
                 AND commission_events.customer_id = customer.customer_id AND reverses_id IS NULL
             ORDER BY event_date DESC, id DESC LIMIT {EVENTS_OF_CUSTOMER}) AS event
         ORDER BY customer.customer_id_key LIMIT {HITS_MAX}",
        scope("managed_accounts"),
        begins("customer_id_key"),
        scope("commission_events"),
    )
}

/// Returns the events of the refunds whose id begins with the text: the reversal, or else the event of the invoice. For staff:
/// partner users do not see the ids of refunds.
fn events_of_refunds() -> String {
    format!(
        "SELECT 'COMMISSION_EVENT' AS kind, event.id, event.partner_id, 'REFUND_ID' AS field, refund.refund_id AS text,
             refund.refund_id_key AS key
         FROM (SELECT refund_id, refund_id_key, invoice_row_id FROM invoice_refunds WHERE tenant_id = $1 AND {}
             ORDER BY refund_id_key LIMIT {HITS_MAX}) AS refund
         CROSS JOIN LATERAL (
             SELECT id, partner_id FROM (
                 SELECT id, partner_id, 1 AS preference FROM commission_events
                 WHERE tenant_id = $1 AND commission_events.refund_id = refund.refund_id
                 UNION ALL
                 SELECT id, partner_id, 2 FROM commission_events
                 WHERE tenant_id = $1 AND commission_events.invoice_row_id = refund.invoice_row_id
                     AND reverses_id IS NULL AND replaced_at IS NULL
             ) AS either ORDER BY preference LIMIT 1) AS event
         ORDER BY refund.refund_id_key LIMIT {HITS_MAX}",
        begins("refund_id_key"),
    )
}

/// Returns the row with the id that the text is.
fn by_id((kind, table, partner): (&str, &str, &str), is_restricted: bool) -> String {
    let scope = of_scope(partner, is_restricted);
    format!(
        "SELECT '{kind}' AS kind, id, {partner} AS partner_id, 'ID' AS field, id::text AS text, search_key($2) COLLATE \"C\" AS key
         FROM {table} WHERE tenant_id = $1{scope} AND id = $5"
    )
}

/// Returns the text of the statement; its parameters are the tenant, the text, the number of hits, the partners of a
/// restricted scope, and the id that the text is, if it is one. An operator can EXPLAIN it.
pub fn statement(is_restricted: bool, has_id: bool) -> String {
    let mut looks: Vec<String> = Vec::new();
    if has_id {
        looks.extend(KINDS.iter().map(|kind| by_id(*kind, is_restricted)));
    }
    let visible = |look: &&Look| !(is_restricted && look.audience == Audience::Staff);
    looks.extend(LOOKS.iter().filter(visible).map(|look| look_up(look, is_restricted)));
    looks.push(events_of_customers(is_restricted));
    if !is_restricted {
        looks.push(events_of_refunds());
    }
    let mut found = String::new();
    for (rank, look) in looks.iter().enumerate() {
        let union = if rank == 0 { "" } else { " UNION ALL " };
        // Writing to a string cannot fail.
        let _ = write!(
            found,
            "{union}(SELECT *, {rank} AS rank, row_number() OVER (ORDER BY key) AS place FROM ({look}) AS found
             LIMIT $3)"
        );
    }
    // Of the looks that find the same object, the first one that finds it best. Then the first of each look, the second of
    // each, and so on, so that none fills the list.
    format!(
        "SELECT $1 AS tenant_id, kind, id, partner_id, field, text, is_exact FROM (
             SELECT DISTINCT ON (kind, id) *, key = search_key($2) COLLATE \"C\" AS is_exact FROM ({found}) AS hit
             ORDER BY kind, id, key = search_key($2) COLLATE \"C\" DESC, rank
         ) AS hit ORDER BY is_exact DESC, place, rank, id LIMIT $3"
    )
}

/// Returns the hits of a text, at most `first`.
pub(super) async fn hits(db: &mut Session, text: &str, first: i32) -> Result<Vec<Authorized<SearchHit>>> {
    let id = Uuid::try_parse(text).ok();
    let partners = db.scope().partners();
    let query = diesel::sql_query(statement(partners.is_some(), id.is_some()))
        .bind::<Text, _>(db.scope().tenant().clone())
        .bind::<Text, _>(text.to_owned())
        .bind::<BigInt, _>(i64::from(first))
        .bind::<Array<SqlUuid>, _>(partners.clone().unwrap_or_default())
        .bind::<Nullable<SqlUuid>, _>(id);
    // A partner has few rows or many: the better index depends on it. For staff it is always that of the key.
    let plan_cache = if partners.is_some() { PlanCacheMode::Custom } else { PlanCacheMode::Generic };
    db.with_plan_cache(plan_cache, async |db| db.load(CachedStatement(query)).await).await
}
