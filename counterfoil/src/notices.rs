//! `counterfoil notices`: what was set aside of notices, and what brings them out again or gives them up, in whichever home.

mod give_up;
mod list;
mod resend;

use std::time::Duration;

use counterfoil_core::ports::Polls;
use counterfoil_operations::history::Actor;
use counterfoil_operations::notices::Mark;
use counterfoil_operations::ports::{Actions, Notices as Port, Sleep};

use crate::cli::dead_letters;
use crate::cli::notices::{At, Notices};
use crate::ops::local::Local;
use crate::ops::{self, who};

/// What these verbs need of a home.
pub(crate) trait NoticePorts: Port + Polls + Actions + Send + Sync {}

impl<T> NoticePorts for T where T: Port + Polls + Actions + Send + Sync {}

/// Whether somebody publishes what was handed over.
pub(crate) enum Publishes {
    /// It is out, or a server has it.
    Now,
    /// The next server that starts.
    Later,
}

pub(crate) fn run(verb: &Notices) -> anyhow::Result<()> {
    let at = match verb {
        Notices::Parked(parked) => &parked.at,
        Notices::Resend(resend) => &resend.at,
        Notices::Drop(drop) => &drop.at,
    };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    if at.stack.is_some() || at.table.is_some() {
        return runtime.block_on(on_aws(verb, at));
    }
    runtime.block_on(on_this_machine(verb, at))
}

#[cfg(feature = "aws")]
async fn on_aws(verb: &Notices, at: &At) -> anyhow::Result<()> {
    let home = ops::aws::notices(at).await?;
    let who = async |given: Option<&str>| ops::aws::acting(given).await;
    act(verb, &home, async |_: &Mark| Ok(Publishes::Now), who).await
}

#[cfg(not(feature = "aws"))]
async fn on_aws(_: &Notices, _: &At) -> anyhow::Result<()> {
    Err(ops::without_aws())
}

async fn on_this_machine(verb: &Notices, at: &At) -> anyhow::Result<()> {
    let at = dead_letters::At {
        data: at.data.clone(),
        stack: None,
        table: None,
        queue: None,
        forms: None,
    };
    let place = Local::find(&at, who::on_this_machine(None)?, false)?;
    let home = place.seen()?;
    let out = async |mark: &Mark| wait(&place, &*home, mark).await;
    act(verb, &*home, out, async |given: Option<&str>| {
        who::on_this_machine(given)
    })
    .await
}

async fn act<H: NoticePorts>(
    verb: &Notices,
    home: &H,
    out: impl AsyncFn(&Mark) -> anyhow::Result<Publishes>,
    who: impl AsyncFn(Option<&str>) -> anyhow::Result<Actor>,
) -> anyhow::Result<()> {
    match verb {
        Notices::Parked(parked) => list::run(parked, home).await,
        Notices::Resend(verb) => resend::run(verb, home, out).await,
        Notices::Drop(verb) => give_up::run(verb, home, &who(verb.name.as_deref()).await?).await,
    }
}

/// Between two looks.
const LOOK: Duration = Duration::from_millis(50);
/// Looks before the rest is left to the server: ten seconds.
const LOOKS: u32 = 200;

/// Waits until the server has published what was put before its publisher. Without one there is nobody to wait for.
async fn wait(place: &Local, home: &impl NoticePorts, mark: &Mark) -> anyhow::Result<Publishes> {
    for _ in 0..LOOKS {
        if home.is_out(mark).await? {
            return Ok(Publishes::Now);
        }
        if !place.is_served() {
            return Ok(Publishes::Later);
        }
        ops::timer().sleep(LOOK).await;
    }
    Ok(Publishes::Later)
}
