//! What a command's end means to the shell: 0 done, 1 partly or not found, 2 usage or configuration.

use std::process::ExitCode;

use counterfoil_operations::place::OpenError;

use crate::say;

/// How a command failed, where the exit code says so.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// What was asked for is not there, or not all of it was done.
    #[error("{0}")]
    Partly(String),
    /// The settings, a file of ours, or the way it was called.
    #[error("{0}")]
    Configuration(String),
}

/// Configuration faults keep their own words.
pub(crate) fn configuration(error: impl std::fmt::Display) -> anyhow::Error {
    Failure::Configuration(error.to_string()).into()
}

/// Says what went wrong, in one line, and gives the code. What `listens` may have nobody left who reads: it ends all the
/// same.
pub(crate) fn code(done: anyhow::Result<()>, listens: bool) -> ExitCode {
    let Err(error) = done else {
        return ExitCode::SUCCESS;
    };
    if is_closed_pipe(&error) {
        // `counterfoil … | head`: whoever read has read enough.
        return ExitCode::SUCCESS;
    }
    let line = format!("counterfoil: {error:#}");
    if listens {
        say::patiently(move || say::note(line));
    } else {
        say::note(line);
    }
    let unopened = || {
        error
            .downcast_ref::<OpenError>()?
            .inner()
            .downcast_ref::<Failure>()
    };
    match error.downcast_ref::<Failure>().or_else(unopened) {
        Some(Failure::Configuration(_)) => ExitCode::from(2),
        Some(Failure::Partly(_)) | None => ExitCode::from(1),
    }
}

fn is_closed_pipe(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        let io = cause.downcast_ref::<std::io::Error>();
        io.is_some_and(|io| io.kind() == std::io::ErrorKind::BrokenPipe)
    })
}
