//! A dry run: what today's worker would say of a dead letter if it were replayed, or of a held submission if it were
//! released. Its judgement is the worker's
//! own, on the same bytes, and nothing is written.

use std::collections::BTreeMap;

use crate::replay::envelope;
use counterfoil_core::entry::{Entry, State};
use counterfoil_core::form::Forms;
use counterfoil_core::settling::examine;
use counterfoil_core::submission::SubmissionRef;
use counterfoil_core::time::Timestamp;

/// What a rehearsal foresees for one entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Foreseen {
    /// It would be stored.
    Passes,
    /// It would fail.
    Fails {
        /// The rule it breaks: a cause's code.
        rule: String,
        /// What is wrong; ids and sizes only.
        detail: String,
    },
    /// It would not be sent: it is no dead letter, or not held (any more).
    Skipped,
}

/// Judges one entry as the worker would. `state`: what is sent, as a verb says ([`Verb::sends`]).
///
/// [`Verb::sends`]: super::history::Verb::sends
#[must_use]
pub fn rehearse(entry: Option<Entry>, state: State, forms: &Forms, now: Timestamp) -> Foreseen {
    let Some(Entry { head, body }) = entry.filter(|entry| entry.head.state == state) else {
        return Foreseen::Skipped;
    };
    let cause = head.cause.clone();
    let Some(envelope) = envelope(&head, body) else {
        let detail = cause.map_or_else(
            || "no envelope could be read".to_owned(),
            |cause| cause.detail,
        );
        return Foreseen::Fails {
            rule: "undecodable".into(),
            detail,
        };
    };
    match examine(envelope.encode(), forms, now) {
        Ok(_) => Foreseen::Passes,
        Err(fault) => {
            let cause = fault.cause();
            Foreseen::Fails {
                rule: cause.code,
                detail: cause.detail,
            }
        }
    }
}

/// What a dry run found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Forecast {
    /// They would be stored.
    pub pass: u64,
    /// They would fail, by rule.
    pub fail: BTreeMap<String, Broken>,
    /// They would not be sent.
    pub skipped: u64,
}

/// Those that break one rule.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Broken {
    /// How many.
    pub count: u64,
    /// What is wrong with the first of them.
    pub detail: String,
    /// The first few of them.
    pub examples: Vec<SubmissionRef>,
}

/// Examples kept for each rule.
const EXAMPLES: usize = 5;

impl Forecast {
    /// Counts one.
    pub fn add(&mut self, of: &SubmissionRef, foreseen: Foreseen) {
        match foreseen {
            Foreseen::Passes => self.pass += 1,
            Foreseen::Skipped => self.skipped += 1,
            Foreseen::Fails { rule, detail } => {
                let broken = self.fail.entry(rule).or_insert_with(|| Broken {
                    detail,
                    ..Broken::default()
                });
                broken.count += 1;
                if broken.examples.len() < EXAMPLES {
                    broken.examples.push(of.clone());
                }
            }
        }
    }

    /// How many would fail.
    #[must_use]
    pub fn failing(&self) -> u64 {
        self.fail.values().map(|broken| broken.count).sum()
    }
}
