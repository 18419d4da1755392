//! The columns of `submissions list` on a terminal: they fit its width, and Chinese characters count as the two columns that
//! they take. Where the reader is no terminal, nothing is cut to a width, and a line begins with time, state and id.

use counterfoil_core::{Head, State, Timestamp};
use counterfoil_operations::catalogue::Shown;
use counterfoil_operations::gist::Gist;
use counterfoil_operations::harmless::harmless;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use crate::words::age;

/// Columns that who and what are worth a line with the id for; below it the id gets a line of its own.
const LEAST: usize = 24;
/// What stands before an entry that nobody has read.
const UNREAD: &str = "•";
const STATE: usize = 9;

/// How a page of the list is shown on a terminal.
pub(super) struct Table {
    /// Of the terminal.
    width: usize,
    /// Of the times.
    when: usize,
    /// Of the states; 0: everything on the page is stored.
    state: usize,
    /// Of the longest id.
    id: usize,
    utc: bool,
}

/// A row before it is laid out.
pub(super) struct Row<'a> {
    pub(super) shown: &'a Shown,
    pub(super) gist: Gist,
}

impl Table {
    /// The columns for these rows.
    pub(super) fn new(rows: &[Row<'_>], width: usize, utc: bool) -> Self {
        let is_stored = |row: &Row<'_>| row.shown.entry.head.state == State::Stored;
        let id = rows
            .iter()
            .map(|row| row.shown.entry.head.of.to_string().len())
            .max()
            .unwrap_or(0);
        Self {
            width,
            when: if utc { 20 } else { 4 },
            state: if rows.iter().all(is_stored) { 0 } else { STATE },
            id,
            utc,
        }
    }

    /// The names of the columns.
    pub(super) fn head(&self) -> String {
        let when = if self.utc { "RECEIVED" } else { "AGE" };
        let start = self.start(" ", when, "STATE");
        let line = if self.is_one_line() {
            format!("{start}{}  SUBMISSION", fitted("WHO AND WHAT", self.room()))
        } else {
            format!("{start}WHO AND WHAT")
        };
        line.trim_end().to_owned()
    }

    /// A row: one line, or two on a narrow terminal.
    pub(super) fn lines(&self, row: &Row<'_>, now: Timestamp) -> String {
        let head = &row.shown.entry.head;
        let when = if self.utc {
            second(head)
        } else {
            age(head.received_at, now)
        };
        let mark = if row.shown.marks.seen.is_none() {
            UNREAD
        } else {
            " "
        };
        let start = self.start(mark, &when, head.state.as_str());
        let what = harmless(&told(row), false);
        if self.is_one_line() {
            return format!("{start}{}  {}", fitted(&what, self.room()), head.of);
        }
        let room = self.width.saturating_sub(width(&start)).max(LEAST);
        format!("{start}{}\n  {}", fitted(&what, room).trim_end(), head.of)
    }

    fn start(&self, mark: &str, when: &str, state: &str) -> String {
        let state = if self.state == 0 {
            String::new()
        } else {
            format!("{state:<STATE$}  ")
        };
        format!("{mark} {when:>0$}  {state}", self.when)
    }

    /// What is left for who and what beside the id.
    fn room(&self) -> usize {
        let state = if self.state == 0 { 0 } else { self.state + 2 };
        self.width
            .saturating_sub(2 + self.when + 2 + state + 2 + self.id)
    }

    fn is_one_line(&self) -> bool {
        self.room() >= LEAST
    }
}

/// A row for a reader that is no terminal: what stood in it before, and then who and what.
pub(super) fn plain(row: &Row<'_>) -> String {
    let head = &row.shown.entry.head;
    let mark = if row.shown.marks.seen.is_none() {
        UNREAD
    } else {
        " "
    };
    let line = format!(
        "{}  {:<STATE$}  {}  {mark} {}",
        head.received_at,
        head.state.as_str(),
        head.of,
        told(row)
    );
    harmless(line.trim_end(), false)
}

/// Why it is not stored, who wrote, and what.
fn told(row: &Row<'_>) -> String {
    let head = &row.shown.entry.head;
    let why = head
        .cause
        .as_ref()
        .map(|cause| cause.code.as_str())
        .or(head.hold.as_deref());
    let line = row.gist.line();
    match why {
        Some(why) if line.is_empty() => format!("[{why}]"),
        Some(why) => format!("[{why}] {line}"),
        None => line,
    }
}

/// When it was accepted, to the second.
fn second(head: &Head) -> String {
    let at = head.received_at.to_string();
    format!("{}Z", at.get(..19).unwrap_or_default())
}

/// Columns that a text takes.
fn width(text: &str) -> usize {
    text.width()
}

/// A text that takes exactly so many columns: filled up, or cut with a word on it.
fn fitted(text: &str, columns: usize) -> String {
    if width(text) <= columns {
        return format!("{text}{}", " ".repeat(columns - width(text)));
    }
    let (mut short, mut taken) = (String::new(), 0);
    for character in text.chars() {
        let wide = character.width().unwrap_or(0);
        if taken + wide > columns.saturating_sub(1) {
            break;
        }
        short.push(character);
        taken += wide;
    }
    let filling = " ".repeat(columns.saturating_sub(taken + 1));
    format!("{short}…{filling}")
}

#[cfg(test)]
#[path = "columns_tests.rs"]
mod tests;
