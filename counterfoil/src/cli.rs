//! The command line.

use std::net::IpAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use counterfoil_core::FormId;
use http::Uri;

use crate::injection::Injection;

pub(crate) mod console;
pub(crate) mod cost;
pub(crate) mod dead_letters;
pub(crate) mod deliveries;
pub(crate) mod held;
pub(crate) mod limits;
pub(crate) mod notices;
pub(crate) mod receivers;
pub(crate) mod replays;
pub(crate) mod submissions;

/// A form backend that never loses a submission.
#[derive(Parser)]
#[command(
    name = "counterfoil",
    version,
    about,
    args_conflicts_with_subcommands = true
)]
pub(crate) struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    serve: Serve,
}

impl Cli {
    /// The verb; without one it is `serve`.
    pub(crate) fn command(self) -> Command {
        self.command.unwrap_or(Command::Serve(self.serve))
    }
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Serve forms on this machine (the default)
    Serve(Serve),
    /// What people submitted: list, search, show, mark, export
    #[command(subcommand)]
    Submissions(submissions::Submissions),
    /// List what people submitted, newest first: the same as `submissions list`
    Inbox(submissions::List),
    /// What failed and is kept: list, group, replay, edit, discard
    #[command(subcommand)]
    DeadLetters(dead_letters::DeadLetters),
    /// What is suspected and waits for a person: list, show, release, discard
    #[command(subcommand)]
    Held(held::Held),
    /// Replay jobs: list, show, resume, cancel
    #[command(subcommand)]
    Replays(replays::Replays),
    /// What is published of each change: list what was set aside, publish again
    #[command(subcommand)]
    Notices(notices::Notices),
    /// What receivers were told or are owed: list, show, retry, send again, discard
    #[command(subcommand)]
    Deliveries(deliveries::Deliveries),
    /// Who is told of submissions: list, check, send a test, enable
    #[command(subcommand)]
    Receivers(receivers::Receivers),
    /// Open the console: the same operations as pages, on this machine alone
    Console(console::Console),
    /// The forms of this deployment
    #[command(subcommand)]
    Forms(Forms),
    /// Ask a form as a browser would for a page of another site, and say what is wrong
    Doctor(Doctor),
    /// What the AWS home costs, and what a form's budgets, burst and captcha add
    Cost(cost::Cost),
    /// Have a running server fail on purpose, to see what becomes of it; without STAGE: say what is to come
    Fail(Fail),
}

/// Where a server's data lies unless told otherwise.
pub(crate) const DATA: &str = "counterfoil-data";

#[derive(Args)]
pub(crate) struct Serve {
    /// Port to listen on; 0: any free one. Without it: 8080, or the next free one
    #[arg(long)]
    pub(crate) port: Option<u16>,
    /// Address to listen on
    #[arg(long, default_value = "127.0.0.1")]
    pub(crate) listen: IpAddr,
    /// Directory for the data; made when missing
    #[arg(long, value_name = "DIR", default_value = DATA)]
    pub(crate) data: PathBuf,
    /// Directory of the forms. Without it: `forms` here if there is one, else in the data directory
    #[arg(long, value_name = "DIR")]
    pub(crate) forms: Option<PathBuf>,
    /// The receivers' file. Without it: `receivers.toml` beside the forms' directory, if there is one
    #[arg(long, value_name = "FILE")]
    pub(crate) receivers: Option<PathBuf>,
    /// What to log: error, warn, info, debug or trace, or a filter such as "info,worker=debug"
    #[arg(long, default_value = "info", value_name = "FILTER")]
    pub(crate) log: String,
    /// Seconds to wait after a first failure; doubled each time
    #[arg(long, value_name = "SECONDS", default_value_t = 30.0, value_parser = seconds)]
    pub(crate) retry_base: f64,
    /// Most seconds to wait between two tries
    #[arg(long, value_name = "SECONDS", default_value_t = 900.0, value_parser = seconds)]
    pub(crate) retry_cap: f64,
    /// Tries in all before a submission becomes a dead letter
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub(crate) max_receives: u32,
    /// Start although something that was acknowledged is missing from the data: the loss is written down
    #[arg(long)]
    pub(crate) accept_loss: bool,
    #[command(flatten)]
    pub(crate) limits: limits::Limits,
    #[command(flatten)]
    pub(crate) console: console::Inside,
    /// Have the next N calls at a stage fail on purpose: queue, settle, ledger, publish, tell or answer, of one form's
    /// submissions with FORM; transient (without KIND), permanent, panic, slow or abort. May be repeated
    #[arg(long, value_name = "STAGE[/FORM]:N[:KIND]")]
    pub(crate) fail: Vec<Injection>,
}

/// A time in seconds: more than none, at most a day.
fn seconds(text: &str) -> Result<f64, String> {
    let secs: f64 = text
        .parse()
        .map_err(|_| "give a number of seconds, such as 0.5".to_owned())?;
    if (0.001..=86_400.0).contains(&secs) {
        Ok(secs)
    } else {
        Err("give 0.001 to 86400 seconds".into())
    }
}

#[derive(Args)]
pub(crate) struct Local {
    /// Data directory of the server
    #[arg(long, alias = "local", value_name = "DIR", default_value = DATA)]
    pub(crate) data: PathBuf,
}

#[derive(Args)]
pub(crate) struct Doctor {
    /// Scheme and host of the page that posts, such as `https://example.org`
    #[arg(long, value_parser = origin)]
    pub(crate) origin: String,
    /// The form's address, such as `https://forms.example.org/forms/contact`
    #[arg(long, value_parser = address)]
    pub(crate) url: Uri,
}

#[derive(Subcommand)]
pub(crate) enum Forms {
    /// Read every form as the server does, and say what is wrong and where
    Check(Check),
    /// Print a form as HTML with a short script, to paste into a page of any site
    Show(ShowForm),
    /// Write a commented file for a new form
    New(NewForm),
    /// Say which stored submissions the form would refuse as it is now: before it enforces, or after its schema changed
    Observed(Observed),
}

#[derive(Args)]
pub(crate) struct Observed {
    /// Which form
    #[arg(value_parser = posted_form)]
    pub(crate) form: FormId,
    #[command(flatten)]
    pub(crate) directory: FormsDir,
    /// One JSON object
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args)]
pub(crate) struct Check {
    #[command(flatten)]
    pub(crate) directory: FormsDir,
}

#[derive(Args)]
pub(crate) struct ShowForm {
    /// Which form
    #[arg(value_parser = posted_form)]
    pub(crate) form: FormId,
    /// The server's address, as browsers reach it
    #[arg(long, default_value = "http://127.0.0.1:8080", value_parser = base)]
    pub(crate) url: String,
    /// With a small style sheet, which any rule of your page overrides
    #[arg(long)]
    pub(crate) style: bool,
    #[command(flatten)]
    pub(crate) directory: FormsDir,
}

#[derive(Args)]
pub(crate) struct NewForm {
    /// The form's id: lower-case letters, digits and '-'
    #[arg(value_parser = posted_form)]
    pub(crate) form: FormId,
    #[command(flatten)]
    pub(crate) directory: FormsDir,
}

#[derive(Args)]
pub(crate) struct FormsDir {
    /// Directory of the forms. Without it: `forms` here if there is one, else in the data directory
    #[arg(long, value_name = "DIR")]
    pub(crate) forms: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) local: Local,
}

#[derive(Args)]
pub(crate) struct Fail {
    #[command(flatten)]
    pub(crate) local: Local,
    /// What fails next: queue, settle, ledger, publish, tell or answer, of one form's submissions with FORM; transient
    /// (without KIND), permanent, panic, slow or abort
    #[arg(value_name = "STAGE[/FORM]:N[:KIND]")]
    pub(crate) injections: Vec<Injection>,
    /// Have nothing fail any more
    #[arg(long, conflicts_with = "injections")]
    pub(crate) clear: bool,
    /// What is to come, as one JSON array
    #[arg(long)]
    pub(crate) json: bool,
}

fn form(text: &str) -> Result<FormId, String> {
    FormId::parse_stored(text)
        .ok_or_else(|| "a form id is 1 to 64 lower-case letters, digits or '-'".into())
}

fn posted_form(text: &str) -> Result<FormId, String> {
    FormId::parse(text)
        .ok_or_else(|| "a form id is 1 to 64 lower-case letters, digits or '-'".into())
}

/// As browsers send it: lower case, no path, not even a slash.
fn origin(text: &str) -> Result<String, String> {
    let lower = text.trim_end_matches('/').to_ascii_lowercase();
    let host = lower
        .strip_prefix("https://")
        .or_else(|| lower.strip_prefix("http://"));
    let plain = |host: &str| {
        !host.is_empty()
            && host
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"-.:[]".contains(&b))
    };
    match host {
        Some(host) if plain(host) => Ok(lower),
        _ => Err("an origin is scheme and host, perhaps a port: https://example.org".into()),
    }
}

/// As it stands: a slash at its end is part of it.
fn address(text: &str) -> Result<Uri, String> {
    plain(text)?
        .parse()
        .map_err(|_| "this is no address".to_owned())
}

/// The slash at the end is taken off.
fn base(text: &str) -> Result<String, String> {
    plain(text).map(|text| text.trim_end_matches('/').to_owned())
}

/// Scheme and host, perhaps a port and a path.
fn plain(text: &str) -> Result<&str, String> {
    let plain = text
        .bytes()
        .all(|b| b.is_ascii_graphic() && !b"\"'<>`".contains(&b));
    let host = text
        .strip_prefix("https://")
        .or_else(|| text.strip_prefix("http://"));
    match host {
        Some(host) if plain && !host.is_empty() && !host.contains(['?', '#']) => Ok(text),
        _ => Err("give an address such as https://forms.example.org".into()),
    }
}
