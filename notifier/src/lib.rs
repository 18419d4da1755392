//! Publish what changed, in its order. The rules are in `core`; a publisher is a port, and the first one is
//! the log.

mod log;

use counterfoil_core::notice::Change;
use counterfoil_core::ports::Publisher;
use counterfoil_core::publish::{Published, publish};

pub use log::{Lines, LogPublisher};

/// What the notifier is made of.
pub struct Notifier<P> {
    /// Where notices go.
    pub publisher: P,
    /// Names this home in a notice's `source`.
    pub stage: String,
}

impl<P: Publisher> Notifier<P> {
    /// Publishes changes from the front; says how far it came.
    pub async fn handle(&self, changes: &[Change]) -> Published {
        let published = publish(changes, &self.stage, &self.publisher).await;
        for (place, cause) in &published.parked {
            let of = changes.get(*place).map(|change| change.of.to_string());
            tracing::error!(submission.id = of, cause = %cause.code, "a notice will never be taken; it is set aside");
        }
        published
    }
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
