//! `receivers enable`: a receiver is tried as if nothing had been.

use counterfoil_telling::ports::DeliveryDesk;

use crate::cli::receivers::Enable;
use crate::exit::configuration;
use crate::ops::desk::{runtime, signed, store};
use crate::say;

pub(super) fn run(verb: &Enable) -> anyhow::Result<()> {
    let store = store(&verb.at)?;
    runtime()?.block_on(enable(verb, &*store))
}

async fn enable(verb: &Enable, desk: &impl DeliveryDesk) -> anyhow::Result<()> {
    let receiver = &verb.receiver;
    let standings = desk.standings().await?;
    let known = standings
        .iter()
        .find(|standing| standing.receiver == *receiver);
    let Some(standing) = known else {
        return Err(configuration(format!(
            "nothing is known of a receiver {receiver}: it was never tried, and is owed nothing"
        )));
    };
    desk.enable(receiver, &signed(&verb.signed)?).await?;
    let waiting = standing.waiting;
    say::line(format_args!(
        "{receiver} is up; what waits for it is due now: {waiting}"
    ));
    Ok(())
}
