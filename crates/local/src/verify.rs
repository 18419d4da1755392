//! Reads everything and says what is wrong with it: how the file is put together, each row against its checksum, the log,
//! and the anchor. In short pages, so that it may run beside a server; only SQLite's own check is one long read.

mod tables;

use counterfoil_core::{Code, Fault, Timestamp};
use rusqlite::types::Value;
use rusqlite::{Connection, Row, params_from_iter};

use crate::anchor::{Anchor, Mark};
use crate::data_dir::DataDir;
use crate::loss;
use crate::reader::Reader;
use crate::sums::{Damaged, damage};
use tables::{TABLES, Table};

/// Rows in one read.
const PAGE: usize = 500;
/// Complaints of SQLite's own check that are told.
const MOST: usize = 100;

/// Something that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What it is about: a submission as `form/id`, or a part of the data.
    pub whose: String,
    /// What is wrong with it.
    pub what: String,
    /// What mends it.
    pub mend: &'static str,
}

const RESTORE_ALL: &str =
    "restore the directory from a backup; before, export what can still be read";
const REINDEX: &str = "nothing is lost: stop the server and run `sqlite3 counterfoil.db REINDEX`";
const LOST: &str =
    "restore the directory from a backup, or go on without it: `counterfoil serve --accept-loss`";
const MISSING: &str =
    "look for them in a backup, and then say `counterfoil submissions lost --acknowledge`";
const KNOWN: &str = "this loss was accepted; a backup from before it may have what is missing";
/// What was read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Verified {
    /// Rows of all tables.
    pub rows: u64,
    /// Things that are wrong.
    pub findings: u64,
    /// Losses that somebody accepted before.
    pub accepted: u64,
}

impl Reader {
    /// Reads everything, and tells each thing that is wrong. `Err`: it could not go on.
    pub fn verify(&self, tell: &mut dyn FnMut(Finding) -> bool) -> Result<Verified, Fault> {
        let mut verified = Verified::default();
        let mut found = |finding| {
            verified.findings += 1;
            tell(finding)
        };
        let go_on = self.files().into_iter().all(&mut found)
            && self.structure_findings()?.into_iter().all(&mut found);
        let mut rows = 0;
        if go_on {
            for table in &TABLES {
                rows += self.table(table, &mut found)?;
            }
        }
        verified.rows = rows;
        if go_on {
            self.missing()?.into_iter().all(&mut found);
        }
        for said in self.accepted_losses()? {
            verified.accepted += 1;
            tell(Finding {
                whose: "the database".into(),
                what: said,
                mend: KNOWN,
            });
        }
        Ok(verified)
    }

    /// What was accepted, and is nowhere in it.
    fn missing(&self) -> Result<Vec<Finding>, Fault> {
        let lost = self.lost()?;
        let finding = |what| Finding {
            whose: "the database".into(),
            what,
            mend: MISSING,
        };
        let unsettled = format!(
            "accepted, and neither settled nor waiting: {}",
            lost.unsettled
        );
        let of_form = |(form, count): &(_, u64)| {
            finding(format!("settled, and without an entry: {count} of {form}"))
        };
        let news = lost.news() > 0;
        let unsettled = (lost.unsettled > 0).then(|| finding(unsettled));
        Ok(unsettled
            .into_iter()
            .chain(lost.entries.iter().map(of_form))
            .filter(|_| news)
            .collect())
    }

    /// What the log and the anchor say. Beside a server only the anchor is asked: the log is being written.
    fn files(&self) -> Vec<Finding> {
        let finding = |what| Finding {
            whose: "the database".into(),
            what,
            mend: LOST,
        };
        if let Some(_lock) = self.path().parent().and_then(DataDir::lock_of) {
            return loss::look(self.path()).map_or_else(
                |error| vec![finding(error.to_string())],
                |found| found.lost.into_iter().map(finding).collect(),
            );
        }
        // First the anchor: what is committed meanwhile is no loss.
        let anchor = Anchor::read(self.path());
        let here = self.read(Mark::read).unwrap_or_default();
        let missing = anchor.and_then(|anchor| anchor.missing(&here));
        missing
            .map(|mark| finding(loss::behind_by(&mark)))
            .into_iter()
            .collect()
    }

    fn structure_findings(&self) -> Result<Vec<Finding>, Fault> {
        self.read(|connection| {
            let sql = format!("PRAGMA integrity_check({MOST})");
            let said: Vec<String> = connection
                .prepare(&sql)?
                .query_map([], |row| row.get(0))?
                .collect::<rusqlite::Result<_>>()?;
            let said = said.into_iter().filter(|said| said != "ok");
            Ok(said.map(structural).collect())
        })
    }

    /// Reads one table through; gives how many rows it has. A page that SQLite cannot read ends it, and is told.
    fn table(&self, table: &Table, found: &mut dyn FnMut(Finding) -> bool) -> Result<u64, Fault> {
        let (mut rows, mut from) = (0, None);
        loop {
            let page = match self.read(|connection| page(connection, table, from.as_ref())) {
                Ok(page) => page,
                Err(
                    fault @ Fault::Transient {
                        code: Code::DatabaseCorrupt,
                        ..
                    },
                ) => {
                    found(Finding {
                        whose: format!("the table {}", table.name),
                        what: fault.to_string(),
                        mend: RESTORE_ALL,
                    });
                    return Ok(rows);
                }
                Err(fault) => return Err(fault),
            };
            rows += page.rows;
            for Damaged { whose, what } in page.damaged {
                found(Finding {
                    whose,
                    what: what.into(),
                    mend: table.mend,
                });
            }
            from = page.last;
            if from.is_none() {
                return Ok(rows);
            }
        }
    }

    /// What was lost before, and accepted by somebody: `serve --accept-loss`.
    pub fn accepted_losses(&self) -> Result<Vec<String>, Fault> {
        self.read(|connection| {
            let mut select = connection.prepare("SELECT at, said FROM losses ORDER BY loss")?;
            let said = |row: &Row<'_>| {
                let at = Timestamp::from_millis(row.get(0)?);
                Ok(format!(
                    "a loss was accepted on {at}: {}",
                    row.get::<_, String>(1)?
                ))
            };
            select.query_map([], said)?.collect()
        })
    }
}

/// SQLite's complaint. Where only an index differs, the rows are there.
fn structural(said: String) -> Finding {
    let index = [
        "missing from index",
        "wrong # of entries in index",
        "non-unique entry in index",
        "values differ",
    ];
    let mend = if index.iter().any(|words| said.contains(words)) {
        REINDEX
    } else {
        RESTORE_ALL
    };
    Finding {
        whose: "the database".into(),
        what: said,
        mend,
    }
}

/// Rows of a table that were read together.
struct Page {
    rows: u64,
    damaged: Vec<Damaged>,
    /// Where to go on; `None`: that was the last.
    last: Option<Vec<Value>>,
}

fn page(
    connection: &Connection,
    table: &Table,
    from: Option<&Vec<Value>>,
) -> rusqlite::Result<Page> {
    let (columns, key) = (table.columns.join(", "), table.key.join(", "));
    let marks = (1..=table.key.len())
        .map(|n| format!("?{n}"))
        .collect::<Vec<_>>()
        .join(", ");
    let after = from.map_or_else(String::new, |_| format!("WHERE ({key}) > ({marks})"));
    let sql = format!(
        "SELECT {columns}, {key} FROM {} {after} ORDER BY {key} LIMIT {PAGE}",
        table.name
    );
    let mut select = connection.prepare_cached(&sql)?;
    let width = select.column_count() - table.key.len();
    let mut rows = select.query(params_from_iter(from.into_iter().flatten()))?;
    let mut page = Page {
        rows: 0,
        damaged: Vec::new(),
        last: None,
    };
    while let Some(row) = rows.next()? {
        page.rows += 1;
        if let Err(error) = (table.check)(row) {
            page.damaged.push(damage(&error).cloned().ok_or(error)?);
        }
        if page.rows == PAGE as u64 {
            let key = (width..width + table.key.len()).map(|at| row.get::<_, Value>(at));
            page.last = Some(key.collect::<rusqlite::Result<_>>()?);
        }
    }
    Ok(page)
}
