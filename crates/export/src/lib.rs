//! What was submitted, written for people and programs: CSV, a spreadsheet, JSON Lines. Entries are read from a
//! [`Catalogue`](counterfoil_operations::catalogue::Catalogue) page by page and written one by one, so a million of them need
//! no more memory than a page. The command and the console export by this crate alike. It knows no home.

pub mod columns;
pub mod csv;
pub mod json;
pub mod walk;
pub mod xlsx;

use std::io;

use counterfoil_core::{Entry, Fault};

/// Why an export ended before its end.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The home did not answer.
    #[error("{0}")]
    Home(Fault),
    /// It could not be written.
    #[error("{0}")]
    Out(io::Error),
}

impl From<Fault> for ExportError {
    fn from(fault: Fault) -> Self {
        Self::Home(fault)
    }
}

impl From<io::Error> for ExportError {
    fn from(error: io::Error) -> Self {
        Self::Out(error)
    }
}

/// Where entries are written to, in some format.
pub trait Sink: Send {
    /// Writes one entry.
    ///
    /// # Errors
    ///
    /// It could not be written, and nothing more can be.
    fn entry(&mut self, entry: &Entry) -> io::Result<()>;

    /// Writes all that is held back, so that whoever reads has each entry so far. A format that can only be read as a whole
    /// does nothing.
    ///
    /// # Errors
    ///
    /// It could not be written, and nothing more can be.
    fn flush(&mut self) -> io::Result<()>;

    /// Writes the end.
    ///
    /// # Errors
    ///
    /// It could not be written.
    fn finish(self: Box<Self>) -> io::Result<Written>;
}

/// What is to be known of an export that is whole.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Written {
    /// Texts that were cut because the format takes no longer ones.
    pub cut: u64,
}
