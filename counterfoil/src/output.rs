//! What a verb writes for somebody else to read: to standard output, or to a file that is there whole or not at all.

mod own;

use std::fs::{self, File, OpenOptions};
use std::io::{self, IsTerminal, Write};
use std::os::unix::fs::{FileTypeExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use tempfile::NamedTempFile;

use crate::exit::configuration;
use crate::shutdown;

/// Where it goes.
pub(crate) enum Output {
    /// To whoever reads standard output.
    Standard,
    /// Into a pipe or a device, as it comes.
    Through(PathBuf, File),
    /// Into a file beside the one that is to be: for its own user alone, and removed unless it becomes that one.
    Beside(PathBuf, NamedTempFile),
    /// Into a part of the file that is to be, which stays until it is whole: to be gone on with. It had so many bytes before.
    Part(PathBuf, File, u64),
}

/// What a draft's name begins with; the file is hidden, and says whose it is where a `kill -9` left it.
const DRAFT: &str = ".counterfoil-";

impl Output {
    /// To this file, which must be none of this data directory's own; `None`: to standard output.
    pub(crate) fn to(path: Option<&Path>, data: Option<&Path>) -> anyhow::Result<Self> {
        let Some(path) = path else {
            return Ok(Self::Standard);
        };
        if let Some(file) = found(path, data)? {
            return Ok(Self::Through(path.into(), file));
        }
        let failed = |error: io::Error| anyhow::anyhow!("{}: {error}", path.display());
        Ok(Self::Beside(
            path.into(),
            draft(directory(path)).map_err(failed)?,
        ))
    }

    /// To this file, by way of `FILE.part`, where all that is written stays until it is whole. That is a new file, or with
    /// `goes_on` one that is there, and what is written comes behind it.
    pub(crate) fn in_parts(
        path: Option<&Path>,
        data: Option<&Path>,
        goes_on: bool,
    ) -> anyhow::Result<Self> {
        let Some(path) = path else {
            return Ok(Self::Standard);
        };
        if let Some(file) = found(path, data)? {
            return Ok(Self::Through(path.into(), file));
        }
        let part = part(path);
        let (is_there, name) = (fs::symlink_metadata(&part), part.display());
        match (&is_there, goes_on) {
            (Err(_), true) => {
                return Err(configuration(format!("there is no {name} to go on with")));
            }
            (Ok(found), true) if !found.is_file() => {
                return Err(configuration(format!("{name} is no file")));
            }
            (Ok(_), false) => {
                let how = "is of an export that was interrupted: go on with --from, or remove it";
                return Err(configuration(format!("{name} {how}")));
            }
            (Ok(_), true) | (Err(_), false) => {}
        }
        let file = OpenOptions::new()
            .append(true)
            .create_new(!goes_on)
            .mode(0o600)
            .open(&part);
        let failed = |error: io::Error| anyhow::anyhow!("{name}: {error}");
        let file = file.map_err(failed)?;
        let before = file.metadata().map_err(failed)?.len();
        Ok(Self::Part(path.into(), file, before))
    }

    /// What was written is of no use: takes it back, and leaves what was there before.
    pub(crate) fn forget(self) {
        match self {
            Self::Standard | Self::Through(..) | Self::Beside(..) => {}
            // What cannot be taken back is said to be a part when somebody begins again.
            Self::Part(path, _, 0) => drop(fs::remove_file(part(&path))),
            Self::Part(_, file, before) => drop(file.set_len(before)),
        }
    }
    /// Can it be steered by what is written to it?
    pub(crate) fn is_terminal(&self) -> bool {
        match self {
            Self::Standard => io::stdout().is_terminal(),
            Self::Through(_, file) => file.is_terminal(),
            Self::Beside(..) | Self::Part(..) => false,
        }
    }

    /// All of it is written: puts the file in its place. What was there before is replaced at this moment.
    pub(crate) fn finish(self) -> anyhow::Result<()> {
        let (path, placed) = match self {
            Self::Standard | Self::Through(..) => return Ok(()),
            Self::Beside(path, draft) => {
                let synced = draft.as_file().sync_all();
                let placed = synced
                    .and_then(|()| draft.persist(&path).map(drop).map_err(|error| error.error));
                (path, placed)
            }
            Self::Part(path, file, _) => {
                let placed = file
                    .sync_all()
                    .and_then(|()| fs::rename(part(&path), &path));
                (path, placed)
            }
        };
        let directory = || File::open(directory(&path)).and_then(|directory| directory.sync_all());
        placed
            .and_then(|()| directory())
            .map_err(|error| anyhow::anyhow!("{}: {error}", path.display()))
    }
}

/// Looks what there is at a path: a pipe or a device, opened; or a file, or nothing yet (`None`). A directory or a link is
/// refused, and whatever is this data directory's own.
fn found(path: &Path, data: Option<&Path>) -> anyhow::Result<Option<File>> {
    let failed = |error: io::Error| anyhow::anyhow!("{}: {error}", path.display());
    let found = match fs::metadata(path) {
        Ok(found) => Some(found),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => return Err(failed(error)),
    };
    let kind = found.as_ref().map(fs::Metadata::file_type);
    if kind.is_some_and(|kind| kind.is_fifo() || kind.is_char_device()) {
        return Ok(Some(
            OpenOptions::new().write(true).open(path).map_err(failed)?,
        ));
    }
    if kind.is_some_and(|kind| !kind.is_file()) {
        return Err(configuration(format!("{} is no file", path.display())));
    }
    if fs::symlink_metadata(path).is_ok_and(|link| link.is_symlink()) {
        return Err(configuration(format!(
            "{} is a link: give the file itself",
            path.display()
        )));
    }
    if let Some(data) = data {
        own::spare(path, found.as_ref(), data)?;
    }
    Ok(None)
}

/// The file that an export is written into until it is whole, where it can be gone on with.
fn part(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".part");
    name.into()
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let (path, written) = match self {
            Self::Standard => return io::stdout().write(bytes),
            Self::Through(path, file) => (path, file.write(bytes)),
            Self::Beside(path, draft) => (path, draft.write(bytes)),
            Self::Part(path, file, _) => (path, file.write(bytes)),
        };
        written
            .map_err(|error| io::Error::new(error.kind(), format!("{}: {error}", path.display())))
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Standard => io::stdout().flush(),
            Self::Through(_, file) => file.flush(),
            Self::Beside(_, draft) => draft.flush(),
            Self::Part(_, file, _) => file.flush(),
        }
    }
}

/// Where a file lies.
pub(crate) fn directory(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        Some(_) | None => Path::new("."),
    }
}

/// A file in this directory of which nothing is left when somebody ends the verb in the middle.
fn draft(directory: &Path) -> io::Result<NamedTempFile> {
    let made = Arc::new(Mutex::new(None::<PathBuf>));
    let known =
        |made: &Mutex<Option<PathBuf>>| made.lock().unwrap_or_else(PoisonError::into_inner).take();
    let to_be_removed = Arc::clone(&made);
    shutdown::when_ended(move || {
        // In its place already, or of a disk that takes nothing any more: there is nobody left to tell.
        let _ = known(&to_be_removed).map(fs::remove_file);
    })?;
    // Whoever ends it now waits until it is known what there is.
    let mut made = made.lock().unwrap_or_else(PoisonError::into_inner);
    let draft = tempfile::Builder::new()
        .prefix(DRAFT)
        .tempfile_in(directory);
    *made = draft.as_ref().ok().map(|draft| draft.path().to_owned());
    draft
}
