//! The referral funnel of partners: the leads that reached each stage, and the time it took.

use std::collections::HashMap;

use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Double, Nullable, Text, Uuid as SqlUuid};

use crate::domain::db::cached_statement::CachedStatement;
use crate::domain::db::session::{Session, grouped};
use crate::domain::referral::ReferralStatus;
use crate::primitives::error::Result;
use crate::primitives::id::PartnerId;

/// A stage of the funnel.
#[derive(Clone, Copy, Debug, QueryableByName)]
pub struct Stage {
    #[diesel(sql_type = SqlUuid)]
    partner_id: PartnerId,
    /// NEW, CONTACTED, QUALIFIED or CONVERTED.
    #[diesel(sql_type = Text)]
    pub status: ReferralStatus,
    /// The number of leads that ever reached the stage.
    #[diesel(sql_type = BigInt)]
    pub leads: i64,
    /// The median number of days from submission to the stage. A float, because it is not money.
    #[diesel(sql_type = Nullable<Double>)]
    pub median_days: Option<f64>,
}

/// Returns the stages of each partner, in order. A lead that reached a stage also reached the earlier ones. A lead that is
/// no longer CONVERTED does not count as converted, as on the dashboard.
pub async fn funnels(db: &mut Session, partners: &[PartnerId]) -> Result<HashMap<PartnerId, Vec<Stage>>> {
    let query = diesel::sql_query(
        "SELECT partner.id AS partner_id, stage.status, count(lead.submitted_at) AS leads,
             percentile_cont(0.5) WITHIN GROUP (
                 ORDER BY extract(epoch FROM lead.reached_at - lead.submitted_at)::double precision) / 86400 AS median_days
         FROM unnest($2) AS partner (id)
         CROSS JOIN (VALUES (1, 'NEW'), (2, 'CONTACTED'), (3, 'QUALIFIED'), (4, 'CONVERTED')) AS stage (rank, status)
         LEFT JOIN LATERAL (
             SELECT submitted_at,
                 CASE stage.rank WHEN 2 THEN first_contact_at WHEN 3 THEN qualified_at WHEN 4 THEN converted_at END
                     AS reached_at
             FROM referral_leads
             WHERE tenant_id = $1 AND partner_id = partner.id AND stage.rank <= CASE
                 WHEN status = 'CONVERTED' THEN 4
                 WHEN qualified_at IS NOT NULL THEN 3
                 WHEN first_contact_at IS NOT NULL THEN 2
                 ELSE 1
             END
         ) AS lead ON true
         GROUP BY partner.id, stage.rank, stage.status
         ORDER BY partner.id, stage.rank",
    )
    .bind::<Text, _>(db.scope().tenant().clone())
    .bind::<Array<SqlUuid>, _>(partners.to_vec());
    let stages: Vec<Stage> = db.aggregate(CachedStatement(query)).await?;
    Ok(grouped(stages.into_iter().map(|stage| (stage.partner_id, stage))))
}
