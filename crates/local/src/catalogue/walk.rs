//! Walks along the indexes of the list. None reads a row.
//!
//! | scope | index |
//! |---|---|
//! | with what is stored, or any state | the one of all entries (of a form); what is in another state is passed over |
//! | without | the one by state, once for each state, merged: what is rare is found at once |

use counterfoil_core::{FormId, State, SubmissionId, SubmissionRef, Timestamp};
use counterfoil_operations::catalogue::{Scope, Spot, Turn};
use counterfoil_operations::worklist::Order;
use rusqlite::types::Value;
use rusqlite::{Connection, Row, params_from_iter};

use crate::rows::Sql;

/// Keys that one page passes over at most: about 20 ms.
const LONGEST: u64 = 20_000;

/// An entry as an index has it.
pub(super) struct Key {
    /// As it is compared there: time, form, id.
    raw: (i64, Vec<u8>, Vec<u8>),
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

/// The keys of one page.
pub(super) fn walk(connection: &Connection, scope: &Scope, turn: &Turn) -> rusqlite::Result<Walked> {
    let mut walked = Walked::default();
    for state in streams(scope) {
        stream(connection, scope, (turn, state), &mut walked)?;
    }
    walked.keys.sort_by(|one, other| match turn.order {
        Order::OldestFirst => one.raw.cmp(&other.raw),
        Order::NewestFirst => other.raw.cmp(&one.raw),
    });
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
    for state in streams(scope) {
        let Query { sql, mut values } = Query::of(scope, &Turn::first(Order::OldestFirst, 1), state);
        let sql = format!("SELECT count(*) FROM ({sql} LIMIT ?)", sql = wanted_only(&sql, scope, state));
        values.push(i64::try_from(most - there).unwrap_or(i64::MAX).into());
        let mut select = connection.prepare_cached(&sql)?;
        there += select.query_row(params_from_iter(values), |row| row.get::<_, u64>(0))?;
    }
    Ok(there)
}

/// The states whose index is walked; `None`: that of all.
fn streams(scope: &Scope) -> Vec<Option<State>> {
    let is_partial = !scope.states.is_empty() && !scope.states.contains(&State::Stored);
    if !is_partial {
        return vec![None];
    }
    State::ALL.into_iter().filter(|state| scope.states.contains(state)).map(Some).collect()
}

/// Walks along one index until there is a page, and one more.
fn stream(
    connection: &Connection,
    scope: &Scope,
    (turn, state): (&Turn, Option<State>),
    walked: &mut Walked,
) -> rusqlite::Result<()> {
    let Query { sql, values } = Query::of(scope, turn, state);
    let mut select = connection.prepare_cached(&sql)?;
    let mut rows = select.query(params_from_iter(values))?;
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
        if passed == LONGEST && last.is_some() {
            walked.next = last;
            break;
        }
    }
    walked.read += passed;
    Ok(())
}

/// The states that a scope leaves out. What is in a state that nobody knows is damaged, and told.
fn unwanted(scope: &Scope) -> Vec<State> {
    let is_wanted = |state: &State| match scope.states.as_slice() {
        [] => !matches!(state, State::Erased | State::Expired),
        states => states.contains(state),
    };
    State::ALL.into_iter().filter(|state| !is_wanted(state)).collect()
}

/// The query without what is in a state that is left out.
fn wanted_only(sql: &str, scope: &Scope, state: Option<State>) -> String {
    match state {
        Some(_) => sql.to_owned(),
        None => {
            let words: Vec<String> = unwanted(scope).iter().map(|state| format!("'{state}'")).collect();
            sql.replace("ORDER BY", &format!("AND state NOT IN ({}) ORDER BY", words.join(", ")))
        }
    }
}

fn key(row: &Row<'_>) -> rusqlite::Result<Key> {
    let bytes = |at| row.get_ref(at).map(|value| value.as_bytes().unwrap_or_default().to_vec());
    let (at, form, id) = (row.get(0)?, bytes(1)?, bytes(2)?);
    let form_id = row.get::<_, Sql<FormId>>(1).ok();
    let of = form_id.zip(row.get::<_, Sql<SubmissionId>>(2).ok());
    let spot = of
        .map(|(form, id)| Spot { listed_at: Timestamp::from_millis(at), of: SubmissionRef { form: form.0, id: id.0 } });
    let state = String::from_utf8_lossy(&bytes(3)?).into_owned();
    Ok(Key { raw: (at, form, id), spot, state, entry: row.get(4)? })
}

/// A walk along one index, as SQLite is asked for it.
pub(super) struct Query {
    pub(super) sql: String,
    pub(super) values: Vec<Value>,
}

impl Query {
    /// The keys from a place on, in their order.
    pub(super) fn of(scope: &Scope, turn: &Turn, state: Option<State>) -> Self {
        let (mut conditions, mut values) = (Vec::new(), Vec::new());
        if let Some(state) = state {
            // As the partial index has it, or it would not be used.
            conditions.push("state = ? AND state <> 'stored'");
            values.push(Value::Text(state.to_string()));
        }
        if let Some(form) = &scope.form {
            conditions.push("form = ?");
            values.push(Value::Text(form.to_string()));
        }
        let (at, form, id) = start(scope, turn);
        let (start, columns) = match (&scope.form, turn.order) {
            (Some(_), Order::OldestFirst) => ("(listed_at, id) > (?, ?)", "listed_at, id"),
            (Some(_), Order::NewestFirst) => ("(listed_at, id) < (?, ?)", "listed_at DESC, id DESC"),
            (None, Order::OldestFirst) => ("(listed_at, form, id) > (?, ?, ?)", "listed_at, form, id"),
            (None, Order::NewestFirst) => ("(listed_at, form, id) < (?, ?, ?)", "listed_at DESC, form DESC, id DESC"),
        };
        conditions.push(start);
        values.push(at.into());
        if scope.form.is_none() {
            values.push(Value::Text(form));
        }
        values.push(Value::Blob(id));
        let (end, at) = match turn.order {
            Order::OldestFirst => ("listed_at < ?", millis(scope.until, i64::MAX)),
            Order::NewestFirst => ("listed_at >= ?", millis(scope.since, i64::MIN)),
        };
        conditions.push(end);
        values.push(at.into());
        let sql = format!(
            "SELECT listed_at, form, id, state, entry FROM entries WHERE {} ORDER BY {columns}",
            conditions.join(" AND ")
        );
        Self { sql, values }
    }
}

/// What a walk starts behind. No form and no id is before every one.
fn start(scope: &Scope, turn: &Turn) -> (i64, String, Vec<u8>) {
    let edge = match turn.order {
        Order::OldestFirst => millis(scope.since, i64::MIN),
        Order::NewestFirst => millis(scope.until, i64::MAX),
    };
    let edge = (edge, String::new(), Vec::new());
    let Some(from) = &turn.from else {
        return edge;
    };
    let from = (from.listed_at.as_millis(), from.of.form.to_string(), from.of.id.as_bytes().to_vec());
    match turn.order {
        Order::OldestFirst => from.max(edge),
        Order::NewestFirst => from.min(edge),
    }
}

fn millis(at: Option<Timestamp>, none: i64) -> i64 {
    at.map_or(none, Timestamp::as_millis)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::migrations::{NEWEST, of_version};

    /// How SQLite would find it.
    fn plan(connection: &Connection, sql: &str, values: Vec<Value>) -> String {
        let mut explain = connection.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
        let steps = explain.query_map(params_from_iter(values), |row| row.get::<_, String>(3)).unwrap();
        steps.map(Result::unwrap).collect::<Vec<_>>().join("; ")
    }

    /// Is every page a walk along this index, whatever the scope and the place?
    fn is_walked(connection: &Connection, form: Option<&str>, states: &[State], index: &str) {
        let from = Spot {
            listed_at: Timestamp::from_millis(9),
            of: SubmissionRef::parse("contact/01930057-d880-7abc-8def-0123456789ab").unwrap(),
        };
        let time = Some(Timestamp::from_millis(7));
        for (since, until) in [(None, None), (time, None), (None, time), (time, time)] {
            let form = form.and_then(FormId::parse);
            let scope = Scope { form, states: states.to_vec(), since, until };
            for order in [Order::OldestFirst, Order::NewestFirst] {
                for from in [None, Some(from.clone())] {
                    for state in streams(&scope) {
                        let Query { sql, values } =
                            Query::of(&scope, &Turn { order, from: from.clone(), most: 9 }, state);
                        for sql in [wanted_only(&sql, &scope, state), sql] {
                            let said = plan(connection, &sql, values.clone());
                            let is_walk = said.starts_with("SEARCH") && !said.contains("TEMP B-TREE");
                            assert!(is_walk && said.contains(&format!(" {index} ")), "{scope:?} {order:?}: {said}");
                            assert!(said.contains("listed_at"), "it starts at its place: {said}");
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn each_page_of_each_scope_is_a_walk_along_an_index() {
        let connection = of_version(NEWEST).unwrap();
        for given in ["", "PRAGMA user_version = 5; ANALYZE"] {
            let sql = "INSERT INTO entries (form, id, state, seq, run, verdict_run, schema, received_at, updated_at,
                                            attempts, body_kind)
                       SELECT 'contact', randomblob(16), CASE value % 9 WHEN 0 THEN 'held' ELSE 'stored' END,
                              1, 0, 0, '', value, value, 1, 2
                       FROM (WITH RECURSIVE n (value) AS (SELECT 1 UNION ALL SELECT value + 1 FROM n LIMIT 5000)
                             SELECT value FROM n)";
            connection.execute(sql, []).unwrap();
            connection.execute_batch(given).unwrap();
            let rare = [State::Held, State::Failed];
            is_walked(&connection, Some("contact"), &[], "listed_of_form");
            is_walked(&connection, Some("contact"), &[State::Stored, State::Held], "listed_of_form");
            is_walked(&connection, Some("contact"), &rare, "listed_of_form_in_state");
            is_walked(&connection, None, &[], "listed");
            is_walked(&connection, None, &rare, "listed_in_state");
        }
    }
}
