//! What an attempt goes out by: who finds addresses, whom it believes, and where its steps are written down.

use crate::net::{Resolver, Trust};
use crate::steps::Steps;

/// What a sender needs beside what it sends, and to whom.
pub(crate) struct Way<'w, R: Resolver> {
    pub(crate) resolver: &'w R,
    pub(crate) trust: &'w Trust,
    pub(crate) steps: &'w Steps<'w>,
}
