//! `dead-letters redrive`: on AWS with `bury` switched off, SQS's own way back out of the dead-letter queue.

use std::io::Write;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use counterfoil_aws::{Phase, Progress, Redrive};
use counterfoil_operations::ports::Sleep;
use serde_json::{Value, json};

use super::ask;
use crate::cli::dead_letters::Redrive as Arguments;
use crate::exit::Failure;
use crate::jobs::course;
use crate::ops;
use crate::progress;
use counterfoil_operations::harmless::pretty_json;

/// SQS brings its figures up to date every few seconds.
const LOOK: Duration = Duration::from_secs(2);
/// Looks after which a redrive that SQS does not know of was never taken up.
const MISSING: u32 = 30;

pub(super) async fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let redrive = ops::aws::redrive(
        arguments.stack.as_deref(),
        arguments.dead_letter_queue.as_deref(),
    )
    .await?;
    if arguments.cancel {
        return match redrive.cancel().await? {
            true => tell(redrive.progress().await?.as_ref(), arguments.talk.json),
            false => Err(Failure::Partly("no redrive is under way".into()).into()),
        };
    }
    if arguments.watch {
        return follow(&redrive, arguments.talk.json).await;
    }
    ask::confirm(
        "move everything in the dead-letter queue back to its queue?",
        arguments.talk.yes,
    )?;
    redrive.start(arguments.rate).await?;
    follow(&redrive, arguments.talk.json).await
}

/// Watches it to its end. Ctrl-C cancels it.
async fn follow(redrive: &Redrive, as_json: bool) -> anyhow::Result<()> {
    let stop = course::asked_to_stop()?;
    let (bar, cancelled) = (progress::jobs(0, 0), AtomicBool::new(false));
    let mut missing = 0;
    let last = loop {
        let progress = redrive.progress().await?;
        missing = if progress.is_none() { missing + 1 } else { 0 };
        if let Some(progress) = &progress {
            bar.set_length(progress.of.unwrap_or(progress.moved));
            bar.set_position(progress.moved);
        }
        let phase = progress.as_ref().map(|progress| progress.phase);
        match phase {
            Some(Phase::Running | Phase::Cancelling) => {}
            None if missing < MISSING => {}
            None | Some(Phase::Completed | Phase::Cancelled | Phase::Failed) => break progress,
        }
        if stop.load(Ordering::SeqCst) && !cancelled.swap(true, Ordering::SeqCst) {
            redrive.cancel().await?;
        }
        ops::timer().sleep(LOOK).await;
    };
    bar.finish_and_clear();
    tell(last.as_ref(), as_json)
}

fn tell(progress: Option<&Progress>, as_json: bool) -> anyhow::Result<()> {
    let Some(progress) = progress else {
        return Err(Failure::Partly("SQS knows of no redrive".into()).into());
    };
    let mut out = std::io::stdout().lock();
    if as_json {
        writeln!(out, "{}", pretty_json(&told(progress)))?;
    } else {
        writeln!(
            out,
            "{}: {} moved back to the queue",
            word(progress.phase),
            progress.moved
        )?;
    }
    match progress.phase {
        Phase::Running | Phase::Completed | Phase::Cancelling => Ok(()),
        Phase::Cancelled => Err(Failure::Partly(
            "the redrive was cancelled; what is moved stays moved".into(),
        )
        .into()),
        Phase::Failed => {
            let why = progress
                .failure
                .as_deref()
                .unwrap_or("SQS does not say why");
            Err(Failure::Partly(format!("the redrive failed: {why}")).into())
        }
    }
}

fn told(progress: &Progress) -> Value {
    json!({
        "state": word(progress.phase),
        "moved": progress.moved,
        "total": progress.of,
        "rate": progress.per_second,
        "started_at": progress.started_at,
        "failure": progress.failure,
    })
}

const fn word(phase: Phase) -> &'static str {
    match phase {
        Phase::Running => "running",
        Phase::Completed => "completed",
        Phase::Cancelling => "cancelling",
        Phase::Cancelled => "cancelled",
        Phase::Failed => "failed",
    }
}
