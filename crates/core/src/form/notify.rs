//! Who hears of a form's submissions: its `[[notify]]` rules. Which receivers there are, a form does not know.

use crate::state::State;

/// The name under which whoever submits is told. No receiver has it.
pub const SUBMITTER: &str = "submitter";

/// One receiver that hears of a form's submissions. A form has one rule for each at most.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotifyRule {
    /// The receiver's name in `receivers.toml`.
    pub to: String,
    /// Of which changes it hears.
    pub on: Vec<State>,
    /// Which fields of a submission it is shown.
    pub fields: NotifyFields,
    /// The field with the address that an answer goes to. It is one of those that are shown.
    pub reply_to: Option<String>,
}

/// The fields that a receiver is shown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum NotifyFields {
    /// None: it hears that something was submitted, and not what.
    #[default]
    Nothing,
    /// Those of these names.
    Named(Vec<String>),
    /// All that were submitted.
    All,
}

impl NotifyFields {
    /// Is this field shown?
    #[must_use]
    pub fn shows(&self, name: &str) -> bool {
        match self {
            Self::Nothing => false,
            Self::Named(names) => names.iter().any(|shown| shown == name),
            Self::All => true,
        }
    }

    /// Is any field shown?
    #[must_use]
    pub const fn shows_any(&self) -> bool {
        match self {
            Self::Nothing => false,
            Self::Named(_) | Self::All => true,
        }
    }
}

impl NotifyRule {
    /// The states that a rule may name.
    pub const STATES: [State; 5] = [
        State::Stored,
        State::Failed,
        State::Held,
        State::Discarded,
        State::Erased,
    ];

    /// Does the receiver hear of a change to this state? Who is shown fields hears of their erasure, written or not.
    #[must_use]
    pub fn hears(&self, state: State) -> bool {
        self.on.contains(&state) || (state == State::Erased && self.fields.shows_any())
    }
}
