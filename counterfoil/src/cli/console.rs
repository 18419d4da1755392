//! The console on the command line: by itself, and within `serve`.

use clap::Args;

use super::dead_letters::At;

/// A console by itself.
#[derive(Args)]
pub(crate) struct Console {
    #[command(flatten)]
    pub(crate) at: At,
    /// Port on 127.0.0.1; 0: any free one. Without it: 8081, or the next free one
    #[arg(long)]
    pub(crate) port: Option<u16>,
    /// Who acts. Without it: this machine's user; on AWS, the identity of the credentials
    #[arg(long = "as", value_name = "NAME")]
    pub(crate) name: Option<String>,
}

/// The console of a server.
#[derive(Args)]
pub(crate) struct Inside {
    /// The console's port on 127.0.0.1; 0: any free one. Without it: the one after the server's, or the next free one
    #[arg(long, value_name = "PORT", conflicts_with = "no_console")]
    pub(crate) console_port: Option<u16>,
    /// Without a console
    #[arg(long)]
    pub(crate) no_console: bool,
    /// Who acts in the console. Without it: this machine's user
    #[arg(long = "as", value_name = "NAME")]
    pub(crate) name: Option<String>,
}
