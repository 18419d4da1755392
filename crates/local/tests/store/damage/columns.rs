//! A change of any column of any table is found, whichever row it is in.

use rusqlite::Connection;

use super::{filled, findings};

/// Columns whose change is found by how the file is put together, or harms nobody: a place, a count, a time to try again.
const ELSEWHERE: [&str; 4] = ["entry", "position", "receives", "visible_at"];

const TABLES: [&str; 11] = [
    "entries",
    "history",
    "queue",
    "dead_letter_queue",
    "outbox",
    "cursors",
    "replays",
    "replay_parts",
    "cause_notes",
    "marks",
    "watermarks",
];

/// The columns of a table, and what changes each.
fn changes(connection: &Connection, table: &str) -> Vec<(String, String)> {
    let mut select = connection
        .prepare(&format!(
            "SELECT name, type FROM pragma_table_info('{table}')"
        ))
        .unwrap();
    let columns = select
        .query_map([], |row| {
            Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?))
        })
        .unwrap();
    let columns = columns.map(Result::unwrap);
    let counted =
        columns.filter(|(name, _)| table == "cursors" || !ELSEWHERE.contains(&name.as_str()));
    let change = |(name, kind): (String, String)| match kind.as_str() {
        "INTEGER" => (name.clone(), format!("ifnull({name}, 0) + 1")),
        "TEXT" => (name.clone(), format!("ifnull({name}, '') || 'x'")),
        _ => (
            name.clone(),
            format!("CAST(ifnull({name}, x'') || x'00' AS BLOB)"),
        ),
    };
    counted.map(change).collect()
}

#[tokio::test]
async fn a_change_of_any_column_of_any_table_is_found() {
    let place = filled().await;
    assert_eq!(findings(&place), []);
    let whole = std::fs::read(place.database()).unwrap();
    for table in TABLES {
        for (column, change) in changes(&Connection::open(place.database()).unwrap(), table) {
            let connection = Connection::open(place.database()).unwrap();
            connection
                .execute(
                    &format!("UPDATE OR IGNORE {table} SET {column} = {change}"),
                    [],
                )
                .unwrap();
            drop(connection);
            assert!(!findings(&place).is_empty(), "{table}.{column}");
            std::fs::write(place.database(), &whole).unwrap();
        }
    }
}
