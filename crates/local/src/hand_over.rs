//! How a command that works on a directory hands it over to a server that starts: two files, locked for as long as what
//! they say is true. The system frees them with their process, so neither of them can say too much; what lies in them,
//! and whether they are left behind, says nothing. The directory's own lock is another matter.

use std::fs::{File, OpenOptions};
use std::os::unix::fs::OpenOptionsExt;

use crate::data_dir::DataDir;

/// Locked by whoever has the directory and will hand it over.
const STANDS_IN: &str = "stands-in";
/// Locked by a server that waits for the directory.
const AWAITED: &str = "awaited";

/// Says something for as long as it lives.
#[derive(Debug)]
pub struct Said {
    _file: File,
}

/// Says that whoever has the directory only stands in for a server, and will hand it over. `None`: it cannot be said, and
/// a server will not wait for long.
#[must_use]
pub fn stand_in(directory: &DataDir) -> Option<Said> {
    say(directory, STANDS_IN)
}

/// Does whoever has the directory hand it over when it is asked to?
#[must_use]
pub fn will_be_handed_over(directory: &DataDir) -> bool {
    is_said(directory, STANDS_IN)
}

/// Asks for the directory. `None`: somebody else asks already.
#[must_use]
pub fn ask(directory: &DataDir) -> Option<Said> {
    say(directory, AWAITED)
}

/// Does a server wait for the directory?
#[must_use]
pub fn is_asked_for(directory: &DataDir) -> bool {
    is_said(directory, AWAITED)
}

fn say(directory: &DataDir, name: &str) -> Option<Said> {
    let mut options = OpenOptions::new();
    let options = options.write(true).create(true).truncate(false).mode(0o600);
    let file = options.open(directory.path().join(name)).ok()?;
    file.try_lock().ok().map(|()| Said { _file: file })
}

fn is_said(directory: &DataDir, name: &str) -> bool {
    // Nobody who only asks keeps anybody else from asking.
    let file = File::open(directory.path().join(name));
    file.is_ok_and(|file| {
        matches!(
            file.try_lock_shared(),
            Err(std::fs::TryLockError::WouldBlock)
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_is_said_by_one_and_ends_with_it() {
        let place = tempfile::tempdir().unwrap();
        let directory = DataDir::create(place.path()).unwrap();
        assert!(!is_asked_for(&directory), "there is no such file");
        let said = ask(&directory).unwrap();
        assert!(is_asked_for(&directory) && ask(&directory).is_none());
        assert!(!will_be_handed_over(&directory));
        drop(said);
        assert!(!is_asked_for(&directory) && ask(&directory).is_some());
    }
}
