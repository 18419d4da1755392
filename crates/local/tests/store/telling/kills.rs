//! The process ends at every step from the commit of a change to what is written of its delivery. An end leaves what is on
//! disk at that moment: a copy of the directory, from which another life begins.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use counterfoil_core::Cause;
use counterfoil_core::ports::Ledger;
use counterfoil_local::Store;
use counterfoil_local::deliveries::DELIVERIES;
use counterfoil_operations::act::{Acted, Acting, discard_one};
use counterfoil_operations::history::Verb;
use counterfoil_telling::delivery::DeliveryState;
use counterfoil_telling::send::{Letter, Outcome, Sender};
use counterfoil_testkit::build::{deed, entry, envelope, forms, reference};
use counterfoil_testkit::contract::deliveries::{delivered, later};
use tempfile::TempDir;

use super::{in_state, run, until};
use crate::place::Place;
use crate::trials::copied;

/// What is on disk at one moment, and what the receiver had been sent by then.
struct Moment {
    what: String,
    disk: TempDir,
    sent: Vec<String>,
}

/// Keeps what it is given, and what is on disk when it is, before and after; fails the first of all tries.
#[derive(Clone, Default)]
struct Watched {
    /// Where the store is; none: nothing is kept of it.
    place: Option<PathBuf>,
    fails_first: bool,
    sent: Arc<Mutex<Vec<String>>>,
    /// Where the log ended when each was sent.
    ends: Arc<Mutex<Vec<usize>>>,
    moments: Arc<Mutex<Vec<Moment>>>,
}

impl Watched {
    fn keep(&self, what: String) {
        let Some(place) = &self.place else { return };
        let (disk, sent) = (copied(place), self.sent());
        self.moments
            .lock()
            .unwrap()
            .push(Moment { what, disk, sent });
    }

    fn sent(&self) -> Vec<String> {
        self.sent.lock().unwrap().clone()
    }
}

impl Sender for Watched {
    async fn send(&self, letter: &Letter) -> Outcome {
        let n = self.sent().len();
        self.keep(format!("before letter {n} is sent"));
        self.sent.lock().unwrap().push(letter.items[0].id.clone());
        let end = self
            .place
            .as_deref()
            .and_then(|place| commits(&log(place)).pop());
        self.ends.lock().unwrap().extend(end);
        self.keep(format!("letter {n} is sent, and nothing written"));
        if self.fails_first && n == 0 {
            later()
        } else {
            delivered()
        }
    }
}

/// The ids of the two changes, in their order.
fn ids() -> [String; 2] {
    [1, 2].map(|seq| format!("{}:{seq}/crm", reference(1)))
}

/// A submission that failed and then was discarded: both changes are committed, and nothing is born.
async fn changed_twice(place: &Place) -> Arc<Store> {
    let store = Arc::new(place.open());
    store.begin_deliveries().await.unwrap();
    let publishers = vec![DELIVERIES.to_owned()];
    store.register_publishers(publishers).await.unwrap();
    let row = entry(&envelope(1, "m"), Some(Cause::gave_up(20)));
    store.insert(&row).await.unwrap();
    let (clock, forms) = (place.clock(), forms());
    let acting = Acting {
        home: &*store,
        clock: &*clock,
        forms: &forms,
    };
    let acted = discard_one(&reference(1), &deed(Verb::Discard), &acting).await;
    assert!(matches!(acted, Ok(Acted::Done(_))), "{acted:?}");
    store
}

/// Runs until both are delivered.
async fn live(place: &Place, store: &Arc<Store>, sender: &Watched) {
    let running = run(place, store, sender.clone(), &["crm"]).await;
    until(place, || {
        in_state(store, "crm", DeliveryState::Delivered).len() == 2
    })
    .await;
    running.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ended_at_every_step_each_change_is_told_at_least_once_by_the_id_it_had() {
    let place = Place::new();
    let store = changed_twice(&place).await;
    let first_life = Watched {
        place: Some(place.path()),
        fails_first: true,
        ..Watched::default()
    };
    first_life.keep("committed, and nothing is born".into());
    live(&place, &store, &first_life).await;
    first_life.keep("all is written".into());
    let [first, second] = ids();
    assert_eq!(
        first_life.sent(),
        [first.clone(), first.clone(), second.clone()]
    );
    // Of each moment: which are told after it, and how often each was tried in the end.
    let both = || vec![first.clone(), second.clone()];
    let expected = [
        (both(), [1, 1]),
        (both(), [1, 1]),
        (both(), [1, 1]),
        (both(), [2, 1]),
        (both(), [2, 1]),
        (vec![second.clone()], [2, 1]),
        (vec![second.clone()], [2, 1]),
        (vec![], [2, 1]),
    ];
    let moments = std::mem::take(&mut *first_life.moments.lock().unwrap());
    assert_eq!(moments.len(), expected.len());
    for (moment, (told, attempts)) in moments.into_iter().zip(expected) {
        let Moment { what, disk, sent } = moment;
        let place = Place::holding(disk);
        let (store, next_life) = (Arc::new(place.open()), Watched::default());
        live(&place, &store, &next_life).await;
        assert_eq!(next_life.sent(), told, "{what}");
        let has = |id: &String| sent.contains(id) || next_life.sent().contains(id);
        assert!([&first, &second].into_iter().all(has), "{what}");
        let written = in_state(&store, "crm", DeliveryState::Delivered);
        let tried: Vec<_> = written.iter().map(|one| one.attempts).collect();
        assert_eq!(tried, attempts, "{what}");
    }
}

/// The log that is not in the database yet.
fn log(place: &Path) -> Vec<u8> {
    std::fs::read(place.join("counterfoil.db-wal")).unwrap()
}

/// Where each commit in a log ends, as its format says: a head of 32 bytes, and before each page one of 24, which has the
/// size of the database where it ends a commit, and the two salts of the log.
fn commits(log: &[u8]) -> Vec<usize> {
    let number = |at: usize| u32::from_be_bytes(log[at..at + 4].try_into().unwrap());
    let frame = 24 + number(8) as usize;
    let frames = (32..=log.len() - frame).step_by(frame);
    let ends = frames
        .take_while(|at| log[at + 8..at + 16] == log[16..24])
        .filter(|at| number(at + 4) != 0);
    ends.map(|at| at + frame).collect()
}

fn written_as_told(store: &Store) -> Vec<String> {
    let told = in_state(store, "crm", DeliveryState::Delivered);
    told.into_iter().map(|one| one.id.to_string()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ended_between_any_two_commits_nothing_is_lost_and_what_is_written_is_not_told_again() {
    let place = Place::new();
    let store = changed_twice(&place).await;
    let begins = commits(&log(&place.path())).pop().unwrap();
    let first_life = Watched {
        place: Some(place.path()),
        fails_first: true,
        ..Watched::default()
    };
    live(&place, &store, &first_life).await;
    let whole = copied(&place.path());
    let ends = commits(&log(whole.path()));
    let ends = ends.into_iter().filter(|end| *end >= begins);
    let sent_at = first_life.ends.lock().unwrap().clone();
    let sent_by = |end: usize| {
        let sent = first_life.sent().into_iter().zip(&sent_at);
        let before = sent.filter(|(_, at)| **at < end);
        before.map(|(id, _)| id).collect::<Vec<_>>()
    };
    let mut written = Vec::new();
    for end in ends {
        let disk = copied(whole.path());
        let log = disk.path().join("counterfoil.db-wal");
        let log = std::fs::OpenOptions::new().write(true).open(log).unwrap();
        log.set_len(end as u64).unwrap();
        // How far it had come by then is known to nobody any more, as after a cut of the power.
        std::fs::remove_file(disk.path().join("counterfoil.anchor")).unwrap();
        let place = Place::holding(disk);
        let (store, next_life) = (Arc::new(place.open()), Watched::default());
        let has = written_as_told(&store);
        let sent = sent_by(end);
        assert!(
            has.iter().all(|id| sent.contains(id)),
            "written and never sent"
        );
        live(&place, &store, &next_life).await;
        let owed: Vec<_> = ids().into_iter().filter(|id| !has.contains(id)).collect();
        assert_eq!(next_life.sent(), owed, "{end}");
        written.push(has.len());
    }
    written.dedup();
    assert_eq!(written, [0, 1, 2], "every step was looked at");
}
