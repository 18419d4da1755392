//! Operations as the command and the console see them: one home behind ports, whichever it is.

#[cfg(feature = "aws")]
pub(crate) mod aws;
pub(crate) mod local;
mod stand_in;
pub(crate) mod who;

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use counterfoil_core::Forms;
use counterfoil_core::ports::{Entries, Ledger, Polls, Queue};
use counterfoil_machine::SystemClock;
use counterfoil_operations::act::Acting;
use counterfoil_operations::drive::{Driving, Pace};
use counterfoil_operations::history::Who;
use counterfoil_operations::ports::{Deeds, Jobs, Notes, Rest, Worklist};

use crate::cli::dead_letters::At;
#[cfg(not(feature = "aws"))]
use crate::exit::configuration;
pub(crate) use stand_in::StandIn;

/// Everything that operations need of a home.
pub(crate) trait Home:
    Ledger + Entries + Polls + Deeds + Worklist + Notes + Jobs + Queue + Send + Sync + 'static
{
}

impl<T> Home for T where T: Ledger + Entries + Polls + Deeds + Worklist + Notes + Jobs + Queue + Send + Sync + 'static {}

/// Where a home is: what a command opens, once or twice.
pub(crate) trait Place {
    /// The home there.
    type Home: Home;

    /// To read, and to write a few times: nobody else has to wait for it.
    fn look(&self) -> anyhow::Result<Ops<Self::Home>>;

    /// To work on it: to write much, or to wait until what was sent is settled.
    fn work(&self) -> anyhow::Result<Work<Self::Home>>;

    /// The arguments that lead there again; empty where it is the default.
    fn arguments(&self) -> String;
}

/// A home that is worked on. Fields end in their order: what works on a directory, before its lock.
pub(crate) struct Work<H> {
    /// What to work with.
    pub(crate) ops: Ops<H>,
    /// The worker, where the home has none of its own at this moment.
    pub(crate) stand_in: Option<StandIn>,
}

/// What is done at a place, whichever home is there.
pub(crate) trait Task {
    /// Does it need the forms?
    fn needs_forms(&self) -> bool;

    /// Who does it, as given.
    fn who(&self) -> Option<&str>;

    /// Where.
    fn at(&self) -> &At;

    /// Does it.
    fn run<P: Place>(&self, place: &P) -> impl Future<Output = anyhow::Result<()>>;
}

/// Does a task in whichever home it is for.
pub(crate) fn run(task: &impl Task) -> anyhow::Result<()> {
    let at = task.at();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    if at.stack.is_some() || at.table.is_some() {
        return runtime.block_on(on_aws(task));
    }
    let forms = task.needs_forms();
    let place = local::Local::find(at, who::on_this_machine(task.who())?, forms)?;
    runtime.block_on(task.run(&place))
}

#[cfg(feature = "aws")]
async fn on_aws(task: &impl Task) -> anyhow::Result<()> {
    let place = aws::Aws::find(task.at(), task.who(), task.needs_forms()).await?;
    task.run(&place).await
}

#[cfg(not(feature = "aws"))]
async fn on_aws(_: &impl Task) -> anyhow::Result<()> {
    Err(without_aws())
}

/// What a build without the other home answers.
#[cfg(not(feature = "aws"))]
pub(crate) fn without_aws() -> anyhow::Error {
    configuration(
        "this counterfoil was built without AWS; build it with `cargo build --release -p counterfoil --features aws`, or \
         give a data directory with --local DIR",
    )
}

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
    #[allow(clippy::disallowed_methods, reason = "this is the adapter that waits")]
    async fn rest(&self, how_long: Duration) {
        tokio::time::sleep(how_long).await;
    }
}
