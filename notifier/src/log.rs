//! The publisher that needs nothing: one line of the log for each notice.

use std::io::{self, Write};

use counterfoil_core::Fault;
use counterfoil_core::notice::Notice;
use counterfoil_core::ports::Publisher;

/// Publishes by writing a line. The line is written by the call itself and not handed to a logger that may drop
/// it: `Ok` means that the line is out.
#[derive(Clone, Copy, Debug)]
pub struct LogPublisher<F>(F);

impl<F: Fn() -> W + Sync, W: Write> LogPublisher<F> {
    /// Writes to what `out` gives, such as standard error.
    pub const fn new(out: F) -> Self {
        Self(out)
    }

    fn write(&self, notices: &[Notice]) -> io::Result<()> {
        let lines: String = notices.iter().map(line).collect();
        let mut out = (self.0)();
        out.write_all(lines.as_bytes())?;
        out.flush()
    }
}

fn line(notice: &Notice) -> String {
    format!("{}  INFO notice: published id={} state={}\n", notice.time, notice.id, notice.data.state)
}

impl<F: Fn() -> W + Sync, W: Write> Publisher for LogPublisher<F> {
    async fn publish(&self, notices: &[Notice]) -> Vec<Result<(), Fault>> {
        match self.write(notices) {
            Ok(()) => vec![Ok(()); notices.len()],
            // How much of it is out is not known: all of it is published again.
            Err(error) => vec![Err(Fault::transient("log-unwritable", error.to_string())); notices.len()],
        }
    }
}
