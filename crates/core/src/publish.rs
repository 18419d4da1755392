//! Use case of `notifier`: publish the ledger's changes in their order.

use std::panic::AssertUnwindSafe;

use futures_util::FutureExt;

use crate::cause::Cause;
use crate::fault::Fault;
use crate::notice::{Change, Notice};
use crate::ports::Publisher;

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

/// Publishes `changes`. What comes after the first passing fault is not counted as done, although some of it
/// may have been published: it will be published again, with the same ids. A panic is such a fault, at the front.
pub async fn publish<P: Publisher>(changes: &[Change], stage: &str, publisher: &P) -> Published {
    let notices: Vec<Notice> = changes.iter().map(|change| Notice::of(change, stage)).collect();
    let mut published = Published { done: 0, parked: Vec::new(), stopped: None };
    let Ok(results) = AssertUnwindSafe(publisher.publish(&notices)).catch_unwind().await else {
        // The panic's message may quote a value: only that it happened is kept.
        published.stopped = Some(Cause::transient("panic", "the publisher panicked"));
        return published;
    };
    for (place, result) in results.into_iter().enumerate().take(changes.len()) {
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
    if published.done < changes.len() {
        // A publisher that answers for fewer than it was given has not published the rest.
        published.stopped = Some(Cause::transient("short-answer", "the publisher did not answer for every notice"));
    }
    published
}
