//! The log on standard error. Whoever reads it may be slow, gone, or on a full disk: none of that may hold up or end
//! the server, so lines are written by a thread of their own, and dropped when it falls far behind. A notice is
//! not: it is published when its line is out, and its publisher waits.

use std::io::{self, IsTerminal, Write};
use std::panic::PanicHookInfo;

use tracing_appender::non_blocking::{NonBlockingBuilder, WorkerGuard};
use tracing_subscriber::EnvFilter;

use crate::exit::configuration;

/// Starts the log. What is still to be written is written when the guard is dropped.
pub(crate) fn start(filter: &str) -> anyhow::Result<WorkerGuard> {
    let filter = EnvFilter::try_new(filter).map_err(|error| configuration(format!("--log {filter}: {error}")))?;
    let (out, guard) = NonBlockingBuilder::default().lossy(true).buffered_lines_limit(16_384).finish(io::stderr());
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(out)
        .with_ansi(io::stderr().is_terminal())
        // Otherwise a line that cannot be written panics in whoever wrote it.
        .log_internal_errors(false)
        .init();
    std::panic::set_hook(Box::new(panicked));
    Ok(guard)
}

/// Says where, never what, as on AWS: a panic's message may quote a value.
fn panicked(info: &PanicHookInfo<'_>) {
    let place = info.location().map(ToString::to_string);
    tracing::error!(location = place, "a panic; its message may quote a value and is left out");
}

/// Where notices are written.
pub(crate) enum Notices {
    /// Standard error.
    Log,
    /// Nowhere: `--log` leaves them out, which is the operator's wish.
    Nowhere,
}

/// Where notices are written now.
pub(crate) fn notices() -> Notices {
    if tracing::enabled!(target: "notice", tracing::Level::INFO) { Notices::Log } else { Notices::Nowhere }
}

impl Write for Notices {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            // May wait for its reader: the other tasks of this thread move to another one.
            Self::Log => tokio::task::block_in_place(|| io::stderr().write(bytes)),
            Self::Nowhere => Ok(bytes.len()),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
