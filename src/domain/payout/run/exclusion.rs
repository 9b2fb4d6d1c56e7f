//! The partners that a run leaves out.

use std::collections::{BTreeSet, HashSet};

use super::RunPayoutsInput;
use crate::domain::db::session::Session;
use crate::domain::partner;
use crate::primitives::error::{Error, Result, UserError, UserErrorCode};
use crate::primitives::id::PartnerId;
use crate::primitives::nullable::not_null;

/// The maximum number of partners that a run leaves out.
const EXCLUDED_MAX: usize = 500;

/// Returns the partners that a run leaves out; rejects more than 500, and a partner that is named twice.
pub(super) fn excluded_partners(input: &RunPayoutsInput) -> Result<BTreeSet<PartnerId>> {
    const FIELD: &str = "excludePartnerIds";
    let ids = not_null(FIELD, &input.exclude_partner_ids)?.cloned().unwrap_or_default();
    if ids.len() > EXCLUDED_MAX {
        return Err(Error::bad_input(FIELD, format!("has {} ids; pass at most {EXCLUDED_MAX}", ids.len())));
    }
    let excluded = BTreeSet::from_iter(ids.iter().copied());
    if excluded.len() < ids.len() {
        return Err(Error::bad_input(FIELD, "contains an id twice; pass each id once"));
    }
    Ok(excluded)
}

/// Rejects a run that leaves out an unknown partner: the id may have been meant to be another one, which would be paid.
pub(super) async fn reject_unknown_partners(db: &mut Session, input: &RunPayoutsInput) -> Result<()> {
    let excluded = excluded_partners(input)?;
    if excluded.is_empty() {
        return Ok(());
    }
    let ids: Vec<_> = excluded.iter().copied().collect();
    let known: HashSet<_> =
        partner::store::by_ids(db, &ids).await?.iter().map(|partner| partner.id).collect();
    let unknown = ids.iter().filter(|id| !known.contains(id));
    let errors: Vec<_> = unknown
        .map(|id| {
            let error = UserError::new(UserErrorCode::NotFound, "there is no such partner");
            error.at("excludePartnerIds").about(*id)
        })
        .collect();
    if errors.is_empty() { Ok(()) } else { Err(Error::UserErrors(errors)) }
}
