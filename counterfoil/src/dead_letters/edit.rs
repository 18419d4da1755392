//! `dead-letters edit`: one in an editor, or one or many by a JSON Patch. Nothing is written that the form would refuse.

use std::io::Write;
use std::path::Path;

use counterfoil_core::ports::{Clock, Entries};
use counterfoil_core::{Body, Entry, Fault, Payload, State, SubmissionRef};
use counterfoil_machine::SystemClock;
use counterfoil_operations::act::{Acted, Revision, edit_one, fits};
use counterfoil_operations::history::Verb;
use counterfoil_operations::job::Job;
use counterfoil_operations::patch::{self, Patch};
use counterfoil_operations::words::{problem, refusal};
use counterfoil_operations::worklist::Waiting;
use serde_json::Value;

use super::act::{self, Outcome, Picked, Tally};
use super::choice::{Choice, Summary};
use super::editor::Draft;
use super::{ask, send};
use crate::cli::dead_letters::Edit;
use crate::exit::{Failure, configuration};
use crate::jobs::report;
use crate::say;
use counterfoil_operations::harmless::{harmless, pretty_json};
use counterfoil_operations::place::{Ops, Place};

pub(crate) async fn run(edit: &Edit, place: &dyn Place) -> anyhow::Result<()> {
    match &edit.patch {
        Some(file) => by_patch(edit, &patch_in(file)?, place).await,
        None => by_hand(edit, place).await,
    }
}

async fn by_hand(edit: &Edit, place: &dyn Place) -> anyhow::Result<()> {
    let [of] = edit.chosen.submissions.as_slice() else {
        return Err(configuration(
            "give one form/id to edit it in your editor, or --patch FILE for many",
        ));
    };
    let ops = place.look()?;
    let entry = ops
        .home
        .entry(of)
        .await?
        .ok_or_else(|| Failure::Partly(format!("there is no entry {of}")))?;
    let after = edited(&entry, &ops)?;
    let revision = Revision {
        after: &after,
        based_on: entry.head.seq,
    };
    let acted = edit_one(
        of,
        revision,
        &act::deed(Verb::Edit, &edit.actor, &ops),
        &ops.acting(),
    )
    .await?;
    let (is_done, is_changed) = (
        matches!(acted, Acted::Done(_)),
        matches!(acted, Acted::Changed(_)),
    );
    if !is_done && !is_changed {
        return Err(Failure::Partly(format!("{of}: {}", refusal(&acted))).into());
    }
    let mut tally = Tally::default();
    tally.add(of.clone(), Outcome::Acted(acted));
    drop(ops);
    let jobs = if edit.replay && is_done {
        send::named(std::slice::from_ref(of), &edit.actor, place, &place.work()?).await?
    } else {
        Vec::new()
    };
    tell(&tally, &jobs, edit, place)
}

/// Tells what was edited, and what came of replaying it.
fn tell(tally: &Tally, jobs: &[Job], edit: &Edit, place: &dyn Place) -> anyhow::Result<()> {
    if !edit.replay {
        return tally.tell("edited", edit.talk.json);
    }
    let mut out = std::io::stdout().lock();
    if edit.talk.json {
        let mut object = tally.as_json("edited");
        object["replays"] = Value::from_iter(jobs.iter().map(report::as_json));
        writeln!(out, "{}", pretty_json(&object))?;
    } else {
        let replayed = jobs
            .iter()
            .map(|job| format!("; {}", report::tallied(job)))
            .collect::<String>();
        writeln!(out, "{} edited{replayed}", tally.done())?;
    }
    jobs.iter()
        .try_for_each(|job| report::outcome(job, place))?;
    tally.outcome()
}

/// Has a person edit it until it is right, or they give up.
fn edited(entry: &Entry, ops: &Ops) -> anyhow::Result<Payload> {
    let of = &entry.head.of;
    let Body::Payload(before) = &entry.body else {
        return Err(Failure::Partly(format!("{of}: {}", refusal(&Acted::Unreadable))).into());
    };
    if entry.head.state != State::Failed {
        return Err(Failure::Partly(format!(
            "{of} is {}; only a dead letter can be edited",
            entry.head.state
        ))
        .into());
    }
    let original = format!("{:#}\n", Value::Object(before.fields()));
    let mut draft = Draft::parse(&original)?;
    loop {
        let text = draft.edit()?;
        if text.trim().is_empty() || text == original {
            return Err(Failure::Partly("nothing was changed".into()).into());
        }
        let problems = match patch::payload(&text) {
            Ok(after) => match fits(&entry.head, &after, &ops.forms) {
                Ok(()) => return Ok(after),
                Err(Acted::Invalid(errors)) => errors.iter().map(problem).collect(),
                Err(acted) => vec![refusal(&acted)],
            },
            Err(problems) => problems,
        };
        for problem in &problems {
            say::note(format_args!("counterfoil: {}", harmless(problem, false)));
        }
        let again =
            ask::is_person() && !ask::ask("edit it again? [Y/n] ")?.eq_ignore_ascii_case("n");
        if !again {
            return Err(Failure::Partly("nothing was changed".into()).into());
        }
    }
}

/// Reads a patch from a file; `-` is standard input.
fn patch_in(path: &Path) -> anyhow::Result<Patch> {
    let named =
        |error: &dyn std::fmt::Display| configuration(format!("{}: {error}", path.display()));
    let text = if path == Path::new("-") {
        std::io::read_to_string(std::io::stdin())
    } else {
        std::fs::read_to_string(path)
    };
    let text = text.map_err(|error| named(&error))?;
    serde_json::from_str(&text)
        .map_err(|error| named(&format!("this is no JSON Patch (RFC 6902): {error}")))
}

async fn by_patch(edit: &Edit, patch: &Patch, place: &dyn Place) -> anyhow::Result<()> {
    let choice = Choice::parse(&edit.chosen, Waiting::Failed, SystemClock.now(), false)?;
    let total = {
        let ops = place.look()?;
        let summary = Summary::gather(&choice, Waiting::Failed, &ops.home).await?;
        if edit.dry_run {
            let fitting = async |of: &SubmissionRef| foreseen(of, patch, &ops).await;
            let chosen = Picked {
                choice: &choice,
                total: summary.count,
            };
            return act::each(chosen, &ops, fitting, |_| {})
                .await?
                .tell("would_be_edited", edit.talk.json);
        }
        if matches!(choice, Choice::Matching(_)) && summary.count > 0 {
            summary.announce("dead letter", "edit");
            ask::confirm("edit them?", edit.talk.yes)?;
        }
        summary.count
    };
    let work = place.work()?;
    let chosen = Picked {
        choice: &choice,
        total,
    };
    let (tally, edited) = patched(chosen, patch, edit, &work.ops).await?;
    let jobs = send::named(&edited, &edit.actor, place, &work).await?;
    tell(&tally, &jobs, edit, place)
}

/// Edits them all; gives also which were edited.
async fn patched(
    chosen: Picked<'_>,
    patch: &Patch,
    edit: &Edit,
    ops: &Ops,
) -> anyhow::Result<(Tally, Vec<SubmissionRef>)> {
    let deed = act::deed(Verb::Edit, &edit.actor, ops);
    let one = async |of: &SubmissionRef| match after(of, patch, ops).await? {
        Err(outcome) => Ok(outcome),
        Ok((entry, after)) => {
            let revision = Revision {
                after: &after,
                based_on: entry.head.seq,
            };
            Ok(Outcome::Acted(
                edit_one(of, revision, &deed, &ops.acting()).await?,
            ))
        }
    };
    let mut edited = Vec::new();
    let tally = act::each(chosen, ops, one, |of| {
        if edit.replay {
            edited.push(of.clone());
        }
    })
    .await?;
    Ok((tally, edited))
}

/// What editing one would come to; nothing is written.
async fn foreseen(of: &SubmissionRef, patch: &Patch, ops: &Ops) -> Result<Outcome, Fault> {
    Ok(match after(of, patch, ops).await? {
        Err(outcome) => outcome,
        Ok((entry, after)) => {
            let head = Box::new(entry.head);
            let same = matches!(&entry.body, Body::Payload(before) if *before == after);
            Outcome::Acted(match fits(&head, &after, &ops.forms) {
                Err(acted) => acted,
                Ok(()) if same => Acted::Already(head),
                Ok(()) => Acted::Done(head),
            })
        }
    })
}

/// The entry, and what it holds after the patch; `Err`: why there is nothing to edit.
async fn after(
    of: &SubmissionRef,
    patch: &Patch,
    ops: &Ops,
) -> Result<Result<(Entry, Payload), Outcome>, Fault> {
    let Some(entry) = ops.home.entry(of).await? else {
        return Ok(Err(Outcome::Acted(Acted::Nowhere)));
    };
    if entry.head.state != State::Failed {
        return Ok(Err(Outcome::Acted(Acted::NotNow(entry.head.state))));
    }
    let Body::Payload(before) = &entry.body else {
        return Ok(Err(Outcome::Acted(Acted::Unreadable)));
    };
    Ok(match patch::apply(patch, before) {
        Ok(after) => Ok((entry, after)),
        Err(why) => Err(Outcome::Left(why)),
    })
}
