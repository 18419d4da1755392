//! `deliveries` on the command line.

use std::path::PathBuf;

use clap::{ArgGroup, Args, Subcommand};
use counterfoil_core::{FormId, Timestamp};
use counterfoil_operations::grammar::Moment;
use counterfoil_telling::delivery::{DeliveryId, DeliveryState};
use counterfoil_telling::ports::DeliveryFilter;
use counterfoil_telling::receiver::ReceiverName;

use super::dead_letters::Talk;
use super::{DATA, form};

#[derive(Subcommand)]
#[allow(clippy::large_enum_variant, reason = "there is one in a process")]
pub(crate) enum Deliveries {
    /// List what receivers were told or are owed; with --causes, what failed, grouped by why
    List(List),
    /// Show one delivery with its attempts
    Show(Show),
    /// Try what has failed, or was discarded, once more for three days. What waits is tried at once
    Retry(Act),
    /// Send what was delivered again, with the id it had: a receiver that dedupes takes it for known
    Resend(Act),
    /// Give up what waits or has failed: the receiver is not told of it
    Discard(Act),
}

/// Where deliveries are kept.
#[derive(Args)]
pub(crate) struct At {
    /// Data directory of the server
    #[arg(long, alias = "local", value_name = "DIR", default_value = DATA)]
    pub(crate) data: PathBuf,
    /// On AWS: the stack of this name, with your own credentials
    #[arg(long, value_name = "NAME", conflicts_with = "data")]
    pub(crate) stack: Option<String>,
}

/// Which of them.
#[derive(Args)]
pub(crate) struct Which {
    /// Only to this receiver
    #[arg(long, value_parser = receiver_name)]
    pub(crate) receiver: Option<ReceiverName>,
    /// Only of this form
    #[arg(long, value_parser = form)]
    pub(crate) form: Option<FormId>,
    /// Only in this state: waiting, delivered, failed or discarded
    #[arg(long, value_parser = state)]
    pub(crate) state: Option<DeliveryState>,
    /// Only whose last attempt failed by this: a code, or the beginning of a fingerprint
    #[arg(long, value_name = "CAUSE")]
    pub(crate) cause: Option<String>,
    /// Only owed since: 2026-11-22, 2026-11-22T22:14:11Z, today, or a span ago such as 30m, 2h or 3d
    #[arg(long, value_name = "WHEN")]
    pub(crate) since: Option<Moment>,
    /// Only owed before
    #[arg(long, value_name = "WHEN")]
    pub(crate) until: Option<Moment>,
}

impl Which {
    /// What it takes.
    pub(crate) fn filter(&self, now: Timestamp) -> DeliveryFilter {
        DeliveryFilter {
            receiver: self.receiver.clone(),
            form: self.form.clone(),
            state: self.state,
            cause: self.cause.clone(),
            since: self.since.map(|moment| moment.resolve(now)),
            until: self.until.map(|moment| moment.resolve(now)),
        }
    }

    /// Does it leave anything out?
    fn is_narrow(&self) -> bool {
        self.filter(Timestamp::default()) != DeliveryFilter::default()
    }
}

#[derive(Args)]
pub(crate) struct List {
    #[command(flatten)]
    pub(crate) at: At,
    #[command(flatten)]
    pub(crate) which: Which,
    /// Group by cause, the most frequent first
    #[arg(long)]
    pub(crate) causes: bool,
    /// At most so many; 0: all
    #[arg(long, default_value_t = 100, conflicts_with = "causes")]
    pub(crate) limit: usize,
    /// One JSON array
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args)]
pub(crate) struct Show {
    #[command(flatten)]
    pub(crate) at: At,
    /// Which: FORM/ID:SEQ/RECEIVER
    #[arg(value_parser = delivery)]
    pub(crate) delivery: DeliveryId,
    /// One JSON object
    #[arg(long)]
    pub(crate) json: bool,
}

/// Named ones, or all that fit.
#[derive(Args)]
#[command(group = ArgGroup::new("named").args(["deliveries", "all"]))]
pub(crate) struct Act {
    #[command(flatten)]
    pub(crate) at: At,
    /// Which: FORM/ID:SEQ/RECEIVER
    #[arg(value_name = "DELIVERY", value_parser = delivery,
          conflicts_with_all = ["receiver", "form", "state", "cause", "since", "until"])]
    pub(crate) deliveries: Vec<DeliveryId>,
    #[command(flatten)]
    pub(crate) which: Which,
    /// All that the verb is meant for
    #[arg(long)]
    pub(crate) all: bool,
    /// Say what would be done, and do nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// First one, then ten, and the rest only if all of these arrive (retry and resend)
    #[arg(long)]
    pub(crate) canary: bool,
    /// At most so many a second
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub(crate) rate: Option<u32>,
    #[command(flatten)]
    pub(crate) signed: Signed,
    #[command(flatten)]
    pub(crate) talk: Talk,
}

impl Act {
    /// Is anything named? Without that a verb would take everything by a slip.
    pub(crate) fn is_named(&self) -> bool {
        self.all || !self.deliveries.is_empty() || self.which.is_narrow()
    }
}

/// Who acts, and why.
#[derive(Args)]
pub(crate) struct Signed {
    /// Who acts. Without it: this machine's user
    #[arg(long = "as", value_name = "NAME")]
    pub(crate) name: Option<String>,
    /// Why
    #[arg(long, value_name = "TEXT")]
    pub(crate) why: Option<String>,
}

fn state(text: &str) -> Result<DeliveryState, String> {
    DeliveryState::parse(text).ok_or_else(|| "give waiting, delivered, failed or discarded".into())
}

fn delivery(text: &str) -> Result<DeliveryId, String> {
    DeliveryId::parse(text)
        .ok_or_else(|| "give FORM/ID:SEQ/RECEIVER, as `deliveries list` does".into())
}

/// Reads a receiver's name.
pub(super) fn receiver_name(text: &str) -> Result<ReceiverName, String> {
    ReceiverName::parse(text)
        .ok_or_else(|| "a receiver's name is 1 to 32 characters of a-z, 0-9 and -".into())
}
