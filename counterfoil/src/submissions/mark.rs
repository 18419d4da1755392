//! `submissions mark`: seen and answered, for all people of a home.

use std::io::Write;

use counterfoil_core::ports::Polls;
use counterfoil_core::{FormId, SubmissionRef};
use counterfoil_operations::catalogue::{Catalogue as _, Scope, Spot, Turn};
use counterfoil_operations::grammar::Word;
use counterfoil_operations::harmless;
use counterfoil_operations::marks::{Made, Mark, Marking as _, Watermark};
use counterfoil_operations::place::{Ops, Place};
use counterfoil_operations::worklist::SortOrder;
use serde_json::json;

use crate::cli::submissions::Marking;
use crate::exit::{Failure, configuration};
use crate::say;
use crate::words::count;

pub(crate) async fn run(asked: &Marking, place: &dyn Place) -> anyhow::Result<()> {
    let ops = place.look()?;
    if let Some(form) = &asked.form {
        return mark_all(form, asked, &ops).await;
    }
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

/// Marks everything of a form as seen, up to the newest that is there now: what comes meanwhile stays unread.
async fn mark_all(form: &FormId, asked: &Marking, ops: &Ops) -> anyhow::Result<()> {
    if asked.mark != Mark::Seen {
        let why = "--all marks as seen alone: what is answered was answered one by one";
        return Err(configuration(why));
    }
    let scope = Scope {
        form: Some(form.clone()),
        ..Scope::default()
    };
    let upto = newest(&scope, ops).await?;
    if let Some(upto) = &upto {
        let made = Made {
            at: ops.clock.now(),
            by: ops.who.clone(),
        };
        let upto = upto.clone();
        ops.home.see_all(form, &Watermark { upto, made }).await?;
    }
    let mut out = std::io::stdout().lock();
    let text = match (&upto, asked.json) {
        (_, true) => {
            let upto = upto.map(|upto| upto.of.to_string());
            harmless::json(&json!({ "mark": "seen", "form": form, "upto": upto }))
        }
        (Some(upto), false) => format!("{form}: all marked as seen, up to {}", upto.of),
        (None, false) => format!("{form}: there is nothing to mark"),
    };
    Ok(writeln!(out, "{text}")?)
}

/// The place of the newest that can be read. A page may be empty and not the last.
async fn newest(scope: &Scope, ops: &Ops) -> anyhow::Result<Option<Spot>> {
    let mut turn = Turn::first(SortOrder::NewestFirst, 1);
    loop {
        let page = ops.home.list(scope, &turn).await?;
        match (page.rows.first(), page.next) {
            (Some(shown), _) => return Ok(Some(Spot::from_entry(&shown.entry))),
            (None, Some(next)) => turn = turn.after(next),
            (None, None) => return Ok(None),
        }
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
