//! SQLite's errors as faults. None of them is an envelope's own fault, so all are transient.

use counterfoil_core::Fault;
use rusqlite::ErrorCode;

/// What a failed read or write means to a caller.
pub(crate) fn fault(error: &rusqlite::Error) -> Fault {
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
