//! Which partitions a scope is read from, and between which keys.

use std::time::Duration;

use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use counterfoil_core::entry::LISTED_WITHIN;
use counterfoil_core::{FormId, Head, State, SubmissionId, SubmissionRef, Timestamp};
use counterfoil_operations::catalogue::{Scope, Spot};
use counterfoil_operations::worklist::SortOrder;

use super::is_forward;
use super::keys::{id_like, millis};
use crate::item::{Item, LATE, VIEWS, number, string, text, waits};
use crate::ledger::DynamoLedger;
use crate::operations::merge::{Partition, Point};
use crate::operations::since_1970;

/// A partition of the table or of its index, and what of it counts.
#[derive(Clone, Debug)]
pub(super) struct Source {
    /// Its `pk`, or its `view`.
    pub(super) name: String,
    /// Of the index, which holds no more than keys, times and states.
    pub(super) is_index: bool,
    /// Whatever is in one of these states.
    pub(super) states: Vec<State>,
    /// Which entries: those whose id tells their time, those of which it does not, or both.
    pub(super) which: Which,
    /// How many partitions share what is asked for.
    pub(super) among: usize,
}

/// Entries by where a list finds them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Which {
    /// Those that are listed at their id's time.
    Timely,
    /// Those that are not.
    Late,
    /// All.
    Both,
}

impl Which {
    pub(super) const fn takes(self, is_late: bool) -> bool {
        match self {
            Self::Timely => !is_late,
            Self::Late => is_late,
            Self::Both => true,
        }
    }
}

/// The states that a scope takes.
fn wanted(scope: &Scope) -> Vec<State> {
    let any = [State::Stored, State::Failed, State::Held, State::Discarded];
    if scope.states.is_empty() {
        any.to_vec()
    } else {
        scope.states.clone()
    }
}

/// All partitions of the table.
fn table(form: &FormId, states: Vec<State>) -> impl Iterator<Item = Source> {
    (0..SubmissionId::SHARDS).map(move |shard| Source {
        name: format!("{form}#{shard}"),
        is_index: false,
        states: states.clone(),
        which: Which::Timely,
        among: SubmissionId::SHARDS.into(),
    })
}

/// All partitions of a kind in the index.
fn index(
    kind: &str,
    form: &FormId,
    states: Vec<State>,
    which: Which,
) -> impl Iterator<Item = Source> {
    (0..VIEWS).map(move |view| Source {
        name: format!("{kind}#{form}#{view}"),
        is_index: true,
        states: states.clone(),
        which,
        among: VIEWS.into(),
    })
}

/// Where a list finds what a scope takes. What waits for people alone is in the index, however much is stored beside it;
/// else the table has it, and the index only what no id leads to.
pub(super) fn of_list(scope: &Scope, form: &FormId) -> Vec<Source> {
    let states = wanted(scope);
    let waiting = states.iter().copied().filter(|state| waits(*state));
    if states.iter().all(|state| waits(*state)) {
        return waiting
            .flat_map(|state| index(state.as_str(), form, vec![state], Which::Both))
            .collect();
    }
    let quiet: Vec<State> = states
        .iter()
        .copied()
        .filter(|state| !waits(*state))
        .collect();
    let late = waiting.flat_map(|state| index(state.as_str(), form, vec![state], Which::Late));
    table(form, states.clone())
        .chain(index(LATE, form, quiet, Which::Late))
        .chain(late)
        .collect()
}

/// Where what a scope takes is counted, each entry once: what waits for people in the index, whatever its id tells.
pub(super) fn of_count(scope: &Scope, form: &FormId) -> Vec<Source> {
    let (waiting, quiet): (Vec<State>, Vec<State>) =
        wanted(scope).into_iter().partition(|state| waits(*state));
    let waiting = waiting
        .into_iter()
        .flat_map(|state| index(state.as_str(), form, vec![state], Which::Both));
    if quiet.is_empty() {
        return waiting.collect();
    }
    waiting
        .chain(index(LATE, form, quiet.clone(), Which::Late))
        .chain(table(form, quiet))
        .collect()
}

/// What was found at a place of the index is still there, and taken.
pub(super) fn is_still(head: &Head, scope: &Scope, (listed_at, of): &Point) -> bool {
    head.listed_at() == *listed_at && scope.takes(of, head.state, *listed_at)
}

/// The place that everything complete up to `end` lies before.
pub(super) fn before(end: Timestamp, form: &FormId, order: SortOrder) -> Spot {
    let (millis, byte) = match order {
        SortOrder::OldestFirst => (end.as_millis() - 1, 0xff),
        SortOrder::NewestFirst => (end.as_millis() + 1, 0),
    };
    let of = SubmissionRef {
        form: form.clone(),
        id: SubmissionId::from_bytes([byte; 16]),
    };
    Spot {
        listed_at: Timestamp::from_millis(millis),
        of,
    }
}

/// This program is not older, so neither is today, whatever the clock says.
const WRITTEN: Duration = Duration::from_secs(1_793_491_200);
/// No clock is so far ahead: a service of AWS's would not believe a call from there.
const AHEAD: Duration = Duration::from_secs(366 * 24 * 60 * 60);

/// The last millisecond that an id can tell. Ids of keys are spread over nine thousand years, nearly all of them to come:
/// a list that begins with the newest would read all of these first.
fn horizon() -> i64 {
    let now = since_1970().max(WRITTEN) + AHEAD;
    i64::try_from(now.as_millis()).unwrap_or(i64::MAX)
}

/// What the keys of these milliseconds begin with, and what comes behind the last of them.
fn ids_between(low: i64, high: i64) -> (String, String) {
    let begin = |millis: i64| format!("{:08x}-{:04x}", millis >> 16, millis & 0xffff);
    let most = 0xffff_ffff_ffff;
    (
        begin(low.clamp(0, most)),
        format!("{}~", begin(high.clamp(0, most))),
    )
}

impl DynamoLedger {
    /// A partition between these milliseconds, in an order, so many items at once.
    pub(super) fn partition(
        &self,
        source: &Source,
        span: (i64, i64),
        order: SortOrder,
        limit: usize,
    ) -> Partition {
        let limit = i32::try_from(limit).unwrap_or(i32::MAX);
        if !source.is_index {
            let query = self.of_ids(&source.name, span).consistent_read(true);
            let query = query.scan_index_forward(is_forward(order)).limit(limit);
            let time = |key: &Item| string(key, "sk").map(|sk| id_like(sk).time());
            return Partition {
                query,
                time,
                slack: Duration::ZERO,
            };
        }
        let slack = match source.which {
            // These stand at the time that the index has.
            Which::Late => Duration::ZERO,
            Which::Timely | Which::Both => LISTED_WITHIN,
        };
        let query = self.of_times(&source.name, span, slack);
        let query = query.scan_index_forward(is_forward(order)).limit(limit);
        Partition {
            query,
            time: |key| millis(key),
            slack,
        }
    }

    /// Asks for a partition of the table, from the first to the last id of these times.
    pub(super) fn of_ids(&self, pk: &str, (low, high): (i64, i64)) -> QueryFluentBuilder {
        let (first, last) = ids_between(low, high.min(horizon()).max(low));
        let query = self.client.query().table_name(&self.table);
        let query = query.key_condition_expression("pk = :pk AND sk BETWEEN :first AND :last");
        let query = query.expression_attribute_values(":pk", text(pk));
        query
            .expression_attribute_values(":first", text(&first))
            .expression_attribute_values(":last", text(&last))
    }

    /// Asks for a partition of the index, from so much before to so much behind these times.
    pub(super) fn of_times(
        &self,
        view: &str,
        (low, high): (i64, i64),
        slack: Duration,
    ) -> QueryFluentBuilder {
        let slack = i64::try_from(slack.as_millis()).unwrap_or(i64::MAX);
        let query = self.index(view);
        let query =
            query.key_condition_expression("#view = :view AND received_at BETWEEN :low AND :high");
        let query = query.expression_attribute_values(":low", number(low.saturating_sub(slack)));
        query.expression_attribute_values(":high", number(high.saturating_add(slack)))
    }
}
