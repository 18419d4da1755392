//! `held` on the command line.

use clap::{Args, Subcommand};
use counterfoil_core::{FormId, SubmissionRef};
use counterfoil_operations::grammar::{Moment, submission};

use super::dead_letters::{self, ActorArgs, At, Listing, Show, Talk};
use super::form;

#[derive(Subcommand)]
#[allow(clippy::large_enum_variant, reason = "there is one in a process")]
pub(crate) enum Held {
    /// List held submissions, newest first
    List(List),
    /// Show one submission's history: every verdict, and who did what
    Show(Show),
    /// Let held submissions through, and wait for what becomes of them
    Release(HeldArgs),
    /// Give held submissions up; `dead-letters undo` takes it back
    Discard(HeldArgs),
}

/// Which of them.
#[derive(Args)]
pub(crate) struct Which {
    /// Only of this form
    #[arg(long, value_parser = form)]
    pub(crate) form: Option<FormId>,
    /// Only held for this reason, such as honeypot or captcha-missing
    #[arg(long)]
    pub(crate) reason: Option<String>,
    /// Only accepted since: 2026-11-22, 2026-11-22T22:14:11Z, today, or a span ago such as 30m, 2h or 3d
    #[arg(long, value_name = "WHEN")]
    pub(crate) since: Option<Moment>,
    /// Only accepted before
    #[arg(long, value_name = "WHEN")]
    pub(crate) until: Option<Moment>,
}

impl Which {
    /// As all verbs of the worklist take it.
    pub(crate) fn of_worklist(&self) -> dead_letters::Which {
        dead_letters::Which {
            form: self.form.clone(),
            cause: self.reason.clone(),
            retryable: None,
            since: self.since,
            until: self.until,
            attempts: None,
            replayed: false,
            not_replayed: false,
        }
    }
}

#[derive(Args)]
pub(crate) struct List {
    #[command(flatten)]
    pub(crate) at: At,
    #[command(flatten)]
    pub(crate) which: Which,
    #[command(flatten)]
    pub(crate) listing: Listing,
}

/// What is done to held ones.
#[derive(Args)]
pub(crate) struct HeldArgs {
    #[command(flatten)]
    pub(crate) at: At,
    /// Which, one or more: form/id, a ticket, or a ticket's address (who signed it is not checked); or a filter
    #[arg(value_name = "FORM/ID", value_parser = submission)]
    pub(crate) submissions: Vec<SubmissionRef>,
    #[command(flatten)]
    pub(crate) which: Which,
    /// All of them
    #[arg(long)]
    pub(crate) all: bool,
    #[command(flatten)]
    pub(crate) actor: ActorArgs,
    #[command(flatten)]
    pub(crate) talk: Talk,
}

impl HeldArgs {
    /// As all verbs of the worklist take it.
    pub(crate) fn chosen(&self) -> dead_letters::Chosen {
        let (submissions, which) = (self.submissions.clone(), self.which.of_worklist());
        dead_letters::Chosen {
            submissions,
            which,
            all: self.all,
        }
    }
}
