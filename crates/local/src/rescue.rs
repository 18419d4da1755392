//! Where what is rescued lies, and how it is put back: all that a database held which was removed under its server, with
//! the secrets where those are gone, too.
//!
//! | its directory | what is rescued lies in |
//! |---|---|
//! | is there | `counterfoil.db.rescued-PID` in it, and `ticket-keys.rescued-PID`, `id-secret.rescued-PID` |
//! | is gone | `counterfoil.db`, `ticket-keys` and `id-secret` in a directory beside its place, `NAME.rescued-PID` |

use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use crate::identity::beside_of;
use crate::wal;

/// What a directory's secrets are called.
pub(crate) const SECRETS: [&str; 2] = ["ticket-keys", "id-secret"];

/// What its database is called.
pub(crate) const DATABASE: &str = "counterfoil.db";

/// Before the number in the name of what is rescued.
pub(crate) const MARK: &str = ".rescued-";

/// What was rescued of a directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Rescue {
    /// Where it lies.
    pub(crate) directory: PathBuf,
    /// What each name in there ends with.
    pub(crate) end: String,
}

impl Rescue {
    /// Where what is called `name` in a data directory lies here.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.directory.join(format!("{name}{}", self.end))
    }

    /// What has been rescued of the directory at `data`, the last first.
    pub(crate) fn all_of(data: &Path) -> Vec<Self> {
        let own = names(data).into_iter().filter_map(|name| {
            let end = name
                .strip_prefix(DATABASE)
                .filter(|end| end.starts_with(MARK))?;
            Some(Self {
                directory: data.into(),
                end: end.into(),
            })
        });
        let beside = place(data).into_iter().flat_map(|(above, own)| {
            let prefix = format!("{own}{MARK}");
            let names = names(&above)
                .into_iter()
                .filter(move |name| name.starts_with(&prefix));
            names.map(move |name| Self {
                directory: above.join(name),
                end: String::new(),
            })
        });
        let mut found: Vec<_> = own
            .chain(beside)
            .filter_map(|found| found.since().map(|at| (at, found)))
            .collect();
        found.sort_by_key(|(at, _)| std::cmp::Reverse(*at));
        found.into_iter().map(|(_, found)| found).collect()
    }

    /// When it was written; `None`: there is none.
    fn since(&self) -> Option<SystemTime> {
        let found = fs::metadata(self.path(DATABASE))
            .ok()
            .filter(|file| file.is_file() && file.len() > 0)?;
        found.modified().ok()
    }

    /// What is to be done to have it at `data`, where the database is missing or empty.
    pub(crate) fn way_back(&self, data: &Path) -> String {
        let is_missing = |name: &&&str| !data.join(name).exists();
        let (mut names, mut lost) = (vec![DATABASE], Vec::new());
        for name in SECRETS.iter().filter(is_missing) {
            if self.path(name).is_file() {
                names.push(name)
            } else {
                lost.push(*name)
            }
        }
        let moved = if data.exists() {
            let each = names
                .iter()
                .map(|name| moved(&self.path(name), &data.join(name)));
            log_aside(data)
                .into_iter()
                .chain(each)
                .collect::<Vec<_>>()
                .join(" && ")
        } else {
            moved(&self.directory, data)
        };
        match lost.as_slice() {
            [] => format!("move it there and start again: {moved}"),
            lost => format!(
                "restore {} from a backup first, without which no ticket that was given can be looked at; then move it there \
                 and start again: {moved}",
                lost.join(" and ")
            ),
        }
    }
}

/// What was rescued has all that a log in its place has: the log would be played into it once more, and damage it.
fn log_aside(data: &Path) -> Option<String> {
    let log = wal::path(&data.join(DATABASE));
    fs::metadata(&log).ok().filter(|file| file.len() > 0)?;
    Some(moved(&log, &beside_of(&log, ".not-ours")))
}

/// The directory above `data`, and its name in there.
pub(crate) fn place(data: &Path) -> Option<(PathBuf, String)> {
    let whole = std::path::absolute(data).ok()?;
    Some((whole.parent()?.into(), whole.file_name()?.to_str()?.into()))
}

fn names(directory: &Path) -> Vec<String> {
    let found = fs::read_dir(directory).into_iter().flatten().flatten();
    found
        .filter_map(|entry| entry.file_name().into_string().ok())
        .collect()
}

fn moved(from: &Path, to: &Path) -> String {
    format!("mv {} {}", quoted(from), quoted(to))
}

/// A path as a shell reads it.
fn quoted(path: &Path) -> String {
    let text = path.display().to_string();
    let is_plain = |c: char| c.is_alphanumeric() || "/._-+,:@".contains(c);
    if text.chars().all(is_plain) && !text.starts_with('-') {
        text
    } else {
        format!("'{}'", text.replace('\'', "'\\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_quoted_where_a_shell_needs_it() {
        assert_eq!(
            quoted(Path::new("/var/lib/x.rescued-1")),
            "/var/lib/x.rescued-1"
        );
        assert_eq!(quoted(Path::new("/my data/it's")), "'/my data/it'\\''s'");
    }
}
