//! Where the server is: its port, its forms, its limit of open files.

use std::io::ErrorKind;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};

use counterfoil_local::DataDir;
use counterfoil_machine::forms::shipped_contact;
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

/// The directory of the forms: as given, else `forms` here, else that of the data directory with the contact form.
pub(crate) fn forms_directory(given: Option<&Path>, data: &DataDir) -> anyhow::Result<PathBuf> {
    if let Some(given) = given {
        return Ok(given.into());
    }
    let here = PathBuf::from("forms");
    if here.is_dir() {
        return Ok(here);
    }
    let own = data.path().join("forms");
    if !own.is_dir() {
        make_forms(&own)
            .map_err(|error| configuration(format!("cannot make {}: {error}", own.display())))?;
    }
    Ok(own)
}

/// Makes a directory with the contact form beside its place, and puts it there whole: a kill leaves no half of it.
fn make_forms(own: &Path) -> std::io::Result<()> {
    let draft = own.with_extension("new");
    std::fs::create_dir_all(&draft)?;
    let contact = draft.join("contact.toml");
    std::fs::write(&contact, shipped_contact())?;
    std::fs::File::open(&contact)?.sync_all()?;
    std::fs::rename(&draft, own)
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
