//! What in the database needs a person.

use std::collections::BTreeMap;
use std::time::Duration;

use counterfoil_core::{Cause, Fault, Timestamp};
use counterfoil_operations::causes::{Note, Standing};
use counterfoil_telling::alarms::{AlarmKey, AlarmKind, Condition};
use counterfoil_telling::health::ReceiverState;
use counterfoil_telling::ports::Standing as Owed;
use counterfoil_telling::receiver::ReceiverName;
use rusqlite::{Connection, OptionalExtension};
use tokio::time::Instant;

use crate::operations::notes;
use crate::reader::Reader;
use crate::rows::Sql;

/// Dead letters are counted anew at least so often.
const COUNTED: Duration = Duration::from_secs(60);
/// Counting them takes no more than this part of the time.
const SHARE: u32 = 20;

/// What a look found, and in which kinds of alarms it looked.
#[derive(Clone, Debug, Default)]
pub struct Found {
    /// What needs a person.
    pub conditions: Vec<Condition>,
    /// Of these kinds, that is all there is.
    pub looked: Vec<AlarmKind>,
}

/// Looks into a database again and again; what is dear is looked at when it may have changed.
#[derive(Debug, Default)]
pub struct Look {
    dead: Option<Dead>,
}

/// The last count of dead letters.
#[derive(Debug)]
struct Dead {
    conditions: Vec<Condition>,
    /// The last change of any entry when they were counted.
    behind: i64,
    at: Instant,
    took: Duration,
}

impl Look {
    /// What needs a person now. `receivers` are those there are: what others were owed is nobody's trouble any more.
    pub fn into_database(
        &mut self,
        reader: &Reader,
        receivers: &[ReceiverName],
        now: Timestamp,
    ) -> Result<Found, Fault> {
        let mut conditions = self.dead_letters(reader)?;
        for receiver in reader.standings()? {
            if receivers.contains(&receiver.receiver) {
                conditions.extend(of_a_receiver(&receiver, now));
            }
        }
        if reader.doubts_the_clock()? {
            let detail = "it was set, or is more than a week ahead of the last run".to_owned();
            conditions.push(alone(AlarmKind::Clock, (1, now), detail));
        }
        Ok(Found {
            conditions,
            looked: vec![
                AlarmKind::DeadLetters,
                AlarmKind::Receiver,
                AlarmKind::Deliveries,
                AlarmKind::Clock,
            ],
        })
    }

    fn dead_letters(&mut self, reader: &Reader) -> Result<Vec<Condition>, Fault> {
        let behind = reader.last_change()?;
        if let Some(dead) = &self.dead {
            let age = dead.at.elapsed();
            let is_new = dead.behind == behind && age < COUNTED;
            if is_new || age < dead.took * SHARE {
                return Ok(dead.conditions.clone());
            }
        }
        let at = Instant::now();
        let conditions = reader.dead_by_cause()?;
        self.dead = Some(Dead {
            conditions: conditions.clone(),
            behind,
            at,
            took: at.elapsed(),
        });
        Ok(conditions)
    }
}

/// An alarm of which there is one.
fn alone(kind: AlarmKind, (count, since): (u64, Timestamp), detail: String) -> Condition {
    Condition {
        key: AlarmKey {
            kind,
            subject: String::new(),
        },
        since,
        count,
        detail,
        is_known: false,
    }
}

fn of_a_receiver(standing: &Owed, now: Timestamp) -> impl Iterator<Item = Condition> {
    let condition = |kind, count, since, detail| Condition {
        key: AlarmKey {
            kind,
            subject: standing.receiver.to_string(),
        },
        since,
        count,
        detail,
        is_known: false,
    };
    let health = &standing.health;
    let told = match health.state {
        ReceiverState::Disabled => 100,
        ReceiverState::Up | ReceiverState::Failing => health.told,
    };
    let why = health
        .cause
        .as_ref()
        .map_or_else(String::new, Cause::to_string);
    let fails = (told > 0).then(|| {
        let since = health.since.unwrap_or(now);
        condition(AlarmKind::Receiver, told.into(), since, why)
    });
    let untold = (standing.failed > 0)
        .then(|| condition(AlarmKind::Deliveries, standing.failed, now, String::new()));
    fails.into_iter().chain(untold)
}

/// Dead letters of one cause.
struct Group {
    cause: Cause,
    count: u64,
    first: Timestamp,
    last: Timestamp,
}

impl Reader {
    /// The position of the last change that was announced.
    fn last_change(&self) -> Result<i64, Fault> {
        self.read(|connection| {
            let sql = "SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'outbox'), 0)";
            connection
                .prepare_cached(sql)?
                .query_row([], |row| row.get(0))
        })
    }

    fn doubts_the_clock(&self) -> Result<bool, Fault> {
        self.read(|connection| {
            let sql = "SELECT doubted IS NOT NULL FROM watch";
            let mut select = connection.prepare_cached(sql)?;
            let found = select.query_row([], |row| row.get(0)).optional()?;
            Ok(found.unwrap_or(false))
        })
    }

    /// Dead letters by cause, but for those that a caller brings about: a key that is used for two contents.
    fn dead_by_cause(&self) -> Result<Vec<Condition>, Fault> {
        let (groups, notes) =
            self.read(|connection| Ok((groups(connection)?, notes(connection)?)))?;
        let notes: Vec<Note> = notes
            .iter()
            .filter_map(|note| serde_json::from_str(note).ok())
            .collect();
        let conditions = groups.into_iter().filter_map(|(fingerprint, group)| {
            let note = notes.iter().find(|note| note.fingerprint == fingerprint);
            let standing = Standing::judge(note, group.count, group.last);
            (standing != Standing::Resolved).then(|| Condition {
                key: AlarmKey {
                    kind: AlarmKind::DeadLetters,
                    subject: fingerprint,
                },
                since: group.first,
                count: group.count,
                detail: group.cause.to_string(),
                is_known: standing == Standing::Acknowledged,
            })
        });
        Ok(conditions.collect())
    }
}

fn groups(connection: &Connection) -> rusqlite::Result<BTreeMap<String, Group>> {
    let sql = "SELECT cause, count(*), min(updated_at), max(updated_at) FROM entries
               WHERE state = 'failed' AND cause IS NOT NULL GROUP BY cause";
    let mut select = connection.prepare_cached(sql)?;
    let mut rows = select.query([])?;
    let mut groups: BTreeMap<String, Group> = BTreeMap::new();
    while let Some(row) = rows.next()? {
        // What cannot be read is damage, which `submissions verify` tells.
        let Ok(Sql(cause)) = row.get::<_, Sql<Cause>>(0) else {
            continue;
        };
        if cause.is_key_conflict() {
            continue;
        }
        let (count, first, last) = (
            row.get::<_, u64>(1)?,
            row.get::<_, Sql<Timestamp>>(2)?.0,
            row.get::<_, Sql<Timestamp>>(3)?.0,
        );
        let group = groups.entry(cause.fingerprint()).or_insert(Group {
            cause,
            count: 0,
            first,
            last,
        });
        group.count += count;
        group.first = group.first.min(first);
        group.last = group.last.max(last);
    }
    Ok(groups)
}
