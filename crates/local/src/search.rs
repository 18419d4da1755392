//! Full-text search of one machine: `search.db`, an index in a file of its own beside the database.
//!
//! It is behind everything: it is fed by what the database tells it (`search/feed.rs`), and nothing that accepts, settles
//! or reads an entry waits for it. Slow, full, damaged or gone, it is no error but a search's; then it is made anew from
//! the entries. What is erased or expired is not in the file any more once the index has learned of it. A match counts
//! only if the entry itself bears it out, so an index that is behind finds less, and never what is not there.

mod behind;
mod feed;
mod file;
mod index;
mod look;
mod place;
mod scrub;
mod words;

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use counterfoil_core::{Code, Entry, Fault};
use counterfoil_operations::catalogue::words::Wanted;
use counterfoil_operations::catalogue::{Scope, Search, Spot, Turn};
use tokio::sync::Mutex;

pub use feed::Built;

pub(crate) use behind::{holds, note};
pub(crate) use feed::{Feeder, Hindered, Stepped};

use crate::data_dir::DataDir;
use crate::hand_over;
use crate::store::Store;
use file::Broken;
use look::{Looked, Lookup};
use place::Found;

/// What the index is called.
const SEARCH: &str = "search.db";

/// A page of entries that have the words in them.
#[derive(Debug, Default)]
pub struct Matches {
    /// In the order asked for. There may be fewer than asked for, even none, and more to come.
    pub entries: Vec<Entry>,
    /// What is wrong with each entry that the index names and that cannot be read.
    pub damaged: Vec<Fault>,
    /// How many entries were read.
    pub read: u64,
    /// Where the next page starts; `None`: this was the last one.
    pub next: Option<Spot>,
}

/// Who feeds the index of a store.
#[derive(Default)]
pub(crate) struct Feeding {
    /// A loop does, as long as it runs.
    by_loop: AtomicBool,
    /// Held by whoever does.
    turn: Mutex<()>,
}

impl Feeding {
    pub(crate) fn is_by_loop(&self, by_loop: bool) {
        self.by_loop.store(by_loop, Ordering::Relaxed);
    }

    pub(crate) const fn turn(&self) -> &Mutex<()> {
        &self.turn
    }
}

impl Store {
    /// One page of the entries that `scope` takes and that have the words in them. Where nobody feeds the index, it is
    /// brought up to date before. A fault `index-being-built` says how far it is.
    pub async fn matches(
        &self,
        scope: &Scope,
        search: &Search,
        turn: &Turn,
    ) -> Result<Matches, Fault> {
        self.bring_index_up(|_| true).await?;
        let (Some(wanted), Some(words)) = (Wanted::parse(search), words::asked(&search.text))
        else {
            return Ok(Matches::default());
        };
        let asked = Lookup {
            scope: scope.clone(),
            words,
            turn: turn.clone(),
        };
        let path = self.search_db();
        let looked = tokio::task::spawn_blocking(move || look::look(&path, &asked)).await;
        match looked.map_err(|error| in_the_way(&error))? {
            Ok(Looked::Page(found, next)) => {
                let mut matches = Matches {
                    next,
                    ..Matches::default()
                };
                let takes = |entry: &Entry| {
                    let head = &entry.head;
                    scope.takes(&head.of, head.state, head.listed_at()) && wanted.is_in(entry)
                };
                found
                    .iter()
                    .try_for_each(|found| self.judge(found, takes, &mut matches))?;
                Ok(matches)
            }
            Ok(Looked::Building(walked)) => Err(self.being_built(walked)?),
            Err(Broken::Missing | Broken::Damaged(_)) => Err(self.being_built(0)?),
            Err(Broken::InTheWay(said)) => Err(in_the_way(&said)),
        }
    }

    /// Brings the index up to date, where nobody else feeds it; `told` learns how far it is after each step, and says
    /// whether to go on. A server that wants the directory gets it between two steps.
    pub async fn bring_index_up(&self, mut told: impl FnMut(Built) -> bool) -> Result<(), Fault> {
        if self.feeding().by_loop.load(Ordering::Relaxed) {
            return Ok(());
        }
        let _turn = self.feeding().turn.lock().await;
        let path = self.search_db();
        let directory = DataDir::at(path.parent().unwrap_or(Path::new(".")));
        let _lock = if self.is_visiting() {
            // Whoever has it feeds its index, or will.
            match directory.lock() {
                Ok(lock) => Some((lock, hand_over::stand_in(&directory))),
                Err(_) => return Ok(()),
            }
        } else {
            None
        };
        let mut feeder = Feeder::new(self, path);
        loop {
            match feeder.step().await {
                Ok(Stepped::Idle) => return Ok(()),
                Ok(Stepped::Further(built)) => {
                    if !told(built) || (self.is_visiting() && hand_over::is_asked_for(&directory)) {
                        return Ok(());
                    }
                }
                Err(Hindered::Main(fault)) => return Err(fault),
                Err(Hindered::Index(broken)) => return Err(in_the_way(&broken)),
            }
        }
    }

    /// Where the index is.
    pub(crate) fn search_db(&self) -> PathBuf {
        self.reader().beside(SEARCH)
    }

    /// Reads an entry that the index names, and takes it if it is what was asked for.
    fn judge(
        &self,
        found: &Found,
        takes: impl Fn(&Entry) -> bool,
        matches: &mut Matches,
    ) -> Result<(), Fault> {
        matches.read += 1;
        match self.reader().entry(&found.of) {
            Ok(Some(entry)) => {
                matches.entries.extend(Some(entry).filter(takes));
                Ok(())
            }
            Ok(None) => Ok(()),
            Err(fault) if fault.is_damage() => {
                matches.damaged.push(fault);
                Ok(())
            }
            Err(fault) => Err(fault),
        }
    }

    fn being_built(&self, walked: i64) -> Result<Fault, Fault> {
        let all = self.reader().last_place()?;
        let said = format!(
            "the search index is being built: {walked} of {all} entries are in it; ask again in a moment"
        );
        Ok(Fault::transient(Code::IndexBeingBuilt, said))
    }
}

fn in_the_way(said: &impl std::fmt::Display) -> Fault {
    Fault::transient(
        Code::NoSearch,
        format!("nothing can be searched now: {said}"),
    )
}
