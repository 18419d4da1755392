//! What operations need of a home.

use std::future::Future;
use std::time::Duration;

use crate::history::{Action, Edit, Line};
use crate::job::{Candidate, Job, JobId};
use crate::notes::Note;
use crate::set_aside::{Found, Heads, Mark, Page as Parked, Range};
use crate::worklist::{Failures, Filter, Page, Paging};
use counterfoil_core::entry::Head;
use counterfoil_core::fault::Fault;
use counterfoil_core::ports::{Publisher, Write};
use counterfoil_core::submission::SubmissionRef;

/// The ledger as a person on call changes it.
pub trait Actions: Sync {
    /// As [`Ledger::update`](counterfoil_core::ports::Ledger::update), with `deed` in the line of history that the change writes, and with `edit` also
    /// the body replaced by what comes after, and what was before kept in that line. All or nothing.
    fn act(
        &self,
        next: &Head,
        deed: &Action,
        edit: Option<&Edit>,
    ) -> impl Future<Output = Result<Write, Fault>> + Send;

    /// An entry's history, oldest first; empty when there is no entry, or it was stored at once.
    fn history(&self, of: &SubmissionRef) -> impl Future<Output = Result<Vec<Line>, Fault>> + Send;
}

/// What people must look at.
pub trait Worklist: Sync {
    /// One page of what `filter` takes. The order is by time of acceptance, then form and id. Following the pages from
    /// the first to the last gives everything that is there all the while, each once; what comes, goes or changes
    /// meanwhile may be missed. It may lag behind the ledger by some seconds. `from` need not be there (any more).
    fn page(
        &self,
        filter: &Filter,
        paging: &Paging,
    ) -> impl Future<Output = Result<Page, Fault>> + Send;

    /// Some verdicts that made a dead letter, of every entry that there still is. Give `next` of the one before as
    /// `from`. Following them to the last gives each that is there all the while once.
    fn failures(
        &self,
        from: Option<String>,
        most: usize,
    ) -> impl Future<Output = Result<Failures, Fault>> + Send;
}

/// What people have said of causes.
pub trait Notes: Sync {
    /// The latest note of every cause that has one, in no order.
    fn notes(&self) -> impl Future<Output = Result<Vec<Note>, Fault>> + Send;

    /// Writes a cause's note over the one before.
    fn note(&self, note: &Note) -> impl Future<Output = Result<(), Fault>> + Send;
}

/// Replay jobs and their candidates, kept so that whoever comes next can go on.
pub trait Jobs: Sync {
    /// Writes `job` if the one there has `version - 1`, or none is there and `version` is 1. `false`: somebody else
    /// has written it meanwhile. `Err` promises nothing: the same call again may then answer `false`.
    fn save(&self, job: &Job) -> impl Future<Output = Result<bool, Fault>> + Send;

    /// A job, as last saved.
    fn job(&self, id: &JobId) -> impl Future<Output = Result<Option<Job>, Fault>> + Send;

    /// The latest jobs, newest first.
    fn jobs(&self, most: usize) -> impl Future<Output = Result<Vec<Job>, Fault>> + Send;

    /// Keeps a part of a job's candidates, over what was there, if the job there has `job.version`. `false`: somebody else
    /// has written the job meanwhile, and nothing was done; also when there is no job. `Err` promises nothing.
    fn put_part(
        &self,
        job: &Job,
        part: u32,
        candidates: &[Candidate],
    ) -> impl Future<Output = Result<bool, Fault>> + Send;

    /// A part of a job's candidates, in their order; empty when there is none.
    fn part(
        &self,
        id: &JobId,
        part: u32,
    ) -> impl Future<Output = Result<Vec<Candidate>, Fault>> + Send;

    /// Removes parts `0..parts` of a job's candidates.
    fn forget_parts(
        &self,
        id: &JobId,
        parts: u32,
    ) -> impl Future<Output = Result<(), Fault>> + Send;
}

/// Notices that were set aside, and what notices can be made again from. To publish here is to bring out: on the topic,
/// or before the publishers of a server.
pub trait Notices: Publisher {
    /// Some of what is set aside, and where to go on. Following the pages to the last gives everything that is there all the
    /// while, at least once. What was given may be kept from others until it is given back or removed, or some minutes have
    /// passed.
    fn parked(
        &self,
        from: Option<String>,
        most: usize,
    ) -> impl Future<Output = Result<Parked, Fault>> + Send;

    /// Lets others have what was given and stays. Where that fails, they have it some minutes later.
    fn give_back(&self, found: &[Found]) -> impl Future<Output = Result<(), Fault>> + Send;

    /// Removes one that is out again. `Err` promises nothing: it may be given again.
    fn remove(&self, found: &Found) -> impl Future<Output = Result<(), Fault>> + Send;

    /// Heads of entries that have changed since the start of `range`, of its form alone where it has one, in no order. Give
    /// `next` of the page before as `from`. Following the pages gives each that is there all the while at least once, as
    /// the last finished write left it; a page may be empty and not the last.
    fn changed(
        &self,
        range: &Range,
        from: Option<String>,
    ) -> impl Future<Output = Result<Heads, Fault>> + Send;

    /// Names this home in a notice's `source`.
    fn stage(&self) -> &str;

    /// Where what is published now will stand.
    fn mark(&self) -> impl Future<Output = Result<Mark, Fault>> + Send;

    /// Is everything out that was handed over before this mark was made?
    fn is_out(&self, mark: &Mark) -> impl Future<Output = Result<bool, Fault>> + Send;
}

/// Waits.
pub trait Sleep: Sync {
    /// For about so long.
    fn sleep(&self, how_long: Duration) -> impl Future<Output = ()> + Send;
}
