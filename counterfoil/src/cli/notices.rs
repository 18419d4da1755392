//! `notices` on the command line.

use std::path::PathBuf;

use clap::{ArgGroup, Args, Subcommand};
use counterfoil_core::FormId;
use counterfoil_operations::grammar::{Moment, submission};

use super::dead_letters::Talk;
use super::{DATA, form};

#[derive(Subcommand)]
#[allow(clippy::large_enum_variant, reason = "there is one in a process")]
pub(crate) enum Notices {
    /// List notices that were set aside: their publisher refused them by themselves, or they could not be read
    Parked(Parked),
    /// Publish notices again, with the ids they had: set aside ones, which are removed when they are out, or with --since
    /// those of all that changed in a time, made again from entries
    Resend(Resend),
    /// Give up notices that were set aside and that `resend` cannot publish: they are removed for good, and the alarm for what is
    /// set aside falls silent. Entries stay as they are
    Drop(GiveUp),
}

/// Which home: one machine's data directory, or a stack on AWS.
#[derive(Args)]
pub(crate) struct At {
    /// Data directory of the server
    #[arg(long, alias = "local", value_name = "DIR", default_value = DATA)]
    pub(crate) data: PathBuf,
    /// On AWS: the stack's name
    #[arg(long, value_name = "NAME", conflicts_with_all = ["data", "table", "topic", "notice_failures", "stage"])]
    pub(crate) stack: Option<String>,
    /// On AWS, without a stack: the table's name
    #[arg(long, requires_all = ["topic", "notice_failures", "stage"], conflicts_with = "data")]
    pub(crate) table: Option<String>,
    /// On AWS, without a stack: the topic's ARN
    #[arg(long, value_name = "ARN", requires = "table")]
    pub(crate) topic: Option<String>,
    /// On AWS, without a stack: the URL of the queue `NoticeFailures`
    #[arg(long, value_name = "URL", requires = "table")]
    pub(crate) notice_failures: Option<String>,
    /// On AWS, without a stack: the stage that stands in a notice's source
    #[arg(long, requires = "table")]
    pub(crate) stage: Option<String>,
}

#[derive(Args)]
pub(crate) struct Parked {
    #[command(flatten)]
    pub(crate) at: At,
    /// At most so many; 0: all
    #[arg(long, default_value_t = 100)]
    pub(crate) limit: usize,
    /// One JSON array
    #[arg(long)]
    pub(crate) json: bool,
}

/// A subscriber that dedupes by event id takes what it knows for known.
#[derive(Args)]
#[command(group = ArgGroup::new("which").required(true).args(["notices", "all", "since"]))]
pub(crate) struct Resend {
    #[command(flatten)]
    pub(crate) at: At,
    /// Which that are set aside: as `parked` names them, or their submission: form/id, a ticket, or a ticket's address
    #[arg(value_name = "NOTICE", value_parser = notice)]
    pub(crate) notices: Vec<String>,
    /// All that are set aside
    #[arg(long)]
    pub(crate) all: bool,
    /// Not those: notices of every change since then that entries and their history still tell. There is no index for it, so
    /// on AWS all of the form's entries are read, or without --form the whole table (DynamoDB bills a read unit for each 4 KB,
    /// about 0.03 dollars a GB, and SNS a request for each ten notices)
    #[arg(long, value_name = "WHEN")]
    pub(crate) since: Option<Moment>,
    /// With --since: changes before then. Without it: until now
    #[arg(long, value_name = "WHEN", requires = "since", conflicts_with_all = ["notices", "all"])]
    pub(crate) until: Option<Moment>,
    /// With --since: only of this form
    #[arg(long, value_parser = form, requires = "since", conflicts_with_all = ["notices", "all"])]
    pub(crate) form: Option<FormId>,
    #[command(flatten)]
    pub(crate) talk: Talk,
}

/// What is dropped is published by nobody; `resend --since` makes it again, where its entry is still there.
#[derive(Args)]
pub(crate) struct GiveUp {
    #[command(flatten)]
    pub(crate) at: At,
    /// Which that are set aside: as `parked` names them, or their submission, form/id
    #[arg(value_name = "NOTICE", required = true)]
    pub(crate) notices: Vec<String>,
    /// Who acts. Without it: this machine's user; on AWS, the identity of the credentials
    #[arg(long = "as", value_name = "NAME")]
    pub(crate) name: Option<String>,
    /// Why
    #[arg(long, value_name = "TEXT")]
    pub(crate) why: String,
    #[command(flatten)]
    pub(crate) talk: Talk,
}

/// A ticket stands for its submission; everything else is as it is.
fn notice(text: &str) -> Result<String, String> {
    Ok(submission(text).map_or_else(|_| text.to_owned(), |of| of.to_string()))
}
