//! The life of a payout: which status may follow which.

use async_graphql::Enum;
use diesel::deserialize::FromSqlRow;
use diesel::expression::AsExpression;
use diesel::sql_types::Text;

use crate::primitives::text_enum::text_enum;

/// How far a payout has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Enum, AsExpression, FromSqlRow)]
#[diesel(sql_type = Text)]
pub enum PayoutStatus {
    /// Being made; a payout is never seen like this, because it is made in one transaction.
    Pending,
    /// Its lines and its total stand; the money can be sent.
    Ready,
    /// The money is on its way.
    Processing,
    /// The money has arrived. Final.
    Completed,
    /// The money came back; its commissions can be paid again. Final.
    Failed,
    /// Called off before the money was sent; its commissions can be paid again. Final.
    Cancelled,
}

text_enum!(PayoutStatus);

impl PayoutStatus {
    /// Whether one status may follow another.
    pub const fn may_become(self, next: Self) -> bool {
        match self {
            Self::Pending => matches!(next, Self::Ready | Self::Cancelled),
            Self::Ready => {
                matches!(next, Self::Processing | Self::Completed | Self::Failed | Self::Cancelled)
            }
            Self::Processing => matches!(next, Self::Completed | Self::Failed),
            Self::Completed | Self::Failed | Self::Cancelled => false,
        }
    }

    /// A permitted change, or none.
    pub const fn step(self, to: Self) -> Option<Step> {
        if self.may_become(to) { Some(Step { from: self, to }) } else { None }
    }
}

/// Proof that a change of status is permitted; nothing less changes one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    from: PayoutStatus,
    to: PayoutStatus,
}

impl Step {
    /// The status before.
    pub const fn from(self) -> PayoutStatus {
        self.from
    }

    /// The status after.
    pub const fn to(self) -> PayoutStatus {
        self.to
    }
}

#[cfg(test)]
mod tests {
    use async_graphql::resolver_utils::EnumType;

    use super::*;

    #[test]
    fn the_life_of_a_payout() {
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
        PROCESSING -> COMPLETED
        PROCESSING -> FAILED
        ");
    }
}
