//! The tables whose rows are checked: how each is read, and what mends a row that differs.

use counterfoil_core::envelope::Envelope;
use rusqlite::Row;

use super::RESTORE;
use crate::alarms::{ALARM, alarm};
use crate::deliveries::{ATTEMPT, DELIVERY, RECEIVER, attempt, receiver, stored};
use crate::history::{LINE, line};
use crate::marks::{MARKS, WATERMARK, marks, watermark};
use crate::message::{COLUMNS as MESSAGE, received};
use crate::operations::sealed;
use crate::outbox::{COLUMNS as CHANGE, announced};
use crate::queue::{Received, Slot};
use crate::rows::{HEAD, entry};
use crate::sums::{self, DIFFERS, Damaged};

const JOB: &str = "order the replay anew, with a job of its own";

const NOTE: &str = "write the note anew";

const MARK: &str = "mark it anew";
const TELL: &str = "it is not sent: tell the receiver by hand, and then discard it";
const ATTEMPTED: &str = "nothing is lost: one line of what was tried cannot be read";
const ENABLE: &str = "nothing to be done: the receiver is tried, which shows how it is";
const ALARMED: &str = "nothing to be done: what still needs a person is told anew";
const BY_ITSELF: &str =
    "nothing to be done: the server makes a dead letter of it, or publishes it again";

/// A table, and how its rows are read and checked.
pub(super) struct Table {
    pub(super) name: &'static str,
    pub(super) columns: &'static [&'static str],
    /// Unique, and in the order of an index.
    pub(super) key: &'static [&'static str],
    pub(super) check: fn(&Row<'_>) -> rusqlite::Result<()>,
    pub(super) mend: &'static str,
}

pub(super) const TABLES: [Table; 15] = [
    Table {
        name: "entries",
        columns: &[HEAD, "body"],
        key: &["entry"],
        check: |row| entry(row).map(drop),
        mend: RESTORE,
    },
    Table {
        name: "history",
        columns: &[LINE],
        key: &["id", "form", "seq"],
        check: |row| line(row).map(drop),
        mend: RESTORE,
    },
    Table {
        name: "queue",
        columns: &[MESSAGE],
        key: &["position"],
        check: queued,
        mend: BY_ITSELF,
    },
    Table {
        name: "dead_letter_queue",
        columns: &[MESSAGE],
        key: &["position"],
        check: queued,
        mend: BY_ITSELF,
    },
    Table {
        name: "outbox",
        columns: &[CHANGE],
        key: &["position"],
        check: |row| announced(row).map(drop),
        mend: BY_ITSELF,
    },
    Table {
        name: "cursors",
        columns: &["publisher, position, sum"],
        key: &["publisher"],
        check: cursor,
        mend: BY_ITSELF,
    },
    Table {
        name: "replays",
        columns: &["id, version, job, sum"],
        key: &["id"],
        check: job,
        mend: JOB,
    },
    Table {
        name: "replay_parts",
        columns: &["id, part, candidates, sum"],
        key: &["id", "part"],
        check: job,
        mend: JOB,
    },
    Table {
        name: "cause_notes",
        columns: &["fingerprint, note, sum"],
        key: &["fingerprint"],
        check: note,
        mend: NOTE,
    },
    Table {
        name: "marks",
        columns: &[MARKS],
        key: &["form", "id"],
        check: |row| marks(row).map(drop),
        mend: MARK,
    },
    Table {
        name: "watermarks",
        columns: &[WATERMARK],
        key: &["form"],
        check: |row| watermark(row).map(drop),
        mend: MARK,
    },
    Table {
        name: "deliveries",
        columns: &[DELIVERY],
        key: &["receiver", "form", "id", "seq"],
        check: |row| stored(row).map(drop),
        mend: TELL,
    },
    Table {
        name: "attempts",
        columns: &[ATTEMPT],
        key: &["receiver", "form", "id", "seq", "n"],
        check: |row| attempt(row).map(drop),
        mend: ATTEMPTED,
    },
    Table {
        name: "receivers",
        columns: &[RECEIVER],
        key: &["name"],
        check: |row| receiver(row).map(drop),
        mend: ENABLE,
    },
    Table {
        name: "alarms",
        columns: &[ALARM],
        key: &["kind", "subject"],
        check: |row| alarm(row).map(drop),
        mend: ALARMED,
    },
];

fn queued(row: &Row<'_>) -> rusqlite::Result<()> {
    let Received {
        slot: Slot { position, .. },
        delivery,
    } = received(row)?;
    let is_intact = match Envelope::decode(&delivery.body) {
        Ok(envelope) => envelope.is_intact(),
        Err(_) => true,
    };
    if delivery.damage.is_none() && is_intact {
        return Ok(());
    }
    let of = delivery
        .damage
        .and_then(|damage| damage.of)
        .map_or_else(|| "whose it is cannot be read".into(), |of| of.to_string());
    Err(Damaged {
        whose: format!("message {position} ({of})"),
        what: DIFFERS,
    }
    .into())
}

fn cursor(row: &Row<'_>) -> rusqlite::Result<()> {
    let whose = "a publisher's cursor".to_owned();
    if sums::fits(row, 2)? {
        Ok(())
    } else {
        Err(Damaged {
            whose,
            what: DIFFERS,
        }
        .into())
    }
}

fn job(row: &Row<'_>) -> rusqlite::Result<()> {
    sealed(row, "a replay job").map(drop)
}

fn note(row: &Row<'_>) -> rusqlite::Result<()> {
    sealed(row, "a note of a cause").map(drop)
}
