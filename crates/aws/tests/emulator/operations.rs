//! What people on call do, on DynamoDB.

use std::time::Duration;

use counterfoil_aws::DynamoLedger;
use counterfoil_core::Cause;
use counterfoil_core::ports::{Ledger, Polls, Write};
use counterfoil_operations::change;
use counterfoil_operations::history::{Action, Actor, Verb};
use counterfoil_operations::ports::Actions;
use counterfoil_operations::worklist::{Filter, SortOrder};
use counterfoil_testkit::build::{THEN, entry, envelope};
use counterfoil_testkit::contract;

use crate::given;

#[tokio::test]
async fn the_ports_of_operations_keep_their_contract() {
    let Some(emulator) = given::with_all() else {
        return;
    };
    emulator.create_table().await;
    let ledger = emulator.ledger(&emulator.name);
    contract::operations::operations(&ledger).await;
    an_undone_discard_keeps_its_history(&ledger).await;
}

/// Earlier lines are written again with the row: they expire when it does.
async fn an_undone_discard_keeps_its_history(ledger: &DynamoLedger) {
    let dead = entry(&envelope(200, "m"), Some(Cause::gave_up(20)));
    ledger.insert(&dead).await.unwrap();
    let who = || Actor::parse("ada").unwrap();
    let discarded = change::discarded(
        &dead.head,
        Some(THEN.plus(Duration::from_secs(1_000_000_000))),
        THEN,
    )
    .unwrap();
    assert_eq!(
        ledger
            .act(&discarded, &Action::new(Verb::Discard, who()), None)
            .await
            .unwrap(),
        Write::Done
    );
    let undone = change::undone(&discarded, THEN).unwrap();
    assert_eq!(
        ledger
            .act(&undone, &Action::new(Verb::Undo, who()), None)
            .await
            .unwrap(),
        Write::Done
    );
    let history = ledger.history(&dead.head.of).await.unwrap();
    assert_eq!(
        history.iter().map(|line| line.seq).collect::<Vec<_>>(),
        [1, 2, 3]
    );
    assert_eq!(
        ledger.head(&dead.head.of).await.unwrap(),
        Some(undone.clone())
    );
    assert_eq!(
        ledger.insert(&dead).await.unwrap(),
        Write::Refused(Some(Box::new(undone))),
        "a transaction brings the row too"
    );
}

#[tokio::test]
async fn what_was_accepted_in_one_millisecond_is_listed_once_each() {
    let Some(emulator) = given::with_all() else {
        return;
    };
    emulator.create_table().await;
    let ledger = emulator.ledger(&emulator.name);
    // More than one read of a partition takes, and some before and after.
    for number in 0..=220 {
        let mut dead = entry(&envelope(number, "m"), Some(Cause::gave_up(20)));
        let late = if number < 5 {
            0
        } else if number < 215 {
            1
        } else {
            2
        };
        dead.head.received_at = THEN.plus(Duration::from_millis(late));
        ledger.insert(&dead).await.unwrap();
    }
    for most in [7, 1000] {
        let oldest =
            contract::operations::all(&ledger, &Filter::default(), SortOrder::OldestFirst, most)
                .await;
        assert_eq!(oldest.len(), 221);
        assert!(
            oldest.is_sorted_by(|one, next| one.place() < next.place()),
            "in pages of {most}"
        );
        let mut newest =
            contract::operations::all(&ledger, &Filter::default(), SortOrder::NewestFirst, most)
                .await;
        newest.reverse();
        assert_eq!(newest, oldest);
    }
}
