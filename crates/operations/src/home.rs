//! A home as operations see it: any ledger and any queue, behind one type that is not generic. What is done to submissions
//! by people waits for disks and networks, so a boxed future for each call costs nothing that anybody could measure, and
//! each use case is compiled once and not once for each home.

use std::sync::Arc;

use counterfoil_core::ports::{Entries, Ledger, Polls, Queue, Write};
use counterfoil_core::{Entry, Fault, FormId, Head, SubmissionRef};
use futures_util::future::BoxFuture;

use crate::catalogue::{Catalogue, Count, Scope, Search, Sheet, Spot, Turn};
use crate::causes::Note;
use crate::history::{Action, Edit, Line};
use crate::job::{Candidate, Job, JobId};
use crate::marks::{Made, Mark, Marking, Marks, Watermark};
use crate::ports::{Actions, Jobs, Notes, Worklist};
use crate::worklist::{Failures, Filter, Page, Paging};

/// The ledger of a home and its queue. Clones share both.
#[derive(Clone)]
pub struct Home {
    ledger: Arc<dyn OfLedger>,
    queue: Arc<dyn DynQueue>,
}

impl Home {
    /// A home of this ledger and this queue, which may be one thing.
    pub fn new<L, Q>(ledger: Arc<L>, queue: Arc<Q>) -> Self
    where
        L: Ledger
            + Polls
            + Entries
            + Actions
            + Worklist
            + Notes
            + Jobs
            + Catalogue
            + Marking
            + Send
            + Sync
            + 'static,
        Q: Queue + Send + Sync + 'static,
    {
        Self { ledger, queue }
    }
}

impl<T> From<Arc<T>> for Home
where
    T: Ledger
        + Polls
        + Entries
        + Actions
        + Worklist
        + Notes
        + Jobs
        + Catalogue
        + Marking
        + Queue
        + Send
        + Sync
        + 'static,
{
    /// A home whose ledger and queue are one thing.
    fn from(both: Arc<T>) -> Self {
        Self::new(Arc::clone(&both), both)
    }
}

/// What lies in the ledger.
trait OfLedger:
    DynLedger
    + DynPolls
    + DynEntries
    + DynDeeds
    + DynWorklist
    + DynNotes
    + DynJobs
    + DynCatalogue
    + DynMarking
{
}

impl<T> OfLedger for T where
    T: DynLedger
        + DynPolls
        + DynEntries
        + DynDeeds
        + DynWorklist
        + DynNotes
        + DynJobs
        + DynCatalogue
        + DynMarking
{
}

/// For each port a twin that can be behind a pointer, every implementation's way there, and the way back: [`Home`]
/// implements the port by the part that is named. An argument is lent (`&`), perhaps (`Option<&>`), or given.
macro_rules! ports {
    ($($part:ident: $port:ident as $twin:ident {
        $(fn $name:ident($($way:ident $argument:ident: $type:ty),*) -> $answer:ty;)+
    })+) => {$(
        trait $twin: Send + Sync {
            $(fn $name<'a>(&'a self $(, $argument: passed!('a $way $type))*) -> BoxFuture<'a, $answer>;)+
        }

        impl<T: $port + Send + Sync> $twin for T {
            $(fn $name<'a>(&'a self $(, $argument: passed!('a $way $type))*) -> BoxFuture<'a, $answer> {
                Box::pin($port::$name(self $(, $argument)*))
            })+
        }

        impl $port for Home {
            $(async fn $name(&self $(, $argument: passed!($way $type))*) -> $answer {
                $twin::$name(&*self.$part $(, $argument)*).await
            })+
        }
    )+};
}

macro_rules! passed {
    ($($life:lifetime)? lent $type:ty) => { &$($life)? $type };
    ($($life:lifetime)? perhaps $type:ty) => { Option<&$($life)? $type> };
    ($($life:lifetime)? given $type:ty) => { $type };
}

ports! {
    ledger: Ledger as DynLedger {
        fn insert(lent entry: Entry) -> Result<Write, Fault>;
        fn update(lent next: Head) -> Result<Write, Fault>;
        fn mend(lent next: Entry) -> Result<Write, Fault>;
    }
    ledger: Polls as DynPolls {
        fn head(lent of: SubmissionRef) -> Result<Option<Head>, Fault>;
        fn left(lent of: SubmissionRef) -> Result<Option<Head>, Fault>;
    }
    ledger: Entries as DynEntries {
        fn entry(lent of: SubmissionRef) -> Result<Option<Entry>, Fault>;
    }
    ledger: Actions as DynDeeds {
        fn act(lent next: Head, lent deed: Action, perhaps edit: Edit) -> Result<Write, Fault>;
        fn history(lent of: SubmissionRef) -> Result<Vec<Line>, Fault>;
    }
    ledger: Worklist as DynWorklist {
        fn page(lent filter: Filter, lent paging: Paging) -> Result<Page, Fault>;
        fn failures(given from: Option<String>, given most: usize) -> Result<Failures, Fault>;
    }
    ledger: Notes as DynNotes {
        fn notes() -> Result<Vec<Note>, Fault>;
        fn note(lent note: Note) -> Result<(), Fault>;
    }
    ledger: Jobs as DynJobs {
        fn save(lent job: Job) -> Result<bool, Fault>;
        fn job(lent id: JobId) -> Result<Option<Job>, Fault>;
        fn jobs(given most: usize) -> Result<Vec<Job>, Fault>;
        fn put_part(lent job: Job, given part: u32, lent candidates: [Candidate]) -> Result<bool, Fault>;
        fn part(lent id: JobId, given part: u32) -> Result<Vec<Candidate>, Fault>;
        fn forget_parts(lent id: JobId, given parts: u32) -> Result<(), Fault>;
    }
    ledger: Catalogue as DynCatalogue {
        fn list(lent scope: Scope, lent turn: Turn) -> Result<Sheet, Fault>;
        fn count(lent scope: Scope) -> Result<Count, Fault>;
        fn search(lent scope: Scope, lent search: Search, lent turn: Turn) -> Result<Sheet, Fault>;
    }
    ledger: Marking as DynMarking {
        fn mark(lent of: SubmissionRef, given mark: Mark, perhaps made: Made) -> Result<(), Fault>;
        fn marks(lent of: [Spot]) -> Result<Vec<Marks>, Fault>;
        fn see_all(lent form: FormId, lent watermark: Watermark) -> Result<(), Fault>;
    }
    queue: Queue as DynQueue {
        fn send(lent of: SubmissionRef, given body: String) -> Result<(), Fault>;
    }
}
