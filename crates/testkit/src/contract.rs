//! The contract of each port, clause by clause, for any implementation of it. An implementation's test calls
//! each function with a fresh instance.

pub mod catalogue;
pub mod counters;
pub mod deliveries;
pub mod marks;
pub mod notices;
pub mod operations;

use std::time::Duration;

use counterfoil_core::ports::{Entries, Ledger, Polls, Write};
use counterfoil_core::settle::{Incoming, Quiet, Verdict};
use counterfoil_core::settling::{buried, write};
use counterfoil_core::{Body, Cause, Code, Entry, State, SubmissionRef};

use crate::build::{THEN, delivery, entry, envelope, reference};

/// Every clause of [`Ledger`], [`Polls`] and [`Entries`]. `ledger` is empty at the start.
pub async fn ledger<L: Ledger + Polls + Entries>(ledger: &L) {
    a_row_is_written_once(ledger).await;
    an_update_needs_the_seq_before_it(ledger).await;
    an_update_of_nothing_finds_nothing(ledger).await;
    of_two_writers_at_once_one_wins(ledger).await;
    every_attribute_survives(ledger).await;
    every_body_survives(ledger).await;
    raising_a_run_changes_nothing_else(ledger).await;
    a_good_copy_takes_the_place_of_the_whole_row(ledger).await;
}

/// A change of state or a run's verdict is made known, an order of a run is not. `announced` tells the `seq`s that were
/// made known of a submission, oldest first; `ledger` may hold others.
pub async fn announcing<L: Ledger>(
    ledger: &L,
    announced: impl AsyncFn(&SubmissionRef) -> Vec<u64>,
) {
    let row = entry(&envelope(90, "to be replayed"), Some(Cause::gave_up(20)));
    ledger.insert(&row).await.unwrap();
    let mut next = row.head;
    (next.seq, next.run) = (2, 1);
    assert_eq!(ledger.update(&next).await.unwrap(), Write::Done);
    assert_eq!(announced(&next.of).await, [1], "an order of a run");
    (next.seq, next.verdict_run) = (3, 1);
    assert_eq!(ledger.update(&next).await.unwrap(), Write::Done);
    assert_eq!(announced(&next.of).await, [1, 3], "failed again");
    (next.seq, next.state, next.cause) = (4, State::Stored, None);
    assert_eq!(ledger.update(&next).await.unwrap(), Write::Done);
    assert_eq!(
        ledger.update(&next).await.unwrap(),
        Write::Refused(Some(Box::new(next.clone())))
    );
    assert_eq!(
        announced(&next.of).await,
        [1, 3, 4],
        "stored, and nothing for what was refused"
    );
    let (broken, mended) = broken(91);
    ledger.insert(&broken).await.unwrap();
    assert_eq!(ledger.mend(&mended).await.unwrap(), Write::Done);
    assert_eq!(
        announced(&mended.head.of).await,
        [1, 2],
        "a good copy, though it failed too"
    );
}

/// What is gone because its retention is over says so to a poll, no late copy brings it back, and another content of its
/// key is kept apart. `expire` ends the retention of a submission that was stored a moment ago and is kept for an hour.
pub async fn expiring<L: Ledger + Polls + Entries>(
    ledger: &L,
    expire: impl AsyncFn(&SubmissionRef),
) {
    let arriving = |message: &str, verdict| {
        let (incoming, body) = buried(
            &delivery(envelope(92, message).encode()),
            Cause::gave_up(20),
        );
        (
            Incoming {
                verdict,
                kept: Some(Duration::from_secs(60 * 60)),
                ..incoming
            },
            body,
        )
    };
    let (incoming, body) = arriving("once", Verdict::Stored);
    let (of, content) = (incoming.of.clone(), incoming.content);
    assert_eq!(
        write(incoming, body, ledger, THEN).await.unwrap().state,
        Some(State::Stored)
    );
    expire(&of).await;
    let later = THEN.plus(Duration::from_secs(4 * 24 * 60 * 60));
    for verdict in [
        Verdict::Stored,
        Verdict::Held("honeypot".into()),
        Verdict::Failed(Cause::gave_up(20)),
    ] {
        let (incoming, body) = arriving("once", verdict);
        let settled = write(incoming, body, ledger, later).await.unwrap();
        assert_eq!(
            (settled.state, settled.quiet),
            (None, Some(Quiet::Dropped)),
            "a late copy"
        );
    }
    let left = match ledger.head(&of).await.unwrap() {
        None => ledger.left(&of).await.unwrap(),
        head => head,
    };
    let left = left.expect("it says what became of it");
    assert_eq!(
        (left.of, left.state, left.seq, left.content),
        (of.clone(), State::Expired, 2, content)
    );
    assert!(
        ledger
            .entry(&of)
            .await
            .unwrap()
            .is_none_or(|entry| entry.body == Body::Erased)
    );
    let (incoming, body) = arriving("other", Verdict::Stored);
    let settled = write(incoming, body.clone(), ledger, later).await.unwrap();
    assert_eq!(
        (settled.state, settled.of == of),
        (Some(State::Failed), false),
        "another content"
    );
    assert_eq!(ledger.entry(&settled.of).await.unwrap().unwrap().body, body);
}

/// A row whose body could not be read, and the same submission's next row: a good copy of it, which failed too.
fn broken(number: u8) -> (Entry, Entry) {
    let mut mended = entry(
        &envelope(number, "good \u{e9} \u{2028}"),
        Some(Cause::gave_up(20)),
    );
    let mut broken = mended.clone();
    broken.body = Body::Raw(vec![0, 0xff, b'{']);
    (broken.head.content, broken.head.payload_hash) = (None, None);
    (broken.head.schema, broken.head.cause) = (String::new(), Some(Cause::undecodable("not JSON")));
    broken.head.received_at = broken.head.received_at.plus(Duration::from_secs(9));
    mended.head.seq = 2;
    (broken, mended)
}

async fn a_row_is_written_once<L: Ledger + Polls>(ledger: &L) {
    let row = entry(&envelope(1, "first"), None);
    assert_eq!(ledger.head(&row.head.of).await.unwrap(), None);
    assert_eq!(ledger.insert(&row).await.unwrap(), Write::Done);
    assert_eq!(
        ledger.head(&row.head.of).await.unwrap(),
        Some(row.head.clone())
    );
    let other = entry(&envelope(1, "other"), None);
    assert_eq!(
        ledger.insert(&other).await.unwrap(),
        Write::Refused(Some(Box::new(row.head.clone())))
    );
    assert_eq!(ledger.head(&row.head.of).await.unwrap(), Some(row.head));
}

async fn an_update_needs_the_seq_before_it<L: Ledger + Polls>(ledger: &L) {
    let row = entry(&envelope(2, "second"), Some(Cause::gave_up(20)));
    ledger.insert(&row).await.unwrap();
    let mut next = row.head.clone();
    (next.state, next.cause, next.seq) = (State::Stored, None, 3);
    assert_eq!(
        ledger.update(&next).await.unwrap(),
        Write::Refused(Some(Box::new(row.head.clone()))),
        "skips one"
    );
    next.seq = 2;
    assert_eq!(ledger.update(&next).await.unwrap(), Write::Done);
    assert_eq!(ledger.head(&next.of).await.unwrap(), Some(next.clone()));
    assert_eq!(
        ledger.update(&next).await.unwrap(),
        Write::Refused(Some(Box::new(next.clone()))),
        "again"
    );
}

async fn an_update_of_nothing_finds_nothing<L: Ledger + Polls>(ledger: &L) {
    let mut head = entry(&envelope(3, "never inserted"), None).head;
    head.seq = 2;
    assert_eq!(ledger.update(&head).await.unwrap(), Write::Refused(None));
    assert_eq!(ledger.head(&reference(3)).await.unwrap(), None);
}

async fn of_two_writers_at_once_one_wins<L: Ledger + Polls>(ledger: &L) {
    let (one, two) = (
        entry(&envelope(4, "one"), None),
        entry(&envelope(4, "two"), None),
    );
    let (first, second) = futures_util::join!(ledger.insert(&one), ledger.insert(&two));
    let done = [first.unwrap(), second.unwrap()]
        .iter()
        .filter(|write| **write == Write::Done)
        .count();
    assert_eq!(done, 1);
}

async fn every_attribute_survives<L: Ledger + Polls>(ledger: &L) {
    let mut row = entry(
        &envelope(5, "é 😀 \u{2028}"),
        Some(Cause::new(Code::DatabaseBusy, "it was 'busy'")),
    );
    row.head.hold = Some("honeypot".into());
    row.head.expires_at = Some(crate::build::THEN);
    (row.head.run, row.head.verdict_run, row.head.attempts) = (2, 1, 7);
    ledger.insert(&row).await.unwrap();
    assert_eq!(ledger.head(&row.head.of).await.unwrap(), Some(row.head));
}

async fn every_body_survives<L: Ledger + Entries>(ledger: &L) {
    let bodies = [
        Body::Raw((0..=255).collect()),
        Body::Raw(b"{\"text\": 1}".to_vec()),
        Body::Erased,
    ];
    let mut row = entry(&envelope(6, "\u{e9} \u{1f600}"), None);
    assert_eq!(ledger.entry(&row.head.of).await.unwrap(), None);
    for (number, body) in (6..).zip([row.body.clone()].into_iter().chain(bodies)) {
        (row.head.of, row.body) = (reference(number), body);
        ledger.insert(&row).await.unwrap();
        assert_eq!(
            ledger.entry(&row.head.of).await.unwrap().as_ref(),
            Some(&row)
        );
    }
}

async fn raising_a_run_changes_nothing_else<L: Ledger + Entries>(ledger: &L) {
    let mut row = entry(&envelope(10, "failed"), Some(Cause::gave_up(20)));
    ledger.insert(&row).await.unwrap();
    (row.head.seq, row.head.run) = (2, 1);
    assert_eq!(ledger.update(&row.head).await.unwrap(), Write::Done);
    assert_eq!(ledger.entry(&row.head.of).await.unwrap(), Some(row));
}

async fn a_good_copy_takes_the_place_of_the_whole_row<L: Ledger + Entries>(ledger: &L) {
    let (broken, mut mended) = broken(11);
    assert_eq!(
        ledger.mend(&mended).await.unwrap(),
        Write::Refused(None),
        "there is no row"
    );
    assert_eq!(ledger.entry(&mended.head.of).await.unwrap(), None);
    ledger.insert(&broken).await.unwrap();
    mended.head.seq = 3;
    assert_eq!(
        ledger.mend(&mended).await.unwrap(),
        Write::Refused(Some(Box::new(broken.head.clone())))
    );
    assert_eq!(
        ledger.entry(&broken.head.of).await.unwrap(),
        Some(broken),
        "nothing is half done"
    );
    mended.head.seq = 2;
    assert_eq!(ledger.mend(&mended).await.unwrap(), Write::Done);
    assert_eq!(
        ledger.entry(&mended.head.of).await.unwrap().as_ref(),
        Some(&mended)
    );
    assert_eq!(
        ledger.mend(&mended).await.unwrap(),
        Write::Refused(Some(Box::new(mended.head.clone()))),
        "again"
    );
}
