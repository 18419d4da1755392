//! What opens a home for the verbs and the console, whichever it is.

#[cfg(feature = "aws")]
pub(crate) mod aws;
pub(crate) mod desk;
pub(crate) mod local;
mod stand_in;
pub(crate) mod who;

use std::future::Future;

use counterfoil_operations::place::{OpenError, Place, Timer};

use crate::cli::dead_letters::At;
#[cfg(not(feature = "aws"))]
use crate::exit::configuration;

/// What is done at a place, whichever home is there.
pub(crate) trait Task {
    /// Does it need the forms?
    fn needs_forms(&self) -> bool;

    /// Who does it, as given.
    fn who(&self) -> Option<&str>;

    /// Where.
    fn at(&self) -> &At;

    /// Does it.
    fn run(&self, place: &dyn Place) -> impl Future<Output = anyhow::Result<()>>;
}

/// Does a task in whichever home it is for.
pub(crate) fn run(task: &impl Task) -> anyhow::Result<()> {
    let at = task.at();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
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
         give a data directory with --data DIR",
    )
}

/// Waits by the runtime's timer.
#[allow(clippy::disallowed_methods, reason = "this is the adapter that waits")]
pub(crate) fn timer() -> Timer {
    Timer::new(|how_long| Box::pin(tokio::time::sleep(how_long)))
}

/// Why a home cannot be opened, as its callers hand it on.
pub(crate) fn unopened(error: anyhow::Error) -> OpenError {
    OpenError::new(error.reallocate_into_boxed_dyn_error_without_backtrace())
}
