//! The object type of erasures.

use async_graphql::SimpleObject;

use crate::domain::person;
use crate::primitives::timestamp::Timestamp;

/// The erasure of what was written about a person, by erasePerson.
#[derive(SimpleObject)]
pub struct Erasure {
    /// The instant of the erasure, by the clock of the database.
    at: Timestamp,
    /// The user id of the caller that erased the person.
    actor: String,
    /// The reason that the caller stated.
    reason: String,
}

impl From<&person::Erasure> for Erasure {
    fn from(erasure: &person::Erasure) -> Self {
        Self { at: erasure.erased_at.into(), actor: erasure.actor.clone(), reason: erasure.reason.clone() }
    }
}
