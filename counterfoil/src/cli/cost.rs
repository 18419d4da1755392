//! `cost` on the command line.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

/// A million millions: beyond it every sum would only be a wrong one more.
const MOST: u64 = 1_000_000_000_000;

#[derive(Args)]
pub(crate) struct Cost {
    /// Directory of the forms whose budgets, bursts and captchas are added. Without it: `forms` here, if there is one
    #[arg(long, value_name = "DIR")]
    pub(crate) forms: Option<PathBuf>,
    /// Submissions a month
    #[arg(long, value_name = "N", default_value_t = 100_000, value_parser = clap::value_parser!(u64).range(..=MOST))]
    pub(crate) submissions: u64,
    /// Polls of each ticket
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(..=1000))]
    pub(crate) polls: u32,
    /// Bytes of a submission's fields as JSON
    #[arg(long, value_name = "BYTES", default_value_t = 512, value_parser = clap::value_parser!(u32).range(2..=130_000))]
    pub(crate) size: u32,
    /// The template's FrontDoor
    #[arg(long, value_enum, default_value = "http-api")]
    pub(crate) front_door: FrontDoor,
    /// The template's Architecture
    #[arg(long, value_enum, default_value = "arm64")]
    pub(crate) architecture: Architecture,
    /// So many come in a second when they come: they share batches. Without it: spread evenly over the month
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub(crate) per_second: Option<u32>,
    /// With the template's EncryptionKeyArn
    #[arg(long)]
    pub(crate) own_key: bool,
    /// Prices to use instead of those built in
    #[arg(long, value_name = "FILE")]
    pub(crate) prices: Option<PathBuf>,
    /// What `cargo xtask bench functions --json FILE` wrote, instead of the durations built in
    #[arg(long, value_name = "FILE")]
    pub(crate) measured: Option<PathBuf>,
    /// One JSON object
    #[arg(long)]
    pub(crate) json: bool,
}

/// The way to the functions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum FrontDoor {
    /// An HTTP API: a price per request, and access logs
    HttpApi,
    /// Addresses of the functions' own
    FunctionUrl,
}

/// What the functions run on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Architecture {
    /// Graviton
    Arm64,
    /// Intel and AMD
    #[value(name = "x86_64")]
    X86,
}

impl FrontDoor {
    /// As the template has it.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::HttpApi => "http-api",
            Self::FunctionUrl => "function-url",
        }
    }
}

impl Architecture {
    /// As the template has it.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Arm64 => "arm64",
            Self::X86 => "x86_64",
        }
    }
}
