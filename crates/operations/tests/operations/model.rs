//! Every reachable state of one submission, whatever is delivered twice, late or out of order and whatever people do
//! meanwhile: the settling table and the deeds together, explored to the end.

mod steps;

use std::collections::{BTreeSet, HashSet, VecDeque};
use std::sync::LazyLock;

use counterfoil_core::settle::{Decision, Incoming, Verdict, apart_from, decide};
use counterfoil_core::{Cause, ContentHash, Head, Kind, Payload, State};
use counterfoil_operations::change;
use counterfoil_testkit::build::{THEN, fields, reference};
use steps::{deeds, delivered, deliveries, order};

/// Runs are few: what goes wrong goes wrong with two.
const RUNS: u32 = 2;

/// What a message carries: the submission, an edit of it, or another submission with the same idempotency key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Carries {
    Original,
    Edited,
    Other,
}

/// A message in flight. It may be delivered any number of times before it is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Sent {
    kind: Kind_,
    run: u32,
    carries: Carries,
}

/// [`Kind`], in an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Kind_ {
    Submit,
    Replay,
    Release,
}

/// What a row holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Holds {
    Readable(Carries),
    /// A newer program's envelope of this, which cannot be told from damaged bytes.
    Raw(Carries),
}

/// The row, as far as a decision may depend on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Row {
    state: State,
    run: u32,
    verdict_run: u32,
    holds: Holds,
    held: bool,
}

/// The row, what is in flight, and what a person has ordered and not sent yet: the same deed again sends it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct World {
    row: Option<Row>,
    flying: BTreeSet<Sent>,
    half_way: bool,
}

/// The hash of what is carried.
fn payload(carries: Carries) -> ContentHash {
    static HASHES: LazyLock<[ContentHash; 3]> = LazyLock::new(|| {
        ["original", "edited", "other"]
            .map(|message| Payload::from_fields(fields(message).as_object().unwrap()).hash())
    });
    HASHES[carries as usize]
}

/// The content that its ticket was made for.
fn content(carries: Carries) -> ContentHash {
    match carries {
        Carries::Original | Carries::Edited => payload(Carries::Original),
        Carries::Other => payload(Carries::Other),
    }
}

fn incoming(sent: Sent, verdict: Verdict) -> Incoming {
    let content = content(sent.carries);
    Incoming {
        of: reference(1),
        kind: match sent.kind {
            Kind_::Submit => Kind::Submit,
            Kind_::Replay => Kind::Replay,
            Kind_::Release => Kind::Release,
        },
        run: sent.run,
        content: Some(content),
        payload_hash: Some(payload(sent.carries)),
        schema: String::new(),
        received_at: THEN,
        attempts: 1,
        verdict,
        kept: None,
        apart: apart_from(&reference(1), Some(&content), b""),
    }
}

/// A message whose bytes cannot be read: nothing but whose it is.
fn unreadable() -> Incoming {
    let sent = Sent {
        kind: Kind_::Submit,
        run: 0,
        carries: Carries::Original,
    };
    Incoming {
        content: None,
        payload_hash: None,
        apart: apart_from(&reference(1), None, b"garbage"),
        ..incoming(sent, Verdict::Failed(Cause::undecodable("not JSON")))
    }
}

/// The row as the ledger has it. `seq` is any number: nothing may depend on it but the next one.
fn head(row: Row) -> Head {
    let first = incoming(
        Sent {
            kind: Kind_::Submit,
            run: 0,
            carries: Carries::Original,
        },
        Verdict::Stored,
    );
    let Decision::Insert(head) = decide(None, &first, THEN) else {
        panic!("a first row")
    };
    let (content, payload_hash) = match row.holds {
        Holds::Readable(carries) => (Some(content(carries)), Some(payload(carries))),
        Holds::Raw(_) => (None, None),
    };
    let (cause, hold) = if row.held {
        (None, Some("h".into()))
    } else {
        (Some(Cause::gave_up(1)), None)
    };
    let Row {
        state,
        run,
        verdict_run,
        ..
    } = row;
    Head {
        state,
        run,
        verdict_run,
        content,
        payload_hash,
        cause,
        hold,
        seq: 7,
        ..*head
    }
}

fn row(head: &Head, holds: Holds) -> Row {
    let Head {
        state,
        run,
        verdict_run,
        ..
    } = *head;
    Row {
        state,
        run,
        verdict_run,
        holds,
        held: head.hold.is_some(),
    }
}

static WORLDS: LazyLock<HashSet<World>> = LazyLock::new(every_world);

fn every_world() -> HashSet<World> {
    let submitted = |carries| Sent {
        kind: Kind_::Submit,
        run: 0,
        carries,
    };
    let alone = [submitted(Carries::Original)].into();
    let both = [submitted(Carries::Original), submitted(Carries::Other)].into();
    let first = [alone, both].map(|flying| World {
        row: None,
        flying,
        half_way: false,
    });
    let (mut seen, mut open) = (HashSet::from(first.clone()), VecDeque::from(first));
    while let Some(world) = open.pop_front() {
        for next in deliveries(&world).into_iter().chain(deeds(&world)) {
            holds(&world, &next);
            if seen.insert(next.clone()) {
                open.push_back(next);
            }
        }
    }
    seen
}

/// What must be true of every step.
fn holds(world: &World, next: &World) {
    let (Some(before), Some(after)) = (world.row, next.row) else {
        assert!(world.row.is_none(), "a row never goes");
        return;
    };
    assert!(
        before.state != State::Stored || before == after,
        "stored is absorbing: {world:?} {next:?}"
    );
    assert!(
        after.verdict_run <= after.run,
        "a verdict of a run that was never ordered: {next:?}"
    );
    assert!(
        after.run >= before.run,
        "runs are never taken back: {next:?}"
    );
    let awaits = after.run > after.verdict_run;
    if after.state == State::Stored {
        assert!(!awaits, "nothing is awaited of what is stored: {next:?}");
        let mends = matches!(
            (before.holds, after.holds),
            (Holds::Raw(_), Holds::Readable(_))
        );
        assert!(
            after.holds == before.holds || mends,
            "what is stored is what the row held: {world:?} {next:?}"
        );
    }
    let on_its_way = next.half_way || next.flying.iter().any(|sent| sent.run == after.run);
    assert!(
        !awaits || on_its_way,
        "a verdict is awaited that nothing brings: {world:?} {next:?}"
    );
}

#[test]
fn stored_stays_and_nothing_is_lost_whatever_the_order() {
    let worlds = &*WORLDS;
    assert!(
        worlds.len() > 2000,
        "the model is not a toy: {}",
        worlds.len()
    );
    for state in [State::Stored, State::Failed, State::Held, State::Discarded] {
        assert!(
            worlds
                .iter()
                .any(|world| world.row.is_some_and(|row| row.state == state)),
            "{state} is reached"
        );
    }
}

#[test]
fn when_nothing_is_in_flight_nobody_waits_for_a_verdict() {
    let still = |world: &&World| world.flying.is_empty() && !world.half_way;
    let at_rest = WORLDS.iter().filter(still).count();
    assert!(at_rest > 20, "worlds come to rest: {at_rest}");
    for world in WORLDS.iter().filter(still) {
        assert!(
            world.row.is_none_or(|row| row.run == row.verdict_run),
            "{world:?}"
        );
    }
}

#[test]
fn from_every_world_people_can_still_bring_it_to_stored() {
    for world in &*WORLDS {
        // Whatever happened: undo, order, send, deliver. No edit is taken back, and no luck with what is on its way.
        let mut now = world.row;
        for _ in 0..4 {
            let Some(before) = now else { break };
            let there = head(before);
            let raised = change::undone(&there, THEN).or_else(|| change::ordered(&there, THEN));
            if let Some(next) = raised {
                now = Some(row(&next, before.holds));
            } else if there.is_awaiting() {
                let sent = order(before);
                now = delivered(now, &incoming(sent, Verdict::Stored), sent.carries);
            }
        }
        assert!(
            now.is_none_or(|row| row.state == State::Stored),
            "{world:?} ended as {now:?}"
        );
    }
}
