//! The work of a request: the fields of its response, counted while they are resolved.
//!
//! The cost of a document is computed before it is executed, and has to assume the length of lists without paging. This
//! count is exact: a response that becomes larger than the limit ends with an error, whatever was assumed. It also makes
//! long responses yield and take turns, so that other requests are answered meanwhile and time limits apply.

use std::future::poll_fn;
use std::num::NonZeroUsize;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::task::Poll;

use async_graphql::{Context, SelectionField};
use tokio::sync::{Notify, Semaphore, SemaphorePermit};

use crate::primitives::error::{Error, Result};

/// How many fields may be resolved before the request yields: a fraction of a millisecond, because a request of another
/// caller may have to wait for that at each of its statements.
const FIELDS_PER_POLL: u64 = 100;
/// The fields from which a response is a long one: more than a page of the portal has.
const FIELDS_OF_LONG_RESPONSE: u64 = 2_000;
/// The bytes of a long text that count as one field.
const BYTES_PER_FIELD: usize = 100;

/// The turns of long responses: how many of them are worked on at the same time, on half of the processors at most. Without
/// turns, a few long responses would have all threads of the runtime, and a short request would wait for each of them at
/// each of its statements.
#[derive(Clone)]
pub struct Turns(Arc<Semaphore>);

impl Turns {
    /// Waits for a turn, which ends when the result is dropped.
    pub async fn turn(&self) -> Option<SemaphorePermit<'_>> {
        // The semaphore is never closed.
        self.0.acquire().await.ok()
    }
}

impl Default for Turns {
    fn default() -> Self {
        let processors = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
        Self(Arc::new(Semaphore::new((processors / 2).max(1))))
    }
}

/// Counts the fields of the response to one request.
pub struct Work {
    limit: u64,
    turns: Turns,
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
    pub fn new(limit: u64, turns: &Turns) -> Self {
        Self {
            limit,
            turns: turns.clone(),
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

    /// Waits for a turn if the response is a long one. The turn ends when the result is dropped: before the request waits
    /// for anything else.
    pub async fn turn(&self) -> Option<SemaphorePermit<'_>> {
        if self.fields() < FIELDS_OF_LONG_RESPONSE {
            return None;
        }
        self.turns.turn().await
    }

    /// Runs an execution so that it yields after a number of fields, and waits for its turn when there are many.
    pub async fn paced<T>(&self, execution: impl Future<Output = T>) -> T {
        let mut execution = pin!(execution);
        loop {
            let turn = self.turn().await;
            self.fields_in_poll.store(0, Ordering::Relaxed);
            let polled = poll_fn(|cx| Poll::Ready(execution.as_mut().poll(cx))).await;
            drop(turn);
            match polled {
                Poll::Ready(output) => return output,
                // The execution has kept the waker.
                Poll::Pending => next_poll().await,
            }
        }
    }
}

/// Waits until the task is woken.
async fn next_poll() {
    let mut is_woken = false;
    poll_fn(|_| if std::mem::replace(&mut is_woken, true) { Poll::Ready(()) } else { Poll::Pending }).await;
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
        let work = Work::new(u64::MAX, &Turns::default());
        let lists = join_all((0..100).map(|_| work.pace(500)));
        let mut execution = pin!(work.paced(lists));
        let mut polls = 1;
        while poll!(&mut execution).is_pending() {
            polls += 1;
        }
        assert_eq!(polls, 100);
    }

    #[tokio::test]
    async fn a_long_response_waits_for_its_turn_and_a_short_one_does_not() {
        let turns = Turns(Arc::new(Semaphore::new(1)));
        let [first, second, short] = [(); 3].map(|()| Work::new(u64::MAX, &turns));
        assert!(
            first.count(FIELDS_OF_LONG_RESPONSE).is_ok() && second.count(FIELDS_OF_LONG_RESPONSE).is_ok()
        );
        let turn = first.turn().await;
        assert!(turn.is_some());
        let mut waiting = pin!(second.paced(async { "done" }));
        assert!(poll!(&mut waiting).is_pending());
        assert_eq!(short.paced(async { "done" }).await, "done");
        drop(turn);
        assert_eq!(waiting.await, "done");
    }

    #[tokio::test]
    async fn a_turn_ends_when_the_response_waits() {
        let turns = Turns(Arc::new(Semaphore::new(1)));
        let [first, second] = [(); 2].map(|()| Work::new(u64::MAX, &turns));
        assert!(
            first.count(FIELDS_OF_LONG_RESPONSE).is_ok() && second.count(FIELDS_OF_LONG_RESPONSE).is_ok()
        );
        let database = Notify::new();
        let mut waiting = pin!(first.paced(database.notified()));
        assert!(poll!(&mut waiting).is_pending());
        assert_eq!(second.paced(async { "done" }).await, "done");
        database.notify_one();
        waiting.await;
    }

    #[test]
    fn the_limit_counts_fields_and_long_texts() {
        let work = Work::new(10, &Turns::default());
        assert!(work.count(8).is_ok());
        assert!(work.count_text(Some(&"x".repeat(250))).is_ok());
        let message = work.count_text(Some(&"x".repeat(100))).err().map(|error| error.message());
        assert!(message.is_some_and(|message| message.starts_with("the response has more than 10 fields")));
    }
}
