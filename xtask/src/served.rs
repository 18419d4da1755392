//! A server for a run of the tests, as our Python programs serve one: they say one line when it answers, and end it when
//! their standard input ends.

use std::io::{BufRead, BufReader};
use std::process::Child;

use anyhow::{Context, Result, bail};

/// Ends with this value.
pub struct Served {
    child: Child,
    said: String,
}

impl Served {
    /// Waits until the program, with both ends piped, says its line.
    pub fn by(mut child: Child) -> Result<Self> {
        let Some(output) = child.stdout.take() else {
            bail!("the emulator has no output")
        };
        let mut served = Self {
            child,
            said: String::new(),
        };
        BufReader::new(output)
            .read_line(&mut served.said)
            .context("failed to read what the emulator says")?;
        if served.said.is_empty() {
            bail!("the emulator did not come up; what it says above, and its log beside, say why");
        }
        Ok(served)
    }

    /// The line.
    pub fn said(&self) -> &str {
        self.said.trim_end()
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        // Its input closes: it ends, and ends the server.
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }
}
