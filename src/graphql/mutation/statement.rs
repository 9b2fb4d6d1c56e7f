//! The mutations of statements.

use async_graphql::{Context, Object};

use crate::auth::Permission;
use crate::domain::statement::account_statement::IssueStatementsInput;
use crate::graphql::context::request;
use crate::graphql::guard::require;
use crate::graphql::payload::IssueStatementsPayload;

/// The mutations of statements.
#[derive(Default)]
pub struct StatementMutation;

#[Object]
impl StatementMutation {
    /// Issues the statements of accounts: for each partner and currency with movements that are on no statement yet, in a
    /// transaction of its own, at most 500 in one call. Repeating the call issues what remains, and nothing twice. The
    /// statements of payouts are issued by completePayout. For finance and admins.
    #[graphql(guard = "require(Permission::ManageCommissions)")]
    async fn issue_statements(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The accounts to state, and the end of the period.")] input: IssueStatementsInput,
    ) -> async_graphql::Result<Option<IssueStatementsPayload>> {
        Ok(Some(request(ctx)?.issue_statements(&input).await?.into()))
    }
}
