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
use indicatif::ProgressBar;
use serde_json::json;

use super::each;
use crate::cli::deliveries::Act;
use crate::dead_letters::ask;
use crate::exit::{Failure, configuration};
use crate::ops::desk::signed;
use crate::words::count;
use crate::{ops, progress, say};

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
    if asked.canary && verb == DeliveryVerb::Discard {
        return Err(configuration(
            "--canary is for what is sent, and discard sends nothing",
        ));
    }
    let doing = Doing {
        order,
        rate: asked.rate,
        desk,
        bar: progress::bar(which.len() as u64, true),
    };
    let (mut rest, mut done) = (&which[..], 0);
    for some in if asked.canary { &CANARY[..] } else { &[] } {
        let (first, later) = rest.split_at((*some).min(rest.len()));
        done += doing.each(first).await?;
        rest = later;
        let untold = arrived(first, desk).await?;
        if !untold.is_empty() {
            for (id, why) in &untold {
                say::note(format_args!("{id} has not arrived: {why}"));
            }
            say::note("the rest is as it was: find the cause, and then go on");
            rest = &[];
            break;
        }
    }
    done += doing.each(rest).await?;
    doing.bar.finish_and_clear();
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

/// What is done, where, and how fast.
struct Doing<'a> {
    order: Order,
    rate: Option<u32>,
    desk: &'a SharedDesk,
    bar: ProgressBar,
}

impl Doing<'_> {
    /// Does what the order says to each of these; gives to how many.
    async fn each(&self, which: &[DeliveryId]) -> anyhow::Result<u64> {
        let (mut done, word) = (0, self.order.verb.as_str());
        for id in which {
            match self.desk.act(id, &self.order).await? {
                Acted::Done => done += 1,
                Acted::Absent => say::note(format_args!("there is no delivery {id}")),
                Acted::NotIn(state) => {
                    let state = state.as_str();
                    say::note(format_args!("{id} is {state}, which {word} is not for"));
                }
            }
            self.bar.inc(1);
            if let Some(rate) = self.rate {
                let gap = Duration::from_secs(1) / rate;
                ops::timer().sleep(gap).await;
            }
        }
        Ok(done)
    }
}

/// How many go first, and then once more, before the rest.
const CANARY: [usize; 2] = [1, 10];
/// How long these are waited for: a mail server may take a minute, and on AWS what is due is tried once a minute.
const PATIENCE: Duration = Duration::from_secs(180);
/// Between two looks.
const LOOK: Duration = Duration::from_millis(200);

/// Waits until each of these was tried; gives those that did not arrive, and why.
async fn arrived(
    canary: &[DeliveryId],
    desk: &SharedDesk,
) -> anyhow::Result<Vec<(DeliveryId, String)>> {
    let (mut untold, mut left) = (Vec::new(), PATIENCE);
    for id in canary {
        loop {
            let Some(told) = desk.told(id).await? else {
                break;
            };
            let delivery = told.delivery;
            let why = delivery.cause.as_ref().filter(|_| delivery.tries > 0);
            match (delivery.state, why) {
                (DeliveryState::Delivered | DeliveryState::Discarded, _) => break,
                (DeliveryState::Waiting | DeliveryState::Failed, Some(cause)) => {
                    untold.push((id.clone(), cause.to_string()));
                    break;
                }
                (DeliveryState::Waiting | DeliveryState::Failed, None) if left.is_zero() => {
                    untold.push((
                        id.clone(),
                        "nobody has tried it; is the server running?".into(),
                    ));
                    break;
                }
                (DeliveryState::Waiting | DeliveryState::Failed, None) => {
                    ops::timer().sleep(LOOK).await;
                    left = left.saturating_sub(LOOK);
                }
            }
        }
    }
    Ok(untold)
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
