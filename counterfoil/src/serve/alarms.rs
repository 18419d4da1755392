//! What needs a person and is found here: what the door refuses, the disk, and what is lost.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use counterfoil_core::ports::Entropy;
use counterfoil_core::{Fault, Timestamp};
use counterfoil_local::Store;
use counterfoil_local::alarms::Found;
use counterfoil_local::loops::{self, Alarms};
use counterfoil_machine::OsEntropy;
use counterfoil_telling::alarms::{AlarmKey, AlarmKind, Condition};
use counterfoil_telling::audience::Audience;
use tokio::task::JoinSet;

use super::Machine;

/// Submissions that were refused with 503.
#[derive(Debug, Default)]
pub(crate) struct Refused(AtomicU64);

impl Refused {
    /// Counts one.
    pub(crate) fn count(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

/// Starts looking for what needs a person.
pub(super) fn start<A: Audience + 'static>(
    loops: &mut JoinSet<()>,
    home: &Machine,
    audience: A,
    stop: &loops::Stop,
) {
    let watch = Watch {
        store: Arc::clone(&home.store),
        refused: Arc::clone(&home.refused),
        data: home.data.clone(),
        refusing: Mutex::default(),
    };
    let alarms = Alarms {
        store: Arc::clone(&home.store),
        audience,
        elsewhere: Arc::new(move |now| watch.look(now)),
        entropy: Arc::new(|| OsEntropy.ten_bytes()),
    };
    loops::start_alarms(loops, alarms, stop);
}

/// What is looked at.
struct Watch {
    store: Arc<Store>,
    refused: Arc<Refused>,
    data: PathBuf,
    refusing: Mutex<Refusing>,
}

impl Watch {
    fn look(&self, now: Timestamp) -> Found {
        let mut refusing = self.refusing.lock().unwrap_or_else(PoisonError::into_inner);
        let seen = self.refused.0.load(Ordering::Relaxed);
        let mut conditions: Vec<Condition> = Vec::new();
        conditions.extend(refusing.look(seen, self.store.readiness().err(), now));
        conditions.extend(Space::of(&self.data).and_then(|space| space.condition(now)));
        let mut looked = vec![AlarmKind::Intake, AlarmKind::Disk];
        if let Some(lost) = self.store.found_lost() {
            looked.push(AlarmKind::Lost);
            let lost = (lost > 0).then(|| alone(AlarmKind::Lost, (lost, now), String::new()));
            conditions.extend(lost);
        }
        Found { conditions, looked }
    }
}

fn alone(kind: AlarmKind, (count, since): (u64, Timestamp), detail: String) -> Condition {
    Condition {
        key: AlarmKey {
            kind,
            subject: String::new(),
        },
        since,
        count,
        detail,
        is_known: false,
    }
}

/// Submissions are refused, as long as one was in the last minute, or would be now.
#[derive(Debug, Default)]
struct Refusing {
    /// How many there were at the last look.
    seen: u64,
    /// The present time that it goes on: since when, until when, how many, and why.
    now: Option<Spell>,
}

#[derive(Debug)]
struct Spell {
    since: Timestamp,
    last: Timestamp,
    count: u64,
    why: String,
}

/// How long after the last refused one they are still said to be refused.
const MINUTE: Duration = Duration::from_secs(60);

impl Refusing {
    fn look(&mut self, seen: u64, unready: Option<Fault>, now: Timestamp) -> Option<Condition> {
        let more = seen.saturating_sub(self.seen);
        self.seen = seen;
        if more > 0 || unready.is_some() {
            let spell = self.now.get_or_insert(Spell {
                since: now,
                last: now,
                count: 0,
                why: "more is sent than can be kept at once".into(),
            });
            spell.last = now;
            spell.count += more;
            if let Some(fault) = unready {
                spell.why = fault.cause().code.clone();
            }
        }
        self.now.take_if(|spell| now.since(spell.last) >= MINUTE);
        let spell = self.now.as_ref()?;
        Some(alone(
            AlarmKind::Intake,
            (spell.count, spell.since),
            spell.why.clone(),
        ))
    }
}

/// The disk of the data directory.
struct Space {
    free: u64,
    all: u64,
}

const MIB: u64 = 1024 * 1024;

impl Space {
    /// `None`: it does not say.
    fn of(data: &Path) -> Option<Self> {
        let found = rustix::fs::statvfs(data).ok()?;
        Some(Self {
            free: found.f_bavail.saturating_mul(found.f_frsize),
            all: found.f_blocks.saturating_mul(found.f_frsize),
        })
    }

    /// Nearly full: less than a twentieth is free, and less than 2 GiB; or less than 256 MiB.
    fn condition(&self, now: Timestamp) -> Option<Condition> {
        let least = (self.all / 20).clamp(256 * MIB, 2048 * MIB);
        if self.all == 0 || self.free >= least {
            return None;
        }
        let full = (self.all - self.free.min(self.all)) / (self.all / 100).max(1);
        let detail = format!(
            "{} of {} MiB are free on the disk of the data directory",
            self.free / MIB,
            self.all / MIB
        );
        Some(alone(AlarmKind::Disk, (full.min(100), now), detail))
    }
}

#[cfg(test)]
mod tests {
    use counterfoil_core::Code;

    use super::*;

    fn at(seconds: u32) -> Timestamp {
        Timestamp::from_secs(1_800_000_000 + seconds)
    }

    #[test]
    fn refused_ones_are_counted_until_a_minute_is_without() {
        let mut refusing = Refusing::default();
        let mut look = |seen, seconds| {
            let found = refusing.look(seen, None, at(seconds));
            found.map(|found| (found.count, found.since))
        };
        assert_eq!(look(0, 0), None);
        assert_eq!(look(3, 10), Some((3, at(10))));
        assert_eq!(look(3, 69), Some((3, at(10))));
        assert_eq!(look(5, 69), Some((5, at(10))));
        assert_eq!(look(5, 130), None);
        assert_eq!(look(6, 200), Some((1, at(200))));
    }

    #[test]
    fn what_cannot_be_written_is_refused_though_nobody_posts() {
        let mut refusing = Refusing::default();
        let full = Fault::transient(Code::DiskFull, "no room");
        let found = refusing.look(0, Some(full), at(0)).unwrap();
        assert_eq!((found.count, found.detail.as_str()), (0, "disk-full"));
        assert!(refusing.look(0, None, at(61)).is_none());
    }

    #[test]
    fn a_disk_is_nearly_full_when_little_is_free() {
        let gib = 1024 * MIB;
        for (free, all, full) in [
            (3 * gib, 1000 * gib, None),
            (gib, 1000 * gib, Some(99)),
            (gib, 40 * gib, Some(97)),
            (3 * gib, 40 * gib, None),
            (300 * MIB, gib, None),
            (200 * MIB, gib, Some(80)),
            (0, gib, Some(100)),
            (0, 0, None),
        ] {
            let found = Space { free, all }.condition(at(0));
            assert_eq!(found.map(|found| found.count), full, "{free} of {all}");
        }
    }
}
