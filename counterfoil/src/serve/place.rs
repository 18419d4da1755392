//! Where the server is: its port, its forms, its limit of open files.

use std::io::ErrorKind;
use std::net::{IpAddr, SocketAddr};

use rustix::fs::Mode;
use rustix::process::{Resource, getrlimit, setrlimit, umask};
use tokio::net::TcpListener;

use crate::exit::configuration;

/// The port without `--port`.
pub(crate) const FIRST: u16 = 8080;
/// How many ports after it are tried.
const TRIES: u16 = 100;

/// A port that is asked for.
pub(crate) struct Wanted {
    /// This one; 0: any free one.
    pub(crate) port: Option<u16>,
    /// Else this one, or the next free one.
    pub(crate) first: u16,
    /// The flag that asks for another.
    pub(crate) flag: &'static str,
}

/// Listens on the port that is asked for.
pub(crate) async fn listen(address: IpAddr, wanted: &Wanted) -> anyhow::Result<TcpListener> {
    let (first, flag) = (wanted.first, wanted.flag);
    let wanted = wanted
        .port
        .map_or(first..=first.saturating_add(TRIES), |port| port..=port);
    let mut last = None;
    for port in wanted {
        match TcpListener::bind(SocketAddr::new(address, port)).await {
            Ok(listener) => return Ok(listener),
            Err(error) if error.kind() == ErrorKind::AddrInUse => {
                last = Some(format!("port {port} is in use"))
            }
            Err(error) => {
                return Err(configuration(format!(
                    "cannot listen on {address} port {port}: {error}"
                )));
            }
        }
    }
    let why = last.unwrap_or_default();
    Err(configuration(format!(
        "cannot listen on {address}: {why}; give another with {flag}, or {flag} 0 for any free one"
    )))
}

/// Each connection is a file: takes as many as the system allows. Without them it serves fewer at once.
pub(crate) fn raise_file_limit() {
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    let _ = setrlimit(Resource::Nofile, limit);
}

/// Connections to serve at once: the files the system allows, less those for the database and what else is open.
pub(crate) fn connections() -> usize {
    let files = getrlimit(Resource::Nofile)
        .current
        .and_then(|files| usize::try_from(files).ok())
        .unwrap_or(MOST);
    files.saturating_sub(64).clamp(16, MOST)
}

/// Most connections at once; each costs some 10 KiB.
const MOST: usize = 10_000;

/// Whatever this process makes (database, log, lock) is for its own user.
pub(crate) fn keep_private() {
    umask(Mode::from_raw_mode(0o077));
}
