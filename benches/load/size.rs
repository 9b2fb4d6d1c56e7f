//! How much data there is, and how it is spread over the partners.

use crate::data::TENANTS;

/// How much of it there is.
#[derive(Clone, Copy, Debug)]
pub struct Size {
    pub events: u32,
    pub partners: u32,
    /// How many partners have `of_the_big` events.
    pub big: u32,
    pub of_the_big: u32,
    pub of_the_small: u32,
}

pub const FULL: Size =
    Size { events: 1_000_000, partners: 2_000, big: 5, of_the_big: 50_000, of_the_small: 500 };
pub const SMALL: Size = Size { events: 50_000, partners: 200, big: 3, of_the_big: 5_000, of_the_small: 50 };

/// How many events each partner has: the big ones first, and last twenty small ones.
pub fn sizes(size: Size) -> Vec<u32> {
    let Size { events, partners, big, of_the_big, of_the_small } = size;
    let small = u32::try_from(TENANTS).unwrap();
    let (middle, left) = (partners - big - small, events - big * of_the_big - small * of_the_small);
    let share = |rank: u32| {
        let (left, middle, rank) = (u64::from(left), u64::from(middle), u64::from(rank));
        u32::try_from(2 * left * rank / (middle * (middle + 1))).unwrap()
    };
    let mut sizes = vec![of_the_big; usize::try_from(big).unwrap()];
    sizes.extend((1..=middle).rev().map(share));
    let rest = events - sizes.iter().sum::<u32>() - small * of_the_small;
    sizes[usize::try_from(big).unwrap()] += rest;
    sizes.extend(vec![of_the_small; usize::try_from(small).unwrap()]);
    sizes
}
