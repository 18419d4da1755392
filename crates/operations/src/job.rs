//! A replay job: who replays what, how far it has come, and what came of it. It is written down before anything is
//! sent, with every candidate it has, so that whoever resumes it after a crash sends what is missing and counts what
//! was done.
//!
//! ```text
//! preparing ─► running ─► done
//!     │           ├─────► stopped (a canary failed, too many failed again, Ctrl-C, a fault) ─► running, by resume
//!     └───────────┴─────► cancelled
//! ```

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::history::{Actor, Verb};
use super::worklist::Filter;
use counterfoil_core::submission::{SubmissionId, SubmissionRef};
use counterfoil_core::time::Timestamp;

/// Names a job: a UUIDv7, so that jobs sort by their time.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct JobId(SubmissionId);

impl JobId {
    /// A fresh one.
    #[must_use]
    pub fn fresh(now: Timestamp, random: [u8; 10]) -> Self {
        Self(SubmissionId::fresh(now, random))
    }

    /// Reads the hyphenated form.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        SubmissionId::parse(text).map(Self)
    }
}

impl fmt::Display for JobId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for JobId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// What is to be replayed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Selection {
    /// These.
    Some(Vec<SubmissionRef>),
    /// Everything a filter takes, of what was accepted before the job began.
    All(Filter),
}

/// How to go about it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Manner {
    /// At most so many a second; `None`: as fast as they are settled.
    pub rate: Option<f64>,
    /// First one, then ten, and the rest only when none of these has failed again. `None`: decided by the number of
    /// candidates, when they are written down.
    #[serde(default)]
    pub canary: Option<bool>,
    /// Stops when more than this share of the verdicts (once there are 20) are failures: 0 to 1.
    pub stop_at: f64,
}

impl Default for Manner {
    fn default() -> Self {
        Self {
            rate: None,
            canary: None,
            stop_at: 0.5,
        }
    }
}

impl Manner {
    /// Does a canary go first? Not known, and so not said, before the candidates are written down.
    #[must_use]
    pub fn has_canary(&self) -> bool {
        self.canary == Some(true)
    }
}

/// Above so many candidates a canary goes first unless told otherwise.
pub const CANARY_ABOVE: u64 = 20;

/// Where a job stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum JobState {
    /// Its candidates are being written down; nothing is sent yet.
    Preparing,
    /// Somebody sends, or did when they were killed.
    Running,
    /// It stopped; resume goes on.
    Stopped,
    /// Somebody called it off.
    Cancelled,
    /// Every candidate has its verdict.
    Done,
}

impl JobState {
    /// The word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Preparing => "preparing",
            Self::Running => "running",
            Self::Stopped => "stopped",
            Self::Cancelled => "cancelled",
            Self::Done => "done",
        }
    }

    /// Does nothing more happen to it?
    #[must_use]
    pub const fn is_over(self) -> bool {
        matches!(self, Self::Cancelled | Self::Done)
    }
}

/// What came of candidates.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    /// Replayed, and no verdict yet.
    pub under_way: u64,
    /// Replayed, and stored.
    pub stored: u64,
    /// Replayed, and failed again.
    pub failed_again: u64,
    /// Not sent: no dead letter any more, or nothing that could be sent.
    pub skipped: u64,
}

impl Tally {
    /// Those that need nothing more.
    #[must_use]
    pub const fn done(&self) -> u64 {
        self.stored + self.failed_again + self.skipped
    }

    /// Both together.
    #[must_use]
    pub const fn plus(&self, other: &Self) -> Self {
        Self {
            under_way: self.under_way + other.under_way,
            stored: self.stored + other.stored,
            failed_again: self.failed_again + other.failed_again,
            skipped: self.skipped + other.skipped,
        }
    }
}

/// What an operator asks a job for.
pub struct Order {
    /// Replay or release.
    pub verb: Verb,
    /// Who orders it.
    pub who: Actor,
    /// Why.
    pub why: Option<String>,
    /// What is to be replayed.
    pub what: Selection,
    /// How.
    pub manner: Manner,
}

/// A replay job.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Job {
    /// Its name.
    pub id: JobId,
    /// Counts its writes, from 1: of two writers one is refused.
    pub version: u64,
    /// Replay or release.
    pub verb: Verb,
    /// Who ordered it.
    pub who: Actor,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    /// What is to be replayed.
    pub what: Selection,
    /// How.
    pub manner: Manner,
    /// When it was ordered.
    pub started_at: Timestamp,
    /// When whoever runs it last wrote it: at least once a second.
    pub beat_at: Timestamp,
    /// Where it stands.
    pub state: JobState,
    /// Why it stopped.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// How many candidates it has; final once it is running.
    pub total: u64,
    /// In how many parts they are kept.
    pub parts: u32,
    /// The part it is at; those before it are done.
    pub part: u32,
    /// What came of the parts before.
    pub before: Tally,
    /// What came of this part, as far as was known at the last write.
    pub now: Tally,
}

/// Whoever runs a job writes it at least this often.
pub const BEAT: Duration = Duration::from_secs(1);
/// Without a beat for this long, nobody runs it any more.
pub const LOST: Duration = Duration::from_secs(5);

impl Job {
    /// One that is not written down yet.
    #[must_use]
    pub fn ordered(order: Order, id: JobId, now: Timestamp) -> Self {
        let Order {
            verb,
            who,
            why,
            what,
            manner,
        } = order;
        Self {
            id,
            version: 0,
            verb,
            who,
            why,
            what,
            manner,
            started_at: now,
            beat_at: now,
            state: JobState::Preparing,
            reason: None,
            total: 0,
            parts: 0,
            part: 0,
            before: Tally::default(),
            now: Tally::default(),
        }
    }

    /// What came of it so far.
    #[must_use]
    pub const fn tally(&self) -> Tally {
        self.before.plus(&self.now)
    }

    /// Does somebody seem to run it at this moment?
    #[must_use]
    pub fn is_alive(&self, now: Timestamp) -> bool {
        matches!(self.state, JobState::Preparing | JobState::Running)
            && now.since(self.beat_at) < LOST
    }
}

/// One that is to be replayed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Candidate {
    /// Which submission.
    pub of: SubmissionRef,
    /// The latest run that was ordered when it was picked. A later one is this job's own, or has done its work.
    pub run: u32,
}
