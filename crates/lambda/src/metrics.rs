//! What alarms read and no service of AWS's counts: a line of CloudWatch's embedded metric format on stdout, of which
//! CloudWatch makes the metrics. At most one line for an invocation, and none where nothing went wrong.
//!
//! A metric is billed by its name and dimensions, so a form is never one of these: it is a property of the line, for whoever
//! searches the log. Nothing that was submitted, no ticket and no id is in a line. The log's level does not apply to it.
//! `tests/template/metrics.rs` holds every alarm against the lines that the functions write.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;

use counterfoil_core::ports::Clock;
use counterfoil_core::settling::{Outcome, Settled};
use counterfoil_core::{Cause, FormId, State};
use serde_json::{Map, Value, json};

use crate::Settings;

/// Whose metrics these are, whichever stack they are of.
pub const NAMESPACE: &str = "Counterfoil";

/// A number that an alarm reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Metric {
    /// Submissions that became dead letters; not those that a caller causes, by a key that is used twice.
    FailedEntries,
    /// Deliveries that stay on the queue, to be tried again.
    Retries,
    /// Answers that say that we are at fault.
    Answers5xx,
    /// Polls of a ticket whose submission has no entry though days have passed.
    Unresolved,
    /// What a receiver will not be told unless a person sees to it: deliveries that failed for good, and receivers that fail
    /// or are disabled.
    Untold,
}

impl Metric {
    /// Every metric.
    pub const ALL: [Self; 5] = [
        Self::FailedEntries,
        Self::Retries,
        Self::Answers5xx,
        Self::Unresolved,
        Self::Untold,
    ];

    /// Its name in CloudWatch.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::FailedEntries => "FailedEntries",
            Self::Retries => "Retries",
            Self::Answers5xx => "Answers5xx",
            Self::Unresolved => "Unresolved",
            Self::Untold => "Untold",
        }
    }

    /// What it is counted by, each a metric of its own.
    const fn dimensions(self) -> &'static [&'static [&'static str]] {
        match self {
            Self::FailedEntries | Self::Retries | Self::Unresolved | Self::Untold => &[&["Stack"]],
            // By version too: a gradual deployment asks about the new one alone.
            Self::Answers5xx => &[&["Stack", "Function"], &["Stack", "Function", "Version"]],
        }
    }
}

/// A function that counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Function {
    /// Accepts forms.
    Ingest,
    /// Answers polls.
    Status,
    /// Settles.
    Worker,
    /// Buries.
    Bury,
    /// Tells receivers.
    Courier,
}

impl Function {
    /// Its name, as a dimension.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ingest => "ingest",
            Self::Status => "status",
            Self::Worker => "worker",
            Self::Bury => "bury",
            Self::Courier => "courier",
        }
    }
}

/// What one invocation has counted.
#[derive(Debug, Default)]
pub struct Tally {
    counts: BTreeMap<Metric, u64>,
    forms: BTreeSet<FormId>,
}

impl Tally {
    /// Counts one more, of this form where that is known.
    pub fn count(&mut self, metric: Metric, form: Option<&FormId>) {
        *self.counts.entry(metric).or_default() += 1;
        self.forms.extend(form.cloned());
    }

    /// Counts so many of what receivers will not be told.
    #[must_use]
    pub fn of_untold(count: u64) -> Self {
        let counts = (count > 0).then_some((Metric::Untold, count));
        Self {
            counts: counts.into_iter().collect(),
            forms: BTreeSet::new(),
        }
    }

    /// Counts what became of a batch.
    #[must_use]
    pub fn of_batch(outcomes: &[Outcome]) -> Self {
        let mut tally = Self::default();
        for outcome in outcomes {
            match outcome {
                Outcome::Ack(settled) => tally.count_failed(settled),
                Outcome::Retry { .. } => tally.count(Metric::Retries, None),
            }
        }
        tally
    }

    /// Counts an entry that was given the state `failed`. A key conflict is the caller's doing: if it rang, a stranger could
    /// ring.
    pub fn count_failed(&mut self, settled: &Settled) {
        let is_conflict = settled.cause.as_ref().is_some_and(Cause::is_key_conflict);
        if settled.state == Some(State::Failed) && !is_conflict {
            self.count(Metric::FailedEntries, Some(&settled.of.form));
        }
    }
}

/// Writes what was counted.
pub struct Meter {
    stack: String,
    function: Function,
    version: String,
    clock: Box<dyn Clock + Send>,
    write: Box<dyn Fn(&str) + Send + Sync>,
}

impl Meter {
    /// Of this function, to stdout.
    #[must_use]
    pub fn new(
        settings: &Settings,
        function: Function,
        clock: impl Clock + Send + 'static,
    ) -> Self {
        let (stack, version) = (settings.stack_name(), settings.version());
        Self {
            stack,
            function,
            version,
            clock: Box::new(clock),
            write: Box::new(to_stdout),
        }
    }

    /// Writes its lines by `write` instead.
    #[must_use]
    pub fn by(self, write: impl Fn(&str) + Send + Sync + 'static) -> Self {
        Self {
            write: Box::new(write),
            ..self
        }
    }

    /// Writes one line, or none where nothing was counted.
    pub fn tell(&self, tally: &Tally) {
        if !tally.counts.is_empty() {
            (self.write)(&self.line(tally));
        }
    }

    /// The line, in the order of the format's specification. `timestamp` and `level` are for Lambda, which would otherwise add
    /// its own.
    fn line(&self, tally: &Tally) -> String {
        let now = self.clock.now();
        let directive = |metric: &Metric| {
            let named = [json!({"Name": metric.as_str(), "Unit": "Count"})];
            json!({"Namespace": NAMESPACE, "Dimensions": metric.dimensions(), "Metrics": named})
        };
        let directives: Vec<_> = tally.counts.keys().map(directive).collect();
        let mut line = Map::new();
        line.insert(
            "_aws".into(),
            json!({"Timestamp": now.as_millis(), "CloudWatchMetrics": directives}),
        );
        line.insert("timestamp".into(), now.to_string().into());
        line.insert("level".into(), "INFO".into());
        line.insert("Stack".into(), self.stack.as_str().into());
        line.insert("Function".into(), self.function.as_str().into());
        line.insert("Version".into(), self.version.as_str().into());
        line.extend(
            tally
                .counts
                .iter()
                .map(|(metric, count)| (metric.as_str().to_owned(), Value::from(*count))),
        );
        if !tally.forms.is_empty() {
            line.insert(
                "forms".into(),
                tally.forms.iter().map(FormId::as_str).collect(),
            );
        }
        Value::Object(line).to_string()
    }
}

/// In one write, so that no other line comes in between. A stdout that is closed has nobody to tell.
fn to_stdout(line: &str) {
    let _ = std::io::stdout()
        .lock()
        .write_all(format!("{line}\n").as_bytes());
}

#[cfg(test)]
#[path = "metrics_tests.rs"]
mod tests;
