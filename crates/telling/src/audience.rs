//! Who is to hear of what: the question that the configuration of receivers answers.

use std::sync::Arc;

use counterfoil_core::FormId;
use counterfoil_core::notice::Change;

use crate::receiver::ReceiverName;

/// Says who hears of a change, as the owner has written it down.
pub trait Audience: Send + Sync {
    /// Everybody that there is, each once.
    fn receivers(&self) -> Vec<ReceiverName>;

    /// Who is to be told of this change, each once.
    fn hears(&self, change: &Change) -> Vec<ReceiverName>;

    /// Does this form show the receiver any field? Only then what was submitted is read for it.
    fn shows_fields(&self, receiver: &ReceiverName, form: &FormId) -> bool;
}

impl<T: Audience + ?Sized> Audience for Arc<T> {
    fn receivers(&self) -> Vec<ReceiverName> {
        T::receivers(self)
    }

    fn hears(&self, change: &Change) -> Vec<ReceiverName> {
        T::hears(self, change)
    }

    fn shows_fields(&self, receiver: &ReceiverName, form: &FormId) -> bool {
        T::shows_fields(self, receiver, form)
    }
}
