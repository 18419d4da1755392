//! The steps from one world to the next: what a delivery, and what a person's deed, leads to.

use std::collections::HashMap;
use std::sync::{LazyLock, Mutex};

use counterfoil_core::settle::{Decision, Incoming, Verdict, decide};
use counterfoil_core::{Cause, Head, State};
use counterfoil_operations::change;
use counterfoil_testkit::build::THEN;

use super::{
    Carries, Holds, Kind_, RUNS, Row, Sent, World, head, incoming, payload, row, unreadable,
};

/// A delivery: to this row, of this message, as what.
type Arrival = (Option<Row>, Sent, &'static str);

/// What the row comes to when this arrives with this verdict, or without one: as what cannot be read. There are far
/// fewer of these than worlds.
fn arrived(before: Option<Row>, sent: Sent, verdict: Option<Verdict>) -> Option<Row> {
    static KNOWN: LazyLock<Mutex<HashMap<Arrival, Option<Row>>>> = LazyLock::new(Mutex::default);
    let name = match verdict {
        Some(Verdict::Stored) => "stored",
        Some(Verdict::Held(_)) => "held",
        Some(Verdict::Failed(_)) => "failed",
        None => "unreadable",
    };
    *KNOWN
        .lock()
        .unwrap()
        .entry((before, sent, name))
        .or_insert_with(|| {
            let message = verdict.map_or_else(unreadable, |verdict| incoming(sent, verdict));
            let row = delivered(before, &message, sent.carries);
            if overrules(before, &message) {
                assert_eq!(
                    before.map(|row| row.state),
                    row.map(|row| row.state),
                    "{before:?} {message:?}"
                );
            }
            row
        })
}

/// What the row comes to when `message`, which carries `carries`, arrives; asked again as the worker does.
pub(super) fn delivered(before: Option<Row>, message: &Incoming, carries: Carries) -> Option<Row> {
    let readable = message.content.is_some();
    let mut now = before;
    loop {
        let there = now.map(head);
        let decision = decide(there.as_ref(), message, THEN);
        let next = match decision.clone() {
            Decision::Insert(next)
            | Decision::Update(next)
            | Decision::Mend(next)
            | Decision::EndRun(next) => next,
            Decision::Nothing(_) | Decision::KeepApart(_) => return now,
        };
        assert_eq!(next.seq, there.map_or(1, |there| there.seq + 1));
        let holds = match (&decision, now) {
            (Decision::Insert(_), _) if !readable => Holds::Raw(carries),
            (Decision::Insert(_) | Decision::Mend(_), _) => Holds::Readable(carries),
            (_, Some(now)) => now.holds,
            (_, None) => panic!("there is no row to change"),
        };
        now = Some(row(&next, holds));
        if !matches!(decision, Decision::EndRun(_)) {
            return now;
        }
    }
}

/// Every world that a delivery leads to: of each message with each verdict, or damaged, and delivered again or not.
pub(super) fn deliveries(world: &World) -> Vec<World> {
    let mut worlds = Vec::new();
    for sent in &world.flying {
        let verdicts = [
            Verdict::Stored,
            Verdict::Held("h".into()),
            Verdict::Failed(Cause::gave_up(1)),
        ];
        // Only what a stranger sent is judged by its checks.
        let judged = verdicts
            .into_iter()
            .filter(|verdict| sent.run == 0 || !matches!(verdict, Verdict::Held(_)));
        for verdict in judged.map(Some).chain([None]) {
            let row = arrived(world.row, *sent, verdict);
            let mut gone = world.flying.clone();
            gone.remove(sent);
            worlds.push(World {
                row,
                flying: gone,
                ..world.clone()
            });
            worlds.push(World {
                row,
                ..world.clone()
            });
        }
    }
    worlds
}

/// Is this a suspicion of what a person has sent again, whose verdict is awaited?
fn overrules(row: Option<Row>, message: &Incoming) -> bool {
    let awaiting = row.is_some_and(|row| row.run > row.verdict_run && row.state == State::Failed);
    awaiting && message.run == 0 && matches!(message.verdict, Verdict::Held(_))
}

/// What a person's order of the row's latest run sends.
pub(super) fn order(row: Row) -> Sent {
    let (Holds::Readable(carries) | Holds::Raw(carries)) = row.holds;
    let kind = if row.state == State::Held {
        Kind_::Release
    } else {
        Kind_::Replay
    };
    Sent {
        kind,
        run: row.run,
        carries,
    }
}

/// Every world that a person's deed leads to.
pub(super) fn deeds(world: &World) -> Vec<World> {
    let Some(before) = world.row else {
        return Vec::new();
    };
    let there = head(before);
    let mut worlds = Vec::new();
    let mut reach = |next: Option<Head>, holds, half_way| {
        if let Some(next) = next {
            assert_eq!(next.seq, there.seq + 1);
            worlds.push(World {
                row: Some(row(&next, holds)),
                half_way,
                ..world.clone()
            });
        }
    };
    reach(
        change::ordered(&there, THEN).filter(|next| next.run <= RUNS),
        before.holds,
        true,
    );
    if let Holds::Readable(Carries::Original | Carries::Edited) = before.holds {
        for to in [Carries::Original, Carries::Edited] {
            reach(
                change::edited(&there, payload(to), THEN),
                Holds::Readable(to),
                false,
            );
        }
    }
    reach(change::discarded(&there, None, THEN), before.holds, false);
    reach(change::undone(&there, THEN), before.holds, world.half_way);
    if there.is_awaiting() {
        // Sent after the row was raised, and perhaps again: whoever stopped in between leaves a world without it.
        let mut flying = world.flying.clone();
        flying.insert(order(before));
        worlds.push(World {
            flying,
            half_way: false,
            ..world.clone()
        });
    }
    worlds
}
