//! Copies that come late or broken, and what people decided meanwhile: nobody waits for ever, and no broken copy stands
//! in a good one's way.

use counterfoil_core::bury::bury;
use counterfoil_core::settling::{RetryPolicy, Settling, settle_batch};
use counterfoil_core::status::{Answering, TicketState, view};
use counterfoil_core::{Body, Cause, Checks, Entry, Envelope, Payload, State, Ticket};
use counterfoil_operations::history::Verb;
use counterfoil_operations::ports::Actions;
use counterfoil_operations::replay::{Replayed, Replaying, replay_one};
use counterfoil_testkit::build::{
    THEN, deed, delivery, envelope, fields, forms, keyring, reference, settling,
};
use counterfoil_testkit::{CountingEntropy, ManualClock, MemoryLedger, MemoryQueue};
use futures_util::FutureExt;

fn now<T>(future: impl Future<Output = T>) -> T {
    future.now_or_never().expect("the fakes never wait")
}

#[derive(Default)]
struct Fixture {
    ledger: MemoryLedger,
    queue: MemoryQueue,
}

impl Fixture {
    /// The worker gets this.
    fn settle(&self, body: impl Into<Vec<u8>>) {
        let (clock, forms) = (ManualClock::new(), forms());
        let retry = RetryPolicy {
            max_receives: 1,
            ..Default::default()
        };
        let with = Settling {
            retry,
            parallel: 1,
            ..settling(&self.ledger, &clock, &forms)
        };
        now(settle_batch(&[delivery(body)], &with));
    }

    /// The queue gives this up.
    fn bury(&self, body: impl Into<Vec<u8>>) {
        let delivery = delivery(body);
        now(bury(
            &delivery,
            Cause::gave_up(delivery.receives),
            &self.ledger,
            &ManualClock::new(),
        ))
        .unwrap();
    }

    fn send(&self, verb: Verb) -> Replayed {
        let with = Replaying {
            home: &self.ledger,
            queue: &self.queue,
            clock: &ManualClock::new(),
        };
        now(replay_one(&reference(1), u32::MAX, &deed(verb), &with)).unwrap()
    }

    /// Everything that is on the queue arrives.
    fn arrive(&self) {
        self.queue
            .drain()
            .into_iter()
            .for_each(|body| self.settle(body));
    }

    fn row(&self) -> Entry {
        self.ledger.entry(&reference(1)).unwrap()
    }

    fn ticket(&self, of: &Envelope) -> TicketState {
        let (clock, keys, entropy, forms) = (
            ManualClock::new(),
            keyring(),
            CountingEntropy::default(),
            forms(),
        );
        let with = Answering {
            keys: &keys,
            polls: &self.ledger,
            clock: &clock,
            entropy: &entropy,
            forms: &forms,
            buries: true,
            unread: &|_| (),
        };
        let text = Ticket::mint(&keys, &of.of, THEN, &of.content).to_string();
        now(view(&text, &with)).unwrap().unwrap().state
    }
}

/// One that the honeypot caught.
fn suspected() -> Envelope {
    Envelope {
        checks: Checks {
            honeypot: true,
            ..Checks::default()
        },
        ..envelope(1, "hello")
    }
}

/// As a later version of this program would write it.
fn newer(of: &Envelope) -> String {
    of.encode().replacen("\"v\":1", "\"v\":2", 1)
}

/// What a row holds that an older program wrote: it could not read `body`, which this one can.
fn met_by_an_older_worker(home: &Fixture, body: &str) {
    home.settle(body.replacen("\"v\":1", "\"v\":2", 1));
    let mut row = home.row();
    assert_eq!((row.head.state, row.head.content), (State::Failed, None));
    row.body = Body::Raw(body.as_bytes().to_vec());
    home.ledger.put(row);
}

#[test]
fn a_late_suspected_original_does_not_overrule_a_replay() {
    let home = Fixture::default();
    home.bury(suspected().encode());
    assert_eq!(home.send(Verb::Replay), Replayed::Sent { run: 1 });
    home.settle(suspected().encode());
    assert_eq!(home.row().head.state, State::Failed, "a person has decided");
    home.arrive();
    assert_eq!(
        (home.row().head.state, home.ticket(&suspected())),
        (State::Stored, TicketState::Stored)
    );
}

#[test]
fn what_an_older_program_left_held_and_waiting_is_released_or_ends_by_itself() {
    for in_flight in [true, false] {
        let home = Fixture::default();
        home.bury(suspected().encode());
        home.send(Verb::Replay);
        let mut row = home.row();
        (row.head.state, row.head.cause, row.head.hold) =
            (State::Held, None, Some("honeypot".into()));
        home.ledger.put(row);
        assert_eq!(home.ticket(&suspected()), TicketState::Queued);
        if !in_flight {
            home.queue.drain();
            assert_eq!(home.send(Verb::Release), Replayed::Sent { run: 1 });
        }
        home.arrive();
        assert_eq!(
            (home.row().head.state, home.ticket(&suspected())),
            (State::Stored, TicketState::Stored)
        );
    }
}

#[test]
fn a_run_whose_envelope_is_damaged_on_its_way_has_failed() {
    for (verb, original) in [
        (Verb::Replay, envelope(1, "hello")),
        (Verb::Release, suspected()),
    ] {
        for damage in ["\"payload_hash\":", "\"fields\":", "\"message\":\"hello\""] {
            let home = Fixture::default();
            match verb {
                Verb::Release => home.settle(original.encode()),
                _ => home.bury(original.encode()),
            }
            assert_eq!(home.send(verb), Replayed::Sent { run: 1 });
            for body in home.queue.drain() {
                home.settle(body.replacen(damage, &damage.replace(['l', 'h'], "x"), 1));
            }
            assert_eq!(
                home.ticket(&original),
                TicketState::Failed,
                "{verb:?} {damage}"
            );
            let head = home.row().head;
            assert_eq!((head.state, head.is_awaiting()), (State::Failed, false));
            assert_eq!(
                head.cause.unwrap().retryable,
                counterfoil_core::Retryable::Yes,
                "the row's payload is good"
            );
            assert_eq!(home.send(Verb::Replay), Replayed::Sent { run: 2 });
            home.arrive();
            assert_eq!(home.ticket(&original), TicketState::Stored);
            assert!(
                home.ledger.entries().len() > 1,
                "the damaged copy is kept apart"
            );
        }
    }
}

#[test]
fn a_good_copy_takes_a_broken_ones_place() {
    let good = envelope(1, "hello");
    for broken in [
        newer(&good),
        good.encode().replacen("\"fields\":", "\"f\":", 1),
        good.encode().replace("hello", "h"),
    ] {
        let home = Fixture::default();
        home.settle(broken.clone());
        assert_eq!(home.ticket(&good), TicketState::Failed);
        home.settle(good.encode());
        let row = home.row();
        assert_eq!(
            (row.head.state, row.head.seq, row.head.content),
            (State::Stored, 2, Some(good.content))
        );
        assert_eq!(
            (&row.head.schema, row.head.received_at),
            (&good.schema, good.received_at)
        );
        assert_eq!(
            (row.body, home.ticket(&good)),
            (Body::Payload(good.payload.clone()), TicketState::Stored)
        );
        home.settle(broken);
        assert_eq!(home.row().head.state, State::Stored);
        let told: Vec<_> = now(home.ledger.history(&reference(1))).unwrap();
        assert_eq!(
            told.iter()
                .map(|line| (line.seq, line.state))
                .collect::<Vec<_>>(),
            [(1, State::Failed), (2, State::Stored)]
        );
        assert!(
            home.ledger
                .changes()
                .iter()
                .any(|(_, seq, state)| (*seq, *state) == (2, State::Stored))
        );
    }
}

#[test]
fn a_good_copys_own_verdict_counts() {
    let home = Fixture::default();
    home.settle(newer(&suspected()));
    home.settle(suspected().encode());
    let head = home.row().head;
    assert_eq!(
        (head.state, head.hold.as_deref(), head.cause),
        (State::Held, Some("honeypot"), None)
    );
    let home = Fixture::default();
    home.settle(newer(&envelope(1, "hello")));
    home.bury(envelope(1, "hello").encode());
    let row = home.row();
    assert_eq!(
        (row.head.state, row.head.cause.unwrap().code.as_str()),
        (State::Failed, "gave-up")
    );
    assert_eq!(row.body, Body::Payload(envelope(1, "hello").payload));
    assert!(
        home.ledger.changes().iter().any(|(_, seq, _)| *seq == 2),
        "it is made known"
    );
    assert_eq!(home.send(Verb::Replay), Replayed::Sent { run: 1 });
}

#[test]
fn what_a_person_gave_up_unreadable_stays_so() {
    let home = Fixture::default();
    home.settle(newer(&envelope(1, "hello")));
    let mut row = home.row();
    for state in [State::Discarded, State::Erased] {
        row.head.state = state;
        home.ledger.put(row.clone());
        home.settle(envelope(1, "hello").encode());
        home.settle(newer(&envelope(1, "other")));
        assert_eq!(home.ledger.entries(), [row.clone()], "{state}");
    }
}

#[test]
fn what_an_older_worker_could_not_read_is_replayed_after_the_upgrade() {
    let home = Fixture::default();
    let sent = envelope(1, "hello");
    met_by_an_older_worker(&home, &sent.encode());
    assert_eq!(home.send(Verb::Replay), Replayed::Sent { run: 1 });
    assert_eq!(home.ticket(&sent), TicketState::Queued);
    home.arrive();
    let row = home.row();
    assert_eq!(
        (row.head.state, row.head.of.clone(), row.head.content),
        (State::Stored, reference(1), Some(sent.content))
    );
    assert_eq!(
        (row.body, home.ticket(&sent)),
        (Body::Payload(sent.payload.clone()), TicketState::Stored)
    );
}

#[test]
fn what_is_damaged_or_anothers_is_not_replayed() {
    let sent = envelope(1, "hello").encode();
    for body in [
        sent.replace("hello", "jello"),
        newer(&envelope(1, "hello")),
        envelope(2, "hello").encode(),
    ] {
        let home = Fixture::default();
        met_by_an_older_worker(&home, &sent);
        let mut row = home.row();
        row.body = Body::Raw(body.into_bytes());
        home.ledger.put(row);
        assert_eq!(home.send(Verb::Replay), Replayed::Unreadable);
        assert_eq!(home.row().head.run, 0, "nothing is waited for");
    }
}

/// The unreadable copy and the good one are of two submissions with one key: neither is lost, and nobody waits.
#[test]
fn a_replay_of_other_content_than_the_good_copy_is_kept_apart() {
    for other in [
        envelope(1, "other"),
        Envelope {
            checks: suspected().checks,
            ..envelope(1, "other")
        },
    ] {
        let home = Fixture::default();
        met_by_an_older_worker(&home, &envelope(1, "hello").encode());
        home.send(Verb::Replay);
        home.settle(other.encode());
        home.arrive();
        assert!(!home.row().head.is_awaiting(), "{:?}", home.row().head);
        assert_eq!(home.ticket(&envelope(1, "hello")), TicketState::Conflict);
        let messages: Vec<_> = home
            .ledger
            .entries()
            .into_iter()
            .map(|entry| entry.body)
            .collect();
        for message in ["hello", "other"] {
            let payload = Payload::from_fields(fields(message).as_object().unwrap());
            assert!(messages.contains(&Body::Payload(payload)), "{message}");
        }
    }
}

#[test]
fn a_suspected_good_copy_does_not_overrule_the_replay_of_what_was_unreadable() {
    let home = Fixture::default();
    met_by_an_older_worker(&home, &suspected().encode());
    home.send(Verb::Replay);
    home.settle(suspected().encode());
    assert_eq!(
        (home.row().head.state, home.row().head.is_awaiting()),
        (State::Failed, true)
    );
    assert_eq!(
        home.row().body,
        Body::Payload(suspected().payload),
        "the good copy is kept all the same"
    );
    home.arrive();
    assert_eq!(home.ticket(&suspected()), TicketState::Stored);
}

#[test]
fn a_cause_of_a_run_says_that_sending_again_helps() {
    let cause = Cause::undecodable("not JSON").of_a_run();
    assert_eq!(
        (cause.code.as_str(), cause.retryable),
        ("undecodable", counterfoil_core::Retryable::Yes)
    );
}
