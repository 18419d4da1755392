//! `submissions show`: one entry, what was submitted, and what people have marked it as. It writes nothing: whoever only
//! looks from a script does not hide what is new from the people who answer.

use crate::entries::body;
use std::io::Write;

use counterfoil_core::Entry;
use counterfoil_core::ports::Entries;
use counterfoil_operations::catalogue::{Shown, Spot};
use counterfoil_operations::grammar::Word;
use counterfoil_operations::harmless::{harmless, pretty_json};
use counterfoil_operations::marks::{Mark, Marking, Marks};
use counterfoil_operations::place::Place;

use super::list::as_json;
use crate::cli::submissions::Show;
use crate::exit::Failure;

pub(crate) async fn run(show: &Show, place: &dyn Place) -> anyhow::Result<()> {
    let ops = place.look()?;
    let Some(entry) = ops.home.entry(&show.submission).await? else {
        let of = &show.submission;
        return Err(Failure::Partly(format!(
            "there is no entry {of}; it may still be in the queue"
        ))
        .into());
    };
    let marks = ops
        .home
        .marks(&[Spot::from_entry(&entry)])
        .await?
        .into_iter()
        .next()
        .unwrap_or_default();
    let shown = Shown { entry, marks };
    let mut out = std::io::stdout().lock();
    if show.json {
        writeln!(out, "{}", pretty_json(&as_json(&shown, true)))?
    } else {
        write!(out, "{}", lines(&shown.entry, &shown.marks))?
    }
    Ok(())
}

fn lines(entry: &Entry, marks: &Marks) -> String {
    let head = &entry.head;
    let mut text = format!(
        "{}\n  state      {} (change {})\n  received   {}\n  updated    {}\n  attempts   {}\n",
        head.of, head.state, head.seq, head.received_at, head.updated_at, head.attempts
    );
    if let Some(cause) = &head.cause {
        text += &format!("  cause      {}\n", harmless(&cause.to_string(), false));
    }
    if let Some(hold) = &head.hold {
        text += &format!("  held for   {}\n", harmless(hold, false));
    }
    for mark in Mark::ALL {
        if let Some(made) = marks.get(mark) {
            text += &format!(
                "  {:<9}  {} by {}\n",
                mark.as_word(),
                made.at,
                harmless(made.by.as_str(), false)
            );
        }
    }
    text + "\n" + &body(&entry.body)
}
