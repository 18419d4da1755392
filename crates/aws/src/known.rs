//! What this process has written into a registry, so that each costs it one write: forms, and receivers.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

/// Those that this process has written down.
#[derive(Clone, Debug)]
pub(crate) struct Known<T>(Arc<Mutex<HashSet<T>>>);

impl<T> Default for Known<T> {
    fn default() -> Self {
        Self(Arc::default())
    }
}

impl<T> Known<T> {
    pub(crate) fn with<D>(&self, act: impl FnOnce(&mut HashSet<T>) -> D) -> D {
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
