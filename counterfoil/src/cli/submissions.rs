//! `submissions` on the command line.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand, ValueEnum};
use counterfoil_core::{FormId, State, SubmissionRef, Timestamp};
use counterfoil_operations::catalogue::{Scope, Search, Spot};
use counterfoil_operations::grammar::{Moment, submission, word};
use counterfoil_operations::marks::Mark;

use super::dead_letters::At;
use super::{Local, form};

#[derive(Subcommand)]
#[allow(clippy::large_enum_variant, reason = "there is one in a process")]
pub(crate) enum Submissions {
    #[command(flatten)]
    Kept(Kept),
    /// Read everything, and say what is damaged or missing and what fixes it
    Verify(Verify),
    /// Say how many were accepted and are nowhere. Exits with 1 if there are any that nobody knows of
    Lost(Lost),
    /// On AWS, once after an upgrade: give what a former version wrote its place in lists. Changes no submission, and tells
    /// nobody
    BackFill(BackFill),
}

/// What is done with submissions that a home keeps, whichever home it is.
#[derive(Subcommand)]
pub(crate) enum Kept {
    /// List submissions, newest first: who wrote, and what; `counterfoil inbox` is the same. What nobody has read yet has a
    /// dot before it
    List(List),
    /// Show one submission: what was submitted, and who has read and answered it. Showing it does not mark it as seen
    Show(Show),
    /// Mark submissions as seen or answered, for all people of this home
    Mark(Marking),
    /// Write submissions as CSV or a spreadsheet for people, or as JSON Lines for programs, the longest there first
    Export(Export),
}

/// Which of them.
#[derive(Args)]
pub(crate) struct Which {
    /// Only of this form
    #[arg(long, value_parser = form)]
    pub(crate) form: Option<FormId>,
    /// Only in this state: stored, failed, held, discarded, erased or expired. May be repeated
    #[arg(long = "state", value_name = "STATE", value_parser = word::<State>, value_delimiter = ',')]
    pub(crate) states: Vec<State>,
    /// Only accepted since: 2026-11-22, 2026-11-22T22:14:11Z, today, or a span ago such as 30m, 2h or 3d
    #[arg(long, value_name = "WHEN")]
    pub(crate) since: Option<Moment>,
    /// Only accepted before
    #[arg(long, value_name = "WHEN")]
    pub(crate) until: Option<Moment>,
    /// Only with all of these words in what was submitted; the last one may be the beginning of a word
    #[arg(long, value_name = "TEXT")]
    pub(crate) search: Option<String>,
    /// With --search: look into this field alone
    #[arg(long, value_name = "FIELD", requires = "search")]
    pub(crate) field: Option<String>,
}

impl Which {
    /// What it takes.
    pub(crate) fn scope(&self, now: Timestamp) -> Scope {
        Scope {
            form: self.form.clone(),
            states: self.states.clone(),
            since: self.since.map(|moment| moment.resolve(now)),
            until: self.until.map(|moment| moment.resolve(now)),
        }
    }

    /// What is looked for.
    pub(crate) fn search(&self) -> Option<Search> {
        let text = self.search.clone()?;
        Some(Search {
            text,
            field: self.field.clone(),
        })
    }
}

#[derive(Args)]
pub(crate) struct List {
    #[command(flatten)]
    pub(crate) at: At,
    #[command(flatten)]
    pub(crate) which: Which,
    /// At most so many; 0: all
    #[arg(long, default_value_t = 50)]
    pub(crate) limit: usize,
    /// Show times, in UTC, instead of ages
    #[arg(long)]
    pub(crate) utc: bool,
    /// One JSON array
    #[arg(long)]
    pub(crate) json: bool,
    /// With --json: also what was submitted
    #[arg(long, requires = "json")]
    pub(crate) fields: bool,
}

#[derive(Args)]
pub(crate) struct Show {
    #[command(flatten)]
    pub(crate) at: At,
    /// Which: form/id, a ticket, or a ticket's address (who signed it is not checked)
    #[arg(value_name = "FORM/ID", value_parser = submission)]
    pub(crate) submission: SubmissionRef,
    /// One JSON object
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args)]
pub(crate) struct Marking {
    #[command(flatten)]
    pub(crate) at: At,
    /// As what: seen or answered
    #[arg(value_name = "seen|answered", value_parser = word::<Mark>)]
    pub(crate) mark: Mark,
    /// Which, one or more: form/id, a ticket, or a ticket's address (who signed it is not checked)
    #[arg(value_name = "FORM/ID", value_parser = submission, required_unless_present = "all")]
    pub(crate) submissions: Vec<SubmissionRef>,
    /// Mark everything of a form that is there now, with --form; as seen alone
    #[arg(long, requires = "form", conflicts_with_all = ["submissions", "undo"])]
    pub(crate) all: bool,
    /// With --all: of this form
    #[arg(long, requires = "all", value_parser = form)]
    pub(crate) form: Option<FormId>,
    /// Take the mark away
    #[arg(long)]
    pub(crate) undo: bool,
    /// Who marks. Without it: this machine's user; on AWS, the identity of the credentials
    #[arg(long = "as", value_name = "NAME")]
    pub(crate) name: Option<String>,
    /// One JSON object
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args)]
pub(crate) struct Export {
    #[command(flatten)]
    pub(crate) at: At,
    /// How to write them
    #[arg(long, value_enum)]
    pub(crate) format: Format,
    /// Which; without --state: those that are stored
    #[command(flatten)]
    pub(crate) which: Which,
    /// Write to this file instead of standard output: whole, or what was there before stays. For its own user alone;
    /// no link, and none of the data directory's own. `-` is standard output
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Go on where an export that was interrupted has said to. With --output FILE, what lies in FILE.part comes first; without,
    /// only the rest is written, and no head line. Not of a spreadsheet
    #[arg(long, value_name = "PLACE")]
    pub(crate) from: Option<Spot>,
}

impl Export {
    /// The file to write to; `None`: standard output.
    pub(crate) fn file(&self) -> Option<&Path> {
        self.output
            .as_deref()
            .filter(|path| *path != Path::new("-"))
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// One row a submission, one column a field of the forms; safe to open in a spreadsheet
    Csv,
    /// A spreadsheet with these rows and columns, in which telephone numbers and postal codes stay as they were sent
    Xlsx,
    /// One JSON object a line
    Jsonl,
}

#[derive(Args)]
pub(crate) struct Verify {
    #[command(flatten)]
    pub(crate) local: Local,
    /// One JSON object
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args)]
pub(crate) struct Lost {
    #[command(flatten)]
    pub(crate) local: Local,
    /// You know of these now: only more than these is an error from now on
    #[arg(long)]
    pub(crate) acknowledge: bool,
    /// One JSON object
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args)]
pub(crate) struct BackFill {
    /// The stack's name
    #[arg(long, value_name = "NAME", required_unless_present = "table")]
    pub(crate) stack: Option<String>,
    /// Without a stack: the table's name
    #[arg(long, conflicts_with = "stack")]
    pub(crate) table: Option<String>,
    /// Go on where one that was interrupted has said to
    #[arg(long, value_name = "PLACE")]
    pub(crate) from: Option<String>,
    /// One JSON object
    #[arg(long)]
    pub(crate) json: bool,
}
