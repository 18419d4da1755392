//! The socket by which `counterfoil fail` reaches a running server: in the data directory, for its own user alone.

use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{UnixListener, UnixStream};

use super::Injections;
use crate::fail::wire::{Address, Answer, MOST, PATIENCE, Request};

/// The socket, there as long as this is.
pub(crate) struct Switch(Address);

impl Switch {
    /// Opens the socket and answers it from a task of its own. The caller holds the directory's lock. Without it (a
    /// disk that has no sockets) everything else works: that is said and no reason not to serve.
    pub(crate) fn open(directory: &Path, injections: &Arc<Injections>) -> Option<Self> {
        match bind(directory) {
            Ok((address, listener)) => {
                tokio::spawn(listen(listener, Arc::clone(injections)));
                Some(Self(address))
            }
            Err(error) => {
                tracing::warn!(%error, "cannot open fail.sock: `counterfoil fail` will not reach this server");
                None
            }
        }
    }
}

impl Drop for Switch {
    fn drop(&mut self) {
        // What is left behind is replaced at the next start.
        let _ = fs::remove_file(self.0.path());
    }
}

fn bind(directory: &Path) -> io::Result<(Address, UnixListener)> {
    let address = Address::in_directory(directory)?;
    // There is no other server here: this one was left behind by one that was killed.
    if fs::symlink_metadata(address.path()).is_ok_and(|file| file.file_type().is_socket()) {
        fs::remove_file(address.path())?;
    }
    let listener = UnixListener::bind(address.path())?;
    fs::set_permissions(address.path(), Permissions::from_mode(0o600))?;
    Ok((address, listener))
}

/// Answers one command after the other; one that says nothing holds up the next for [`PATIENCE`].
async fn listen(listener: UnixListener, injections: Arc<Injections>) {
    loop {
        match listener.accept().await {
            // A command that went away, or was too slow: nothing of ours failed.
            Ok((stream, _)) => {
                drop(tokio::time::timeout(PATIENCE, answer(stream, &injections)).await)
            }
            Err(error) => {
                tracing::warn!(%error, "failed to accept a command");
                #[allow(
                    clippy::disallowed_methods,
                    reason = "out of file descriptors: some must close first"
                )]
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
        }
    }
}

async fn answer(mut stream: UnixStream, injections: &Injections) -> io::Result<()> {
    let mut request = Vec::new();
    (&mut stream).take(MOST).read_to_end(&mut request).await?;
    let answer = match serde_json::from_slice(&request) {
        Ok(request) => carry_out(request, injections),
        // A command of another version perhaps.
        Err(_) => Answer::Refused(
            "the server does not understand this command; are both of the same version?".into(),
        ),
    };
    stream.write_all(&serde_json::to_vec(&answer)?).await
}

fn carry_out(request: Request, injections: &Injections) -> Answer {
    match request {
        Request::List => {}
        Request::Add(more) => {
            if let Err(error) = injections.add(&more) {
                return Answer::Refused(error.to_string());
            }
            more.iter().for_each(
                |one| tracing::warn!(fail.asked = %one, "failures on purpose are switched on"),
            );
        }
        Request::Clear => {
            injections.clear();
            tracing::warn!("failures on purpose are switched off");
        }
    }
    Answer::ToCome(injections.list())
}

#[cfg(test)]
#[path = "socket_tests.rs"]
mod tests;
