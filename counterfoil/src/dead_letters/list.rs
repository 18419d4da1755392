//! `dead-letters list`: page by page, never a body.

use std::io::Write;

use counterfoil_core::ports::Clock;
use counterfoil_core::{Cause, Timestamp};
use counterfoil_machine::SystemClock;
use counterfoil_operations::grammar::Word;
use counterfoil_operations::worklist::{Listed, Paging, SortOrder, Waiting};

use super::choice::{PAGE, filter, page};
use crate::cli::dead_letters::{List, Listing, Which};
use crate::say;
use crate::words;
use counterfoil_operations::harmless::{self, harmless};
use counterfoil_operations::place::Place;

pub(crate) async fn run(list: &List, place: &dyn Place) -> anyhow::Result<()> {
    let waiting = if list.discarded {
        Waiting::Discarded
    } else {
        Waiting::Failed
    };
    show(
        &ListCall {
            which: &list.which,
            waiting,
            listing: &list.listing,
        },
        place,
    )
    .await
}

/// What is to be listed.
pub(crate) struct ListCall<'a> {
    pub(crate) which: &'a Which,
    pub(crate) waiting: Waiting,
    pub(crate) listing: &'a Listing,
}

/// Lists a part of the worklist.
pub(crate) async fn show(list: &ListCall<'_>, place: &dyn Place) -> anyhow::Result<()> {
    let ops = place.look()?;
    let now = SystemClock.now();
    let filter = filter(list.which, list.waiting, now);
    let Listing {
        oldest_first,
        limit,
        json,
    } = *list.listing;
    let order = if oldest_first {
        SortOrder::OldestFirst
    } else {
        SortOrder::NewestFirst
    };
    let limit = if limit == 0 { usize::MAX } else { limit };
    let mut paging = Some(Paging::first(order, PAGE.min(limit.saturating_add(1))));
    let mut out = Lines::new(json, now)?;
    while let Some(page) = page(&ops.home, &filter, &mut paging).await? {
        let room = limit - out.shown;
        let more = page.rows.len() > room;
        out.show(&page.rows[..page.rows.len().min(room)])?;
        if more {
            out.more = true;
            break;
        }
    }
    out.finish(words::waiting(list.waiting))
}

/// Where the list goes.
struct Lines {
    out: std::io::BufWriter<std::io::StdoutLock<'static>>,
    json: bool,
    now: Timestamp,
    shown: usize,
    more: bool,
}

impl Lines {
    fn new(json: bool, now: Timestamp) -> anyhow::Result<Self> {
        let mut out = std::io::BufWriter::new(std::io::stdout().lock());
        if json {
            write!(out, "[")?;
        }
        Ok(Self {
            out,
            json,
            now,
            shown: 0,
            more: false,
        })
    }

    fn show(&mut self, rows: &[Listed]) -> anyhow::Result<()> {
        // Aligned by page: the whole list is never in memory.
        let width = rows
            .iter()
            .map(|row| row.of.to_string().len())
            .max()
            .unwrap_or(0);
        for row in rows {
            if self.json {
                let comma = if self.shown > 0 { "," } else { "" };
                write!(self.out, "{comma}\n{}", harmless::json(&words::listed(row)))?;
            } else {
                if self.shown == 0 {
                    let name = "SUBMISSION";
                    writeln!(
                        self.out,
                        "{name:<width$}  {:>4}  {:>5}  {:<9}  WHY",
                        "AGE", "TRIES", "RETRYABLE"
                    )?;
                }
                writeln!(self.out, "{}", line(row, width, self.now))?;
            }
            self.shown += 1;
        }
        Ok(())
    }

    fn finish(mut self, what: &str) -> anyhow::Result<()> {
        if self.json {
            writeln!(self.out, "\n]")?;
        }
        self.out.flush()?;
        match (self.shown, self.more) {
            _ if self.json => {}
            (0, _) => say::note(format_args!("no {what} matches")),
            (shown, true) => say::note(format_args!(
                "the first {shown}; there are more: --limit 0 lists all"
            )),
            (_, false) => {}
        }
        Ok(())
    }
}

fn line(row: &Listed, width: usize, now: Timestamp) -> String {
    let retryable = row
        .cause
        .as_ref()
        .map_or("", |cause| cause.retryable.as_word());
    let held_for = row.hold.clone().unwrap_or_default();
    let cause = row.cause.as_ref().map_or(held_for, Cause::to_string);
    let under_way = if row.is_awaiting() {
        "  [a replay is under way]"
    } else {
        ""
    };
    format!(
        "{:<width$}  {:>4}  {:>5}  {retryable:<9}  {}{under_way}",
        row.of.to_string(),
        words::age(row.received_at, now),
        row.attempts,
        harmless(&cause, false)
    )
}
