//! Operations as the command and the console see them: one home behind ports, whichever it is.

pub(crate) mod local;

use std::sync::Arc;
use std::time::Duration;

use counterfoil_core::Forms;
use counterfoil_core::operations::act::Acting;
use counterfoil_core::operations::drive::{Driving, Pace};
use counterfoil_core::operations::history::Who;
use counterfoil_core::ports::{Deeds, Entries, Jobs, Ledger, Notes, Polls, Queue, Rest, Worklist};
use counterfoil_machine::SystemClock;

/// Everything that operations need of a home.
pub(crate) trait Home:
    Ledger + Entries + Polls + Deeds + Worklist + Notes + Jobs + Queue + Send + Sync + 'static
{
}

impl<T> Home for T where T: Ledger + Entries + Polls + Deeds + Worklist + Notes + Jobs + Queue + Send + Sync + 'static {}

/// A home, and who works on it.
pub(crate) struct Ops<H> {
    /// Where everything is.
    pub(crate) home: Arc<H>,
    /// The forms of this deployment, for dry runs and edits.
    pub(crate) forms: Arc<Forms>,
    /// Who acts.
    pub(crate) who: Who,
    /// How a replay job goes in this home.
    pub(crate) pace: Pace,
}

impl<H: Home> Ops<H> {
    /// What a deed needs.
    pub(crate) fn acting(&self) -> Acting<'_, H, SystemClock> {
        Acting { home: &self.home, clock: &SystemClock, forms: &self.forms }
    }

    /// What a replay job needs.
    pub(crate) fn driving(&self) -> Driving<'_, H, H, SystemClock, Sleeps> {
        let home: &H = &self.home;
        Driving { home, queue: home, clock: &SystemClock, rest: &Sleeps, pace: self.pace }
    }
}

/// Waits by the runtime's timer.
pub(crate) struct Sleeps;

impl Rest for Sleeps {
    async fn rest(&self, how_long: Duration) {
        tokio::time::sleep(how_long).await;
    }
}
