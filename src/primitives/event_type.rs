//! The types of domain events: what happened, and what other systems can subscribe to.

use async_graphql::Enum;
use async_graphql::resolver_utils::EnumType as _;
use diesel::deserialize::FromSqlRow;
use diesel::expression::AsExpression;
use diesel::sql_types::Text;

use super::text_enum::text_enum;

/// The type of a domain event. In the body of a webhook it has the form of `"commission.recorded"`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Enum, AsExpression, FromSqlRow)]
#[diesel(sql_type = Text)]
#[graphql(name = "WebhookEventType")]
pub enum EventType {
    /// `commission.recorded`: an invoice earned a commission.
    CommissionRecorded,
    /// `commission.reversed`: a refund, a correction or a lost payment took a commission back, whole or in part.
    CommissionReversed,
    /// `commission.reinstated`: a refund was reversed, and what it took back is owed again.
    CommissionReinstated,
    /// `commission.adjusted`: staff recorded an adjustment, positive or negative.
    CommissionAdjusted,
    /// `commission.approved`: staff approved commissions; one event for each act, partner and currency.
    CommissionApproved,
    /// `commission.approval_reverted`: staff took approvals back; one event for each act, partner and currency.
    CommissionApprovalReverted,
    /// `commission.cancelled`: staff cancelled commissions; one event for each act, partner and currency.
    CommissionCancelled,
    /// `payout.created`: a payout is ready to be sent.
    PayoutCreated,
    /// `payout.processing`: the money of a payout is being sent.
    PayoutProcessing,
    /// `payout.completed`: the money of a payout arrived.
    PayoutCompleted,
    /// `payout.failed`: the money of a payout was not sent, or came back; its commissions can be paid again.
    PayoutFailed,
    /// `payout.cancelled`: a payout was cancelled before its money was sent; its commissions can be paid again.
    PayoutCancelled,
    /// `payout.returned`: the money of a completed payout came back; its commissions can be paid again.
    PayoutReturned,
    /// `payout.attention`: staff must look at a payout, because its money was not sent, or it is not known whether it was.
    PayoutAttention,
    /// `payout_account.updated`: an account that a partner is paid to was opened, linked or set, or has another status.
    PayoutAccountUpdated,
    /// `referral.submitted`: a referral lead was submitted.
    ReferralSubmitted,
    /// `referral.advanced`: the status of a referral lead changed.
    ReferralAdvanced,
    /// `referral.converted`: a referral lead became a customer.
    ReferralConverted,
    /// `partner.created`: a partner was created.
    PartnerCreated,
    /// `partner.updated`: the name, the payout currency, the status, the tier or the rate of a partner was changed.
    PartnerUpdated,
    /// `partner.user_added`: a user was linked to a partner.
    PartnerUserAdded,
    /// `partner.user_deactivated`: the link of a user to a partner was deactivated.
    PartnerUserDeactivated,
    /// `webhook.endpoint_failing`: no attempt at a webhook endpoint has succeeded for a day; once until one does.
    WebhookEndpointFailing,
    /// `webhook.endpoint_disabled`: a webhook endpoint was disabled because it answered 410, or failed for five days.
    WebhookEndpointDisabled,
    /// `webhook.test`: sent by testWebhookEndpoint, to that endpoint only.
    WebhookTest,
}

text_enum!(EventType);

impl EventType {
    /// Returns the name in the body of a webhook, e.g. `commission.recorded`.
    pub fn wire_name(self) -> String {
        if self == Self::PayoutAccountUpdated {
            return "payout_account.updated".to_owned();
        }
        self.to_string().to_lowercase().replacen('_', ".", 1)
    }
}

/// A set of event types.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct EventTypes(u32);

impl EventTypes {
    /// Returns the types with these names; ignores names that only another version of the program knows.
    pub fn named<'n>(names: impl IntoIterator<Item = &'n str>) -> Self {
        let items = EventType::items();
        let named = |name| items.iter().find(|item| item.name == name).map(|item| item.value);
        Self(names.into_iter().filter_map(named).fold(0, |bits, one| bits | Self::bit(one)))
    }

    /// Returns whether the set contains a type.
    pub fn contains(self, event_type: EventType) -> bool {
        self.0 & Self::bit(event_type) != 0
    }

    fn bit(event_type: EventType) -> u32 {
        let position = EventType::items().iter().position(|item| item.value == event_type);
        position.and_then(|position| 1_u32.checked_shl(u32::try_from(position).ok()?)).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_type_has_its_own_wire_name_and_bit() {
        assert_eq!(EventType::PartnerUserAdded.wire_name(), "partner.user_added");
        assert_eq!(EventType::PayoutAccountUpdated.wire_name(), "payout_account.updated");
        assert_eq!(EventType::CommissionApprovalReverted.wire_name(), "commission.approval_reverted");
        for item in EventType::items() {
            let only = EventTypes::named([item.name]);
            let contained = EventType::items().iter().filter(|other| only.contains(other.value));
            assert_eq!(contained.count(), 1, "{}", item.name);
        }
        assert_eq!(EventTypes::named(["INVOICE_OF_THE_FUTURE"]), EventTypes::default());
    }
}
