//! The status of a payout, and the changes of status that are permitted.

use async_graphql::Enum;
use diesel::deserialize::FromSqlRow;
use diesel::expression::AsExpression;
use diesel::sql_types::Text;

use crate::primitives::text_enum::text_enum;

/// The status of a payout, from its creation to the arrival of the money.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Enum, AsExpression, FromSqlRow)]
#[diesel(sql_type = Text)]
pub enum PayoutStatus {
    /// Being created. Never returned, because a payout is created in one transaction and is READY afterwards.
    Pending,
    /// Created, with final lines and total; the money can be sent.
    Ready,
    /// Sent: the money is on its way.
    Processing,
    /// Completed: the money has arrived and the commissions are settled. It can only come back.
    Completed,
    /// Failed: the money was not sent or came back, and another payout can pay the commissions. Final.
    Failed,
    /// Cancelled before the money was sent; another payout can pay the commissions. Final.
    Cancelled,
    /// Returned: the money came back after it had arrived; another payout can pay the commissions. Final.
    Returned,
}

text_enum!(PayoutStatus);

impl PayoutStatus {
    /// Returns whether a payout may change from this status to another.
    pub const fn may_become(self, next: Self) -> bool {
        match self {
            Self::Pending => matches!(next, Self::Ready | Self::Cancelled),
            Self::Ready => {
                matches!(next, Self::Processing | Self::Completed | Self::Failed | Self::Cancelled)
            }
            // READY again if it is certain that nothing was sent.
            Self::Processing => matches!(next, Self::Ready | Self::Completed | Self::Failed),
            Self::Completed => matches!(next, Self::Returned),
            Self::Failed | Self::Cancelled | Self::Returned => false,
        }
    }

    /// Returns the step to another status; `None` if it is not permitted.
    pub const fn step(self, to: Self) -> Option<Step> {
        if self.may_become(to) { Some(Step { from: self, to }) } else { None }
    }
}

/// A permitted change of status: a payout changes by no other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    from: PayoutStatus,
    to: PayoutStatus,
}

impl Step {
    /// Returns the status before the step.
    pub const fn from(self) -> PayoutStatus {
        self.from
    }

    /// Returns the status after the step.
    pub const fn to(self) -> PayoutStatus {
        self.to
    }
}

#[cfg(test)]
mod tests {
    use async_graphql::resolver_utils::EnumType;

    use super::*;

    #[test]
    fn a_payout_only_makes_permitted_transitions() {
        let mut table = String::new();
        for from in PayoutStatus::items() {
            for to in PayoutStatus::items() {
                if from.value.may_become(to.value) {
                    table.push_str(&format!("{} -> {}\n", from.name, to.name));
                }
            }
        }
        insta::assert_snapshot!(table, @r"
        PENDING -> READY
        PENDING -> CANCELLED
        READY -> PROCESSING
        READY -> COMPLETED
        READY -> FAILED
        READY -> CANCELLED
        PROCESSING -> READY
        PROCESSING -> COMPLETED
        PROCESSING -> FAILED
        COMPLETED -> RETURNED
        ");
    }
}
