//! The size of the dataset, and how the events are distributed over the partners.

/// The number of tenants, without the one with the long lists.
pub const TENANTS: usize = 20;
/// The tenant with the long lists, which no other workload is about.
pub const LIST_TENANT: usize = TENANTS;

/// How much data there is.
#[derive(Clone, Copy, Debug)]
pub struct DatasetSize {
    pub events: u32,
    pub partners: u32,
    /// How many partners have `events_of_large` events each.
    pub large_partners: u32,
    pub events_of_large: u32,
    /// The number of events of each of the last twenty partners.
    pub events_of_small: u32,
    /// The number of partners of the tenant with the long lists, each with one account, lead, invoice and event.
    pub list_partners: u32,
}

pub const FULL: DatasetSize = DatasetSize {
    events: 1_000_000,
    partners: 2_000,
    large_partners: 5,
    events_of_large: 50_000,
    events_of_small: 500,
    list_partners: 200_000,
};
pub const SMALL: DatasetSize = DatasetSize {
    events: 50_000,
    partners: 200,
    large_partners: 3,
    events_of_large: 5_000,
    events_of_small: 50,
    list_partners: 1_000,
};

/// Returns the number of events of each partner without those of the long lists: the large ones first, the twenty small
/// ones last.
pub fn events_by_partner(size: DatasetSize) -> Vec<u32> {
    let DatasetSize { events, partners, large_partners, events_of_large, events_of_small, .. } = size;
    let small = u32::try_from(TENANTS).unwrap();
    let medium = partners - large_partners - small;
    let events_of_medium = events - large_partners * events_of_large - small * events_of_small;
    let share = |rank: u32| {
        let (events, medium, rank) = (u64::from(events_of_medium), u64::from(medium), u64::from(rank));
        u32::try_from(2 * events * rank / (medium * (medium + 1))).unwrap()
    };
    let mut counts = vec![events_of_large; usize::try_from(large_partners).unwrap()];
    counts.extend((1..=medium).rev().map(share));
    // The shares are rounded down.
    let remainder = events - counts.iter().sum::<u32>() - small * events_of_small;
    counts[usize::try_from(large_partners).unwrap()] += remainder;
    counts.extend(vec![events_of_small; usize::try_from(small).unwrap()]);
    counts
}
