//! `deliveries retry`, `resend` and `discard`: says how many, asks, and does it, no faster than it is told to.

use std::io::Write;
use std::time::Duration;

use counterfoil_core::ports::Clock;
use counterfoil_machine::SystemClock;
use counterfoil_operations::ports::Sleep;
use counterfoil_telling::delivery::{DeliveryId, DeliveryState};
use counterfoil_telling::desk::SharedDesk;
use counterfoil_telling::orders::{DeliveryVerb, Order};
use counterfoil_telling::ports::{Acted, DeliveryDesk};
use serde_json::json;

use super::each;
use crate::cli::deliveries::Act;
use crate::dead_letters::ask;
use crate::exit::{Failure, configuration};
use crate::ops::desk::signed;
use crate::words::count;
use crate::{ops, say};

pub(super) async fn run(asked: &Act, verb: DeliveryVerb, desk: &SharedDesk) -> anyhow::Result<()> {
    if !asked.is_named() {
        return Err(configuration(
            "name deliveries, give a filter such as --receiver or --cause, or --all",
        ));
    }
    let which = which(asked, verb, desk).await?;
    let word = verb.as_str();
    let number = deliveries(which.len() as u64);
    if asked.dry_run {
        which.iter().for_each(say::line);
        say::note(format_args!("{word} would take {number}"));
        return Ok(());
    }
    if which.is_empty() {
        say::note(format_args!("there is nothing to {word}"));
    } else if asked.deliveries.is_empty() {
        ask::confirm(&format!("{word} {number}?"), asked.talk.yes)?;
    }
    let order = Order {
        verb,
        signed: signed(&asked.signed, &asked.at).await?,
    };
    let mut done = 0;
    for id in &which {
        match desk.act(id, &order).await? {
            Acted::Done => done += 1,
            Acted::Absent => say::note(format_args!("there is no delivery {id}")),
            Acted::NotIn(state) => {
                let state = state.as_str();
                say::note(format_args!("{id} is {state}, which {word} is not for"));
            }
        }
        if let Some(rate) = asked.rate {
            let gap = Duration::from_secs(1) / rate;
            ops::timer().sleep(gap).await;
        }
    }
    let mut out = std::io::stdout().lock();
    let left = which.len() as u64 - done;
    if asked.talk.json {
        writeln!(out, "{}", json!({"verb": word, "done": done, "left": left}))?;
    } else {
        writeln!(out, "{word}: {}", deliveries(done))?;
    }
    match left {
        0 => Ok(()),
        left => Err(Failure::Partly(format!("{} left as before", deliveries(left))).into()),
    }
}

fn deliveries(number: u64) -> String {
    match number {
        1 => count(1, "delivery"),
        number => format!("{number} deliveries"),
    }
}

/// Those that are named, or all that fit and that the verb is meant for. Retry takes what has failed unless another state
/// is asked for: what waits is tried anyway.
async fn which(
    asked: &Act,
    verb: DeliveryVerb,
    desk: &SharedDesk,
) -> anyhow::Result<Vec<DeliveryId>> {
    if !asked.deliveries.is_empty() {
        return Ok(asked.deliveries.clone());
    }
    let mut filter = asked.which.filter(SystemClock.now());
    if filter.state.is_none() && verb == DeliveryVerb::Retry {
        filter.state = Some(DeliveryState::Failed);
    }
    let mut which = Vec::new();
    each(desk, &filter, |row| {
        if verb.fits(row.state) {
            which.push(row.id);
        }
        true
    })
    .await?;
    Ok(which)
}
