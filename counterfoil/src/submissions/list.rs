//! `submissions list`, and `inbox`: newest first, who wrote and what.

use std::io::{BufWriter, IsTerminal, Write};

use counterfoil_core::{Forms, Timestamp};
use counterfoil_export::json::{of_entry, of_head};
use counterfoil_operations::catalogue::{Catalogue, Scope, Shown, Turn};
use counterfoil_operations::gist::Gist;
use counterfoil_operations::harmless;
use counterfoil_operations::marks::{Made, Marks};
use counterfoil_operations::place::Place;
use counterfoil_operations::worklist::SortOrder;
use serde_json::{Value, json};

use super::columns::{Row, Table, plain};
use super::{forms_are_known, is_here, sound_forms};
use crate::cli::submissions::List;
use crate::entries::{Amiss, PAGE, open};
use crate::say;
use crate::words::count;

/// Columns of a terminal that does not tell how many it has.
const COLUMNS: u16 = 100;

pub(crate) async fn run(list: &List, place: &dyn Place) -> anyhow::Result<()> {
    forms_are_known(&list.which, &list.at)?;
    let ops = place.look()?;
    let now = ops.clock.now();
    let (scope, search) = (list.which.scope(now), list.which.search());
    let limit = if list.limit == 0 {
        usize::MAX
    } else {
        list.limit
    };
    let (mut out, mut amiss, mut read) = (Lines::new(list, now)?, Amiss::default(), 0);
    let mut turn = Some(Turn::first(
        SortOrder::NewestFirst,
        PAGE.min(limit.saturating_add(1)),
    ));
    while let Some(here) = turn.take() {
        let sheet = match &search {
            Some(search) => ops.home.search(&scope, search, &here).await?,
            None => ops.home.list(&scope, &here).await?,
        };
        amiss.tell(&sheet.damaged);
        read += sheet.read;
        let room = limit - out.shown;
        out.show(&sheet.rows[..sheet.rows.len().min(room)])?;
        out.more = sheet.rows.len() > room || (out.shown == limit && sheet.next.is_some());
        turn = sheet
            .next
            .filter(|_| !out.more)
            .map(|next| here.after(next));
    }
    out.finish()?;
    if search.is_some() && !list.json {
        say::note(format_args!("{} read", count(read, "submission")));
    }
    if !list.json {
        footer(list, &scope, &out)?;
    }
    amiss.outcome()
}

/// Where the list goes.
struct Lines<'a> {
    out: BufWriter<std::io::StdoutLock<'static>>,
    list: &'a List,
    forms: Forms,
    now: Timestamp,
    /// Of the terminal; `None`: it is none.
    width: Option<usize>,
    shown: usize,
    more: bool,
}

impl<'a> Lines<'a> {
    fn new(list: &'a List, now: Timestamp) -> anyhow::Result<Self> {
        let stdout = std::io::stdout();
        let width = stdout.is_terminal().then(|| {
            let size = rustix::termios::tcgetwinsize(&stdout).map_or(0, |size| size.ws_col);
            usize::from(if size == 0 { COLUMNS } else { size })
        });
        let mut out = BufWriter::new(stdout.lock());
        if list.json {
            write!(out, "[")?;
        }
        Ok(Self {
            out,
            list,
            forms: sound_forms(&list.at),
            now,
            width,
            shown: 0,
            more: false,
        })
    }

    fn show(&mut self, all: &[Shown]) -> anyhow::Result<()> {
        if self.list.json {
            return all.iter().try_for_each(|shown| self.json(shown));
        }
        let gist = |shown: &Shown| {
            let entry = &shown.entry;
            Gist::new(self.forms.get(&entry.head.of.form), &entry.body)
        };
        let rows: Vec<Row<'_>> = all
            .iter()
            .map(|shown| Row {
                shown,
                gist: gist(shown),
            })
            .collect();
        let Some(width) = self.width else {
            self.shown += rows.len();
            return rows
                .iter()
                .try_for_each(|row| Ok(writeln!(self.out, "{}", plain(row))?));
        };
        // Aligned by page: the whole list is never in memory.
        let table = Table::new(&rows, width, self.list.utc);
        if self.shown == 0 && !rows.is_empty() {
            writeln!(self.out, "{}", table.head())?;
        }
        self.shown += rows.len();
        rows.iter()
            .try_for_each(|row| Ok(writeln!(self.out, "{}", table.lines(row, self.now))?))
    }

    fn json(&mut self, shown: &Shown) -> anyhow::Result<()> {
        let comma = if self.shown > 0 { "," } else { "" };
        self.shown += 1;
        let value = as_json(shown, self.list.fields);
        Ok(write!(self.out, "{comma}\n{}", harmless::json(&value))?)
    }

    fn finish(&mut self) -> anyhow::Result<()> {
        if self.list.json {
            writeln!(self.out, "\n]")?;
        }
        Ok(self.out.flush()?)
    }
}

/// An entry for programs, with its marks; what was submitted only where that is asked for.
pub(super) fn as_json(shown: &Shown, with_fields: bool) -> Value {
    let entry = &shown.entry;
    let mut json = if with_fields {
        of_entry(entry)
    } else {
        of_head(&entry.head)
    };
    json["marks"] = marks(&shown.marks);
    json
}

fn marks(marks: &Marks) -> Value {
    let made = |made: &Made| json!({ "at": made.at, "by": made.by.as_str() });
    json!({ "seen": marks.seen.as_ref().map(made), "answered": marks.answered.as_ref().map(made) })
}

/// For people, on standard error: what the list does not show.
fn footer(list: &List, scope: &Scope, out: &Lines<'_>) -> anyhow::Result<()> {
    if out.more {
        say::note(format_args!(
            "the first {}; there are more: --limit 0 lists all",
            out.shown
        ));
    }
    if is_here(&list.at) {
        unlisted(list)?;
    }
    if out.shown == 0 {
        let all = *scope == Scope::default() && list.which.search.is_none();
        say::note(if all {
            "no submission here yet"
        } else {
            "no submission matches"
        });
    }
    Ok(())
}

/// What has no entry on this machine: not yet, or not any more.
fn unlisted(list: &List) -> anyhow::Result<()> {
    let reader = open(&list.at.data)?;
    let (queued, dead) = reader.backlog()?;
    if queued + dead > 0 {
        say::note(format_args!(
            "{} more wait in the queue and have no entry yet",
            queued + dead
        ));
    }
    let lost = reader.lost()?.news();
    if lost > 0 {
        let lost = count(lost, "accepted submission");
        say::note(format_args!(
            "{lost} lost: `counterfoil submissions lost` says more"
        ));
    }
    Ok(())
}
