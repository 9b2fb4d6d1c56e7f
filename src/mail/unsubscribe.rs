//! The token of a link that ends notifications of a kind (RFC 8058): it needs no sign-in, and cannot be guessed.

use async_graphql::resolver_utils::EnumType as _;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use uuid::Uuid;

use super::notification::NotificationKind;
use crate::auth::secrets::SecretKeys;
use crate::primitives::id::{PartnerUserId, TenantId};

/// What the key is derived for.
const PURPOSE: &str = "unsubscribe";
/// The length of the signature (HMAC-SHA256), in bytes.
const TAG_BYTES: usize = 32;
/// The longest token that is looked at, in characters.
const TOKEN_MAX: usize = 1_000;

/// What a token ends: one kind of notifications to the user of a link. Not by the id of the user, which can be personal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subscription {
    /// The tenant.
    pub tenant: TenantId,
    /// A link of the user to a partner.
    pub partner_user: PartnerUserId,
    /// The kind.
    pub kind: NotificationKind,
}

impl Subscription {
    /// Returns the token: what it ends, and the signature over that.
    pub fn token(&self, keys: &SecretKeys) -> String {
        let signed = self.signed();
        let mut bytes = keys.sign(PURPOSE, signed.as_bytes()).as_ref().to_vec();
        bytes.extend_from_slice(signed.as_bytes());
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// Returns what a token ends; `None` for any that was not signed with one of the keys.
    pub fn of_token(token: &str, keys: &SecretKeys) -> Option<Self> {
        if token.len() > TOKEN_MAX {
            return None;
        }
        let bytes = URL_SAFE_NO_PAD.decode(token).ok()?;
        let (tag, signed) = bytes.split_at_checked(TAG_BYTES)?;
        if !keys.has_signed(PURPOSE, signed, tag) {
            return None;
        }
        let mut parts = std::str::from_utf8(signed).ok()?.splitn(3, ' ');
        let (kind, partner_user, tenant) = (parts.next()?, parts.next()?, parts.next()?);
        let kind = NotificationKind::items().iter().find(|item| item.name == kind)?.value;
        let partner_user = PartnerUserId(Uuid::parse_str(partner_user).ok()?);
        Some(Self { tenant: TenantId(tenant.to_owned()), partner_user, kind })
    }

    fn signed(&self) -> String {
        format!("{} {} {}", self.kind, self.partner_user.0, self.tenant)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::primitives::error::Result;

    #[test]
    fn only_a_signed_token_ends_something() -> Result<()> {
        let (keys, others) = (SecretKeys::new(&[1; 32], None)?, SecretKeys::new(&[2; 32], None)?);
        let rotated = SecretKeys::new(&[2; 32], Some(&[1; 32]))?;
        let subscription = Subscription {
            tenant: TenantId("acme".to_owned()),
            partner_user: PartnerUserId(Uuid::max()),
            kind: NotificationKind::PayoutCreated,
        };
        let token = subscription.token(&keys);
        assert_eq!(Subscription::of_token(&token, &keys).as_ref(), Some(&subscription));
        assert_eq!(Subscription::of_token(&token, &rotated), Some(subscription), "after a rotation");
        assert_eq!(Subscription::of_token(&token, &others), None);
        for position in 0..token.len() {
            let changed: String = token
                .chars()
                .enumerate()
                .map(|(at, c)| {
                    if at != position {
                        c
                    } else if c == 'A' {
                        'B'
                    } else {
                        'A'
                    }
                })
                .collect();
            assert_eq!(Subscription::of_token(&changed, &keys), None, "{position}");
        }
        for token in ["", "A", &"A".repeat(2_000)] {
            assert_eq!(Subscription::of_token(token, &keys), None);
        }
        Ok(())
    }
}
