//! What is left of the base of an invoice after its refunds, as exact fractions of whole numbers.

/// What a refund takes, in cents.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refunded {
    pub cents: i128,
    /// The part of the base that it gives back; `None` for a refund in proportion.
    pub stated: Option<i128>,
}

/// What is left of a base after these refunds, as a numerator and a denominator.
pub fn remaining_of(
    mut total: i128,
    base: i128,
    refunds: impl IntoIterator<Item = Refunded>,
) -> (i128, i128) {
    let (mut numerator, mut denominator) = (base, 1);
    for Refunded { cents, stated } in refunds {
        match stated {
            _ if cents == total => numerator = 0,
            Some(part) if part >= rounded(numerator, denominator) => numerator = 0,
            Some(part) => numerator -= part * denominator,
            None => (numerator, denominator) = (numerator * (total - cents), denominator * total),
        }
        let divisor = gcd(numerator, denominator);
        (numerator, denominator) = (numerator / divisor, denominator / divisor);
        total -= cents;
    }
    (numerator, denominator)
}

fn gcd(a: i128, b: i128) -> i128 {
    if b == 0 { a } else { gcd(b, a % b) }
}

/// The quotient, rounded half up. No operand is negative.
pub fn rounded(numerator: i128, denominator: i128) -> i128 {
    (2 * numerator + denominator) / (2 * denominator)
}
