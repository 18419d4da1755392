//! Publish what changed, in its order. The rules are in `core`; a publisher is a port, and the first one is
//! the log.

mod log;

use std::time::Duration;

use counterfoil_core::notice::Change;
use counterfoil_core::ports::{Aside, Publisher};
use counterfoil_core::publish::{Feeding, Published, Publishing, Record, feed};

pub use log::{Lines, LogPublisher};

/// What the notifier is made of.
pub struct Notifier<P> {
    /// Where notices go.
    pub publisher: P,
    /// Names this home in a notice's `source`.
    pub stage: String,
}

/// What ends one invocation, and what must have ended before.
pub struct Time<L> {
    /// How long there is left.
    pub left: L,
    /// The longest that one call of a service takes, its retries included.
    pub call: Duration,
}

/// For the answer, behind the last call.
const ANSWER: Duration = Duration::from_secs(2);

impl<P: Publisher> Notifier<P> {
    /// Publishes changes from the front; says how far it came. Whoever calls it sets aside what is parked.
    pub async fn handle(&self, changes: &[Change]) -> Published {
        let published = self.publishing(|| true).publish(changes).await;
        for (place, cause) in &published.parked {
            let of = changes.get(*place).map(|change| change.of.to_string());
            tracing::error!(submission.id = of, cause = %cause.code, "{ASIDE}");
        }
        published
    }

    /// Works off records of a feed that moves on from its front, and sets aside what would hold it up for good. No call
    /// begins that could not end in time, nor one that publishes where there would be no time to set aside what it refuses.
    pub async fn feed<A, L>(&self, records: &[Record], aside: &A, time: &Time<L>) -> Published
    where
        A: Aside,
        L: Fn() -> Duration + Sync,
    {
        let set_aside = time.call + ANSWER;
        let publishing = self.publishing(|| (time.left)() >= time.call + set_aside);
        let with = Feeding {
            publishing,
            aside,
            is_time: || (time.left)() >= set_aside,
        };
        let published = feed(records, &with).await;
        for (place, cause) in &published.parked {
            match records.get(*place) {
                Some(Record::Change(change, _)) => {
                    tracing::error!(submission.id = %change.of, cause = %cause.code, "{ASIDE}");
                }
                Some(Record::Unreadable(parked)) => {
                    let (sequence_number, name) =
                        (parked.origin.sequence_number.as_deref(), parked.name());
                    tracing::error!(sequence_number, record = name, cause = %cause.code, "{ASIDE}");
                }
                None => {}
            }
        }
        published
    }

    fn publishing<T: Fn() -> bool>(&self, is_time: T) -> Publishing<'_, P, T> {
        Publishing {
            stage: &self.stage,
            publisher: &self.publisher,
            is_time,
        }
    }
}

/// What is said of each that is parked.
const ASIDE: &str = "a notice cannot be published; it is set aside: `counterfoil notices parked` lists it, `notices resend` brings it out";

#[cfg(test)]
#[path = "feed_tests.rs"]
mod feed_tests;
#[cfg(test)]
#[path = "tests.rs"]
mod tests;
