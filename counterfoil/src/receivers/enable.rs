//! `receivers enable`: a receiver is tried as if nothing had been. A test that arrived does the same.

use counterfoil_telling::ports::{DeliveryDesk, Standing};
use counterfoil_telling::receiver::ReceiverName;

use crate::cli::deliveries::{At, Signed};
use crate::cli::receivers::{Enable, TestArgs};
use crate::exit::configuration;
use crate::ops::desk::{desk, runtime, signed};
use crate::say;

pub(super) fn run(verb: &Enable) -> anyhow::Result<()> {
    runtime()?.block_on(enable(verb))
}

async fn enable(verb: &Enable) -> anyhow::Result<()> {
    let (desk, receiver) = (desk(&verb.at).await?, &verb.receiver);
    let Some(standing) = standing(receiver, &desk).await? else {
        return Err(configuration(format!(
            "nothing is known of a receiver {receiver}: it was never tried, and is owed nothing"
        )));
    };
    desk.enable(receiver, &signed(&verb.signed, &verb.at).await?)
        .await?;
    say_up(&standing);
    Ok(())
}

/// A test has arrived: a receiver that failed until now is up. Where there is no data directory, nothing is known of it.
pub(super) async fn after_a_test(test: &TestArgs) -> anyhow::Result<()> {
    let data = &test.at.directory.local.data;
    if !data.exists() {
        return Ok(());
    }
    let at = At {
        data: data.clone(),
        stack: None,
    };
    let desk = desk(&at).await?;
    let standing = standing(&test.name, &desk).await?;
    let Some(standing) = standing.filter(|standing| standing.health.since.is_some()) else {
        return Ok(());
    };
    let by = Signed {
        name: None,
        why: Some("a test has arrived".into()),
    };
    desk.enable(&test.name, &signed(&by, &at).await?).await?;
    say_up(&standing);
    Ok(())
}

async fn standing(
    receiver: &ReceiverName,
    desk: &impl DeliveryDesk,
) -> anyhow::Result<Option<Standing>> {
    let mut standings = desk.standings().await?.into_iter();
    Ok(standings.find(|standing| standing.receiver == *receiver))
}

fn say_up(standing: &Standing) {
    say::line(format_args!(
        "{} is up; what waits for it is due now: {}",
        standing.receiver, standing.waiting
    ));
}
