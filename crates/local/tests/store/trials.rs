//! Flipped bits and cuts, hundreds of them: whatever is there is what was written, or somebody is told. Fewer in plain
//! `cargo test`; `COUNTERFOIL_TRIALS=1` asks for all.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use counterfoil_core::ports::{Ledger, Polls, Queue};
use counterfoil_core::{Body, Cause, Entry, Forms, Payload, SubmissionRef};
use counterfoil_local::queue::{Bounds, Consumer};
use counterfoil_local::submissions::Filter;
use counterfoil_local::{Reader, Store};
use counterfoil_operations::act::{Acting, Revision, discard_one, edit_one};
use counterfoil_operations::history::{Line, Verb};
use counterfoil_operations::ports::Actions;
use counterfoil_operations::worklist::SortOrder;
use counterfoil_testkit::ManualClock;
use counterfoil_testkit::build::{deed, entry, envelope, fields, forms, reference};
use tempfile::TempDir;

use crate::place::Place;

/// What one trial came to, best first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Came {
    /// Everything is there, exactly.
    Whole,
    /// It does not open.
    Refused,
    /// Reading it said so.
    Said,
    /// Only `verify` says so.
    Verified,
    /// Something is missing, and nobody says so.
    SilentLoss,
    /// Something is not what it was, and nobody says so.
    SilentChange,
}

/// What was written.
struct Oracle {
    entries: BTreeMap<SubmissionRef, (Entry, Vec<Line>)>,
    queued: Vec<Vec<u8>>,
}

/// So many trials, times what is asked for; a tenth where nothing is.
#[allow(
    clippy::disallowed_methods,
    reason = "how long a test runs is set from outside"
)]
fn trials(all: u64) -> u64 {
    let asked = std::env::var("COUNTERFOIL_TRIALS")
        .ok()
        .and_then(|times| times.parse::<u64>().ok());
    asked.map_or(all / 10, |times| all * times)
}

/// Entries in every state with history, and envelopes in the queue, for the numbers from `first` on.
async fn fill(store: &Store, clock: &ManualClock, first: u8) {
    let forms: Forms = forms();
    let acting = Acting {
        home: store,
        clock,
        forms: &forms,
    };
    for n in first..first + 60 {
        let long = if n % 10 == 3 { 9000 } else { 40 };
        let sent = envelope(n, &"é-x ".repeat(long / 4));
        let mut row = entry(&sent, (n % 3 == 0).then(|| Cause::gave_up(20)));
        match n % 12 {
            1 => {
                (row.head.content, row.head.payload_hash, row.body) =
                    (None, None, Body::Raw(vec![n; 300]))
            }
            2 => row.body = Body::Erased,
            _ => {}
        }
        store.insert(&row).await.unwrap();
        if n % 6 == 0 {
            let after = Payload::from_fields(fields("edited").as_object().unwrap());
            edit_one(
                &reference(n),
                Revision {
                    after: &after,
                    based_on: 1,
                },
                &deed(Verb::Edit),
                &acting,
            )
            .await
            .unwrap();
        }
        if n % 9 == 0 {
            discard_one(&reference(n), &deed(Verb::Discard), &acting)
                .await
                .unwrap();
        }
    }
    for n in first + 60..first + 100 {
        store
            .send(&reference(n), envelope(n, &format!("queued {n}")).encode())
            .await
            .unwrap();
    }
}

fn received(store: &Store) -> Result<Vec<(Vec<u8>, bool)>, counterfoil_core::Fault> {
    let consumer = Consumer::new(Duration::from_secs(900));
    let rows = consumer.receive(
        store,
        Bounds {
            records: 1000,
            bytes: 1 << 24,
        },
        Duration::from_secs(60),
    )?;
    Ok(rows
        .into_iter()
        .map(|row| (row.delivery.body, row.delivery.damage.is_some()))
        .collect())
}

async fn oracle(store: &Store) -> Oracle {
    let mut entries = BTreeMap::new();
    let page = store
        .reader()
        .page(&Filter::default(), SortOrder::OldestFirst, None, 1000)
        .unwrap();
    for entry in page.entries {
        let lines = store.history(&entry.head.of).await.unwrap();
        entries.insert(entry.head.of.clone(), (entry, lines));
    }
    Oracle {
        entries,
        queued: received(store)
            .unwrap()
            .into_iter()
            .map(|(body, _)| body)
            .collect(),
    }
}

/// What a kill leaves.
pub(crate) fn copied(from: &Path) -> TempDir {
    let to = tempfile::tempdir().unwrap();
    for file in fs::read_dir(from).unwrap() {
        let file = file.unwrap();
        // A kill leaves no shared memory that counts.
        if !file.file_name().to_string_lossy().ends_with("-shm") {
            fs::copy(file.path(), to.path().join(file.file_name())).unwrap();
        }
    }
    to
}

/// Opens what was damaged and reads all of it.
async fn judged(directory: &Path, oracle: &Oracle) -> Came {
    let path = directory.join("counterfoil.db");
    let Ok(store) = Store::open(&path, Arc::new(ManualClock::new())) else {
        return Came::Refused;
    };
    let mut seen = Seen::default();
    seen.export(store.reader(), oracle);
    for (of, (entry, lines)) in &oracle.entries {
        seen.compare(
            store.head(of).await,
            |head| head.as_ref() == Some(&entry.head),
            Option::is_none,
        );
        seen.compare(
            store.history(of).await,
            |found| found == lines,
            |found| found.len() < lines.len(),
        );
    }
    match received(&store) {
        Err(_) => seen.said = true,
        Ok(rows) => seen.queue(&rows, oracle),
    }
    match (seen.changed, seen.missing, seen.said) {
        (true, ..) => Came::SilentChange,
        (false, _, true) => Came::Said,
        (false, false, false) => Came::Whole,
        (false, true, false) => {
            let verified = store.reader().verify(&mut |_| true);
            if verified.map_or(true, |verified| verified.findings > 0) {
                Came::Verified
            } else {
                Came::SilentLoss
            }
        }
    }
}

#[derive(Default)]
struct Seen {
    said: bool,
    missing: bool,
    changed: bool,
}

impl Seen {
    fn compare<T>(
        &mut self,
        found: Result<T, counterfoil_core::Fault>,
        is_it: impl Fn(&T) -> bool,
        less: impl Fn(&T) -> bool,
    ) {
        match found {
            Err(_) => self.said = true,
            Ok(found) if is_it(&found) => {}
            Ok(found) if less(&found) => self.missing = true,
            Ok(_) => self.changed = true,
        }
    }

    /// As the command does it.
    fn export(&mut self, reader: &Reader, oracle: &Oracle) {
        self.said |= !matches!(reader.structure(), Ok(None));
        let (mut from, mut found) = (None, 0);
        loop {
            let Ok(page) = reader.page(&Filter::default(), SortOrder::OldestFirst, from, 50) else {
                self.said = true;
                return;
            };
            self.said |= !page.damaged.is_empty();
            found += page.entries.len();
            for entry in page.entries {
                let written = oracle
                    .entries
                    .get(&entry.head.of)
                    .map(|(written, _)| written);
                self.changed |= written != Some(&entry);
            }
            from = page.next;
            if from.is_none() {
                self.missing |= found < oracle.entries.len();
                return;
            }
        }
    }

    fn queue(&mut self, rows: &[(Vec<u8>, bool)], oracle: &Oracle) {
        for (body, damaged) in rows {
            self.said |= *damaged;
            self.changed |= !*damaged && !oracle.queued.contains(body);
        }
        let is_there = |body: &&Vec<u8>| rows.iter().any(|(found, _)| found == *body);
        self.missing |= oracle.queued.iter().filter(is_there).count() < oracle.queued.len();
    }
}

/// A directory that was stopped in order, and one as a killed server leaves it, with what is in each.
async fn directories() -> (Place, TempDir, Oracle, TempDir, Oracle) {
    let place = Place::new();
    {
        let store = place.open();
        fill(&store, &place.clock(), 0).await;
    }
    let stopped = copied(&place.path());
    let store = place.open();
    let before = oracle(&store).await;
    fill(&store, &place.clock(), 120).await;
    let killed = copied(&place.path());
    let after = oracle(&store).await;
    drop(store);
    (place, stopped, before, killed, after)
}

/// Damages copies of `from`, and says what each came to. None may be silent.
async fn tried(
    what: &str,
    number: u64,
    from: &Path,
    oracle: &Oracle,
    damage: impl Fn(&Path, u64) -> String,
) {
    let mut came: BTreeMap<Came, u64> = BTreeMap::new();
    for n in 0..number {
        let copy = copied(from);
        // Spread evenly, at places that no run repeats by chance.
        let random = (n + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ (n << 17);
        let place = damage(copy.path(), random);
        let outcome = judged(copy.path(), oracle).await;
        *came.entry(outcome).or_default() += 1;
        assert!(outcome < Came::SilentLoss, "{what}, {place}: {outcome:?}");
    }
    println!("{what}, {number} trials: {came:?}");
}

fn flip(file: &PathBuf, random: u64) -> String {
    let mut bytes = fs::read(file).unwrap();
    let bit = random % (bytes.len() as u64 * 8);
    bytes[usize::try_from(bit / 8).unwrap()] ^= 1 << (bit % 8);
    fs::write(file, bytes).unwrap();
    format!("byte {} bit {}", bit / 8, bit % 8)
}

#[tokio::test]
async fn no_flipped_bit_and_no_cut_is_silent() {
    let (_place, stopped, before, killed, after) = directories().await;
    assert_eq!(
        judged(copied(stopped.path()).path(), &before).await,
        Came::Whole
    );
    assert_eq!(
        judged(copied(killed.path()).path(), &after).await,
        Came::Whole
    );
    let database = |directory: &Path, random| flip(&directory.join("counterfoil.db"), random);
    tried(
        "bits of the database",
        trials(300),
        stopped.path(),
        &before,
        database,
    )
    .await;
    let log = |directory: &Path, random| flip(&directory.join("counterfoil.db-wal"), random);
    tried("bits of the log", trials(150), killed.path(), &after, log).await;
    let cut = |directory: &Path, random: u64| {
        let file = fs::OpenOptions::new()
            .write(true)
            .open(directory.join("counterfoil.db-wal"))
            .unwrap();
        let length = random % file.metadata().unwrap().len();
        file.set_len(length).unwrap();
        format!("cut at {length}")
    };
    tried("cuts of the log", trials(50), killed.path(), &after, cut).await;
    let gone = |directory: &Path, _| {
        fs::remove_file(directory.join("counterfoil.db-wal")).unwrap();
        "removed".to_owned()
    };
    tried("the log is gone", 1, killed.path(), &after, gone).await;
}
