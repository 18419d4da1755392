//! Use case of `notifier`: publish the ledger's changes in their order.
//!
//! What is refused by itself is parked, so that it holds back nothing that comes after it; what is refused as a whole is
//! published later, from the first on that is not done with.

mod feed;

use std::panic::AssertUnwindSafe;

use futures_util::FutureExt;

use crate::cause::{Cause, Code};
use crate::fault::Fault;
use crate::notice::{Change, Notice};
use crate::ports::Publisher;

pub use feed::{Feeding, Record, feed};

/// How far publishing came.
#[derive(Clone, Debug, PartialEq)]
pub struct Published {
    /// So many changes from the front are done with: published, or never to be.
    pub done: usize,
    /// Those among them that will never be taken, by their place, with the reason: to be set aside.
    pub parked: Vec<(usize, Cause)>,
    /// What stopped it before the end; the rest is to be published again later.
    pub stopped: Option<Cause>,
}

/// What publishing takes.
pub struct Publishing<'a, P, T> {
    /// Names this home in a notice's `source`.
    pub stage: &'a str,
    /// Where notices go.
    pub publisher: &'a P,
    /// Is there time for one more call?
    pub is_time: T,
}

impl<P: Publisher, T: Fn() -> bool + Sync> Publishing<'_, P, T> {
    /// Publishes `changes`. What comes after the first passing fault is not counted as done, although some of it
    /// may have been published: it will be published again, with the same ids.
    ///
    /// Where the publisher panics, or takes none because of one among them, each is tried by itself: so the one whose
    /// fault it is takes no other along. A notice over which it panics by itself is parked.
    pub async fn publish(&self, changes: &[Change]) -> Published {
        let notices: Vec<Notice> = changes
            .iter()
            .map(|change| Notice::new(change, self.stage))
            .collect();
        far(self.notices(&notices).await, changes.len())
    }

    /// As [`Self::publish`], notice by notice; there may be fewer results than notices.
    pub async fn notices(&self, notices: &[Notice]) -> Vec<Result<(), Fault>> {
        if !(self.is_time)() {
            return vec![Err(no_time()); notices.len()];
        }
        match self.call(notices).await {
            Some(results) if !results.iter().any(is_together) => results,
            Some(results) => self.each(notices, results).await,
            None => {
                self.each(notices, vec![Err(Fault::together("panic")); notices.len()])
                    .await
            }
        }
    }

    /// `None`: it panicked. The panic's message may quote a value: only that it happened is kept.
    async fn call(&self, notices: &[Notice]) -> Option<Vec<Result<(), Fault>>> {
        AssertUnwindSafe(self.publisher.publish(notices))
            .catch_unwind()
            .await
            .ok()
    }

    /// Tries those by themselves that were refused together, up to the first passing fault.
    async fn each(
        &self,
        notices: &[Notice],
        mut results: Vec<Result<(), Fault>>,
    ) -> Vec<Result<(), Fault>> {
        for (notice, result) in notices.iter().zip(&mut results) {
            if is_together(result) {
                *result = self.alone(notice).await;
            }
            if matches!(result, Err(Fault::Transient { .. })) {
                break;
            }
        }
        results
    }

    async fn alone(&self, notice: &Notice) -> Result<(), Fault> {
        if !(self.is_time)() {
            return Err(no_time());
        }
        let Some(results) = self.call(std::slice::from_ref(notice)).await else {
            return Err(panicked());
        };
        results
            .into_iter()
            .next()
            .unwrap_or_else(|| Err(short_answer()))
    }
}

/// How far these results come.
fn far(results: Vec<Result<(), Fault>>, of: usize) -> Published {
    let mut published = Published {
        done: 0,
        parked: Vec::new(),
        stopped: None,
    };
    for (place, result) in results.into_iter().enumerate().take(of) {
        match result {
            Ok(()) => {}
            Err(Fault::Permanent(cause)) => published.parked.push((place, cause)),
            Err(fault @ Fault::Transient { .. }) => {
                published.stopped = Some(fault.cause());
                return published;
            }
        }
        published.done = place + 1;
    }
    if published.done < of {
        published.stopped = Some(short_answer().cause());
    }
    published
}

fn is_together(result: &Result<(), Fault>) -> bool {
    result.as_ref().is_err_and(Fault::is_together)
}

/// A publisher that answers for fewer than it was given has not published the rest.
fn short_answer() -> Fault {
    Fault::transient(
        Code::ShortAnswer,
        "the publisher did not answer for every notice",
    )
}

fn no_time() -> Fault {
    Fault::transient(Code::NoTime, "there was no time left for one more call")
}

fn panicked() -> Fault {
    Fault::Permanent(Cause::new(
        Code::PanicOverThis,
        "the publisher panicked over this notice alone",
    ))
}
