//! Holds back the settling of a running server, so that a page can be seen while it waits: a trigger in its database
//! refuses entries. The worker takes that for a fault of the disk and tries again.

use std::process::Command;

use crate::server::Machine;

/// The server's first pause before it tries again, in seconds: tests that hold wait for it.
pub(crate) const RETRY_SOON: [&str; 4] = ["--retry-base", "1", "--retry-cap", "1"];

/// That in Python, whose SQLite every machine has that builds this (see CONTRIBUTING): `rusqlite` stays behind
/// its wall. It waits for the server's own short writes.
const EXECUTE: &str =
    "import sqlite3, sys; sqlite3.connect(sys.argv[1], timeout=60).executescript(sys.argv[2])";

/// From now on nothing is settled.
pub(crate) fn hold(home: &Machine) {
    execute(
        home,
        "CREATE TRIGGER held BEFORE INSERT ON entries BEGIN SELECT RAISE(ABORT, 'held by a test'); END",
    );
}

/// From now on no replay is stored.
pub(crate) fn hold_replays(home: &Machine) {
    execute(
        home,
        "CREATE TRIGGER held BEFORE UPDATE ON entries WHEN NEW.state = 'stored'
         BEGIN SELECT RAISE(ABORT, 'held by a test'); END",
    );
}

/// From now on everything is.
pub(crate) fn release(home: &Machine) {
    execute(home, "DROP TRIGGER held");
}

/// From now on no submission to this form can be stored; that it failed can be written down.
pub(crate) fn poison(home: &Machine, form: &str) {
    let refuse = "BEGIN SELECT RAISE(ABORT, 'poisoned by a test'); END";
    let which = format!("WHEN NEW.form = '{form}' AND NEW.state = 'stored'");
    execute(
        home,
        &format!("CREATE TRIGGER poisoned BEFORE INSERT ON entries {which} {refuse}"),
    );
}

/// From now on it can.
pub(crate) fn mend(home: &Machine) {
    execute(home, "DROP TRIGGER poisoned");
}

fn execute(home: &Machine, sql: &str) {
    let database = home.data().join("counterfoil.db");
    let status = Command::new("python3")
        .args(["-c", EXECUTE])
        .arg(database)
        .arg(sql)
        .status()
        .unwrap();
    assert!(status.success(), "{sql}");
}
