//! The log on standard error. Whoever reads it may be slow, gone, or on a full disk: none of that may hold up or end
//! the server, so everything is written by a thread of its own. Lines are dropped when it falls far behind. Notices
//! are not: they are published when their lines are out, and until then their publisher waits.

mod outlet;

use std::io::{self, IsTerminal};
use std::panic::PanicHookInfo;
use std::time::Duration;

use notifier::Lines;
use tracing_subscriber::EnvFilter;

use crate::exit::configuration;
use outlet::Outlet;

/// What a reader gets to take what is left at the end.
const LAST: Duration = Duration::from_millis(500);

/// The log of this process. Dropped, it waits a moment for what is still to be written.
pub(crate) struct Log(Outlet);

/// Starts the log.
pub(crate) fn start(filter: &str) -> anyhow::Result<Log> {
    let filter = EnvFilter::try_new(filter)
        .map_err(|error| configuration(format!("--log {filter}: {error}")))?;
    let outlet = Outlet::to_standard_error()?;
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(outlet.clone())
        .with_ansi(io::stderr().is_terminal())
        // Otherwise a line that cannot be written panics in whoever wrote it.
        .log_internal_errors(false)
        .init();
    std::panic::set_hook(Box::new(panicked));
    Ok(Log(outlet))
}

impl Log {
    /// Where notices are written.
    pub(crate) fn notices(&self) -> Notices {
        Notices(self.0.clone())
    }
}

impl Drop for Log {
    fn drop(&mut self) {
        self.0.wait_until_written(LAST);
    }
}

/// Says where, never what, as on AWS: a panic's message may quote a value.
fn panicked(info: &PanicHookInfo<'_>) {
    // It panics where a disk is full, which is said as an error (`counterfoil_export`).
    if info
        .location()
        .is_some_and(|place| place.file().contains("rust_xlsxwriter"))
    {
        return;
    }
    let place = info.location().map(ToString::to_string);
    tracing::error!(
        location = place,
        "a panic; its message may quote a value and is left out"
    );
}

/// Notices as lines of the log; nowhere, where `--log` leaves them out, which is the operator's wish.
pub(crate) struct Notices(Outlet);

impl Lines for Notices {
    async fn write(&self, lines: String) -> io::Result<()> {
        if tracing::enabled!(target: "notice", tracing::Level::INFO) {
            self.0.written(lines.into_bytes()).await
        } else {
            Ok(())
        }
    }
}
