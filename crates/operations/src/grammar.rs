//! How people write what they ask for: times, ranges, rates, shares, and the words of a closed set. The command and the
//! console read and write by it alike, so what one of them shows can be typed into the other. Whatever is written by
//! `Display` is read back by `FromStr` as what it was.

mod moment;
mod numbers;
mod place;
mod word;

pub use moment::{Moment, Span, Unit};
pub use numbers::{Attempts, Rate, Share};
pub use word::{Said, Word, word};

use counterfoil_core::{SubmissionRef, Ticket};

/// Reads which submission is meant: `form/id`, a ticket, or the address of one. Of a ticket only the shape is looked at, not
/// who signed it.
///
/// # Errors
///
/// It is none of them.
pub fn submission(text: &str) -> Result<SubmissionRef, String> {
    let text = text.trim();
    SubmissionRef::parse(text).or_else(|| Ticket::named(text)).ok_or_else(|| {
        "a submission is written form/id, as `submissions list` shows it, or as its ticket or the ticket's address"
            .to_owned()
    })
}

#[cfg(test)]
#[path = "grammar/tests.rs"]
mod tests;
