//! How far an attempt came: `receivers test` tells it, and nobody else asks.

use std::sync::Mutex;

/// One step that worked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// The host's name has so many addresses.
    Resolved(usize),
    /// Somebody listens.
    Connected,
    /// Nobody else can read what is said.
    Secured,
    /// Name and password were taken.
    SignedIn,
    /// An answer came, with this code.
    Answered(Option<u16>),
}

/// Where the steps of an attempt are written down as they are taken.
#[derive(Default)]
pub(crate) struct Steps<'s>(Option<&'s Mutex<Vec<Step>>>);

impl<'s> Steps<'s> {
    pub(crate) const fn kept_in(kept: &'s Mutex<Vec<Step>>) -> Self {
        Self(Some(kept))
    }

    pub(crate) fn push(&self, step: Step) {
        if let Some(Ok(mut steps)) = self.0.map(Mutex::lock) {
            steps.push(step);
        }
    }
}
