//! Where deliveries are kept, for a command: on this machine, beside its server or alone, or in a stack's table.

use counterfoil_core::ports::Clock;
use counterfoil_machine::SystemClock;
use counterfoil_operations::history::Actor;
use counterfoil_telling::desk::SharedDesk;
use counterfoil_telling::orders;

use super::local::Local;
use super::who;
use crate::cli::dead_letters;
use crate::cli::deliveries::{At, Signed};

/// The desk that has them.
pub(crate) async fn desk(at: &At) -> anyhow::Result<SharedDesk> {
    match &at.stack {
        Some(stack) => of_stack(stack).await,
        None => here(at),
    }
}

fn here(at: &At) -> anyhow::Result<SharedDesk> {
    let at = dead_letters::At {
        data: at.data.clone(),
        stack: None,
        table: None,
        queue: None,
        forms: None,
    };
    let store = Local::find(&at, who::on_this_machine(None)?, false)?.seen()?;
    Ok(SharedDesk::new(store))
}

#[cfg(feature = "aws")]
async fn of_stack(stack: &str) -> anyhow::Result<SharedDesk> {
    let ledger = super::aws::ledger(Some(stack), None).await?;
    Ok(SharedDesk::new(std::sync::Arc::new(ledger)))
}

#[cfg(not(feature = "aws"))]
async fn of_stack(_: &str) -> anyhow::Result<SharedDesk> {
    Err(super::without_aws())
}

/// Who acts, now.
pub(crate) async fn signed(given: &Signed, at: &At) -> anyhow::Result<orders::Signed> {
    let name = given.name.as_deref();
    Ok(orders::Signed {
        by: match &at.stack {
            Some(_) => of_credentials(name).await?,
            None => who::on_this_machine(name)?,
        },
        at: SystemClock.now(),
        why: given.why.clone(),
    })
}

#[cfg(feature = "aws")]
async fn of_credentials(name: Option<&str>) -> anyhow::Result<Actor> {
    super::aws::acting(name).await
}

#[cfg(not(feature = "aws"))]
async fn of_credentials(_: Option<&str>) -> anyhow::Result<Actor> {
    Err(super::without_aws())
}

/// What runs the verbs.
pub(crate) fn runtime() -> std::io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
}
