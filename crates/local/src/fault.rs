//! SQLite's errors as faults. None of them is an envelope's own fault, so all are transient. What
//! cannot be survived ends the process.

use std::io::Write;
use std::sync::mpsc::channel;
use std::time::Duration;

use counterfoil_core::{Code, Fault};
use rusqlite::ErrorCode;

use crate::sums::damage;

/// What a failed read or write means to a caller.
pub(crate) fn fault(error: &rusqlite::Error) -> Fault {
    if let Some(damaged) = damage(error) {
        return Fault::damaged(damaged.to_string());
    }
    let code = match error.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => Code::DiskFull,
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Code::DatabaseBusy,
        Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied) => Code::ReadOnly,
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => Code::DatabaseCorrupt,
        Some(ErrorCode::SystemIoFailure) => Code::DiskError,
        _ => Code::DatabaseError,
    };
    Fault::transient(code, error.to_string())
}

/// Did a sync fail? What the kernel then has on disk is unknown, and asking again may lie: the process must end.
pub(crate) fn is_failed_sync(error: &rusqlite::Error) -> bool {
    use rusqlite::ffi::{SQLITE_IOERR_DIR_FSYNC, SQLITE_IOERR_FSYNC};
    error
        .sqlite_error()
        .is_some_and(|e| [SQLITE_IOERR_FSYNC, SQLITE_IOERR_DIR_FSYNC].contains(&e.extended_code))
}

/// Ends the process without any clean-up that could write: for when what is on the disk is unknown.
pub(crate) fn die(why: &str) -> ! {
    end(&format!(
        "{why}; the server ends. What was answered with a ticket before stays as it is"
    ))
}

/// Ends the process as [`die`] does, and promises nothing.
pub(crate) fn end(why: &str) -> ! {
    let line = format!("counterfoil: {why}\n");
    // Not through the log: its thread may never get to write this. Nor may this: whoever reads it may have stopped.
    let (said, heard) = channel();
    let speaker = std::thread::Builder::new().spawn(move || {
        let _ = std::io::stderr().write_all(line.as_bytes());
        let _ = said.send(());
    });
    if speaker.is_ok() {
        let _ = heard.recv_timeout(LAST_WORDS);
    }
    std::process::abort()
}

/// How long the end of the process waits for its last line to be taken.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// Ends the process when the thread that holds it panics: without that thread the server would only look alive.
pub(crate) struct EndsByPanic(pub(crate) &'static str);

impl Drop for EndsByPanic {
    fn drop(&mut self) {
        if std::thread::panicking() {
            die(&format!(
                "{} panicked, which is a fault of this program",
                self.0
            ));
        }
    }
}
