//! Other programs at a home's database: Python, whose SQLite every machine has that builds this (see CONTRIBUTING).

use std::fs::Permissions;
use std::io::Read;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use crate::server::Machine;

/// Another process that has the database to itself until it is dropped.
pub(crate) struct Held(Child);

impl Drop for Held {
    fn drop(&mut self) {
        // It has ended by itself when the test was ended by force.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

const HOLD: &str = "import sqlite3, sys
c = sqlite3.connect(sys.argv[1], timeout=60, isolation_level=None)
c.execute('BEGIN IMMEDIATE')
print('.', end='', flush=True)
sys.stdin.read()";

/// From now on nobody else writes.
pub(crate) fn hold_writer(home: &Machine) -> Held {
    let mut python = Command::new("python3");
    python
        .args(["-c", HOLD])
        .arg(home.data().join("counterfoil.db"));
    let mut python = python
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    python.stdout.take().unwrap().read_exact(&mut [0]).unwrap();
    Held(python)
}

/// `sqlite3 FILE SQL`, for machines that do not have it.
const SQLITE3: &str = "#!/usr/bin/env python3
import sqlite3, sys
sqlite3.connect(sys.argv[1], isolation_level=None).execute(sys.argv[2])
";

/// Puts `sqlite3` into a directory of programs, with `python3` as it is found here.
pub(crate) fn lend_sqlite3(programs: &Path) {
    std::fs::create_dir(programs).unwrap();
    let program = programs.join("sqlite3");
    std::fs::write(&program, SQLITE3).unwrap();
    std::fs::set_permissions(&program, Permissions::from_mode(0o755)).unwrap();
    let said = Command::new("python3")
        .args(["-c", "import sys; print(sys.executable, end='')"])
        .output()
        .unwrap();
    symlink(
        String::from_utf8(said.stdout).unwrap(),
        programs.join("python3"),
    )
    .unwrap();
}
