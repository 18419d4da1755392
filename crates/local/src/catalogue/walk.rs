//! Walks along the indexes of the list. None reads a row.
//!
//! | scope | index |
//! |---|---|
//! | with what is stored, or any state | the one of all entries; what is in another state is passed over |
//! | without | the one by state, once for each state: what is rare is found at once |
//! | without a form | the same, once for each form that has entries |
//!
//! Where there are several walks, what they find is merged.

use std::cmp::Ordering;

use counterfoil_core::{FormId, State, SubmissionId, SubmissionRef, Timestamp};
use counterfoil_operations::catalogue::{Scope, Spot, Turn};
use counterfoil_operations::worklist::SortOrder;
use rusqlite::types::Value;
use rusqlite::{Connection, Row, params_from_iter};

use crate::rows::Sql;

/// Keys that one page passes over at most: about 20 ms.
const LONGEST: u64 = 20_000;
/// And of each of many walks.
const SHORTEST: u64 = 200;

/// Time, form and id.
type Raw = (i64, Vec<u8>, Vec<u8>);

/// An entry as an index has it.
pub(super) struct Key {
    /// As it is compared there.
    raw: Raw,
    /// `None`: it is not of a kind that this program would write.
    pub(super) spot: Option<Spot>,
    pub(super) state: String,
    /// The place of its row.
    pub(super) entry: i64,
}

/// What was found on the way.
#[derive(Default)]
pub(super) struct Walked {
    /// In the order asked for.
    pub(super) keys: Vec<Key>,
    /// Keys that were read.
    pub(super) read: u64,
    /// Where to go on; `None`: it was the end.
    pub(super) next: Option<Spot>,
}

/// One walk: of one form, and of one state where it is walked by state.
#[derive(Clone)]
struct Lane {
    /// As it stands in the index, whatever that is.
    form: Vec<u8>,
    state: Option<State>,
}

/// What one page is made of, and how many keys each of its walks passes over at most.
struct Page<'a> {
    scope: &'a Scope,
    turn: &'a Turn,
    longest: u64,
}

/// The keys of one page.
pub(super) fn walk(
    connection: &Connection,
    scope: &Scope,
    turn: &Turn,
) -> rusqlite::Result<Walked> {
    let mut walked = Walked::default();
    let lanes = lanes(connection, scope)?;
    let longest = (LONGEST / lanes.len().max(1) as u64).max(SHORTEST);
    let page = Page {
        scope,
        turn,
        longest,
    };
    for lane in &lanes {
        follow(
            connection,
            &Query::new(scope, turn, lane),
            &page,
            &mut walked,
        )?;
    }
    walked
        .keys
        .sort_by(|one, other| in_order(turn.order, &one.raw, &other.raw));
    if let Some(stop) = walked.next.as_ref().map(raw) {
        // Where one walk was too long, the page ends for all of them.
        walked
            .keys
            .retain(|key| in_order(turn.order, &key.raw, &stop).is_le());
    }
    let places = |(at, key): (usize, &Key)| key.spot.clone().map(|spot| (at, spot));
    let mut on_it = walked.keys.iter().enumerate().filter_map(places);
    let last = on_it.nth(turn.most.saturating_sub(1));
    if let (Some((at, last)), true) = (last, on_it.next().is_some()) {
        walked.keys.truncate(at + 1);
        walked.next = Some(last);
    }
    Ok(walked)
}

/// How many entries a scope takes; no more than `most` are counted.
pub(super) fn count(connection: &Connection, scope: &Scope, most: u64) -> rusqlite::Result<u64> {
    let mut there = 0;
    for lane in lanes(connection, scope)? {
        let Query { sql, mut values } =
            Query::new(scope, &Turn::first(SortOrder::OldestFirst, 1), &lane);
        let sql = format!(
            "SELECT count(*) FROM ({sql} LIMIT ?)",
            sql = wanted_only(&sql, scope, &lane)
        );
        values.push(i64::try_from(most - there).unwrap_or(i64::MAX).into());
        let mut select = connection.prepare_cached(&sql)?;
        there += select.query_row(params_from_iter(values), |row| row.get::<_, u64>(0))?;
    }
    Ok(there)
}

/// The walks that give what a scope takes.
fn lanes(connection: &Connection, scope: &Scope) -> rusqlite::Result<Vec<Lane>> {
    let by_state = !scope.states.is_empty() && !scope.states.contains(&State::Stored);
    let states: Vec<Option<State>> = if by_state {
        State::ALL
            .into_iter()
            .filter(|state| scope.states.contains(state))
            .map(Some)
            .collect()
    } else {
        vec![None]
    };
    let forms = match &scope.form {
        Some(form) => vec![form.as_str().into()],
        None => forms(connection)?,
    };
    let lane = |form: &Vec<u8>, state: &Option<State>| Lane {
        form: form.clone(),
        state: *state,
    };
    Ok(forms
        .iter()
        .flat_map(|form| states.iter().map(move |state| lane(form, state)))
        .collect())
}

/// Every form that has entries: each found by a step in the index beyond the one before.
fn forms(connection: &Connection) -> rusqlite::Result<Vec<Vec<u8>>> {
    let mut select = connection.prepare_cached(FORMS)?;
    let form = |row: &Row<'_>| {
        row.get_ref(0)
            .map(|form| form.as_bytes().unwrap_or_default().to_vec())
    };
    select.query_map([], form)?.collect()
}

const FORMS: &str = "WITH RECURSIVE forms (form) AS (
        SELECT (SELECT min(form) FROM entries)
        UNION ALL
        SELECT (SELECT min(form) FROM entries WHERE form > forms.form) FROM forms WHERE forms.form IS NOT NULL
    )
    SELECT form FROM forms WHERE form IS NOT NULL";

/// Walks along one index until there is a page, and one more.
fn follow(
    connection: &Connection,
    query: &Query,
    page: &Page<'_>,
    walked: &mut Walked,
) -> rusqlite::Result<()> {
    let Page {
        scope,
        turn,
        longest,
    } = *page;
    let mut select = connection.prepare_cached(&query.sql)?;
    let mut rows = select.query(params_from_iter(&query.values))?;
    let unwanted = unwanted(scope);
    let (mut readable, mut passed, mut last) = (0, 0, None);
    while readable <= turn.most
        && let Some(row) = rows.next()?
    {
        let key = key(row)?;
        passed += 1;
        last = key.spot.clone().or(last);
        if !unwanted.iter().any(|state| state.as_str() == key.state) {
            readable += usize::from(key.spot.is_some());
            walked.keys.push(key);
        }
        if passed >= longest && last.is_some() {
            let stops = walked.next.take().into_iter().chain(last);
            walked.next = stops.min_by(|one, other| in_order(turn.order, &raw(one), &raw(other)));
            break;
        }
    }
    walked.read += passed;
    Ok(())
}

fn in_order(order: SortOrder, one: &Raw, other: &Raw) -> Ordering {
    match order {
        SortOrder::OldestFirst => one.cmp(other),
        SortOrder::NewestFirst => other.cmp(one),
    }
}

/// A place as an index compares it.
fn raw(spot: &Spot) -> Raw {
    (
        spot.listed_at.as_millis(),
        spot.of.form.as_str().into(),
        spot.of.id.as_bytes().to_vec(),
    )
}

/// The states that a scope leaves out. What is in a state that nobody knows is damaged, and told.
fn unwanted(scope: &Scope) -> Vec<State> {
    let is_wanted = |state: &State| match scope.states.as_slice() {
        [] => !matches!(state, State::Erased | State::Expired),
        states => states.contains(state),
    };
    State::ALL
        .into_iter()
        .filter(|state| !is_wanted(state))
        .collect()
}

/// The query without what is in a state that is left out.
fn wanted_only(sql: &str, scope: &Scope, lane: &Lane) -> String {
    match lane.state {
        Some(_) => sql.to_owned(),
        None => {
            let words: Vec<String> = unwanted(scope)
                .iter()
                .map(|state| format!("'{state}'"))
                .collect();
            sql.replace(
                "ORDER BY",
                &format!("AND state NOT IN ({}) ORDER BY", words.join(", ")),
            )
        }
    }
}

fn key(row: &Row<'_>) -> rusqlite::Result<Key> {
    let bytes = |at| {
        row.get_ref(at)
            .map(|value| value.as_bytes().unwrap_or_default().to_vec())
    };
    let (at, form, id) = (row.get(0)?, bytes(1)?, bytes(2)?);
    let form_id = row.get::<_, Sql<FormId>>(1).ok();
    let of = form_id.zip(row.get::<_, Sql<SubmissionId>>(2).ok());
    let spot = of.map(|(form, id)| Spot {
        listed_at: Timestamp::from_millis(at),
        of: SubmissionRef {
            form: form.0,
            id: id.0,
        },
    });
    let state = String::from_utf8_lossy(&bytes(3)?).into_owned();
    Ok(Key {
        raw: (at, form, id),
        spot,
        state,
        entry: row.get(4)?,
    })
}

/// A walk along one index, as SQLite is asked for it.
pub(super) struct Query {
    pub(super) sql: String,
    pub(super) values: Vec<Value>,
}

impl Query {
    /// The keys from a place on, in their order.
    fn new(scope: &Scope, turn: &Turn, lane: &Lane) -> Self {
        let mut conditions = vec!["form = CAST(? AS TEXT)"];
        let mut values = vec![Value::Blob(lane.form.clone())];
        if let Some(state) = lane.state {
            // As the partial index has it, or it would not be used.
            conditions.push("state = ? AND state <> 'stored'");
            values.push(Value::Text(state.to_string()));
        }
        let (at, id) = start(scope, turn, &lane.form);
        let (start, end, columns) = match turn.order {
            SortOrder::OldestFirst => {
                ("(listed_at, id) > (?, ?)", "listed_at < ?", "listed_at, id")
            }
            SortOrder::NewestFirst => (
                "(listed_at, id) < (?, ?)",
                "listed_at >= ?",
                "listed_at DESC, id DESC",
            ),
        };
        let last = match turn.order {
            SortOrder::OldestFirst => millis(scope.until, i64::MAX),
            SortOrder::NewestFirst => millis(scope.since, i64::MIN),
        };
        conditions.extend([start, end]);
        values.extend([at.into(), Value::Blob(id), last.into()]);
        let sql = format!(
            "SELECT listed_at, form, id, state, entry FROM entries WHERE {} ORDER BY {columns}",
            conditions.join(" AND ")
        );
        Self { sql, values }
    }
}

/// What the walk of a form starts behind. No id is before every one.
fn start(scope: &Scope, turn: &Turn, form: &[u8]) -> (i64, Vec<u8>) {
    let edge = match turn.order {
        SortOrder::OldestFirst => millis(scope.since, i64::MIN),
        SortOrder::NewestFirst => millis(scope.until, i64::MAX),
    };
    let edge = (edge, Vec::new());
    let Some(from) = &turn.from else {
        return edge;
    };
    let at = from.listed_at.as_millis();
    let from = match form.cmp(from.of.form.as_str().as_bytes()) {
        // All of it at this time is before the place, or at it,
        Ordering::Less => (at + 1, Vec::new()),
        Ordering::Equal => (at, from.of.id.as_bytes().to_vec()),
        // or behind it.
        Ordering::Greater => (at, Vec::new()),
    };
    match turn.order {
        SortOrder::OldestFirst => from.max(edge),
        SortOrder::NewestFirst => from.min(edge),
    }
}

fn millis(at: Option<Timestamp>, none: i64) -> i64 {
    at.map_or(none, Timestamp::as_millis)
}

#[cfg(test)]
#[path = "walk_tests.rs"]
mod tests;
