//! The memory ledger as its owner reads it.

use counterfoil_core::ports::{Seen, SeenMarks};
use counterfoil_core::{Entry, Fault, FormId, SubmissionRef, Timestamp};
use counterfoil_operations::catalogue::scan::{Sought, scan};
use counterfoil_operations::catalogue::{
    Catalogue, Count, Scope, Search, Sheet, Shown, Spot, Turn,
};
use counterfoil_operations::marks::{Made, Mark, Marking, Marks, Watermark};
use counterfoil_operations::worklist::SortOrder;

use crate::MemoryLedger;

/// Entries are counted up to here.
pub const COUNTED: u64 = 1000;
/// Entries that are read for a page of a search.
const SCANNED: u64 = 500;

impl MemoryLedger {
    /// From now on this entry cannot be read.
    pub fn damage(&self, of: &SubmissionRef) {
        self.damaged.lock().unwrap().insert(of.clone());
    }

    /// What a scope takes, in its order.
    fn taken(&self, scope: &Scope, order: SortOrder) -> Vec<Entry> {
        let mut rows = self.entries();
        rows.retain(|row| scope.takes(&row.head.of, row.head.state, row.head.listed_at()));
        rows.sort_by_key(Spot::from_entry);
        match order {
            SortOrder::OldestFirst => {}
            SortOrder::NewestFirst => rows.reverse(),
        }
        rows
    }

    fn marks_of(&self, spot: &Spot) -> Marks {
        let mut marks = self
            .marks
            .lock()
            .unwrap()
            .get(&spot.of)
            .cloned()
            .unwrap_or_default();
        let watermarks = self.watermarks.lock().unwrap();
        let watermark = watermarks
            .get(&spot.of.form)
            .filter(|watermark| *spot <= watermark.upto);
        marks.seen = marks
            .seen
            .or_else(|| watermark.map(|watermark| watermark.made.clone()));
        marks
    }
}

impl Catalogue for MemoryLedger {
    async fn list(&self, scope: &Scope, turn: &Turn) -> Result<Sheet, Fault> {
        let is_after = |spot: &Spot| match (&turn.from, turn.order) {
            (None, _) => true,
            (Some(from), SortOrder::OldestFirst) => spot > from,
            (Some(from), SortOrder::NewestFirst) => spot < from,
        };
        let rows = self.taken(scope, turn.order);
        let mut rest = rows
            .into_iter()
            .filter(|row| is_after(&Spot::from_entry(row)))
            .peekable();
        let damaged = self.damaged.lock().unwrap();
        let mut sheet = Sheet::default();
        while sheet.rows.len() + sheet.damaged.len() < turn.most
            && let Some(entry) = rest.next()
        {
            let spot = Spot::from_entry(&entry);
            sheet.read += 1;
            if damaged.contains(&spot.of) {
                sheet
                    .damaged
                    .push(Fault::damaged(format!("{} is damaged", spot.of)));
            } else {
                sheet.rows.push(Shown {
                    entry,
                    marks: self.marks_of(&spot),
                });
            }
            sheet.next = rest.peek().map(|_| spot);
        }
        Ok(sheet)
    }

    async fn count(&self, scope: &Scope) -> Result<Count, Fault> {
        let there = self.taken(scope, SortOrder::OldestFirst).len() as u64;
        Ok(Count {
            number: there.min(COUNTED),
            is_more: there > COUNTED,
        })
    }

    async fn search(&self, scope: &Scope, search: &Search, turn: &Turn) -> Result<Sheet, Fault> {
        scan(self, Sought { scope, search }, turn, SCANNED).await
    }
}

impl SeenMarks for MemoryLedger {
    async fn seen(&self, of: &SubmissionRef, listed_at: Timestamp) -> Result<Seen, Fault> {
        let of = of.clone();
        let marks = self.marks_of(&Spot { listed_at, of });
        Ok(Seen {
            seen_at: marks.seen.map(|made| made.at),
            answered_at: marks.answered.map(|made| made.at),
        })
    }
}

impl Marking for MemoryLedger {
    async fn mark(&self, of: &SubmissionRef, mark: Mark, made: Option<&Made>) -> Result<(), Fault> {
        let mut all = self.marks.lock().unwrap();
        let marks = all.entry(of.clone()).or_default();
        let there = match mark {
            Mark::Seen => &mut marks.seen,
            Mark::Answered => &mut marks.answered,
        };
        *there = made.map(|made| there.take().unwrap_or_else(|| made.clone()));
        Ok(())
    }

    async fn marks(&self, of: &[Spot]) -> Result<Vec<Marks>, Fault> {
        Ok(of.iter().map(|spot| self.marks_of(spot)).collect())
    }

    async fn see_all(&self, form: &FormId, watermark: &Watermark) -> Result<(), Fault> {
        let mut watermarks = self.watermarks.lock().unwrap();
        let there = watermarks
            .entry(form.clone())
            .or_insert_with(|| watermark.clone());
        if watermark.upto > there.upto {
            *there = watermark.clone();
        }
        Ok(())
    }
}
