//! Words for people. Whoever they are for may be gone, or take nothing: that ends no verb, and holds up no server.

use std::fmt::Display;
use std::io::{self, Write};
use std::sync::mpsc::channel;
use std::time::Duration;

/// What a reader gets to take what a server says, before the server goes on without it.
pub(crate) const PATIENCE: Duration = Duration::from_secs(1);

/// Says a line on standard error. Whoever does not hear it misses nothing that the exit code does not tell.
pub(crate) fn note(line: impl Display) {
    let _ = writeln!(io::stderr().lock(), "{line}");
}

/// Says a line on standard output, of a verb whose answer is its exit code: that a reader has gone is no failure.
pub(crate) fn line(line: impl Display) {
    let _ = writeln!(io::stdout().lock(), "{line}");
}

/// Says a text on standard output, and waits no longer than [`PATIENCE`] for somebody to take it.
pub(crate) fn aloud(text: String) {
    patiently(move || {
        let mut out = io::stdout().lock();
        let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
    });
}

/// Says something on a thread of its own, and goes on without it after [`PATIENCE`].
pub(crate) fn patiently(say: impl FnOnce() + Send + 'static) {
    let (done, said) = channel();
    let speaker = std::thread::Builder::new()
        .name("say".into())
        .spawn(move || {
            say();
            // Nobody waits any more when it took too long.
            let _ = done.send(());
        });
    if speaker.is_ok() {
        let _ = said.recv_timeout(PATIENCE);
    }
}
