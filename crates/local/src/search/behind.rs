//! What the main database keeps for the index: how far it has come, and the changes of entries that are no news. Both are
//! small and bounded. An index that is too far behind is given up, and begins anew by reading through all entries.

use counterfoil_core::{FormId, SubmissionId, SubmissionRef};
use rusqlite::{Connection, OptionalExtension, params};

use crate::outbox::{COLUMNS, announced, trim};
use crate::rows::Sql;
use crate::sums::damage;

/// So many changes wait for the index at most. One is about a hundred bytes.
const MOST_BEHIND: i64 = 100_000;

/// What the main database, and then the index, write down of each step: an index whose last mark the main database does
/// not know is of another past.
pub(super) type Mark = [u8; 16];

/// How far the index has come.
pub(super) struct Cursor {
    /// It has seen the outbox up to here.
    pub(super) position: i64,
    /// The mark of the step that was to be done last.
    pub(super) mark: Mark,
    /// That of the one before.
    pub(super) before: Mark,
}

/// What has changed behind the index.
#[derive(Default)]
pub(super) struct Changed {
    /// Each submission that the index has to look at, once.
    pub(super) of: Vec<SubmissionRef>,
    /// Up to here in the outbox.
    pub(super) position: i64,
    /// Up to here among what is no news.
    pub(super) noted: i64,
    /// A change cannot be read: nobody knows what the index lacks.
    pub(super) is_damaged: bool,
}

/// The cursor; `None`: the index is to begin anew.
pub(super) fn cursor(connection: &Connection) -> rusqlite::Result<Option<Cursor>> {
    let sql = "SELECT position, mark, before FROM index_cursor";
    let cursor = |row: &rusqlite::Row<'_>| {
        Ok(Cursor {
            position: row.get(0)?,
            mark: row.get(1)?,
            before: row.get(2)?,
        })
    };
    connection
        .prepare_cached(sql)?
        .query_row([], cursor)
        .optional()
}

/// Begins anew: all that is in the entries now is to be read from there. What changes from now on is kept for the index
/// from the place that is returned.
pub(super) fn begin(connection: &Connection, mark: &Mark) -> rusqlite::Result<i64> {
    give_up(connection)?;
    let sql = "SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'outbox'), 0)";
    let position = connection.query_row(sql, [], |row| row.get(0))?;
    connection.execute(
        "INSERT INTO index_cursor VALUES (1, ?1, ?2, ?2)",
        params![position, mark],
    )?;
    Ok(position)
}

/// Writes down that the index is about to do a step. `false`: it was given up meanwhile.
pub(super) fn announce(connection: &Connection, mark: &Mark) -> rusqlite::Result<bool> {
    let sql = "UPDATE index_cursor SET before = mark, mark = ?1";
    Ok(connection.prepare_cached(sql)?.execute([mark])? > 0)
}

/// Notes what the index has done, and removes what nobody needs any more.
pub(super) fn advance(connection: &Connection, position: i64, noted: i64) -> rusqlite::Result<()> {
    let sql = "UPDATE index_cursor SET position = max(position, ?1)";
    if connection.prepare_cached(sql)?.execute([position])? == 0 {
        // It was given up meanwhile.
        return Ok(());
    }
    connection
        .prepare_cached("DELETE FROM index_changes WHERE position <= ?1")?
        .execute([noted])?;
    trim(connection)
}

/// Lets the index begin anew, and keeps nothing for it.
fn give_up(connection: &Connection) -> rusqlite::Result<()> {
    connection.execute_batch("DELETE FROM index_cursor; DELETE FROM index_changes")
}

/// Tells the index of a change that is no news. Where there is none, nothing is written.
pub(crate) fn note(connection: &Connection, of: &SubmissionRef) -> rusqlite::Result<()> {
    let sql = "INSERT INTO index_changes (form, id) SELECT ?1, ?2 WHERE EXISTS (SELECT 1 FROM index_cursor)";
    if connection
        .prepare_cached(sql)?
        .execute(params![of.form.as_str(), of.id.as_bytes()])?
        == 0
    {
        return Ok(());
    }
    let last = connection.last_insert_rowid();
    let first: i64 = connection
        .prepare_cached("SELECT coalesce(min(position), 0) FROM index_changes")?
        .query_row([], |row| row.get(0))?;
    if last - first >= MOST_BEHIND {
        give_up(connection)
    } else {
        Ok(())
    }
}

/// How much of the outbox may go that all publishers are done with. An index that is too far behind is given up.
pub(crate) fn holds(connection: &Connection, published: i64) -> rusqlite::Result<i64> {
    match cursor(connection)? {
        None => Ok(published),
        Some(cursor) if published - cursor.position > MOST_BEHIND => {
            give_up(connection)?;
            Ok(published)
        }
        Some(cursor) => Ok(published.min(cursor.position)),
    }
}

/// The next changes after `position`, of both kinds at most so many.
pub(super) fn changed(
    connection: &Connection,
    position: i64,
    most: usize,
) -> rusqlite::Result<Changed> {
    let mut changed = Changed {
        position,
        ..Changed::default()
    };
    let sql =
        format!("SELECT {COLUMNS} FROM outbox WHERE position > ?1 ORDER BY position LIMIT ?2");
    let mut select = connection.prepare_cached(&sql)?;
    for row in select.query_map(params![position, most], announced)? {
        match row {
            Ok(row) => {
                changed.position = row.position;
                changed.of.push(row.change.of);
            }
            Err(error) if damage(&error).is_some() => {
                return Ok(Changed {
                    is_damaged: true,
                    ..changed
                });
            }
            Err(error) => return Err(error),
        }
    }
    let sql = "SELECT position, form, id FROM index_changes ORDER BY position LIMIT ?1";
    let mut select = connection.prepare_cached(sql)?;
    let mut rows = select.query([most])?;
    while let Some(row) = rows.next()? {
        changed.noted = row.get(0)?;
        let read = (
            row.get::<_, Sql<FormId>>(1),
            row.get::<_, Sql<SubmissionId>>(2),
        );
        let (Ok(form), Ok(id)) = read else {
            return Ok(Changed {
                is_damaged: true,
                ..changed
            });
        };
        changed.of.push(SubmissionRef {
            form: form.0,
            id: id.0,
        });
    }
    changed.of.sort_unstable();
    changed.of.dedup();
    Ok(changed)
}

#[cfg(test)]
mod tests {
    use counterfoil_testkit::build::reference;

    use super::*;
    use crate::migrations::{NEWEST, of_version};

    fn database() -> Connection {
        let connection = of_version(NEWEST).unwrap();
        begin(&connection, &[1; 16]).unwrap();
        connection
    }

    #[test]
    fn an_index_keeps_back_what_it_has_not_seen_and_not_for_ever() {
        let connection = database();
        advance(&connection, 7, 0).unwrap();
        assert_eq!(holds(&connection, 9).unwrap(), 7);
        assert_eq!(holds(&connection, 5).unwrap(), 5);
        assert_eq!(holds(&connection, 7 + MOST_BEHIND).unwrap(), 7);
        assert_eq!(
            holds(&connection, 8 + MOST_BEHIND).unwrap(),
            8 + MOST_BEHIND
        );
        assert!(cursor(&connection).unwrap().is_none(), "it begins anew");
        assert!(!announce(&connection, &[2; 16]).unwrap());
        advance(&connection, 9, 0).unwrap();
        assert!(
            cursor(&connection).unwrap().is_none(),
            "and is not brought back by a step of before"
        );
    }

    #[test]
    fn what_is_no_news_is_kept_for_an_index_alone_and_not_for_ever() {
        let connection = database();
        let noted = || {
            connection
                .query_row("SELECT count(*) FROM index_changes", [], |row| {
                    row.get::<_, i64>(0)
                })
                .unwrap()
        };
        note(&connection, &reference(1)).unwrap();
        note(&connection, &reference(2)).unwrap();
        let changed = changed(&connection, 0, 10).unwrap();
        assert_eq!((changed.of.len(), noted()), (2, 2));
        advance(&connection, 0, changed.noted).unwrap();
        assert_eq!(noted(), 0);
        note(&connection, &reference(3)).unwrap();
        connection
            .execute(
                "UPDATE index_changes SET position = position - ?1",
                [MOST_BEHIND],
            )
            .unwrap();
        note(&connection, &reference(4)).unwrap();
        assert_eq!(noted(), 0, "it was given up");
        note(&connection, &reference(5)).unwrap();
        assert_eq!(noted(), 0, "there is no index");
    }
}
