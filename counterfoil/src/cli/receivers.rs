//! `receivers` on the command line.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use counterfoil_telling::receiver::ReceiverName;

use super::FormsDir;
use super::deliveries::{At, Signed, receiver_name};

#[derive(Subcommand)]
pub(crate) enum Receivers {
    /// List who is told of submissions, and how
    List(ReceiversArgs),
    /// Read receivers.toml and the forms, and say what is wrong and where
    Check(ReceiversArgs),
    /// Send one receiver a marked test, and say step by step what happened. If it arrives, a receiver that was disabled or is
    /// failing is up again, and all that waits for it goes out
    Test(TestArgs),
    /// Try one that was disabled, or is failing, as if nothing had been: all that waits for it goes out
    Enable(Enable),
    /// Read a mail that came back, on standard input, and mark what it told as failed, so that somebody hears of it
    Bounce(BounceArgs),
}

#[derive(Args)]
pub(crate) struct BounceArgs {
    #[command(flatten)]
    pub(crate) at: At,
}

/// Where receivers and forms are written.
#[derive(Args)]
pub(crate) struct ReceiversArgs {
    /// The receivers' file. Without it: `receivers.toml` beside the forms' directory
    #[arg(long, value_name = "FILE")]
    pub(crate) receivers: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) directory: FormsDir,
}

#[derive(Args)]
pub(crate) struct TestArgs {
    /// Which receiver
    #[arg(value_parser = receiver_name)]
    pub(crate) name: ReceiverName,
    #[command(flatten)]
    pub(crate) at: ReceiversArgs,
}

#[derive(Args)]
pub(crate) struct Enable {
    #[command(flatten)]
    pub(crate) at: At,
    /// Which
    #[arg(value_parser = receiver_name)]
    pub(crate) receiver: ReceiverName,
    #[command(flatten)]
    pub(crate) signed: Signed,
}
