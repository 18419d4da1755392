//! Every walk is along an index, and sorts nothing.

use super::*;
use crate::migrations::{NEWEST, of_version};

/// How SQLite would find it.
fn plan(connection: &Connection, sql: &str, values: Vec<Value>) -> String {
    let mut explain = connection
        .prepare(&format!("EXPLAIN QUERY PLAN {sql}"))
        .unwrap();
    let steps = explain
        .query_map(params_from_iter(values), |row| row.get::<_, String>(3))
        .unwrap();
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
        let scope = Scope {
            form,
            states: states.to_vec(),
            since,
            until,
        };
        let lanes = lanes(connection, &scope).unwrap();
        assert!(lanes.len() >= states.len().min(1));
        for (order, from) in [SortOrder::OldestFirst, SortOrder::NewestFirst]
            .into_iter()
            .flat_map(|order| [(order, None), (order, Some(from.clone()))])
        {
            let turn = Turn {
                order,
                from,
                most: 9,
            };
            for lane in &lanes {
                let Query { sql, values } = Query::new(&scope, &turn, lane);
                for sql in [wanted_only(&sql, &scope, lane), sql] {
                    let said = plan(connection, &sql, values.clone());
                    let is_walk = said.starts_with("SEARCH") && !said.contains("TEMP B-TREE");
                    assert!(
                        is_walk && said.contains(&format!(" {index} ")),
                        "{scope:?} {order:?}: {said}"
                    );
                    assert!(said.contains("listed_at"), "it starts at its place: {said}");
                }
            }
        }
    }
}

#[test]
fn each_page_of_each_scope_is_a_walk_along_an_index() {
    let connection = of_version(NEWEST).unwrap();
    for given in ["", "ANALYZE"] {
        let sql = "INSERT INTO entries (form, id, state, seq, run, verdict_run, schema, received_at, updated_at,
                                        attempts, body_kind)
                   SELECT iif(value % 7, 'contact', 'other'), randomblob(16),
                          CASE value % 9 WHEN 0 THEN 'held' ELSE 'stored' END,
                          1, 0, 0, '', value, value, 1, 2
                   FROM (WITH RECURSIVE n (value) AS (SELECT 1 UNION ALL SELECT value + 1 FROM n LIMIT 5000)
                         SELECT value FROM n)";
        connection.execute(sql, []).unwrap();
        connection.execute_batch(given).unwrap();
        assert_eq!(
            forms(&connection).unwrap(),
            [b"contact".to_vec(), b"other".to_vec()]
        );
        let steps = plan(&connection, FORMS, Vec::new());
        let reads = steps.split("; ").filter(|step| step.contains("entries"));
        assert!(
            reads.clone().count() == 2 && reads.clone().all(|step| step.starts_with("SEARCH")),
            "{steps}"
        );
        let rare = [State::Held, State::Failed];
        for form in [Some("contact"), None] {
            is_walked(&connection, form, &[], "listed");
            is_walked(&connection, form, &[State::Stored, State::Held], "listed");
            is_walked(&connection, form, &rare, "listed_in_state");
        }
    }
}
