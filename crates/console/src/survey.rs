//! How much needs somebody, and why. It is read from the whole ledger, so it is kept for a moment: a page that many
//! look at costs one reading.

use std::sync::Arc;
use std::time::Duration;

use crate::pages::Counts;
use counterfoil_core::ports::Clock;
use counterfoil_core::{Fault, Timestamp};
use counterfoil_operations::causes::{Group, causes};
use counterfoil_operations::place::SharedClock;
use counterfoil_operations::ports::Worklist;
use counterfoil_operations::worklist::{Filter, Paging, SortOrder, Waiting};
use tokio::sync::Mutex;

use counterfoil_operations::home::Home;

/// The last reading.
#[derive(Default)]
pub(crate) struct Survey(Mutex<Option<Arc<Seen>>>);

/// What was read.
pub(crate) struct Seen {
    pub(crate) groups: Vec<Group>,
    pub(crate) counts: Counts,
    pub(crate) as_of: Timestamp,
    took: Duration,
}

/// A reading is good for this long, or for ten times as long as it took: never more than a tenth of the time is read.
const GOOD_FOR: Duration = Duration::from_millis(500);
/// Rows in one read.
const PAGE: usize = 500;

impl Survey {
    /// The last reading, or a new one. Who comes while it is read waits for that one.
    pub(crate) async fn see(&self, home: &Home, clock: &SharedClock) -> Result<Arc<Seen>, Fault> {
        let mut last = self.0.lock().await;
        let start = clock.now();
        let good = |seen: &&Arc<Seen>| is_good(start, (seen.as_of, seen.took));
        if let Some(seen) = last.as_ref().filter(good) {
            return Ok(Arc::clone(seen));
        }
        let (groups, counts) = (causes(home, None).await?, counts(home).await?);
        let seen = Arc::new(Seen {
            groups,
            counts,
            as_of: start,
            took: clock.now().since(start),
        });
        *last = Some(Arc::clone(&seen));
        Ok(seen)
    }

    /// Something is about to change.
    pub(crate) async fn forget(&self) {
        *self.0.lock().await = None;
    }
}

/// Is a reading that began and took so long still good?
pub(crate) fn is_good(now: Timestamp, (as_of, took): (Timestamp, Duration)) -> bool {
    now.since(as_of) < GOOD_FOR.max(took * 10)
}

async fn counts(home: &Home) -> Result<Counts, Fault> {
    let mut under_way = 0;
    let failed = count(home, Waiting::Failed, &mut under_way).await?;
    let held = count(home, Waiting::Held, &mut under_way).await?;
    let discarded = count(home, Waiting::Discarded, &mut under_way).await?;
    Ok(Counts {
        failed,
        held,
        discarded,
        under_way,
    })
}

async fn count(home: &Home, waiting: Waiting, under_way: &mut u64) -> Result<u64, Fault> {
    let filter = Filter {
        waiting,
        ..Filter::default()
    };
    let mut paging = Paging::first(SortOrder::OldestFirst, PAGE);
    let mut count = 0;
    loop {
        let page = home.page(&filter, &paging).await?;
        count += page.rows.len() as u64;
        *under_way += page.rows.iter().filter(|row| row.is_awaiting()).count() as u64;
        let Some(next) = page.next else {
            return Ok(count);
        };
        paging = paging.after(next);
    }
}
