//! What a command and a running server say to each other about failures: one JSON each, over a socket in the data
//! directory. Both ends bound how much they read and how long they wait.

use std::fs::File;
use std::io;
use std::os::fd::AsRawFd;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::injection::Injection;

/// What a command asks for.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Request {
    /// Say what is to come.
    List,
    /// Have these fail too.
    Add(Vec<Injection>),
    /// Have nothing fail any more.
    Clear,
}

/// What the server says.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Answer {
    /// This is to come, now that it was done.
    ToCome(Vec<Injection>),
    /// It was not done.
    Refused(String),
}

/// Bytes of a request or an answer: several times what a person asks for.
pub(crate) const MOST: u64 = 64 * 1024;

/// How long the server waits for one command; others wait behind it.
pub(crate) const PATIENCE: Duration = Duration::from_secs(2);

/// Bytes of a socket's path: 108 on Linux, 104 on macOS, the last one 0.
const ROOM: usize = 103;

/// Where the socket of a data directory is.
pub(crate) struct Address {
    path: PathBuf,
    /// What the path goes through.
    _directory: Option<File>,
}

impl Address {
    pub(crate) fn in_directory(directory: &Path) -> io::Result<Self> {
        let path = directory.join("fail.sock");
        if path.as_os_str().len() <= ROOM {
            return Ok(Self {
                path,
                _directory: None,
            });
        }
        if !cfg!(target_os = "linux") {
            let why = format!("the path of {} is too long for a socket", path.display());
            return Err(io::Error::new(io::ErrorKind::InvalidInput, why));
        }
        // Linux has a short name for a directory that is open.
        let directory = File::open(directory)?;
        let path = PathBuf::from(format!("/proc/self/fd/{}/fail.sock", directory.as_raw_fd()));
        Ok(Self {
            path,
            _directory: Some(directory),
        })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }
}
