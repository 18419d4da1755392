//! The publisher that needs nothing: one line of the log for each notice.

use std::future::Future;
use std::io;

use counterfoil_core::notice::Notice;
use counterfoil_core::ports::Publisher;
use counterfoil_core::{Code, Fault};

/// Where lines are written.
pub trait Lines {
    /// Writes whole lines. `Ok` means that all of them are out, and not that somebody will write them; an error, that
    /// some of them may be. It may wait for its reader as long as that takes, and must not hold up its thread for it.
    fn write(&self, lines: String) -> impl Future<Output = io::Result<()>> + Send;
}

/// Publishes by writing a line, and waits until it is out: a logger that may drop it is no place for a notice.
#[derive(Clone, Copy, Debug)]
pub struct LogPublisher<L>(L);

impl<L: Lines> LogPublisher<L> {
    /// Writes there, such as to standard error.
    pub const fn new(lines: L) -> Self {
        Self(lines)
    }
}

fn line(notice: &Notice) -> String {
    format!(
        "{}  INFO notice: published id={} state={}\n",
        notice.time, notice.id, notice.data.state
    )
}

impl<L: Lines + Sync> Publisher for LogPublisher<L> {
    async fn publish(&self, notices: &[Notice]) -> Vec<Result<(), Fault>> {
        match self.0.write(notices.iter().map(line).collect()).await {
            Ok(()) => vec![Ok(()); notices.len()],
            // How much of it is out is not known: all of it is published again.
            Err(error) => {
                vec![Err(Fault::transient(Code::LogUnwritable, error.to_string())); notices.len()]
            }
        }
    }
}
