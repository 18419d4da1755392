//! `replays` on the command line.

use clap::{Args, Subcommand};
use counterfoil_operations::job::JobId;

use super::dead_letters::At;

#[derive(Subcommand)]
pub(crate) enum Replays {
    /// List replay jobs, newest first
    List(Jobs),
    /// Show one replay job
    Show(Job),
    /// Go on with a job that stopped, or whose command was killed
    Resume(Run),
    /// Call a job off; what it has sent stays sent
    Cancel(Job),
}

#[derive(Args)]
pub(crate) struct Jobs {
    #[command(flatten)]
    pub(crate) at: At,
    /// At most so many
    #[arg(long, default_value_t = 20)]
    pub(crate) limit: usize,
    /// One JSON array
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args)]
pub(crate) struct Job {
    #[command(flatten)]
    pub(crate) at: At,
    /// Which job, as `replays list` shows it
    #[arg(value_parser = job)]
    pub(crate) job: JobId,
    /// One JSON object
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args)]
pub(crate) struct Run {
    #[command(flatten)]
    pub(crate) job: Job,
    /// Who notes causes as resolved when it is done. Without it: this machine's user; on AWS, the credentials' identity
    #[arg(long = "as", value_name = "NAME")]
    pub(crate) name: Option<String>,
}

fn job(text: &str) -> Result<JobId, String> {
    JobId::parse(text).ok_or_else(|| "a replay job's name is as `replays list` shows it".into())
}
