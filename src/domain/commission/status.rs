//! The status of a commission event, and the changes of status that are permitted.

use async_graphql::Enum;
use diesel::deserialize::FromSqlRow;
use diesel::expression::AsExpression;
use diesel::sql_types::Text;

use crate::primitives::text_enum::text_enum;

/// The status of a commission event, from its recording to its payout.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Enum, AsExpression, FromSqlRow)]
#[diesel(sql_type = Text)]
pub enum CommissionStatus {
    /// Recorded; waits for approval by staff.
    Pending,
    /// Approved by staff, or without them because there is nothing to decide: a commission of 0.00, a negative adjustment, a
    /// reversal of a paid event. Waits for its hold to end and for a payout.
    Approved,
    /// Part of a payout: settled once that payout is completed, APPROVED again if it fails or is cancelled.
    Paid,
    /// Clawed back in full by refunds before it was in a payout. Final.
    Clawback,
    /// Cancelled by staff before it was in a payout. Final.
    Cancelled,
}

text_enum!(CommissionStatus);

impl CommissionStatus {
    /// Returns whether an event may change from this status to another.
    pub const fn may_become(self, next: Self) -> bool {
        match self {
            Self::Pending => matches!(next, Self::Approved | Self::Cancelled | Self::Clawback),
            // Staff may revert an approval.
            Self::Approved => matches!(next, Self::Pending | Self::Paid | Self::Cancelled | Self::Clawback),
            // A payout that fails or is cancelled releases its events.
            Self::Paid => matches!(next, Self::Approved),
            Self::Clawback | Self::Cancelled => false,
        }
    }
}

/// A permitted change of status: the stores accept no other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    from: CommissionStatus,
    to: CommissionStatus,
}

impl Step {
    /// A payout pays the event.
    pub const PAY: Self = Self::new(CommissionStatus::Approved, CommissionStatus::Paid);
    /// The payout of the event failed or was cancelled.
    pub const RELEASE: Self = Self::new(CommissionStatus::Paid, CommissionStatus::Approved);
    /// Staff approve the event, so that a payout can pay it.
    pub const APPROVE: Self = Self::new(CommissionStatus::Pending, CommissionStatus::Approved);
    /// Staff revert the approval of an event that is in no payout.
    pub const REVERT_APPROVAL: Self = Self::new(CommissionStatus::Approved, CommissionStatus::Pending);
    /// Staff cancel an event that is not approved.
    pub const CANCEL_PENDING: Self = Self::new(CommissionStatus::Pending, CommissionStatus::Cancelled);
    /// Staff cancel an approved event that is in no payout.
    pub const CANCEL_APPROVED: Self = Self::new(CommissionStatus::Approved, CommissionStatus::Cancelled);

    /// Returns the step by which full refunds claw an event back; `None` if its status does not permit it.
    pub const fn claw_back(from: CommissionStatus) -> Option<Self> {
        let to = CommissionStatus::Clawback;
        if from.may_become(to) { Some(Self { from, to }) } else { None }
    }

    /// Returns the step between two statuses; a constant that `may_become` does not permit fails to compile.
    const fn new(from: CommissionStatus, to: CommissionStatus) -> Self {
        assert!(from.may_become(to));
        Self { from, to }
    }

    /// Returns the status before the step.
    pub const fn from(self) -> CommissionStatus {
        self.from
    }

    /// Returns whether no step leads on from the status after this one.
    pub const fn is_final(self) -> bool {
        matches!(self.to, CommissionStatus::Clawback | CommissionStatus::Cancelled)
    }

    /// Returns the status after the step.
    pub const fn to(self) -> CommissionStatus {
        self.to
    }
}

#[cfg(test)]
mod tests {
    use async_graphql::resolver_utils::EnumType;

    use super::*;

    #[test]
    fn a_commission_event_only_makes_permitted_transitions() {
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
        APPROVED -> PENDING
        APPROVED -> PAID
        APPROVED -> CLAWBACK
        APPROVED -> CANCELLED
        PAID -> APPROVED
        ");
    }
}
