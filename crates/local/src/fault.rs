//! SQLite's errors as faults. None of them is an envelope's own fault, so all are transient. A damaged database is
//! remembered: nothing is accepted into it any more. What cannot be survived ends the process.

use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use counterfoil_core::Fault;
use rusqlite::ErrorCode;

use crate::sums::damage;

/// What a failed read or write means to a caller.
pub(crate) fn fault(error: &rusqlite::Error) -> Fault {
    if let Some(damaged) = damage(error) {
        return Fault::damaged(damaged.to_string());
    }
    let code = match error.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => "disk-full",
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => "database-busy",
        Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied) => "read-only",
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => "database-corrupt",
        Some(ErrorCode::SystemIoFailure) => "disk-error",
        _ => "database-error",
    };
    Fault::transient(code, error.to_string())
}

/// Did a sync fail? What the kernel then has on disk is unknown, and asking again may lie: the process must end.
pub(crate) fn is_failed_sync(error: &rusqlite::Error) -> bool {
    use rusqlite::ffi::{SQLITE_IOERR_DIR_FSYNC, SQLITE_IOERR_FSYNC};
    error.sqlite_error().is_some_and(|e| [SQLITE_IOERR_FSYNC, SQLITE_IOERR_DIR_FSYNC].contains(&e.extended_code))
}

/// Remembers that the database was found damaged.
#[derive(Clone, Debug, Default)]
pub(crate) struct Damage(Arc<AtomicBool>);

impl Damage {
    /// The fault of `error`; remembers it when it tells of damage.
    pub(crate) fn note(&self, error: &rusqlite::Error) -> Fault {
        let damaged = matches!(error.sqlite_error_code(), Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase));
        if damaged && !self.0.swap(true, Ordering::Relaxed) {
            tracing::error!(%error, "the database is damaged: nothing is accepted until it was restored from a backup");
        }
        fault(error)
    }

    /// Refuses when the database was found damaged.
    pub(crate) fn check(&self) -> Result<(), Fault> {
        if self.0.load(Ordering::Relaxed) {
            return Err(Fault::transient("database-corrupt", "the database is damaged; restore it from a backup"));
        }
        Ok(())
    }
}

/// Ends the process without any clean-up that could write: for when what is on the disk is unknown.
pub(crate) fn die(why: &str) -> ! {
    // Not through the log: its thread may never get to write this.
    let _ = writeln!(
        std::io::stderr(),
        "counterfoil: {why}; the server ends. What was answered with a ticket before stays as it is"
    );
    std::process::abort()
}
