//! Each failure that was asked for happens, in its order, and none more.

use counterfoil_core::{Code, Retryable};
use futures_util::FutureExt;

use super::*;

fn injections(texts: &[&str]) -> Injections {
    Injections::new(&parsed(texts)).unwrap()
}

fn parsed(texts: &[&str]) -> Vec<Injection> {
    texts.iter().map(|text| text.parse().unwrap()).collect()
}

fn listed(injections: &Injections) -> Vec<String> {
    injections.list().iter().map(ToString::to_string).collect()
}

/// What the next call at a stage comes to.
fn next(injections: &Injections, stage: Stage) -> &'static str {
    let call = std::panic::AssertUnwindSafe(injections.at(stage, &"contact/1"))
        .catch_unwind()
        .now_or_never();
    match call {
        None => "slow",
        Some(Err(_)) => "panic",
        Some(Ok(Ok(()))) => "fine",
        Some(Ok(Err(fault))) => {
            let cause = fault.cause();
            assert_eq!(
                (cause.code.as_str(), cause.retryable),
                (Code::Injected.as_str(), Retryable::AfterFix)
            );
            assert!(
                cause.detail.contains(&format!("stage {},", stage.as_str())),
                "{cause}"
            );
            if matches!(fault, Fault::Permanent(_)) {
                "permanent"
            } else {
                "transient"
            }
        }
    }
}

#[tokio::test]
async fn each_stage_has_its_own_in_the_order_they_were_asked_for() {
    let injections = injections(&[
        "settle:2:permanent",
        "queue:1",
        "settle:1:panic",
        "settle:1:slow",
        "settle:1",
    ]);
    let settled: Vec<_> = (0..6).map(|_| next(&injections, Stage::Settle)).collect();
    assert_eq!(
        settled,
        [
            "permanent",
            "permanent",
            "panic",
            "slow",
            "transient",
            "fine"
        ]
    );
    assert_eq!(next(&injections, Stage::Ledger), "fine");
    assert_eq!(
        (
            next(&injections, Stage::Queue),
            next(&injections, Stage::Queue)
        ),
        ("transient", "fine")
    );
    assert_eq!(injections.armed.load(Ordering::Relaxed), 0);
}

#[tokio::test]
async fn what_is_slow_comes_to_its_end() {
    let mut injections = injections(&["ledger:1:slow"]);
    injections.slow = Duration::from_millis(1);
    injections.at(Stage::Ledger, &"contact/1").await.unwrap();
    assert_eq!(listed(&injections), [""; 0]);
}

#[test]
fn the_same_again_adds_up_and_the_list_says_what_is_left() {
    let injections = injections(&["settle:2", "ledger:1:panic", "settle:3", "settle:1:panic"]);
    assert_eq!(
        listed(&injections),
        ["settle:5:transient", "settle:1:panic", "ledger:1:panic"]
    );
    next(&injections, Stage::Settle);
    assert_eq!(listed(&injections)[0], "settle:4:transient");
    injections.clear();
    assert_eq!(
        (listed(&injections), next(&injections, Stage::Settle)),
        (vec![], "fine")
    );
    injections
        .add(&parsed(&["settle:1000000", "settle:1000000"]))
        .unwrap();
    assert_eq!(listed(&injections), ["settle:1000000:transient"]);
}

#[test]
fn too_many_are_refused_and_change_nothing() {
    let injections = injections(&["queue:1"]);
    let alternating: Vec<_> = (0..=WAITING)
        .map(|n| {
            if n % 2 == 0 {
                "queue:1:panic"
            } else {
                "queue:1"
            }
        })
        .collect();
    assert!(
        injections
            .add(&parsed(&alternating))
            .unwrap_err()
            .to_string()
            .contains("stage queue")
    );
    assert_eq!(listed(&injections), ["queue:1:transient"]);
}

#[test]
fn many_at_once_get_as_many_failures_as_were_asked_for() {
    let injections = injections(&["publish:500", "publish:500:permanent"]);
    let failed: usize = std::thread::scope(|scope| {
        let calls = || {
            (0..300)
                .filter(|_| next(&injections, Stage::Publish) != "fine")
                .count()
        };
        let threads: Vec<_> = (0..8).map(|_| scope.spawn(calls)).collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap())
            .sum()
    });
    assert_eq!(failed, 1000);
}

#[test]
fn what_is_for_one_form_passes_all_others_by() {
    let injections = injections(&[
        "settle/other:1:panic",
        "settle/contact:1",
        "settle:1:permanent",
    ]);
    let settled: Vec<_> = (0..3).map(|_| next(&injections, Stage::Settle)).collect();
    assert_eq!(settled, ["transient", "permanent", "fine"]);
    assert_eq!(listed(&injections), ["settle/other:1:panic"]);
}
