//! CSV (RFC 4180) that is safe to open in a spreadsheet: where a text would be read as a formula, an apostrophe
//! stands before it, as the spreadsheets themselves do. It begins with a byte order mark, without which Excel takes it for
//! the system's old encoding.

use std::io::{self, Write};

use counterfoil_core::Entry;
use csv::{QuoteStyle, WriterBuilder};
use serde_json::Value;

use crate::columns::{Cell, Columns};
use crate::{Sink, Written};

/// The mark.
const BYTE_ORDER_MARK: &str = "\u{feff}";

/// Writes entries as rows.
pub struct Csv<W: Write> {
    out: csv::Writer<W>,
    columns: Columns,
}

impl<W: Write> Csv<W> {
    /// Writes the mark and the head line.
    ///
    /// # Errors
    ///
    /// It could not be written.
    pub fn new(mut out: W, columns: Columns) -> io::Result<Self> {
        out.write_all(BYTE_ORDER_MARK.as_bytes())?;
        let mut csv = Self::going_on(out, columns);
        csv.out.write_record(csv.columns.heads().map(safe))?;
        Ok(csv)
    }

    /// Writes rows behind others that are there.
    pub fn going_on(out: W, columns: Columns) -> Self {
        // Every cell: some readers take `;` and tabs for separators besides the comma.
        Self {
            out: WriterBuilder::new()
                .quote_style(QuoteStyle::Always)
                .from_writer(out),
            columns,
        }
    }
}

impl<W: Write + Send> Sink for Csv<W> {
    fn entry(&mut self, entry: &Entry) -> io::Result<()> {
        Ok(self
            .out
            .write_record(self.columns.cells(entry).iter().map(cell))?)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }

    fn finish(mut self: Box<Self>) -> io::Result<Written> {
        self.out.flush()?;
        Ok(Written::default())
    }
}

fn cell(cell: &Cell) -> String {
    match cell {
        Cell::Empty => String::new(),
        Cell::Text(text) => safe(text),
        Cell::Choices(texts) => texts
            .iter()
            .map(|text| safe(text))
            .collect::<Vec<_>>()
            .join("; "),
        Cell::Number(number) => number.to_string(),
        Cell::Truth(truth) => truth.to_string(),
        Cell::Json(value) => json(value),
    }
}

fn json(value: &Value) -> String {
    let json = value.to_string();
    // The only separator that JSON leaves as it is, and an escape says the same.
    if safe(&json) == json {
        json
    } else {
        json.replace(';', "\\u003b")
    }
}

/// `text`, with an apostrophe wherever a spreadsheet would begin to run it: at its beginning, and where a cell or a row
/// begins for one that separates by `;` or tabs, as Excel does in half of Europe. Our quotes are none there.
fn safe(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut begins = true;
    for (at, character) in text.char_indices() {
        let blank = at == 0 && matches!(character, '\t' | '\r' | '\n' | '\0');
        // Quotes are doubled, and to such a reader they are a quoted nothing.
        if blank || (begins && text[at..].trim_start_matches('"').starts_with(runs)) {
            out.push('\'');
        }
        out.push(character);
        begins = matches!(character, ';' | '\t' | '\r' | '\n');
    }
    out
}

fn runs(first: char) -> bool {
    matches!(first, '=' | '+' | '-' | '@' | '＝' | '＋' | '－' | '＠')
}

#[cfg(test)]
#[path = "csv_tests.rs"]
mod tests;
