//! Every clause of [`Counters`].

use std::time::Duration;

use counterfoil_core::ports::{Counter, Counters};
use futures_util::future::join_all;

use crate::build::THEN;

/// A counter that nobody else uses.
fn counter(name: &str) -> Counter {
    Counter {
        name: format!("contact/contract/{name}/0+60"),
        until: THEN.plus(Duration::from_secs(24 * 60 * 60)),
    }
}

/// Every clause of [`Counters`]. `counters` holds none of these at the start.
pub async fn counters<K: Counters>(counters: &K) {
    each_call_is_counted(counters).await;
    to_ask_counts_nothing(counters).await;
    what_was_counted_in_vain_is_given_back(counters).await;
    names_keep_counters_apart(counters).await;
    calls_at_once_are_all_counted(counters).await;
}

async fn each_call_is_counted<K: Counters>(counters: &K) {
    let one = counter("each");
    for expected in 1..=3 {
        assert_eq!(counters.add(&one, 1).await.unwrap(), expected);
    }
    assert_eq!(counters.add(&one, 5).await.unwrap(), 8);
}

async fn to_ask_counts_nothing<K: Counters>(counters: &K) {
    let one = counter("ask");
    assert_eq!(
        counters.add(&one, 0).await.unwrap(),
        0,
        "before anything was counted"
    );
    assert_eq!(counters.add(&one, 1).await.unwrap(), 1);
    assert_eq!(counters.add(&one, 0).await.unwrap(), 1);
}

async fn what_was_counted_in_vain_is_given_back<K: Counters>(counters: &K) {
    let one = counter("back");
    assert_eq!(counters.add(&one, 1).await.unwrap(), 1);
    assert_eq!(counters.add(&one, -1).await.unwrap(), 0);
    // Its count was swept away meanwhile, or never arrived.
    assert_eq!(counters.add(&one, -1).await.unwrap(), -1);
    assert_eq!(counters.add(&one, 1).await.unwrap(), 0);
}

async fn names_keep_counters_apart<K: Counters>(counters: &K) {
    let (short, long) = (counter("apart"), counter(&"x".repeat(160)));
    assert_eq!(counters.add(&short, 1).await.unwrap(), 1);
    assert_eq!(counters.add(&long, 1).await.unwrap(), 1);
    assert_eq!(counters.add(&short, 1).await.unwrap(), 2);
}

async fn calls_at_once_are_all_counted<K: Counters>(counters: &K) {
    let one = counter("at-once");
    let mut counts: Vec<_> = join_all((0..20).map(|_| counters.add(&one, 1)))
        .await
        .into_iter()
        .map(Result::unwrap)
        .collect();
    counts.sort_unstable();
    assert_eq!(counts, (1..=20).collect::<Vec<_>>());
}
