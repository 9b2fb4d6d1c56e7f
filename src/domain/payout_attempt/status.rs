//! The status of a payout attempt, and the changes of status that are permitted.

use async_graphql::Enum;
use diesel::deserialize::FromSqlRow;
use diesel::expression::AsExpression;
use diesel::sql_types::Text;

use crate::primitives::text_enum::text_enum;

/// The status of a payout attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Enum, AsExpression, FromSqlRow)]
#[diesel(sql_type = Text)]
#[graphql(name = "PayoutAttemptStatus")]
pub enum AttemptStatus {
    /// Waiting to be sent; can be withdrawn.
    Queued,
    /// The rail is being asked to move the money.
    Sending,
    /// Not known to have moved the money or not, and the rail is not asked to move it again. Its transfer is searched
    /// for every hour; staff can resolve it.
    Uncertain,
    /// In a payment file, which the bank pays once it has it. Staff record what came of it.
    Sent,
    /// The money was moved: the payout is COMPLETED.
    Settled,
    /// Nothing was moved: the rail refused, or the conditions were not met any more. The payout is READY again, or
    /// FAILED if staff decided so. Final.
    Refused,
    /// Staff withdrew it before it was sent, or the payment file that it is in. The payout is READY again. Final.
    Withdrawn,
    /// The money came back: the payout is RETURNED. Final.
    Returned,
}

text_enum!(AttemptStatus);

impl AttemptStatus {
    /// Returns whether an attempt may change from this status to another.
    pub const fn may_become(self, next: Self) -> bool {
        match self {
            Self::Queued => matches!(next, Self::Sending | Self::Refused | Self::Withdrawn),
            // QUEUED again if the rail was certainly not asked.
            Self::Sending => {
                matches!(next, Self::Queued | Self::Uncertain | Self::Settled | Self::Refused)
            }
            Self::Uncertain => matches!(next, Self::Settled | Self::Refused),
            Self::Sent => matches!(next, Self::Settled | Self::Refused | Self::Withdrawn),
            Self::Settled => matches!(next, Self::Returned),
            Self::Refused | Self::Withdrawn | Self::Returned => false,
        }
    }

    /// Returns whether the worker sends the attempt: it may still move money, or may have moved it without our knowing.
    /// One in a payment file is sent by staff.
    pub const fn is_under_way(self) -> bool {
        matches!(self, Self::Queued | Self::Sending | Self::Uncertain)
    }
}

#[cfg(test)]
mod tests {
    use async_graphql::resolver_utils::EnumType;

    use super::*;

    #[test]
    fn an_attempt_only_makes_permitted_transitions() {
        let mut table = String::new();
        for from in AttemptStatus::items() {
            for to in AttemptStatus::items() {
                if from.value.may_become(to.value) {
                    table.push_str(&format!("{} -> {}\n", from.name, to.name));
                }
            }
        }
        insta::assert_snapshot!(table, @r"
        QUEUED -> SENDING
        QUEUED -> REFUSED
        QUEUED -> WITHDRAWN
        SENDING -> QUEUED
        SENDING -> UNCERTAIN
        SENDING -> SETTLED
        SENDING -> REFUSED
        UNCERTAIN -> SETTLED
        UNCERTAIN -> REFUSED
        SENT -> SETTLED
        SENT -> REFUSED
        SENT -> WITHDRAWN
        SETTLED -> RETURNED
        ");
    }
}
