//! The table, row by row, and what must hold whatever the order of deliveries.

use super::*;
use crate::cause::Retryable;

const NOW: Timestamp = Timestamp::from_millis(1_795_385_651_000);

fn reference() -> SubmissionRef {
    SubmissionRef::parse("contact/01930000-0000-7abc-8def-0123456789ab").unwrap()
}

fn failure() -> Verdict {
    Verdict::Failed(Cause::written("broken", Retryable::Yes, "it broke"))
}

fn incoming(kind: Kind, run: u32, verdict: Verdict) -> Incoming {
    let content = ContentHash::digest(b"{}");
    Incoming {
        of: reference(),
        kind,
        run,
        content: Some(content),
        payload_hash: Some(content),
        schema: "s".into(),
        received_at: NOW,
        attempts: 1,
        verdict,
        kept: None,
        apart: apart_from(&reference(), Some(&content), b""),
    }
}

fn entry(state: State, run: u32, verdict_run: u32) -> Head {
    let mut head = first(&incoming(Kind::Submit, 0, Verdict::Stored), NOW);
    (head.state, head.run, head.verdict_run) = (state, run, verdict_run);
    head
}

fn state_after(entry: &Head, incoming: &Incoming) -> Option<State> {
    match decide(Some(entry), incoming, NOW) {
        Decision::Update(next) => {
            assert_eq!(next.seq, entry.seq + 1);
            Some(next.state)
        }
        Decision::Nothing(_) => None,
        Decision::Insert(_) | Decision::Mend(_) | Decision::EndRun(_) | Decision::KeepApart(_) => {
            panic!("not for this row")
        }
    }
}

#[test]
fn a_submission_without_a_row_gets_its_verdict() {
    for (verdict, state) in [
        (Verdict::Stored, State::Stored),
        (Verdict::Held("x".into()), State::Held),
        (failure(), State::Failed),
    ] {
        let Decision::Insert(head) = decide(None, &incoming(Kind::Submit, 0, verdict), NOW) else {
            panic!("no insert")
        };
        assert_eq!(
            (head.state, head.seq, head.cause.is_some()),
            (state, 1, state == State::Failed)
        );
    }
}

#[test]
fn stored_is_absorbing() {
    for kind in [Kind::Submit, Kind::Replay, Kind::Release] {
        for verdict in [Verdict::Stored, Verdict::Held("x".into()), failure()] {
            for run in 0..3 {
                let decision = decide(
                    Some(&entry(State::Stored, 1, 1)),
                    &incoming(kind, run, verdict.clone()),
                    NOW,
                );
                assert_eq!(decision, Decision::Nothing(Quiet::Duplicate));
            }
        }
    }
}

#[test]
fn a_late_success_mends_a_failure_of_whatever_run() {
    for run in 0..3 {
        let failed = entry(State::Failed, 1, 0);
        assert_eq!(
            state_after(&failed, &incoming(Kind::Submit, run, Verdict::Stored)),
            Some(State::Stored)
        );
    }
}

#[test]
fn a_success_leaves_nothing_awaited() {
    let Decision::Update(next) = decide(
        Some(&entry(State::Failed, 3, 1)),
        &incoming(Kind::Submit, 0, Verdict::Stored),
        NOW,
    ) else {
        panic!("no update")
    };
    assert!(!next.is_awaiting());
    assert_eq!(next.cause, None);
}

#[test]
fn only_a_later_run_fails_again() {
    let failed = entry(State::Failed, 1, 0);
    assert_eq!(
        state_after(&failed, &incoming(Kind::Submit, 0, failure())),
        None
    );
    assert_eq!(
        state_after(&failed, &incoming(Kind::Replay, 1, failure())),
        Some(State::Failed)
    );
    assert_eq!(
        state_after(
            &entry(State::Failed, 1, 1),
            &incoming(Kind::Replay, 1, failure())
        ),
        None
    );
}

#[test]
fn what_an_edit_superseded_is_dropped() {
    let mut edited = entry(State::Failed, 1, 0);
    edited.payload_hash = Some(ContentHash::digest(b"edited"));
    let late = decide(
        Some(&edited),
        &incoming(Kind::Submit, 0, Verdict::Stored),
        NOW,
    );
    assert_eq!(late, Decision::Nothing(Quiet::Superseded));
}

#[test]
fn only_a_person_lets_a_held_one_through() {
    let held = entry(State::Held, 1, 0);
    assert_eq!(
        state_after(&held, &incoming(Kind::Submit, 0, Verdict::Stored)),
        None
    );
    assert_eq!(
        state_after(&held, &incoming(Kind::Release, 1, Verdict::Stored)),
        Some(State::Stored)
    );
    assert_eq!(
        state_after(&held, &incoming(Kind::Release, 1, failure())),
        Some(State::Failed)
    );
    // As an older program left it: the replay was ordered while it was a dead letter.
    assert_eq!(
        state_after(&held, &incoming(Kind::Replay, 1, Verdict::Stored)),
        Some(State::Stored)
    );
    assert_eq!(
        state_after(
            &entry(State::Held, 1, 1),
            &incoming(Kind::Release, 1, Verdict::Stored)
        ),
        None,
        "void"
    );
}

#[test]
fn a_suspicion_does_not_overrule_a_persons_run() {
    let (suspected, replayed) = (
        incoming(Kind::Submit, 0, Verdict::Held("spam".into())),
        entry(State::Failed, 1, 0),
    );
    assert_eq!(
        decide(Some(&replayed), &suspected, NOW),
        Decision::Nothing(Quiet::Decided)
    );
    assert_eq!(
        state_after(&entry(State::Failed, 0, 0), &suspected),
        Some(State::Held)
    );
    assert_eq!(
        state_after(&entry(State::Failed, 1, 1), &suspected),
        Some(State::Held),
        "the run has ended"
    );
}

#[test]
fn a_run_that_comes_back_unreadable_has_ended() {
    let mut garbage = incoming(Kind::Submit, 0, failure());
    (garbage.content, garbage.payload_hash) = (None, None);
    for state in [State::Failed, State::Held] {
        let Decision::EndRun(next) = decide(Some(&entry(state, 1, 0)), &garbage, NOW) else {
            panic!("{state}")
        };
        assert_eq!(
            (next.state, next.is_awaiting(), next.seq),
            (State::Failed, false, 2)
        );
        assert!(
            matches!(decide(Some(&next), &garbage, NOW), Decision::KeepApart(_)),
            "and its bytes are kept"
        );
        let late = incoming(Kind::Replay, 1, Verdict::Stored);
        assert_eq!(
            state_after(&Head { seq: 1, ..*next }, &late),
            Some(State::Stored),
            "should it come all the same"
        );
    }
}

#[test]
fn other_content_is_kept_apart_and_nothing_is_thrown_away() {
    let other = ContentHash::digest(b"other");
    for state in [
        State::Stored,
        State::Failed,
        State::Held,
        State::Discarded,
        State::Expired,
    ] {
        let mut second = incoming(Kind::Submit, 0, Verdict::Stored);
        second.content = Some(other);
        second.apart = apart_from(&reference(), Some(&other), b"");
        let Decision::KeepApart(apart) = decide(Some(&entry(state, 0, 0)), &second, NOW) else {
            panic!("{state}")
        };
        assert_ne!(apart.of, reference());
        let Decision::Insert(head) = decide(None, &apart, NOW) else {
            panic!("{state}")
        };
        assert_eq!(
            (head.state, head.cause.as_ref().unwrap().code.as_str()),
            (State::Failed, "key-conflict")
        );
        assert_eq!(
            decide(Some(&head), &apart, NOW),
            Decision::Nothing(Quiet::Duplicate),
            "delivered twice"
        );
    }
}

#[test]
fn what_is_suspected_is_held_apart_too_and_no_dead_letter() {
    for state in [
        State::Stored,
        State::Failed,
        State::Held,
        State::Discarded,
        State::Expired,
    ] {
        let mut second = incoming(Kind::Submit, 0, Verdict::Held("honeypot".into()));
        second.content = Some(ContentHash::digest(b"other"));
        second.apart = apart_from(&reference(), second.content.as_ref(), b"");
        let Decision::KeepApart(apart) = decide(Some(&entry(state, 0, 0)), &second, NOW) else {
            panic!("{state}")
        };
        let Decision::Insert(head) = decide(None, &apart, NOW) else {
            panic!("{state}")
        };
        assert_eq!(
            (head.state, head.hold.as_deref(), head.cause),
            (State::Held, Some("honeypot"), None)
        );
    }
}

#[test]
fn what_was_given_up_or_erased_stays_so() {
    for state in [State::Discarded, State::Erased, State::Expired] {
        for kind in [Kind::Submit, Kind::Replay, Kind::Release] {
            let decision = decide(
                Some(&entry(state, 1, 0)),
                &incoming(kind, 1, Verdict::Stored),
                NOW,
            );
            assert_eq!(decision, Decision::Nothing(Quiet::Dropped));
        }
    }
}

#[test]
fn an_unreadable_body_never_takes_a_readable_ones_place() {
    let mut garbage = incoming(Kind::Submit, 0, failure());
    (garbage.content, garbage.payload_hash) = (None, None);
    garbage.apart = apart_from(&reference(), None, b"garbage");
    let Decision::KeepApart(apart) = decide(Some(&entry(State::Stored, 0, 0)), &garbage, NOW)
    else {
        panic!("not apart")
    };
    assert_eq!(apart.of.form.as_str(), "_unknown");
    assert_eq!(apart.verdict, failure());
}

/// Every order of up to six deliveries of one submission (its own, its replay, duplicates, failures late and early):
/// one row, `seq` counts by one, `stored` never goes back, and a success that was delivered is kept.
#[test]
fn no_interleaving_breaks_the_promises() {
    let deliveries = [
        incoming(Kind::Submit, 0, Verdict::Stored),
        incoming(Kind::Submit, 0, failure()),
        incoming(Kind::Submit, 0, Verdict::Held("spam".into())),
        incoming(Kind::Replay, 1, failure()),
        incoming(Kind::Replay, 1, Verdict::Stored),
        incoming(Kind::Release, 1, Verdict::Stored),
    ];
    let mut orders = 0;
    explore(None, &deliveries, 6, &mut orders);
    assert!(orders > 50_000, "{orders}");
}

fn explore(entry: Option<&Head>, deliveries: &[Incoming], depth: usize, orders: &mut usize) {
    *orders += 1;
    if depth == 0 {
        return;
    }
    for delivery in deliveries {
        let next = match decide(entry, delivery, NOW) {
            Decision::Insert(head) => {
                assert!(entry.is_none() && head.seq == 1);
                Some(*head)
            }
            Decision::Update(head) => {
                let before = entry.expect("an update needs a row");
                assert_ne!(before.state, State::Stored, "stored went back");
                assert_eq!(head.seq, before.seq + 1);
                assert!(head.run >= before.run && head.verdict_run >= before.verdict_run);
                Some(*head)
            }
            Decision::Nothing(_) => entry.cloned(),
            Decision::KeepApart(_) | Decision::Mend(_) | Decision::EndRun(_) => {
                panic!("one content, and readable")
            }
        };
        if delivery.verdict == Verdict::Stored
            && entry.is_none_or(|entry| entry.state == State::Failed)
        {
            assert_eq!(
                next.as_ref().map(|head| head.state),
                Some(State::Stored),
                "a success was lost"
            );
        }
        explore(next.as_ref(), deliveries, depth - 1, orders);
    }
}
