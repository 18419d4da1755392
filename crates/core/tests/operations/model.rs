//! Every reachable state of one submission, whatever is delivered twice, late or out of order and whatever people do
//! meanwhile: the settling table and the deeds together, explored to the end.

use std::collections::{BTreeSet, HashSet, VecDeque};

use counterfoil_core::operations::change;
use counterfoil_core::settle::{Decision, Incoming, Verdict, apart_from, decide};
use counterfoil_core::{Cause, Head, Kind, Payload, State};
use counterfoil_testkit::build::{THEN, fields, reference};

/// Runs and payloads are few: what goes wrong goes wrong with three.
const RUNS: u32 = 3;

/// A message that was sent. It may be delivered any number of times, at any time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Sent {
    release: bool,
    run: u32,
    edited: bool,
}

/// The row, as far as a decision may depend on it: state, run, run of the verdict, edited, held.
type Row = (State, u32, u32, bool, bool);

/// The row, and what was ever sent.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct World {
    row: Option<Row>,
    sent: BTreeSet<Sent>,
}

fn payload(edited: bool) -> Payload {
    Payload::from_fields(fields(if edited { "edited" } else { "original" }).as_object().unwrap())
}

fn incoming(sent: Sent, verdict: Verdict) -> Incoming {
    let kind = match sent {
        Sent { release: true, .. } => Kind::Release,
        Sent { run: 0, .. } => Kind::Submit,
        _ => Kind::Replay,
    };
    let content = payload(false).hash();
    Incoming {
        of: reference(1),
        kind,
        run: sent.run,
        content: Some(content),
        payload_hash: Some(payload(sent.edited).hash()),
        schema: String::new(),
        received_at: THEN,
        attempts: 1,
        verdict,
        kept: None,
        apart: apart_from(&reference(1), Some(&content), b""),
    }
}

/// The row as the ledger has it. `seq` is any number: nothing may depend on it but the next one.
fn head((state, run, verdict_run, edited, held): Row) -> Head {
    let first = incoming(Sent { release: false, run: 0, edited: false }, Verdict::Stored);
    let Decision::Insert(head) = decide(None, &first, THEN) else { panic!("a first row") };
    let payload_hash = Some(payload(edited).hash());
    let (cause, hold) = if held { (None, Some("h".into())) } else { (Some(Cause::gave_up(1)), None) };
    Head { state, run, verdict_run, payload_hash, cause, hold, seq: 7, ..*head }
}

fn row(head: &Head) -> Row {
    (head.state, head.run, head.verdict_run, head.payload_hash != head.content, head.hold.is_some())
}

/// Every world that one more event leads to.
fn after(world: &World) -> Vec<World> {
    let mut worlds = Vec::new();
    for sent in &world.sent {
        for verdict in [Verdict::Stored, Verdict::Held("h".into()), Verdict::Failed(Cause::gave_up(1))] {
            if sent.run > 0 && matches!(verdict, Verdict::Held(_)) {
                continue; // Only what a person sent is judged by its checks.
            }
            let before = world.row.map(head);
            let next = match decide(before.as_ref(), &incoming(*sent, verdict), THEN) {
                Decision::Insert(next) | Decision::Update(next) => Some(next),
                Decision::Nothing(_) => None,
                Decision::KeepApart(_) => panic!("its content is the same"),
            };
            if let Some(next) = next {
                assert_eq!(next.seq, before.map_or(1, |before| before.seq + 1));
                worlds.push(World { row: Some(row(&next)), ..world.clone() });
            }
        }
    }
    let Some(there) = world.row.map(head) else { return worlds };
    let deeds = [
        change::ordered(&there, THEN).filter(|next| next.run <= RUNS),
        change::edited(&there, payload(true).hash(), THEN),
        change::edited(&there, payload(false).hash(), THEN),
        change::discarded(&there, None, THEN),
        change::undone(&there, THEN),
    ];
    for next in deeds.into_iter().flatten() {
        assert_eq!(next.seq, there.seq + 1);
        worlds.push(World { row: Some(row(&next)), ..world.clone() });
    }
    if there.is_awaiting() {
        // Sent after the row was raised: whoever stopped in between leaves a world without it.
        let mut sent = world.sent.clone();
        sent.insert(Sent {
            release: there.state == State::Held,
            run: there.run,
            edited: there.payload_hash != there.content,
        });
        worlds.push(World { sent, ..world.clone() });
    }
    worlds
}

fn every_world() -> HashSet<World> {
    let first = World { row: None, sent: [Sent { release: false, run: 0, edited: false }].into() };
    let (mut seen, mut open) = (HashSet::from([first.clone()]), VecDeque::from([first]));
    while let Some(world) = open.pop_front() {
        for next in after(&world) {
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
    assert!(before.0 != State::Stored || before == after, "stored is absorbing: {world:?} {next:?}");
    assert!(after.2 <= after.1, "a verdict of a run that was never ordered: {next:?}");
    assert!(after.1 >= before.1, "runs are never taken back: {next:?}");
    if after.0 == State::Stored {
        assert_eq!(after.1, after.2, "nothing is awaited of what is stored: {next:?}");
        assert_eq!(after.3, before.3, "what is stored is what the row held: {world:?} {next:?}");
    }
}

#[test]
fn stored_stays_and_nothing_is_lost_whatever_the_order() {
    let worlds = every_world();
    assert!(worlds.len() > 500, "the model is not a toy: {}", worlds.len());
    for state in [State::Stored, State::Failed, State::Held, State::Discarded] {
        assert!(worlds.iter().any(|world| world.row.is_some_and(|row| row.0 == state)), "{state} is reached");
    }
}

#[test]
fn from_every_world_people_can_still_bring_it_to_stored() {
    for world in every_world() {
        // Whatever happened: undo, order, send, deliver. No edit is taken back, and no luck with what is on its way.
        let mut now = world.clone();
        for _ in 0..4 {
            let Some(there) = now.row.map(head) else { break };
            let raised = change::undone(&there, THEN).or_else(|| change::ordered(&there, THEN));
            if let Some(next) = raised {
                now.row = Some(row(&next));
            } else if there.is_awaiting() {
                let edited = there.payload_hash != there.content;
                let sent = Sent { release: there.state == State::Held, run: there.run, edited };
                if let Decision::Update(next) = decide(Some(&there), &incoming(sent, Verdict::Stored), THEN) {
                    now.row = Some(row(&next));
                }
            }
        }
        assert!(now.row.is_none_or(|row| row.0 == State::Stored), "{world:?} ended as {now:?}");
    }
}
