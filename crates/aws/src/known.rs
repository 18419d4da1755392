//! Which forms this process has written into the registry, so that each costs it one write.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

use counterfoil_core::FormId;

/// The forms that this process has written down.
#[derive(Clone, Debug, Default)]
pub(crate) struct Known(Arc<Mutex<HashSet<FormId>>>);

impl Known {
    pub(crate) fn with<T>(&self, act: impl FnOnce(&mut HashSet<FormId>) -> T) -> T {
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
