//! Who may have something in hand. `work` and `bury` run beside each other in one process, so an end of the process says
//! nothing about a record of one of them while the other has something in hand too.
//!
//! What is held together with others, of either loop, is held beside the other loop. What is held alone is alone in the
//! whole process, from before its mark is written until after it is taken back: only that counts against a record.
//!
//! Neither is waited for after the order to stop, and a loop that is dropped has nothing in hand any more. A loop holds
//! one of them at a time, and whatever it waits for with one in hand is bounded in time or ends with the order to stop.

use std::future::Future;

use tokio::sync::{RwLockReadGuard, RwLockWriteGuard};

use super::Stop;
use crate::store::Store;

/// For an ordinary batch. `None`: it is time to stop.
pub(super) async fn in_hand<'a>(
    store: &'a Store,
    stop: &mut Stop,
) -> Option<RwLockReadGuard<'a, ()>> {
    unless_stopped(store.hands().read(), stop).await
}

/// For one record, while nothing else is in hand. `None`: it is time to stop.
pub(super) async fn alone_in_hand<'a>(
    store: &'a Store,
    stop: &mut Stop,
) -> Option<RwLockWriteGuard<'a, ()>> {
    unless_stopped(store.hands().write(), stop).await
}

async fn unless_stopped<T>(wait: impl Future<Output = T>, stop: &mut Stop) -> Option<T> {
    tokio::select! {
        biased;
        true = async { stop.wait_for(|stop| *stop).await.is_ok() } => None,
        got = wait => Some(got),
    }
}
