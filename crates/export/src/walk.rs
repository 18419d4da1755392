//! The way through the catalogue, page by page, the longest there first. What is accepted while it lasts, or gets its first
//! verdict, is left for the next export. After each page it is known where to go on, in another process too.

use counterfoil_core::{Entry, Fault, Timestamp};
use counterfoil_operations::catalogue::{Catalogue, Scope, Search, Sheet, Spot, Turn};
use counterfoil_operations::worklist::SortOrder;

use crate::{ExportError, Sink};

/// Entries in one read.
pub const PAGE: usize = 500;

/// What is to be exported.
#[derive(Clone, Debug)]
pub struct What {
    /// Which entries.
    pub scope: Scope,
    /// With this text in them.
    pub search: Option<Search>,
    /// Those after this place.
    pub from: Option<Spot>,
    /// When the export began.
    pub begun: Timestamp,
}

/// On the way.
pub struct Walk<'a, C> {
    home: &'a C,
    what: What,
    scope: Scope,
    place: Option<Spot>,
    most: usize,
    is_over: bool,
}

/// What came of one page.
#[derive(Debug, Default)]
pub struct Step {
    /// Entries that were written.
    pub written: u64,
    /// Entries that were read for it.
    pub read: u64,
    /// What is wrong with each entry that was left out because it cannot be read.
    pub damaged: Vec<Fault>,
}

impl<'a, C: Catalogue> Walk<'a, C> {
    /// At its beginning.
    #[must_use]
    pub fn new(home: &'a C, what: What) -> Self {
        let until = what
            .scope
            .until
            .map_or(what.begun, |until| until.min(what.begun));
        let scope = Scope {
            until: Some(until),
            ..what.scope.clone()
        };
        Self {
            home,
            scope,
            place: what.from.clone(),
            most: PAGE,
            is_over: false,
            what,
        }
    }

    /// Reads so many entries at once, where a page of them lies in memory for as long as somebody likes.
    #[must_use]
    pub fn in_pages_of(self, most: usize) -> Self {
        Self { most, ..self }
    }

    /// What it takes: what was asked for, and nothing that came since it began.
    #[must_use]
    pub const fn scope(&self) -> &Scope {
        &self.scope
    }

    /// Where to go on: everything up to here is written. `None`: from the beginning.
    #[must_use]
    pub const fn place(&self) -> Option<&Spot> {
        self.place.as_ref()
    }

    /// Reads a page and writes it; `None`: the one before was the last.
    ///
    /// # Errors
    ///
    /// The home did not answer: then the same can be tried again. Or it could not be written.
    pub async fn step(&mut self, sink: &mut dyn Sink) -> Result<Option<Step>, ExportError> {
        if self.is_over {
            return Ok(None);
        }
        let sheet = self.page().await?;
        let mut step = Step {
            read: sheet.read,
            damaged: sheet.damaged,
            ..Step::default()
        };
        for shown in &sheet.rows {
            if self.was_there(&shown.entry) {
                sink.entry(&shown.entry)?;
                step.written += 1;
            }
        }
        sink.flush()?;
        self.is_over = sheet.next.is_none();
        self.place = sheet.next.or(self.place.take());
        Ok(Some(step))
    }

    async fn page(&self) -> Result<Sheet, Fault> {
        let turn = Turn {
            order: SortOrder::OldestFirst,
            from: self.place.clone(),
            most: self.most,
        };
        match &self.what.search {
            Some(search) => self.home.search(&self.scope, search, &turn).await,
            None => self.home.list(&self.scope, &turn).await,
        }
    }

    /// Was there a verdict on it when the export began? What has changed since is there as it is now.
    fn was_there(&self, entry: &Entry) -> bool {
        entry.head.seq > 1 || entry.head.updated_at <= self.what.begun
    }
}

#[cfg(test)]
#[path = "walk_tests.rs"]
mod tests;
