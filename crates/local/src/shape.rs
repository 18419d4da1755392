//! Is the database's schema what the migrations make? A table or an index that somebody dropped, or a trigger that somebody
//! added, would take what is sent and settle nothing. What an owner may add for their own use stays: tables, and plain
//! indexes, which refuse no row.

use rusqlite::Connection;

use crate::migrations::{ShapeError, of_version};

/// One thing of a schema.
struct Thing {
    kind: String,
    name: String,
    table: String,
    sql: String,
}

/// Faults that are told at once: more are of one cause.
const TOLD: usize = 3;

/// Compares the schema with that of `version`; names what is wrong, and what helps.
pub(crate) fn check(connection: &Connection, version: usize) -> Result<(), ShapeError> {
    let expected = things(&of_version(version)?)?;
    let found = things(connection)?;
    let lacking = expected.iter().filter_map(|thing| lacking(thing, &found));
    let mut faults: Vec<String> = lacking.collect();
    for thing in found
        .iter()
        .filter(|thing| !expected.iter().any(|other| is_of(thing, other)))
    {
        faults.extend(foreign(connection, thing, &expected)?);
    }
    faults.truncate(TOLD);
    if faults.is_empty() {
        Ok(())
    } else {
        Err(ShapeError::Tampered(faults.join("; ")))
    }
}

fn things(connection: &Connection) -> rusqlite::Result<Vec<Thing>> {
    let sql = "SELECT type, name, tbl_name, coalesce(sql, '') FROM sqlite_schema WHERE name NOT LIKE 'sqlite\\_%' ESCAPE '\\'";
    let thing = |row: &rusqlite::Row<'_>| {
        Ok(Thing {
            kind: row.get(0)?,
            name: row.get(1)?,
            table: row.get(2)?,
            sql: row.get(3)?,
        })
    };
    connection.prepare(sql)?.query_map([], thing)?.collect()
}

fn is_of(one: &Thing, other: &Thing) -> bool {
    one.kind == other.kind && one.name == other.name
}

/// What is wrong with a thing that must be there.
fn lacking(expected: &Thing, found: &[Thing]) -> Option<String> {
    let Thing {
        kind, name, sql, ..
    } = expected;
    match found.iter().find(|thing| is_of(thing, expected)) {
        None if kind == "index" => {
            let sql = sql.split_whitespace().collect::<Vec<_>>().join(" ");
            Some(format!(
                "the index {name} is missing: make it again with `{sql}`"
            ))
        }
        None => Some(format!(
            "the {kind} {name} is missing: restore the database from a backup"
        )),
        Some(thing) if normal(&thing.sql) == normal(sql) => None,
        Some(_) => Some(format!(
            "the {kind} {name} was changed: restore the database from a backup"
        )),
    }
}

/// What is wrong with a thing that need not be there.
fn foreign(
    connection: &Connection,
    thing: &Thing,
    expected: &[Thing],
) -> rusqlite::Result<Option<String>> {
    let Thing {
        kind, name, table, ..
    } = thing;
    let is_ours = expected
        .iter()
        .any(|other| other.kind == "table" && other.name == *table);
    let harmless = match kind.as_str() {
        "table" => true,
        "index" => !is_ours || refuses_no_row(connection, thing)?,
        _ => false,
    };
    let drop = format!("DROP {} {name:?}", kind.to_uppercase());
    Ok((!harmless).then(|| {
        format!("there is a foreign {kind} {name:?} on {table:?}: remove it with `{drop}`")
    }))
}

/// Is it over columns alone? What is unique, partial or over an expression may refuse a row.
fn refuses_no_row(connection: &Connection, index: &Thing) -> rusqlite::Result<bool> {
    let sql =
        "SELECT \"unique\" = 0 AND partial = 0 AND NOT EXISTS (SELECT 1 FROM pragma_index_xinfo(?2) WHERE cid = -2)
               FROM pragma_index_list(?1) WHERE name = ?2";
    connection.query_row(sql, [&index.table, &index.name], |row| row.get(0))
}

/// The statement without what means nothing: white space, comments, quotes around names, and case.
fn normal(sql: &str) -> String {
    let mut kept = String::with_capacity(sql.len());
    let mut rest = sql;
    while let Some(first) = rest.chars().next() {
        let (length, keep) = match first {
            '\'' => (rest[1..].find('\'').map_or(rest.len(), |end| end + 2), true),
            '-' if rest.starts_with("--") => (rest.find('\n').unwrap_or(rest.len()), false),
            '/' if rest.starts_with("/*") => {
                (rest.find("*/").map_or(rest.len(), |end| end + 2), false)
            }
            '"' | '`' | '[' | ']' => (1, false),
            _ => (first.len_utf8(), !first.is_whitespace()),
        };
        let (token, after) = rest.split_at(length);
        if keep && first == '\'' {
            kept.push_str(token);
        } else if keep {
            kept.extend(token.chars().flat_map(char::to_lowercase));
        }
        rest = after;
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::migrations::NEWEST;

    /// What is said of the newest shape after `change`.
    fn said(change: &str) -> String {
        let connection = of_version(NEWEST).unwrap();
        connection.execute_batch(change).unwrap();
        check(&connection, NEWEST).map_or_else(|error| error.to_string(), |()| String::new())
    }

    #[test]
    fn what_every_version_makes_is_right_and_what_an_owner_adds_may_stay() {
        for version in 0..=NEWEST {
            check(&of_version(version).unwrap(), version).unwrap();
        }
        for change in [
            "ANALYZE",
            "VACUUM",
            "CREATE TABLE _litestream_seq (id INTEGER PRIMARY KEY, seq INTEGER)",
            "CREATE TABLE mine (x UNIQUE); CREATE UNIQUE INDEX mine_x ON mine (x) WHERE x > 1",
            "CREATE INDEX mine ON entries (form, updated_at)",
        ] {
            assert_eq!(said(change), "", "{change}");
        }
    }

    #[test]
    fn each_thing_that_is_missing_is_named() {
        let whole = of_version(NEWEST).unwrap();
        for thing in things(&whole).unwrap() {
            let said = said(&format!("DROP {} {}", thing.kind, thing.name));
            assert!(
                said.contains(&format!("the {} {} is missing", thing.kind, thing.name)),
                "{said}"
            );
        }
        let said = said("DROP INDEX entries_of");
        assert!(
            said.contains("CREATE UNIQUE INDEX entries_of ON entries (id, form)"),
            "{said}"
        );
    }

    #[test]
    fn what_was_changed_or_is_foreign_is_named() {
        let trigger = "CREATE TRIGGER gone AFTER INSERT ON queue BEGIN DELETE FROM queue; END";
        let cases = [
            (
                "ALTER TABLE entries ADD COLUMN mine TEXT",
                "the table entries was changed",
            ),
            (
                "ALTER TABLE queue DROP COLUMN sent_at",
                "the table queue was changed",
            ),
            (
                "DROP INDEX worklist; CREATE INDEX worklist ON entries (state)",
                "the index worklist was changed",
            ),
            (trigger, "DROP TRIGGER \"gone\""),
            ("CREATE VIEW mine AS SELECT 1", "DROP VIEW \"mine\""),
            (
                "CREATE TABLE mine (x); CREATE TRIGGER t AFTER INSERT ON mine BEGIN DELETE FROM queue; END",
                "TRIGGER \"t\"",
            ),
            (
                "CREATE UNIQUE INDEX one ON queue (sent_at)",
                "DROP INDEX \"one\"",
            ),
            (
                "CREATE INDEX two ON queue (json(body))",
                "DROP INDEX \"two\"",
            ),
            (
                "CREATE INDEX three ON queue (body) WHERE json_valid(body)",
                "DROP INDEX \"three\"",
            ),
        ];
        for (change, part) in cases {
            assert!(said(change).contains(part), "{change}: {}", said(change));
        }
    }

    #[test]
    fn what_means_nothing_is_no_difference() {
        assert_eq!(
            normal("CREATE TABLE \"a\" (x -- an x\n TEXT, /* y */ [y] DEFAULT 'A  b')"),
            normal("create table a(x text,y default 'A  b')")
        );
        assert_ne!(normal("x DEFAULT 'a'"), normal("x DEFAULT 'A'"));
    }
}
