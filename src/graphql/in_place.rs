//! Objects of which a response has many: their fields are resolved in place.
//!
//! async-graphql makes a future of its own for each field and each item of a list, allocates it, and joins all of them,
//! though most fields only return a value of a row. Here, a future is allocated once for an object or list, and the next
//! field or item replaces it unless it has to wait. The order in which they are polled, and what an error of one of them
//! does, are those of async-graphql.

use std::borrow::Cow;
use std::future::poll_fn;
use std::mem;
use std::task::{Context, Poll, Waker};

use async_graphql::parser::types::Field;
use async_graphql::registry::Registry;
use async_graphql::{
    ContainerType, ContextSelectionSet, ObjectType, OutputType, Positioned, ServerResult, Value,
};
use futures_util::future::try_join_all;
use tokio_util::sync::ReusableBoxFuture;

use crate::primitives::selection::{self, TYPENAME};

/// An object whose fields are resolved in place.
pub struct InPlace<T>(pub T);

impl<T: ObjectType> OutputType for InPlace<T> {
    fn type_name() -> Cow<'static, str> {
        T::type_name()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        T::create_type_info(registry)
    }

    async fn resolve(&self, ctx: &ContextSelectionSet<'_>, _: &Positioned<Field>) -> ServerResult<Value> {
        resolve_object(ctx, &self.0).await
    }
}

/// A list of objects whose items, and their fields, are resolved in place.
pub struct List<T>(pub Vec<T>);

impl<T: ObjectType> OutputType for List<T> {
    fn type_name() -> Cow<'static, str> {
        Vec::<T>::type_name()
    }

    fn qualified_type_name() -> String {
        Vec::<T>::qualified_type_name()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        Vec::<T>::create_type_info(registry)
    }

    async fn resolve(&self, ctx: &ContextSelectionSet<'_>, _: &Positioned<Field>) -> ServerResult<Value> {
        let waker = waker().await;
        let items = self.0.iter().enumerate().map(async |(index, item)| {
            let ctx = ctx.with_index(index);
            resolve_object(&ctx, item).await.map_err(|error| ctx.set_error_path(error))
        });
        Ok(Value::List(Polled::new(items, &waker)?.join().await?))
    }
}

/// Resolves the selected fields of an object.
pub async fn resolve_object<T: ContainerType>(
    ctx: &ContextSelectionSet<'_>,
    object: &T,
) -> ServerResult<Value> {
    let waker = waker().await;
    let type_name = object.introspection_type_name();
    let fields = selection::fields(ctx, &type_name)?;
    let values = fields.iter().map(async |field| {
        if field.node.name.node == TYPENAME {
            return Ok(Value::String(type_name.to_string()));
        }
        Ok(object.resolve_field(&ctx.with_field(field)).await?.unwrap_or_default())
    });
    let values = Polled::new(values, &waker)?.join().await?;
    Ok(selection::object(fields.into_iter().zip(values)))
}

/// The values of futures in their order, and the futures that have to wait.
struct Polled<'f> {
    values: Vec<Value>,
    /// The positions of the values that are not known yet, and their futures.
    waiting: Vec<(usize, ReusableBoxFuture<'f, ServerResult<Value>>)>,
}

impl<'f> Polled<'f> {
    /// Polls each future once, in their order; returns the first error.
    fn new<F>(futures: impl Iterator<Item = F>, waker: &Waker) -> ServerResult<Self>
    where
        F: Future<Output = ServerResult<Value>> + Send + 'f,
    {
        let (mut values, mut waiting) = (Vec::with_capacity(futures.size_hint().0), Vec::new());
        let mut spare: Option<ReusableBoxFuture<'f, _>> = None;
        for future in futures {
            let mut boxed = match spare.take() {
                Some(mut boxed) => {
                    boxed.set(future);
                    boxed
                }
                None => ReusableBoxFuture::new(future),
            };
            match boxed.poll(&mut Context::from_waker(waker)) {
                Poll::Ready(value) => {
                    values.push(value?);
                    spare = Some(boxed);
                }
                Poll::Pending => {
                    waiting.push((values.len(), boxed));
                    values.push(Value::Null);
                }
            }
        }
        Ok(Self { values, waiting })
    }

    /// Waits for the remaining futures; returns all values, or the first error.
    ///
    /// Like `try_join_all`, it polls each once whenever the task is polled: the loaders rely on it to combine the keys of
    /// a level.
    async fn join(self) -> ServerResult<Vec<Value>> {
        let Self { mut values, waiting } = self;
        if !waiting.is_empty() {
            next_poll().await;
            let (positions, futures): (Vec<_>, Vec<_>) = waiting.into_iter().unzip();
            for (position, value) in positions.into_iter().zip(try_join_all(futures).await?) {
                values[position] = value;
            }
        }
        Ok(values)
    }
}

/// Returns the waker of the task.
async fn waker() -> Waker {
    poll_fn(|cx| Poll::Ready(cx.waker().clone())).await
}

/// Waits until the task is polled again.
async fn next_poll() {
    let mut is_first = true;
    poll_fn(|_| if mem::take(&mut is_first) { Poll::Pending } else { Poll::Ready(()) }).await;
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use async_graphql::{EmptyMutation, EmptySubscription, Interface, Object, Schema};

    use super::*;
    use crate::primitives::currency::Currency;
    use crate::primitives::money::Money;

    /// An object whose fields return at once, wait, or fail.
    struct Item(i32);

    #[derive(Interface)]
    #[graphql(field(name = "number", ty = "i32"))]
    enum Numbered {
        Item(Item),
        Other(Other),
    }

    struct Other;

    #[Object]
    impl Other {
        async fn number(&self) -> i32 {
            0
        }
    }

    #[Object]
    impl Item {
        async fn number(&self) -> i32 {
            self.0
        }

        async fn later(&self) -> i32 {
            tokio::task::yield_now().await;
            self.0 + 10
        }

        async fn failing(&self, at: i32) -> async_graphql::Result<i32> {
            tokio::task::yield_now().await;
            if self.0 == at { Err("failed".into()) } else { Ok(self.0) }
        }

        async fn nullable(&self, at: i32) -> Option<async_graphql::Result<i32>> {
            Some(if self.0 == at { Err("failed".into()) } else { Ok(self.0) })
        }

        async fn price(&self) -> Money {
            Money::zero(Currency::USD)
        }

        async fn of_library(&self) -> Vec<Item> {
            (0..self.0).map(Item).collect()
        }

        async fn in_place(&self) -> List<Item> {
            List((0..self.0).map(Item).collect())
        }
    }

    struct Query;

    #[Object]
    impl Query {
        async fn of_library(&self) -> Item {
            Item(40)
        }

        async fn in_place(&self) -> InPlace<Item> {
            InPlace(Item(40))
        }

        async fn numbered(&self) -> Numbered {
            Numbered::Other(Other)
        }
    }

    /// Documents in which FIELD is a field that is resolved by async-graphql, or in place.
    const DOCUMENTS: [&str; 10] = [
        "{ r: FIELD { b: number a: number __typename kind: __typename price { amount } } }",
        "{ r: FIELD { later number r: FIELD { number later x: later } } }",
        "{ r: FIELD { ...F later ... on Item { l: number } ... on Numbered { i: number ... on Other { n: number } } ... { m: number } } }
         fragment F on Item { f: number r: FIELD { number } }",
        "{ r: FIELD { r: FIELD { number } later r: FIELD { later } ...F } } fragment F on Item { r: FIELD { z: number later } }",
        "query($yes: Boolean = true) { r: FIELD { number @skip(if: $yes) later @include(if: $yes) ... @skip(if: $yes) { a: number } ...F @include(if: $yes) } }
         fragment F on Item { c: number @skip(if: $yes) d: number }",
        "{ r: FIELD { r: FIELD { number failing(at: 30) } } }",
        "{ r: FIELD { r: FIELD { number nullable(at: 30) later r: FIELD { nullable(at: 31) } } } }",
        "{ r: FIELD { r: FIELD { later number nullable(at: 12) } b: number failing(at: 40) } }",
        "{ r: FIELD { price { c: currency amount __typename ...M } price { b: amount } } } fragment M on Money { currency a: amount }",
        "{ r: FIELD { r: FIELD { r: FIELD { later } } } }",
    ];

    #[tokio::test]
    async fn a_response_is_the_same_as_that_of_the_library() {
        let schema = Schema::new(Query, EmptyMutation, EmptySubscription);
        for document in DOCUMENTS {
            let of_library = schema.execute(document.replace("FIELD", "ofLibrary")).await;
            let in_place = schema.execute(document.replace("FIELD", "inPlace")).await;
            assert_eq!(in_place.data.to_string(), of_library.data.to_string(), "{document}");
            let errors = |response: &async_graphql::Response| {
                let errors = response.errors.iter();
                errors.map(|error| (error.message.clone(), error.path.clone())).collect::<Vec<_>>()
            };
            let path = |text: String| text.replace("ofLibrary", "inPlace");
            assert_eq!(format!("{:?}", errors(&in_place)), path(format!("{:?}", errors(&of_library))));
        }
    }

    #[tokio::test]
    async fn every_future_is_polled_once_whenever_the_task_is() {
        let (polls, task_polls) = (AtomicUsize::new(0), AtomicUsize::new(0));
        // `try_join_all` polls up to 30 futures by itself, more by a queue of those that were woken.
        let futures = (0..20).map(|number: usize| {
            let (polls, mut left) = (&polls, number % 3);
            poll_fn(move |cx| {
                polls.fetch_add(1, Ordering::Relaxed);
                if left == 0 {
                    return Poll::Ready(Ok(Value::from(number)));
                }
                left -= 1;
                cx.waker().wake_by_ref();
                Poll::Pending
            })
        });
        let joined = async { Polled::new(futures, &waker().await)?.join().await };
        let mut joined = std::pin::pin!(joined);
        let values = poll_fn(|cx| {
            task_polls.fetch_add(1, Ordering::Relaxed);
            joined.as_mut().poll(cx)
        });
        let values = values.await.ok();
        assert_eq!(values, Some((0..20_usize).map(Value::from).collect()));
        let counts = (polls.load(Ordering::Relaxed), task_polls.load(Ordering::Relaxed));
        assert_eq!(counts, (7 + 7 * 2 + 6 * 3, 3));
    }
}
