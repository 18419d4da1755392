//! Which changes of an entry were announced, as its head and its history tell it.

use crate::history::{Line, Verb};
use counterfoil_core::entry::{Head, State};
use counterfoil_core::notice::Change;

/// The changes of an entry that there were notices of, oldest first. A first `stored` has no line: once something else
/// became of it, nobody knows when it was.
#[must_use]
pub fn announced(head: &Head, history: &[Line]) -> Vec<Change> {
    let mut changes = Vec::new();
    let (mut state, mut verdict_run) = (State::Stored, 0);
    for line in history {
        let verdict = verdict_of(line, verdict_run);
        let is_change = line.deed.is_none() || line.state != state || verdict != verdict_run;
        if is_change && line.state != State::Expired {
            changes.push(change(head, line, verdict));
        }
        (state, verdict_run) = (line.state, verdict);
    }
    let told = history.last().map_or(0, |line| line.seq);
    if told < head.seq && head.state != State::Expired {
        changes.push(Change::from_head(head));
    }
    changes
}

/// The run that a line's state is the verdict of.
fn verdict_of(line: &Line, before: u32) -> u32 {
    match line.deed.as_ref().map(|deed| deed.verb) {
        // A verdict's own; an edit or a discard makes a run void that is under way.
        None | Some(Verb::Edit | Verb::Discard) => line.run,
        Some(Verb::Replay | Verb::Release | Verb::Undo) => before,
    }
}

fn change(head: &Head, line: &Line, run: u32) -> Change {
    let cause = line.cause.as_ref().map(|cause| cause.code.clone());
    Change {
        of: head.of.clone(),
        seq: line.seq,
        state: line.state,
        run,
        cause,
        at: line.at,
    }
}
