//! A spreadsheet (`.xlsx`) in which everything is what it was: texts are texts, also telephone numbers, postal codes and
//! ids, and nothing is a formula; only what was sent as a number is one. Rows lie in temporary files until the end; these
//! have no name, so nothing of them is left, however the process ends.

mod write;

use std::io::{self, Write};
use std::path::PathBuf;

use counterfoil_core::Entry;

use crate::columns::Columns;
use crate::{Sink, Written};
use write::{Book, guarded};

/// Rows of a sheet, its head included: no spreadsheet takes more.
pub const ROWS: u32 = 1_048_576;

/// Writes entries as rows of sheets.
pub struct Xlsx<W: Write + Send> {
    out: W,
    book: Book,
}

impl<W: Write + Send> Xlsx<W> {
    /// Begins the first sheet. Temporary files are made in `folder`, for the process's own user alone.
    ///
    /// # Errors
    ///
    /// No file could be made there.
    pub fn new(out: W, columns: Columns, folder: PathBuf) -> io::Result<Self> {
        Self::with_rows(out, columns, (folder, ROWS))
    }

    fn with_rows(out: W, columns: Columns, (folder, rows): (PathBuf, u32)) -> io::Result<Self> {
        let book = guarded(|| Book::new(columns, &folder, rows))?;
        Ok(Self { out, book })
    }
}

impl<W: Write + Send> Sink for Xlsx<W> {
    fn entry(&mut self, entry: &Entry) -> io::Result<()> {
        guarded(|| self.book.row(entry))
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }

    fn finish(mut self: Box<Self>) -> io::Result<Written> {
        let Self { out, book } = &mut *self;
        guarded(|| book.save(out))
    }
}

#[cfg(test)]
#[path = "xlsx/tests.rs"]
mod tests;
