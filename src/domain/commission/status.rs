//! The life of a commission event: which status may follow which.

use async_graphql::Enum;
use diesel::deserialize::FromSqlRow;
use diesel::expression::AsExpression;
use diesel::sql_types::Text;

use crate::primitives::text_enum::text_enum;

/// How far a commission has come on its way to the partner.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Enum, AsExpression, FromSqlRow)]
#[diesel(sql_type = Text)]
pub enum CommissionStatus {
    /// Recorded; waits for staff to approve it.
    Pending,
    /// Approved; waits for a payout.
    Approved,
    /// In a payout. Settled once that payout is completed; APPROVED again if it fails or is cancelled.
    Paid,
    /// Clawed back in full before it was in a payout. Final.
    Clawback,
    /// Called off by staff. Final.
    Cancelled,
}

text_enum!(CommissionStatus);

impl CommissionStatus {
    /// Whether one status may follow another.
    pub const fn may_become(self, next: Self) -> bool {
        match self {
            Self::Pending => matches!(next, Self::Approved | Self::Cancelled | Self::Clawback),
            Self::Approved => matches!(next, Self::Paid | Self::Cancelled | Self::Clawback),
            // Released by its payout.
            Self::Paid => matches!(next, Self::Approved),
            Self::Clawback | Self::Cancelled => false,
        }
    }
}

/// Proof that a change of status is permitted; nothing less changes one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    from: CommissionStatus,
    to: CommissionStatus,
}

impl Step {
    /// Into a payout.
    pub const PAY: Self = Self::permitted(CommissionStatus::Approved, CommissionStatus::Paid);
    /// Out of a payout that failed or was cancelled.
    pub const RELEASE: Self = Self::permitted(CommissionStatus::Paid, CommissionStatus::Approved);
    /// By staff, so that the next payout pays it.
    pub const APPROVE: Self = Self::permitted(CommissionStatus::Pending, CommissionStatus::Approved);
    /// By staff, before it was approved.
    pub const CANCEL_PENDING: Self = Self::permitted(CommissionStatus::Pending, CommissionStatus::Cancelled);
    /// By staff, before it was in a payout.
    pub const CANCEL_APPROVED: Self =
        Self::permitted(CommissionStatus::Approved, CommissionStatus::Cancelled);

    /// By a refund in full, before it was in a payout; none from a status that does not permit it.
    pub const fn claw_back(from: CommissionStatus) -> Option<Self> {
        let to = CommissionStatus::Clawback;
        if from.may_become(to) { Some(Self { from, to }) } else { None }
    }

    /// The step between two statuses; the program does not compile with one that the table above does not permit.
    const fn permitted(from: CommissionStatus, to: CommissionStatus) -> Self {
        assert!(from.may_become(to));
        Self { from, to }
    }

    /// The status before.
    pub const fn from(self) -> CommissionStatus {
        self.from
    }

    /// The status after.
    pub const fn to(self) -> CommissionStatus {
        self.to
    }
}

#[cfg(test)]
mod tests {
    use async_graphql::resolver_utils::EnumType;

    use super::*;

    #[test]
    fn the_life_of_a_commission_event() {
        let mut table = String::new();
        for from in CommissionStatus::items() {
            for to in CommissionStatus::items() {
                if from.value.may_become(to.value) {
                    table.push_str(&format!("{} -> {}\n", from.name, to.name));
                }
            }
        }
        insta::assert_snapshot!(table, @r"
        PENDING -> APPROVED
        PENDING -> CLAWBACK
        PENDING -> CANCELLED
        APPROVED -> PAID
        APPROVED -> CLAWBACK
        APPROVED -> CANCELLED
        PAID -> APPROVED
        ");
    }
}
