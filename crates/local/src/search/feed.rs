//! Feeds the index from the main database, step by step.
//!
//! ```text
//!          main database                                   search.db
//! anew     cursor := end of the outbox, a new mark   ───►  made anew: its place there, that mark, no entry read
//! step     the next mark, beside the last            ───►  one transaction: the words of what changed behind its place,
//!                                                          and of some entries that were never read; its place, that mark
//!          cursor := its place                       ◄───
//! ```
//!
//! An entry is read as it is *now*, never as a change says: so it does not matter in which order things are read, or how
//! often. Whatever changes while all entries are read through stands in the outbox behind the place noted before.
//!
//! A kill in the middle leaves the main database one mark ahead, and it still knows the last. Any other difference means
//! that one of them is not what the other has seen (a restored database, an old index), and the index begins anew.

use std::path::PathBuf;

use counterfoil_core::{Body, Code, Entry, Fault, SubmissionRef};

use super::behind::{self, Changed, Cursor, Mark};
use super::file::{self, Broken};
use super::index::{Index, Progress, Step};
use crate::store::Store;
use crate::submissions::Filter;
use counterfoil_operations::worklist::SortOrder;

/// Entries of a step at most: the time that a reader may wait for it.
const STEP: usize = 100;
/// Entries of the first step. Each one after it has more where they are small, and fewer where they are large.
const FEW: usize = 8;
/// Bytes of what was submitted in a step, but for a single entry: its memory, a few times over while its words are cut.
const ROOM: usize = 1024 * 1024;

/// How much of an index that is being built is there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Built {
    /// Entries up to this one were read.
    pub done: u64,
    /// The last one.
    pub all: u64,
}

/// What a step came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stepped {
    /// The index knew everything.
    Idle,
    /// It knows more. There may be more to know.
    Further(Built),
}

/// Why a step was not done.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Hindered {
    /// The main database's fault.
    #[error("{0}")]
    Main(#[from] Fault),
    /// The index's.
    #[error("search.db: {0}")]
    Index(#[from] Broken),
}

/// Whoever feeds the index. There must be one at a time.
pub(crate) struct Feeder<'s> {
    store: &'s Store,
    path: PathBuf,
    index: Option<Index>,
    /// Entries of the next step: fewer where they are large.
    most: usize,
}

impl<'s> Feeder<'s> {
    pub(crate) fn new(store: &'s Store, path: PathBuf) -> Self {
        Self {
            store,
            path,
            index: None,
            most: FEW,
        }
    }

    /// Does one step. An index that is damaged, or is not there, is begun anew by the next one.
    pub(crate) async fn step(&mut self) -> Result<Stepped, Hindered> {
        let stepped = self.try_step().await;
        match &stepped {
            Err(Hindered::Index(Broken::Damaged(said))) => {
                tracing::warn!(said, "the search index is damaged, and is built anew");
                self.index = None;
                file::throw_away(&self.path)?;
                Ok(Stepped::Further(Built::default()))
            }
            Err(Hindered::Index(Broken::Missing)) => {
                self.index = None;
                Ok(Stepped::Further(Built::default()))
            }
            Err(_) => {
                self.index = None;
                stepped
            }
            Ok(_) => stepped,
        }
    }

    async fn try_step(&mut self) -> Result<Stepped, Hindered> {
        let cursor = self.store.read(behind::cursor)?;
        let (mut index, progress) = match (self.opened()?, cursor) {
            (Some((index, progress)), Some(cursor)) if follows(&progress, &cursor) => {
                if cursor.position != progress.position {
                    self.tell(progress.position, 0).await?;
                }
                (index, progress)
            }
            _ => self.begin().await?,
        };
        let (changed, step) = self.next(&progress)?;
        if step.is_empty()
            && step.to.is_whole == progress.is_whole
            && step.to.position == progress.position
        {
            self.index = Some(index);
            return Ok(Stepped::Idle);
        }
        let mark = step.to.mark;
        if !self
            .store
            .writer()
            .write(move |connection| behind::announce(connection, &mark))
            .await?
        {
            return Ok(Stepped::Further(Built::default()));
        }
        let (index, to) = blocking(move || index.take(&step).map(|()| (index, step.to))).await?;
        self.index = Some(index);
        self.tell(to.position, changed.noted).await?;
        Ok(Stepped::Further(self.built(&to)?))
    }

    /// The index that is there, if there is one.
    fn opened(&mut self) -> Result<Option<(Index, Progress)>, Broken> {
        let index = match self.index.take().filter(Index::is_in_place) {
            Some(index) => index,
            None => match Index::open(&self.path) {
                Ok(index) => index,
                Err(Broken::Missing) => return Ok(None),
                Err(broken) => return Err(broken),
            },
        };
        let progress = index.progress()?;
        Ok(Some((index, progress)))
    }

    /// Makes an empty index, from which on nothing is missed.
    async fn begin(&mut self) -> Result<(Index, Progress), Hindered> {
        let mark = mark()?;
        let position = self
            .store
            .writer()
            .write(move |connection| behind::begin(connection, &mark))
            .await?;
        let progress = Progress {
            position,
            mark,
            walked: 0,
            is_whole: false,
        };
        let path = self.path.clone();
        Ok(
            blocking(move || Index::create(&path, &progress).map(|index| (index, progress)))
                .await?,
        )
    }

    /// Tells the main database how far the index has come.
    async fn tell(&mut self, position: i64, noted: i64) -> Result<(), Fault> {
        self.store
            .writer()
            .write(move |connection| behind::advance(connection, position, noted))
            .await
    }

    /// What the next step does, of as many entries as there is room for.
    fn next(&mut self, from: &Progress) -> Result<(Changed, Step), Hindered> {
        loop {
            let most = self.most;
            let changed = self
                .store
                .read(|connection| behind::changed(connection, from.position, most))?;
            if changed.is_damaged {
                let said = "a change that it should learn of cannot be read";
                return Err(Broken::Damaged(said.into()).into());
            }
            let Some(step) = self.gather(&changed, from)? else {
                self.most = (most / 2).max(1);
                continue;
            };
            // Many small ones: more of them next time.
            if step.bytes() < ROOM / 4 {
                self.most = (most * 2).min(STEP);
            }
            return Ok((changed, step));
        }
    }

    /// What the step of these changes does. `None`: there is no room for so many.
    fn gather(&self, changed: &Changed, from: &Progress) -> Result<Option<Step>, Hindered> {
        let (mut entries, mut gone, mut bytes) = (Vec::new(), Vec::new(), 0);
        for of in &changed.of {
            match self.readable(of)? {
                Some(entry) => {
                    bytes += size(&entry);
                    entries.push(entry);
                }
                None => gone.push(of.clone()),
            }
            if bytes > ROOM && self.most > 1 {
                return Ok(None);
            }
        }
        let mut to = Progress {
            position: changed.position,
            mark: mark()?,
            ..from.clone()
        };
        if !from.is_whole {
            let reader = self.store.reader();
            let page = reader.page(
                &Filter::default(),
                SortOrder::OldestFirst,
                Some(from.walked),
                self.most,
            )?;
            entries.extend(page.entries);
            to.walked = page.next.unwrap_or(from.walked);
            to.is_whole = page.next.is_none();
        }
        let step = Step {
            entries,
            gone,
            from: from.mark,
            to,
        };
        Ok((self.most == 1 || step.bytes() <= ROOM).then_some(step))
    }

    /// The entry, if there is one. What is damaged cannot be found by what was in it.
    fn readable(&self, of: &SubmissionRef) -> Result<Option<Entry>, Fault> {
        match self.store.reader().entry(of) {
            Err(fault) if fault.is_damage() => Ok(None),
            read => read,
        }
    }

    fn built(&self, progress: &Progress) -> Result<Built, Fault> {
        let all = if progress.is_whole {
            progress.walked
        } else {
            self.store.reader().last_place()?
        };
        Ok(Built {
            done: progress.walked.unsigned_abs(),
            all: all.unsigned_abs(),
        })
    }
}

impl Step {
    fn is_empty(&self) -> bool {
        self.entries.is_empty() && self.gone.is_empty()
    }

    /// Of what was submitted.
    fn bytes(&self) -> usize {
        self.entries.iter().map(size).sum()
    }
}

/// Bytes of what was submitted.
fn size(entry: &Entry) -> usize {
    match &entry.body {
        Body::Payload(payload) => payload.as_str().len(),
        Body::Raw(bytes) => bytes.len(),
        Body::Erased => 0,
    }
}

/// Is the index where the main database has seen it last, or one step back?
fn follows(progress: &Progress, cursor: &Cursor) -> bool {
    cursor.position <= progress.position && [cursor.mark, cursor.before].contains(&progress.mark)
}

fn mark() -> Result<Mark, Fault> {
    let mut mark = Mark::default();
    getrandom::fill(&mut mark)
        .map_err(|error| Fault::transient(Code::NoRandomness, error.to_string()))?;
    Ok(mark)
}

/// Runs what takes its time on a thread of its own.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Broken> + Send + 'static,
) -> Result<T, Broken> {
    let done = tokio::task::spawn_blocking(work).await;
    done.unwrap_or_else(|_| Err(Broken::InTheWay("a step ended by itself".into())))
}
