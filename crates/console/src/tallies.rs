//! How much lies where, counted once for all who look at the same moment. What is counted is good for as long as a survey is.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use counterfoil_core::{Fault, State, Timestamp};
use counterfoil_operations::catalogue::{Catalogue, Count, Scope};
use counterfoil_operations::home::Home;
use counterfoil_operations::place::SharedClock;
use tokio::sync;

use crate::survey::is_good;

/// Counts that are kept, of different scopes; of more, the oldest goes.
const KEPT: usize = 256;

type Cell = Arc<sync::Mutex<Option<Counted>>>;

/// The last counts.
#[derive(Default)]
pub(crate) struct Tallies(Mutex<Vec<(Scope, Cell)>>);

/// What was counted, when, and how long that took.
struct Counted {
    count: Count,
    as_of: Timestamp,
    took: Duration,
}

impl Tallies {
    /// How many entries are in any of these states; each state is counted by itself, so that two trays share it.
    pub(crate) async fn count(
        &self,
        (home, clock): (&Home, &SharedClock),
        scope: &Scope,
        states: &[State],
    ) -> Result<Count, Fault> {
        let mut all = Count::default();
        for state in states {
            let one = Scope {
                states: vec![*state],
                ..scope.clone()
            };
            all = together(all, self.one((home, clock), one).await?);
        }
        Ok(all)
    }

    /// Who comes while it is counted waits for that count.
    async fn one(
        &self,
        (home, clock): (&Home, &SharedClock),
        scope: Scope,
    ) -> Result<Count, Fault> {
        let cell = self.cell(&scope);
        let mut last = cell.lock().await;
        let start = clock.now();
        if let Some(there) = &*last
            && is_good(start, (there.as_of, there.took))
        {
            return Ok(there.count);
        }
        let count = home.count(&scope).await?;
        *last = Some(Counted {
            count,
            as_of: start,
            took: clock.now().since(start),
        });
        Ok(count)
    }

    fn cell(&self, scope: &Scope) -> Cell {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, cell)) = all.iter().find(|(there, _)| there == scope) {
            return Arc::clone(cell);
        }
        if all.len() == KEPT {
            all.remove(0);
        }
        let cell = Cell::default();
        all.push((scope.clone(), Arc::clone(&cell)));
        cell
    }

    /// Something is about to change.
    pub(crate) fn forget(&self) {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clear();
    }
}

/// Two counts as one. Where one of them stopped at its bound, so does the sum.
fn together(one: Count, other: Count) -> Count {
    let is_more = one.is_more || other.is_more;
    let number = if is_more {
        one.number.max(other.number)
    } else {
        one.number + other.number
    };
    Count { number, is_more }
}

#[cfg(test)]
mod tests {
    use super::*;
    use counterfoil_core::Cause;
    use counterfoil_testkit::build::{entry, envelope};
    use counterfoil_testkit::{ManualClock, MemoryLedger, MemoryQueue};

    #[tokio::test]
    async fn a_count_is_shared_for_a_moment_and_forgotten_when_something_changes() {
        let ledger = Arc::new(MemoryLedger::default());
        let home = Home::new(Arc::clone(&ledger), Arc::new(MemoryQueue::default()));
        let clock = Arc::new(ManualClock::new());
        let shared: SharedClock = clock.clone();
        let tallies = Tallies::default();
        let states = [State::Stored, State::Failed];
        let seen = async || {
            let at = (&home, &shared);
            let count = tallies.count(at, &Scope::default(), &states).await;
            count.unwrap().number
        };
        let put = |number| ledger.put(entry(&envelope(number, "m"), None::<Cause>));
        put(1);
        assert_eq!(seen().await, 1);
        put(2);
        assert_eq!(seen().await, 1, "nobody counts twice at one moment");
        clock.advance(Duration::from_secs(1));
        assert_eq!(seen().await, 2);
        put(3);
        tallies.forget();
        assert_eq!(seen().await, 3);
    }

    #[test]
    fn a_sum_says_no_more_than_its_parts() {
        let count = |number, is_more| Count { number, is_more };
        assert_eq!(together(count(3, false), count(4, false)), count(7, false));
        let most = count(10_000, true);
        assert_eq!(together(most, count(4, false)), most);
        assert_eq!(together(count(4, false), most), most);
        assert_eq!(together(most, most), most);
    }
}
