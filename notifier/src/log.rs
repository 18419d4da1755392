//! The publisher that needs nothing: one line of the log for each notice.

use counterfoil_core::Fault;
use counterfoil_core::notice::Notice;
use counterfoil_core::ports::Publisher;

/// Publishes by logging.
#[derive(Clone, Copy, Debug, Default)]
pub struct LogPublisher;

impl Publisher for LogPublisher {
    async fn publish(&self, notices: &[Notice]) -> Vec<Result<(), Fault>> {
        for notice in notices {
            tracing::info!(target: "notice", id = %notice.id, state = %notice.data.state, "published");
        }
        vec![Ok(()); notices.len()]
    }
}
