//! `dead-letters` on the command line.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use counterfoil_core::{FormId, Retryable, SubmissionRef};
use counterfoil_operations::grammar::{Attempts, Moment, Rate, Share, submission, word};

use super::{DATA, form};

#[derive(Subcommand)]
#[allow(clippy::large_enum_variant, reason = "there is one in a process")]
pub(crate) enum DeadLetters {
    #[command(flatten)]
    Kept(Kept),
    /// On AWS with `bury` switched off: have SQS move its dead-letter queue back to the queue
    Redrive(Redrive),
}

/// What is done to dead letters that the ledger keeps.
#[derive(Subcommand)]
pub(crate) enum Kept {
    /// List dead letters, newest first
    List(List),
    /// Group dead letters by their cause
    Causes(Causes),
    /// Say of a cause that somebody is at it
    Acknowledge(Mark),
    /// Say of a cause that it is fixed
    Resolve(Mark),
    /// Say of a cause that it needs somebody after all
    Reopen(Mark),
    /// Show one submission's history: every verdict, and who did what
    Show(Show),
    /// Send dead letters to the queue again, and wait for what becomes of them
    Replay(Replay),
    /// Change what was submitted: in $EDITOR, or by a JSON Patch; the original stays in the history
    Edit(Edit),
    /// Give dead letters up; `undo` takes it back
    Discard(Sweep),
    /// Take a discard back
    Undo(Sweep),
}

/// Which home: one machine's data directory, or a stack on AWS.
#[derive(Args)]
pub(crate) struct At {
    /// Data directory of the server
    #[arg(long, alias = "local", value_name = "DIR", default_value = DATA)]
    pub(crate) data: PathBuf,
    /// On AWS: the stack's name
    #[arg(long, value_name = "NAME", conflicts_with_all = ["data", "table", "queue"])]
    pub(crate) stack: Option<String>,
    /// On AWS, without a stack: the table's name
    #[arg(long, requires = "queue", conflicts_with = "data")]
    pub(crate) table: Option<String>,
    /// On AWS, without a stack: the queue's URL
    #[arg(long, value_name = "URL", requires = "table", conflicts_with = "data")]
    pub(crate) queue: Option<String>,
    /// Directory of the forms. Without it: `forms` here if there is one, else in the data directory, else where the server
    /// read them last
    #[arg(long, value_name = "DIR")]
    pub(crate) forms: Option<PathBuf>,
}

/// Which of them.
#[derive(Args)]
pub(crate) struct Which {
    /// Only of this form
    #[arg(long, value_parser = form)]
    pub(crate) form: Option<FormId>,
    /// Only with this cause: its code, or four or more digits of its fingerprint
    #[arg(long)]
    pub(crate) cause: Option<String>,
    /// Only with this verdict on replaying: yes, after-fix or no
    #[arg(long, value_parser = word::<Retryable>)]
    pub(crate) retryable: Option<Retryable>,
    /// Only accepted since: 2026-11-22, 2026-11-22T22:14:11Z, today, or a span ago such as 30m, 2h or 3d
    #[arg(long, value_name = "WHEN")]
    pub(crate) since: Option<Moment>,
    /// Only accepted before
    #[arg(long, value_name = "WHEN")]
    pub(crate) until: Option<Moment>,
    /// Only delivered so often: N, or MIN..MAX with both ends taken
    #[arg(long, value_name = "N|MIN..MAX")]
    pub(crate) attempts: Option<Attempts>,
    /// Only those that were replayed before
    #[arg(long)]
    pub(crate) replayed: bool,
    /// Only those that never were
    #[arg(long, conflicts_with = "replayed")]
    pub(crate) not_replayed: bool,
}

impl Which {
    /// Does it leave nothing out?
    pub(crate) const fn is_everything(&self) -> bool {
        self.form.is_none()
            && self.cause.is_none()
            && self.retryable.is_none()
            && self.since.is_none()
            && self.until.is_none()
            && self.attempts.is_none()
            && !self.replayed
            && !self.not_replayed
    }
}

/// Named ones, or everything that a filter takes.
#[derive(Args)]
pub(crate) struct Chosen {
    /// Which, one or more: form/id, a ticket, or a ticket's address (who signed it is not checked); or a filter
    #[arg(value_name = "FORM/ID", value_parser = submission)]
    pub(crate) submissions: Vec<SubmissionRef>,
    #[command(flatten)]
    pub(crate) which: Which,
    /// All of them
    #[arg(long)]
    pub(crate) all: bool,
}

/// Who acts, and why: it stands in the history.
#[derive(Args)]
pub(crate) struct ActorArgs {
    /// Who acts. Without it: this machine's user; on AWS, the identity of the credentials
    #[arg(long = "as", value_name = "NAME")]
    pub(crate) name: Option<String>,
    /// Why
    #[arg(long, value_name = "TEXT")]
    pub(crate) why: Option<String>,
}

/// How it asks and tells.
#[derive(Args)]
pub(crate) struct Talk {
    /// Do not ask
    #[arg(long, short)]
    pub(crate) yes: bool,
    /// One JSON object
    #[arg(long)]
    pub(crate) json: bool,
}

/// How much is listed, and how.
#[derive(Args)]
pub(crate) struct Listing {
    /// The longest waiting first
    #[arg(long)]
    pub(crate) oldest_first: bool,
    /// At most so many; 0: all
    #[arg(long, default_value_t = 100)]
    pub(crate) limit: usize,
    /// One JSON array
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args)]
pub(crate) struct List {
    #[command(flatten)]
    pub(crate) at: At,
    #[command(flatten)]
    pub(crate) which: Which,
    /// What was discarded instead
    #[arg(long)]
    pub(crate) discarded: bool,
    #[command(flatten)]
    pub(crate) listing: Listing,
}

#[derive(Args)]
pub(crate) struct Causes {
    #[command(flatten)]
    pub(crate) at: At,
    /// Only of this form
    #[arg(long, value_parser = form)]
    pub(crate) form: Option<FormId>,
    /// One JSON array
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args)]
pub(crate) struct Mark {
    #[command(flatten)]
    pub(crate) at: At,
    /// Which: four or more digits of its fingerprint, or its code
    pub(crate) cause: String,
    /// Who says so. Without it: this machine's user; on AWS, the identity of the credentials
    #[arg(long = "as", value_name = "NAME")]
    pub(crate) name: Option<String>,
    /// One JSON object
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args)]
pub(crate) struct Show {
    #[command(flatten)]
    pub(crate) at: At,
    /// Which: form/id, a ticket, or a ticket's address (who signed it is not checked)
    #[arg(value_name = "FORM/ID", value_parser = submission)]
    pub(crate) submission: SubmissionRef,
    /// Also what was submitted, and what edits changed
    #[arg(long)]
    pub(crate) payload: bool,
    /// One JSON object
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args)]
pub(crate) struct Replay {
    #[command(flatten)]
    pub(crate) at: At,
    #[command(flatten)]
    pub(crate) chosen: Chosen,
    #[command(flatten)]
    pub(crate) actor: ActorArgs,
    #[command(flatten)]
    pub(crate) manner: Manner,
    /// Send nothing: say which would pass and which would fail, and why
    #[arg(long)]
    pub(crate) dry_run: bool,
    #[command(flatten)]
    pub(crate) talk: Talk,
}

/// How to replay.
#[derive(Args)]
pub(crate) struct Manner {
    /// At most so many a second
    #[arg(long, value_name = "N")]
    pub(crate) rate: Option<Rate>,
    /// First one, then ten, and the rest only if none of these fails again (done by itself above 20)
    #[arg(long)]
    pub(crate) canary: bool,
    /// All at once
    #[arg(long, conflicts_with = "canary")]
    pub(crate) no_canary: bool,
    /// Stop when more than this share fails again
    #[arg(long, value_name = "PERCENT", default_value_t = Share::HALF)]
    pub(crate) stop_at: Share,
}

#[derive(Args)]
pub(crate) struct Edit {
    #[command(flatten)]
    pub(crate) at: At,
    #[command(flatten)]
    pub(crate) chosen: Chosen,
    #[command(flatten)]
    pub(crate) actor: ActorArgs,
    /// Change it by this JSON Patch (RFC 6902) instead of in $EDITOR
    #[arg(long, value_name = "FILE")]
    pub(crate) patch: Option<PathBuf>,
    /// Change nothing: say how many the patch fits
    #[arg(long, requires = "patch")]
    pub(crate) dry_run: bool,
    /// Replay what was changed right away
    #[arg(long, conflicts_with = "dry_run")]
    pub(crate) replay: bool,
    #[command(flatten)]
    pub(crate) talk: Talk,
}

/// Discards, or takes discards back.
#[derive(Args)]
pub(crate) struct Sweep {
    #[command(flatten)]
    pub(crate) at: At,
    #[command(flatten)]
    pub(crate) chosen: Chosen,
    #[command(flatten)]
    pub(crate) actor: ActorArgs,
    #[command(flatten)]
    pub(crate) talk: Talk,
}

#[derive(Args)]
pub(crate) struct Redrive {
    /// The stack's name
    #[arg(
        long,
        value_name = "NAME",
        required_unless_present = "dead_letter_queue"
    )]
    pub(crate) stack: Option<String>,
    /// Without a stack: the dead-letter queue's URL
    #[arg(long, value_name = "URL", conflicts_with = "stack")]
    pub(crate) dead_letter_queue: Option<String>,
    /// At most so many messages a second
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=500))]
    pub(crate) rate: Option<u16>,
    /// Start nothing: watch the one that is under way
    #[arg(long)]
    pub(crate) watch: bool,
    /// Stop the one that is under way; what is moved stays moved
    #[arg(long, conflicts_with_all = ["watch", "rate"])]
    pub(crate) cancel: bool,
    #[command(flatten)]
    pub(crate) talk: Talk,
}
