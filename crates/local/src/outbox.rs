//! The outbox: changes of state in their order, and how far each publisher has come.

use counterfoil_core::notice::Change;
use counterfoil_core::{Cause, Fault, State, SubmissionId, SubmissionRef, Timestamp};
use rusqlite::{Connection, Row, params};

use crate::reader::Reader;
use crate::rows::{Sql, cause_column};
use crate::store::Store;

/// A change and its place in the outbox.
#[derive(Clone, Debug)]
pub struct Announced {
    /// Its place.
    pub position: i64,
    /// The change.
    pub change: Change,
}

impl Store {
    /// Makes the outbox wait for exactly these publishers: a new one starts at what is still there, and one
    /// that is gone holds nothing back any more.
    pub async fn register_publishers(&self, names: Vec<String>) -> Result<(), Fault> {
        self.writer()
            .write(move |connection| {
                let known: Vec<String> = connection
                    .prepare_cached("SELECT publisher FROM cursors")?
                    .query_map([], |row| row.get(0))?
                    .collect::<Result<_, _>>()?;
                for gone in known.iter().filter(|name| !names.contains(name)) {
                    connection.execute("DELETE FROM cursors WHERE publisher = ?1", [gone])?;
                }
                let mut add = connection.prepare_cached("INSERT OR IGNORE INTO cursors VALUES (?1, 0)")?;
                names.iter().try_for_each(|name| add.execute([name]).map(|_| ()))
            })
            .await
    }

    /// The next changes for a publisher, oldest first.
    pub fn announced(&self, publisher: &str, most: usize) -> Result<Vec<Announced>, Fault> {
        self.read(|connection| {
            let mut select = connection.prepare_cached(
                "SELECT position, form, id, seq, state, run, cause, at FROM outbox
                 WHERE position > (SELECT position FROM cursors WHERE publisher = ?1) ORDER BY position LIMIT ?2",
            )?;
            select.query_map(params![publisher, most], announced)?.collect()
        })
    }

    /// Notes that a publisher is done with everything up to `position`, sets aside what it will never take,
    /// and removes what every publisher is done with.
    pub async fn advance(&self, publisher: &str, position: i64, parked: Vec<(Announced, Cause)>) -> Result<(), Fault> {
        let publisher = publisher.to_owned();
        self.writer()
            .write(move |connection| {
                parked.iter().try_for_each(|(what, cause)| park(connection, &publisher, what, cause))?;
                let mut note = connection
                    .prepare_cached("UPDATE cursors SET position = max(position, ?2) WHERE publisher = ?1")?;
                note.execute(params![publisher, position])?;
                let sql = "DELETE FROM outbox WHERE position <= (SELECT min(position) FROM cursors)";
                connection.prepare_cached(sql)?.execute([]).map(|_| ())
            })
            .await
    }
}

fn announced(row: &Row<'_>) -> rusqlite::Result<Announced> {
    let form = row.get::<_, Sql<counterfoil_core::FormId>>(1)?.0;
    let id = row.get::<_, Sql<SubmissionId>>(2)?.0;
    let change = Change {
        of: SubmissionRef { form, id },
        seq: row.get(3)?,
        state: row.get::<_, Sql<State>>(4)?.0,
        run: row.get(5)?,
        cause: row.get(6)?,
        at: row.get::<_, Sql<Timestamp>>(7)?.0,
    };
    Ok(Announced { position: row.get(0)?, change })
}

fn park(connection: &Connection, publisher: &str, what: &Announced, cause: &Cause) -> rusqlite::Result<()> {
    let Change { of, seq, .. } = &what.change;
    let mut insert =
        connection.prepare_cached("INSERT OR IGNORE INTO parked_notices VALUES (?1, ?2, ?3, ?4, ?5, ?6)")?;
    let cause = cause_column(Some(cause));
    insert.execute(params![publisher, what.position, of.form.as_str(), of.id.as_bytes(), seq, cause])?;
    Ok(())
}

impl Reader {
    /// How many notices this publisher will never take.
    pub fn parked(&self, publisher: &str) -> Result<u64, Fault> {
        self.read(|connection| {
            let sql = "SELECT count(*) FROM parked_notices WHERE publisher = ?1";
            connection.query_row(sql, [publisher], |row| row.get(0))
        })
    }
}
