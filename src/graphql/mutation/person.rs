//! The mutations of persons.

use async_graphql::{Context, Object};

use crate::auth::Permission;
use crate::domain::db::act::Act;
use crate::domain::person;
use crate::domain::person::erase::ErasePersonInput;
use crate::graphql::context::request;
use crate::graphql::guard::require;
use crate::graphql::payload::ErasePersonPayload;

/// The mutations of persons.
#[derive(Default)]
pub struct PersonMutation;

#[Object]
impl PersonMutation {
    /// Erases what was written about a person who asked for it: the contact of a referral lead, or a partner user, who has
    /// no access afterwards. The words are replaced by "erased" or null and cannot be restored; rows, amounts and
    /// statuses stay, and so do ids of customers and invoices, by which amounts are found. The field `erasure` has the
    /// time, the actor and the reason. Repeated, it returns the same and has no further effect. For admins.
    #[graphql(guard = "require(Permission::ErasePersons)")]
    async fn erase_person(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The lead or the partner user to be erased, and the reason.")]
        input: ErasePersonInput,
    ) -> async_graphql::Result<Option<ErasePersonPayload>> {
        Ok(Some(request(ctx)?.mutate(Act::ErasePerson, person::erase::erase, &input).await?.into()))
    }
}
