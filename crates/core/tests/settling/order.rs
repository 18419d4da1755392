//! In which order a batch is settled, and which of its records are sheltered from the others.

use counterfoil_core::State;
use counterfoil_core::settle::Quiet;
use counterfoil_core::settling::{Delivery, Outcome, neighbours};
use counterfoil_testkit::MemoryLedger;
use counterfoil_testkit::build::{delivery, envelope};

use super::{settle, states};

#[test]
fn a_suspicious_batch_goes_one_by_one_in_a_changing_order() {
    let first_settled = |receives: u32| {
        let ledger = MemoryLedger::default();
        let mut batch: Vec<_> = (1..=5)
            .map(|n| delivery(envelope(n, "m").encode()))
            .collect();
        batch[0].receives = receives;
        assert_eq!(
            states(&settle(&ledger, &batch)),
            vec![Some(State::Stored); 5]
        );
        ledger.changes()[0].0.clone()
    };
    let firsts: std::collections::BTreeSet<_> = (3..8).map(first_settled).collect();
    assert_eq!(firsts.len(), 5, "each record comes first once");
}

#[test]
fn the_same_ten_that_come_together_again_come_in_another_order() {
    let first_settled = |receives: u32| {
        let ledger = MemoryLedger::default();
        let batch: Vec<_> = (1..=10)
            .map(|n| Delivery {
                receives,
                ..delivery(envelope(n, "m").encode())
            })
            .collect();
        settle(&ledger, &batch);
        ledger.changes()[0].0.clone()
    };
    let firsts: std::collections::BTreeSet<_> = (3..13).map(first_settled).collect();
    assert_eq!(firsts.len(), 10, "each record comes first once");
}

#[test]
fn only_those_are_sheltered_that_came_with_one_that_came_back() {
    let batch = |receives: &[u32]| -> Vec<Delivery> {
        receives
            .iter()
            .map(|receives| Delivery {
                receives: *receives,
                ..delivery("")
            })
            .collect()
    };
    assert!(neighbours(&batch(&[1, 1, 1])).is_empty());
    assert_eq!(
        neighbours(&batch(&[1, 2, 1])),
        [0, 1, 2],
        "it may end the process again"
    );
    assert_eq!(neighbours(&batch(&[1, 3, 2, 20])), [0, 2]);
    assert!(neighbours(&batch(&[3])).is_empty());
}

#[test]
fn records_of_one_submission_are_settled_in_the_order_of_sending() {
    let ledger = MemoryLedger::default();
    let mut batch = [
        delivery(envelope(1, "second").encode()),
        delivery(envelope(1, "first").encode()),
    ];
    batch[1].sent_at = counterfoil_core::Timestamp::from_millis(0);
    let outcomes = settle(&ledger, &batch);
    assert_eq!(
        states(&outcomes),
        [Some(State::Failed), Some(State::Stored)]
    );
    assert!(
        matches!(&outcomes[1], Outcome::Ack(settled) if settled.quiet != Some(Quiet::Duplicate))
    );
}
