//! `submissions mark`: seen and answered, for all people of a home.

use std::io::Write;

use counterfoil_core::SubmissionRef;
use counterfoil_core::ports::Polls;
use counterfoil_operations::grammar::Word;
use counterfoil_operations::harmless;
use counterfoil_operations::marks::{Made, Marking as _};
use counterfoil_operations::place::{Ops, Place};
use serde_json::json;

use crate::cli::submissions::Marking;
use crate::exit::Failure;
use crate::say;
use crate::words::count;

pub(crate) async fn run(asked: &Marking, place: &dyn Place) -> anyhow::Result<()> {
    let ops = place.look()?;
    let made = (!asked.undo).then(|| Made {
        at: ops.clock.now(),
        by: ops.who.clone(),
    });
    let (mut done, mut missing) = (0, 0);
    for of in &asked.submissions {
        if mark(of, made.as_ref(), (asked, &ops)).await? {
            done += 1;
        } else {
            missing += 1;
            say::note(format_args!(
                "there is no entry {of}; it may still be in the queue"
            ));
        }
    }
    tell(asked, done)?;
    match missing {
        0 => Ok(()),
        _ => Err(Failure::Partly(format!("{} not there", count(missing, "submission"))).into()),
    }
}

/// Marks one; is it there?
async fn mark(
    of: &SubmissionRef,
    made: Option<&Made>,
    (asked, ops): (&Marking, &Ops),
) -> anyhow::Result<bool> {
    let is_there = ops.home.head(of).await?.is_some();
    if is_there {
        ops.home.mark(of, asked.mark, made).await?;
    }
    Ok(is_there)
}

fn tell(asked: &Marking, done: u64) -> anyhow::Result<()> {
    let word = asked.mark.as_word();
    let mut out = std::io::stdout().lock();
    if asked.json {
        let told = json!({ "mark": word, "undone": asked.undo, "submissions": done });
        return Ok(writeln!(out, "{}", harmless::json(&told))?);
    }
    let how = if asked.undo {
        "no longer marked"
    } else {
        "marked"
    };
    Ok(writeln!(
        out,
        "{}: {how} as {word}",
        count(done, "submission")
    )?)
}
