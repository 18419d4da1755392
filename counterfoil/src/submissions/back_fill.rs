//! `submissions back-fill`: on AWS, what a former version wrote gets its place in lists.

use std::io::Write;
use std::sync::atomic::Ordering;

use counterfoil_core::Code;
use counterfoil_operations::harmless::{harmless, pretty_json};
use serde_json::json;

use crate::cli::submissions::BackFill;
use crate::exit::{Failure, configuration};
use crate::jobs::course;
use crate::ops;
use crate::progress;
use crate::say;
use crate::words::count;

/// What has been done so far.
#[derive(Default)]
struct Done {
    read: u64,
    placed: u64,
    unreadable: u64,
    /// Where to go on; `None`: the table has been read to its end.
    next: Option<String>,
}

pub(super) fn run(arguments: &BackFill) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    runtime.block_on(fill(arguments))
}

/// Reads the whole table, a part at a time. Ctrl-C ends it between two parts; the place to go on from is said then, and also
/// when a part cannot be read.
async fn fill(arguments: &BackFill) -> anyhow::Result<()> {
    let ledger = ops::aws::ledger(arguments.stack.as_deref(), arguments.table.as_deref()).await?;
    let stop = course::asked_to_stop()?;
    let bar = progress::counting();
    let mut done = Done {
        next: arguments.from.clone(),
        ..Done::default()
    };
    let ended = loop {
        let part = match ledger.back_fill(done.next.clone()).await {
            Ok(part) => part,
            Err(fault) if done.read == 0 && fault.cause().is_called(Code::BadCursor.as_str()) => {
                return Err(configuration(
                    "--from: this is no place that a back-fill has said",
                ));
            }
            Err(fault) => break Some(fault.to_string()),
        };
        done.read += part.read;
        done.placed += part.placed;
        done.unreadable += part.unreadable.len() as u64;
        for fault in &part.unreadable {
            let fault = harmless(&fault.to_string(), false);
            say::note(format_args!("counterfoil: {fault}"));
        }
        done.next = part.next;
        bar.set_position(done.read);
        if done.next.is_none() {
            break None;
        }
        if stop.load(Ordering::SeqCst) {
            break Some("it was asked to stop".to_owned());
        }
    };
    bar.finish_and_clear();
    tell(&done, arguments.json)?;
    match ended {
        Some(why) => Err(interrupted(&why, &done, arguments)),
        None if done.unreadable > 0 => {
            let which = count(done.unreadable, "submission");
            let said = format!("{which} cannot be read, and so has no place in lists");
            Err(Failure::Partly(said).into())
        }
        None => Ok(()),
    }
}

fn tell(done: &Done, as_json: bool) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    if as_json {
        let told = json!({
            "read": done.read,
            "placed": done.placed,
            "unreadable": done.unreadable,
            "next": done.next,
        });
        writeln!(out, "{}", pretty_json(&told))?;
    } else {
        let (read, placed) = (count(done.read, "item"), count(done.placed, "submission"));
        writeln!(out, "{read} read, {placed} given their place in lists")?;
    }
    Ok(())
}

fn interrupted(why: &str, done: &Done, arguments: &BackFill) -> anyhow::Error {
    let at = match (&arguments.stack, &arguments.table) {
        (Some(stack), _) => format!("--stack {stack}"),
        (None, table) => format!("--table {}", table.as_deref().unwrap_or_default()),
    };
    let from = match &done.next {
        Some(next) => format!(" --from '{next}'"),
        None => String::new(),
    };
    let again = format!("counterfoil submissions back-fill {at}{from}");
    Failure::Partly(format!("{why}. Go on with: {again}")).into()
}
