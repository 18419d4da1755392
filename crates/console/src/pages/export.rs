//! How a list leaves the console: as which kind of file, and the form that asks for it.

use maud::{Markup, html};

use super::bits::pairs;
use super::look::Look;

/// A kind of file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// For people.
    Csv,
    /// A spreadsheet.
    Xlsx,
    /// For programs.
    Jsonl,
}

impl Format {
    /// Every one, in the order of the page.
    pub const ALL: [Self; 3] = [Self::Csv, Self::Xlsx, Self::Jsonl];

    /// The word in an address, and the end of a file's name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Xlsx => "xlsx",
            Self::Jsonl => "jsonl",
        }
    }

    /// Reads the word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.as_str() == word)
    }

    /// What the header says.
    #[must_use]
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Csv => "text/csv; charset=utf-8",
            Self::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            Self::Jsonl => "application/x-ndjson",
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Csv => "CSV",
            Self::Xlsx => "spreadsheet (.xlsx)",
            Self::Jsonl => "JSON Lines",
        }
    }
}

/// Asks for all that a list shows, on all of its pages.
pub(super) fn export_form(look: &Look) -> Markup {
    let all = if look.is_narrowed() {
        "Export all that match as"
    } else {
        "Export all of them as"
    };
    html! {
        form.export method="get" action="/export" {
            (pairs(&look.pairs()))
            label { (all) " "
                select name="format" {
                    @for format in Format::ALL { option value=(format.as_str()) { (format.name()) } }
                }
            }
            button.small { "Export" }
        }
    }
}
