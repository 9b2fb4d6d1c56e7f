//! The work of a request: the fields of its response, counted while they are resolved.
//!
//! The cost of a document is computed before it is executed, and has to assume the length of lists without paging. This
//! count is exact: a response that becomes larger than the limit ends with an error, whatever was assumed. It also makes
//! long responses yield, so that other requests are answered meanwhile and time limits apply.

use std::future::poll_fn;
use std::pin::pin;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::task::Poll;

use async_graphql::{Context, SelectionField};
use tokio::sync::Notify;

use crate::primitives::error::{Error, Result};

/// How many fields may be resolved before the request yields: a fraction of a millisecond, because a request of another
/// caller may have to wait for that at each of its statements.
const FIELDS_PER_POLL: u64 = 100;
/// The bytes of a long text that count as one field.
const BYTES_PER_FIELD: usize = 100;

/// Counts the fields of the response to one request.
pub struct Work {
    limit: u64,
    fields: AtomicU64,
    /// The fields resolved since the request was last polled.
    fields_in_poll: AtomicU64,
    /// The lists that wait for the next poll.
    waiting: AtomicUsize,
    /// Notified when no list waits any more.
    settled: Notify,
}

/// Counts a list as waiting, also if its future is dropped.
struct WaitingList<'w>(&'w Work);

impl Drop for WaitingList<'_> {
    fn drop(&mut self) {
        if self.0.waiting.fetch_sub(1, Ordering::Relaxed) == 1 {
            self.0.settled.notify_waiters();
        }
    }
}

impl Work {
    /// Returns a count of zero with the most fields that the response may have.
    pub fn new(limit: u64) -> Self {
        Self {
            limit,
            fields: AtomicU64::new(0),
            fields_in_poll: AtomicU64::new(0),
            waiting: AtomicUsize::new(0),
            settled: Notify::new(),
        }
    }

    /// Counts the fields selected of each item of a list, before they are resolved; rejects the list if the response
    /// exceeds the limit with it. Fields of lists within the items are counted once here, and exactly by their own list.
    pub async fn count_items<T>(&self, ctx: &Context<'_>, items: Vec<T>) -> Result<Vec<T>> {
        let selected = if items.is_empty() { 0 } else { selected_fields(ctx.field()) };
        let length = u64::try_from(items.len()).unwrap_or(u64::MAX);
        let fields = length.saturating_mul(selected.saturating_add(1));
        self.count(fields)?;
        self.pace(fields).await;
        Ok(items)
    }

    /// Yields if the request has resolved enough fields since it was polled.
    async fn pace(&self, fields: u64) {
        let mut waiting = None;
        poll_fn(|cx| {
            if self.fields_in_poll.load(Ordering::Relaxed) < FIELDS_PER_POLL {
                self.fields_in_poll.fetch_add(fields, Ordering::Relaxed);
                return Poll::Ready(());
            }
            waiting.get_or_insert_with(|| {
                self.waiting.fetch_add(1, Ordering::Relaxed);
                WaitingList(self)
            });
            cx.waker().wake_by_ref();
            Poll::Pending
        })
        .await;
    }

    /// Counts a long text by its size.
    pub fn count_text<'t>(&self, text: Option<&'t str>) -> Result<Option<&'t str>> {
        let fields = text.map_or(0, |text| text.len() / BYTES_PER_FIELD);
        self.count(u64::try_from(fields).unwrap_or(u64::MAX))?;
        Ok(text)
    }

    fn count(&self, fields: u64) -> Result<()> {
        let before = self.fields.fetch_add(fields, Ordering::Relaxed);
        if before.saturating_add(fields) <= self.limit {
            return Ok(());
        }
        Err(Error::LimitExceeded(format!(
            "the response has more than {} fields, with every row and long text counted: request smaller pages, fewer \
             fields, or fewer lists without paging; a mutation has taken effect all the same",
            self.limit
        )))
    }

    /// Returns the number of fields counted so far.
    pub fn fields(&self) -> u64 {
        self.fields.load(Ordering::Relaxed)
    }

    /// Waits until no list waits for the next poll, so that all lists of a level request their keys from the loaders at the
    /// same time.
    pub async fn settle(&self) {
        loop {
            // The other lists of the level must have had their turn in this poll.
            tokio::task::yield_now().await;
            let settled = self.settled.notified();
            if self.waiting.load(Ordering::Relaxed) == 0 {
                return;
            }
            settled.await;
        }
    }

    /// Runs an execution so that it yields after a number of fields.
    pub async fn paced<T>(&self, execution: impl Future<Output = T>) -> T {
        let mut execution = pin!(execution);
        poll_fn(|cx| {
            self.fields_in_poll.store(0, Ordering::Relaxed);
            execution.as_mut().poll(cx)
        })
        .await
    }
}

/// Returns the number of fields selected below a field, each counted once.
fn selected_fields(field: SelectionField<'_>) -> u64 {
    field.selection_set().fold(0, |sum, field| sum.saturating_add(selected_fields(field)).saturating_add(1))
}

#[cfg(test)]
mod tests {
    use futures_util::future::join_all;
    use futures_util::poll;

    use super::*;

    #[tokio::test]
    async fn a_long_response_yields_every_few_thousand_fields() {
        let work = Work::new(u64::MAX);
        let lists = join_all((0..100).map(|_| work.pace(500)));
        let mut execution = pin!(work.paced(lists));
        let mut polls = 1;
        while poll!(&mut execution).is_pending() {
            polls += 1;
        }
        assert_eq!(polls, 100);
    }

    #[test]
    fn the_limit_counts_fields_and_long_texts() {
        let work = Work::new(10);
        assert!(work.count(8).is_ok());
        assert!(work.count_text(Some(&"x".repeat(250))).is_ok());
        let message = work.count_text(Some(&"x".repeat(100))).err().map(|error| error.message());
        assert!(message.is_some_and(|message| message.starts_with("the response has more than 10 fields")));
    }
}
