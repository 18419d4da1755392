//! What is counted of a submission: how many came from its address, how often its content came, how many came to its
//! form. Windows are those of the clock (an hour begins at :00 UTC), so that one counter is one number; across the end
//! of one up to twice as many may pass.

use std::fmt::Write;

use crate::envelope::Envelope;
use crate::form::{Form, Rate};
use crate::ports::Counter;
use crate::suspicion::Suspicion;
use crate::time::Timestamp;

/// One thing to count, and what it means when there are too many.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counted {
    /// What counts it.
    pub(crate) counter: Counter,
    /// So many may pass.
    pub(crate) most: u32,
    /// What the next ones are suspected of.
    pub(crate) suspicion: Suspicion,
}

/// What comes late is still counted in its own window: so long after the window's end its counter is there.
const LATE: std::time::Duration = std::time::Duration::from_secs(24 * 60 * 60);
/// Bytes of a content's hash in a counter's name.
const CONTENT: usize = 16;

impl Counted {
    /// All that the form asks for, in the order in which it is looked at: a caller beyond its own budget uses up nothing
    /// of the form's.
    pub(crate) fn all(envelope: &Envelope, form: &Form) -> impl Iterator<Item = Self> + use<> {
        let at = envelope.received_at;
        let name = |what: &str, whose: &str| format!("{}/{what}/{whose}", form.id);
        // Without an address there is nobody to count: a form that has just got its budget, or a caller that is not known.
        let address = form
            .budget
            .per_address
            .zip(envelope.checks.address.as_deref());
        let address = address
            .map(|(rate, caller)| Self::new(name("address", caller), rate, at, Suspicion::Budget));
        let burst = form
            .burst
            .map(|rate| Self::new(name("burst", &short(envelope)), rate, at, Suspicion::Burst));
        let all = form
            .budget
            .per_form
            .map(|rate| Self::new(name("form", "all"), rate, at, Suspicion::Budget));
        [address, burst, all].into_iter().flatten()
    }

    fn new(name: String, rate: Rate, at: Timestamp, suspicion: Suspicion) -> Self {
        let length = rate.per.duration();
        let millis = i64::try_from(length.as_millis()).unwrap_or(i64::MAX);
        let start = Timestamp::from_millis(at.as_millis() / millis * millis);
        let name = format!("{name}/{}+{}", start.as_secs(), length.as_secs());
        Self {
            counter: Counter {
                name,
                until: start.plus(length).plus(LATE),
            },
            most: rate.count,
            suspicion,
        }
    }
}

fn short(envelope: &Envelope) -> String {
    let mut text = String::with_capacity(2 * CONTENT);
    for byte in envelope.content.as_bytes().iter().take(CONTENT) {
        // Writing to memory cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}
