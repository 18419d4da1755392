//! What one look makes of an alarm.

use std::time::Duration;

use counterfoil_core::{FormId, SubmissionId, SubmissionRef, Timestamp};
use serde::{Deserialize, Serialize};

use super::{AlarmFacts, AlarmKey, AlarmNews, AlarmState, Condition};

/// What is kept of an alarm. A stored format.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alarm {
    /// Since when each look has found it; `None`: the last has not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub found_since: Option<Timestamp>,
    /// When it was last told that it is so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub told_at: Option<Timestamp>,
    /// It was raised, and is not over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub open: Option<Open>,
}

/// An alarm that was raised.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Open {
    /// Which time it is: `_alarm/ID`.
    pub of: SubmissionRef,
    /// The last message's number.
    pub seq: u64,
    /// What the last message said.
    pub told: AlarmFacts,
    /// How many at the worst.
    pub worst: u64,
    /// Since when no look has found it; `None`: the last has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gone_since: Option<Timestamp>,
}

impl Alarm {
    /// Is there nothing to keep of it?
    #[must_use]
    pub fn is_nothing(&self) -> bool {
        *self == Self::default()
    }
}

/// What a look saw of an alarm.
#[derive(Clone, Copy, Debug)]
pub struct Seen<'l> {
    /// Which alarm.
    pub key: &'l AlarmKey,
    /// That it is so; `None`: it is not.
    pub found: Option<&'l Condition>,
    /// When.
    pub now: Timestamp,
}

/// What a look makes of an alarm, and what is told of it. `id` names it if it is raised now.
pub fn step(
    alarm: &mut Alarm,
    Seen { key, found, now }: Seen<'_>,
    id: impl FnOnce() -> SubmissionId,
) -> Option<AlarmNews> {
    match found {
        Some(found) if found.is_known => {
            alarm.found_since.get_or_insert(now);
            if let Some(open) = &mut alarm.open {
                open.gone_since = None;
            }
            None
        }
        Some(found) => goes_on(alarm, found, now, id),
        None => is_gone(alarm, key, now),
    }
}

fn goes_on(
    alarm: &mut Alarm,
    found: &Condition,
    now: Timestamp,
    id: impl FnOnce() -> SubmissionId,
) -> Option<AlarmNews> {
    let kind = found.key.kind;
    let found_since = *alarm.found_since.get_or_insert(now);
    let may_tell = alarm
        .told_at
        .is_none_or(|told_at| is_past(told_at, kind.gap(), now));
    if let Some(open) = &mut alarm.open {
        open.gone_since = None;
        open.worst = open.worst.max(found.count);
        if found.count <= open.told.count || !may_tell {
            return None;
        }
        open.seq += 1;
        open.told.count = found.count;
        open.told.detail.clone_from(&found.detail);
        alarm.told_at = Some(now);
        return Some(news(open, AlarmState::Raised, now));
    }
    if !may_tell || !is_past(found_since, kind.hold(), now) {
        return None;
    }
    let open = Open {
        of: SubmissionRef {
            form: FormId::alarm(),
            id: id(),
        },
        seq: 1,
        told: AlarmFacts {
            alarm: kind,
            subject: found.key.subject.clone(),
            since: found.since,
            count: found.count,
            detail: found.detail.clone(),
        },
        worst: found.count,
        gone_since: None,
    };
    let raised = news(&open, AlarmState::Raised, now);
    (alarm.open, alarm.told_at) = (Some(open), Some(now));
    Some(raised)
}

fn is_gone(alarm: &mut Alarm, key: &AlarmKey, now: Timestamp) -> Option<AlarmNews> {
    alarm.found_since = None;
    let Some(open) = &mut alarm.open else {
        // How often it is told is bound over the times it comes and goes.
        alarm.told_at = alarm
            .told_at
            .filter(|told_at| !is_past(*told_at, key.kind.gap(), now));
        return None;
    };
    let gone_since = *open.gone_since.get_or_insert(now);
    if !is_past(gone_since, key.kind.calm(), now) {
        return None;
    }
    open.seq += 1;
    open.told.count = open.worst;
    let cleared = news(open, AlarmState::Cleared, now);
    alarm.open = None;
    Some(cleared)
}

fn news(open: &Open, state: AlarmState, at: Timestamp) -> AlarmNews {
    AlarmNews {
        of: open.of.clone(),
        seq: open.seq,
        at,
        state,
        facts: open.told.clone(),
    }
}

/// Has `gap` passed since `then`? A clock that was set back has nobody wait longer than that.
fn is_past(then: Timestamp, gap: Duration, now: Timestamp) -> bool {
    now.since(then) >= gap || then.since(now) > gap
}

#[cfg(test)]
#[path = "step_tests.rs"]
mod tests;
