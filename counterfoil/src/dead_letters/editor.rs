//! The person's own editor on a file that is theirs alone and gone afterwards.

use std::io::{Read, Seek, Write};
use std::process::Command;

use tempfile::NamedTempFile;

use crate::exit::{Failure, configuration};

/// A text that is being edited.
pub(super) struct Draft {
    /// Mode 0600; removed when this is dropped.
    file: NamedTempFile,
}

impl Draft {
    pub(super) fn parse(text: &str) -> anyhow::Result<Self> {
        let mut file = tempfile::Builder::new()
            .prefix("counterfoil-")
            .suffix(".json")
            .tempfile()?;
        file.write_all(text.as_bytes())?;
        file.flush()?;
        Ok(Self { file })
    }

    /// Opens the editor, waits for its end, and gives what is in the file then.
    pub(super) fn edit(&mut self) -> anyhow::Result<String> {
        let editor = editor()?;
        // As git does it: the setting is a command with its own arguments.
        let mut shell = Command::new("sh");
        shell
            .arg("-c")
            .arg(format!("{editor} \"$@\""))
            .arg(&editor)
            .arg(self.file.path());
        let status = shell.status()?;
        if !status.success() {
            return Err(Failure::Partly(format!(
                "the editor ended with {status}; nothing was changed"
            ))
            .into());
        }
        // An editor may have put another file at the same path.
        let mut text = String::new();
        match std::fs::File::open(self.file.path()) {
            Ok(mut file) => file.read_to_string(&mut text)?,
            Err(_) => {
                self.file.rewind()?;
                self.file.read_to_string(&mut text)?
            }
        };
        Ok(text)
    }
}

#[allow(
    clippy::disallowed_methods,
    reason = "the command reads its own environment"
)]
fn editor() -> anyhow::Result<String> {
    let set = |name: &&str| {
        std::env::var(name)
            .ok()
            .filter(|editor| !editor.trim().is_empty())
    };
    let none = "set EDITOR (or VISUAL) to your editor, or give a JSON Patch with --patch FILE";
    ["VISUAL", "EDITOR"]
        .iter()
        .find_map(set)
        .ok_or_else(|| configuration(none))
}
