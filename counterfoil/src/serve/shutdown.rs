//! The signals of one machine.

use tokio::signal::unix::{SignalKind, signal};

/// SIGXFSZ, on Linux and macOS: a file grew over its quota.
const SIGXFSZ: i32 = 25;

/// Done when the process is asked to stop (SIGTERM, or Ctrl-C). A second time ends it at once.
pub(crate) fn asked() -> std::io::Result<impl Future<Output = ()>> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    // With a handler, a quota is an error of the write, answered with 503, and not the end of the process.
    let quota = signal(SignalKind::from_raw(SIGXFSZ))?;
    Ok(async move {
        let _quota = quota;
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        tokio::spawn(async move {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
            tracing::warn!("asked twice to stop: ending at once; everything accepted is on disk");
            std::process::exit(1);
        });
    })
}
