//! An entry's history: every verdict but a first `stored`, and every deed of a person, with who and when.

use serde::{Deserialize, Serialize};

use counterfoil_core::cause::Cause;
use counterfoil_core::entry::{Head, State};
use counterfoil_core::payload::Payload;
use counterfoil_core::time::Timestamp;

/// What a person did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verb {
    /// Sent a dead letter to the queue again.
    Replay,
    /// Let a held submission through.
    Release,
    /// Changed what was submitted.
    Edit,
    /// Gave it up.
    Discard,
    /// Took a discard back.
    Undo,
}

impl Verb {
    /// Every verb.
    pub const ALL: [Self; 5] = [
        Self::Replay,
        Self::Release,
        Self::Edit,
        Self::Discard,
        Self::Undo,
    ];

    /// The state that it sends to the queue again; `None`: it sends nothing.
    #[must_use]
    pub const fn sends(self) -> Option<State> {
        match self {
            Self::Replay => Some(State::Failed),
            Self::Release => Some(State::Held),
            Self::Edit | Self::Discard | Self::Undo => None,
        }
    }

    /// The word, as in rows and answers.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Replay => "replay",
            Self::Release => "release",
            Self::Edit => "edit",
            Self::Discard => "discard",
            Self::Undo => "undo",
        }
    }

    /// Reads the word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|verb| verb.as_str() == word)
    }
}

/// Who acts: 1 to 200 characters, none of them a control character.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Actor(String);

impl Actor {
    /// Reads a name; `None` when it is empty, too long, or would steer a terminal.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        let name = name.trim();
        let fits =
            !name.is_empty() && name.chars().count() <= 200 && !name.chars().any(char::is_control);
        fits.then(|| Self(name.to_owned()))
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A deed, as history tells it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Action {
    /// What was done.
    pub verb: Verb,
    /// By whom.
    pub who: Actor,
    /// Why, in the person's own words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    /// The replay job that did it, where one did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub job: Option<String>,
}

impl Action {
    /// A deed without a reason or a job.
    #[must_use]
    pub const fn new(verb: Verb, who: Actor) -> Self {
        Self {
            verb,
            who,
            why: None,
            job: None,
        }
    }
}

/// An edit of what was submitted: history keeps what was there before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    /// What the entry held.
    pub before: Payload,
    /// What it holds from now on.
    pub after: Payload,
}

/// One line of an entry's history: the row after a change, and who made it.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// Which change. Lines are unique and ordered by it.
    pub seq: u64,
    /// When.
    pub at: Timestamp,
    /// The state after it.
    pub state: State,
    /// The run it is the verdict of; for a deed, the latest run ordered.
    pub run: u32,
    /// How often the queue had delivered the submission when the verdict was given.
    pub attempts: u32,
    /// Why it failed, where it did.
    pub cause: Option<Cause>,
    /// Why it is held, where it is.
    pub hold: Option<String>,
    /// What a person did; `None`: a verdict.
    pub deed: Option<Action>,
    /// What was submitted before an edit.
    pub before: Option<Payload>,
}

impl Line {
    /// The line that a change to `next` writes.
    #[must_use]
    pub fn from_change(next: &Head, deed: Option<&Action>, edit: Option<&Edit>) -> Self {
        Self {
            seq: next.seq,
            at: next.updated_at,
            state: next.state,
            run: if deed.is_some() {
                next.run
            } else {
                next.verdict_run
            },
            attempts: next.attempts,
            cause: next.cause.clone(),
            hold: next.hold.clone(),
            deed: deed.cloned(),
            before: edit.map(|edit| edit.before.clone()),
        }
    }

    /// Does a first row have a line? A `stored` one has not: it costs one write and nothing more.
    #[must_use]
    pub fn of_first(head: &Head) -> Option<Self> {
        (head.state != State::Stored).then(|| Self::from_change(head, None, None))
    }

    /// Is this the verdict that made a dead letter (again)?
    #[must_use]
    pub fn is_failure(&self) -> bool {
        self.state == State::Failed && self.deed.is_none()
    }
}
