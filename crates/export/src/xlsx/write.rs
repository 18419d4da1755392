//! What the crate that writes spreadsheets is told.

use std::io::{self, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use counterfoil_core::Entry;
use rust_xlsxwriter::{Format, Workbook, Worksheet, XlsxError};

use crate::Written;
use crate::columns::{Cell, Columns, OURS};

/// Units of UTF-16 in a cell: no spreadsheet takes more.
const LONGEST: usize = 32_767;
/// What stands at the end of a text that was cut.
const CUT: &str =
    " […] (cut here: a cell holds 32767 characters; CSV and JSON Lines have all of it)";
/// Digits of a number that a spreadsheet keeps.
const DIGITS: usize = 15;
/// How wide columns are, in characters.
const WIDE: f64 = 24.0;

/// A workbook, and where the next row goes.
pub(super) struct Book {
    workbook: Workbook,
    columns: Columns,
    rows: u32,
    /// The next row of the last sheet.
    next: u32,
    sheets: usize,
    cut: u64,
}

impl Book {
    pub(super) fn new(columns: Columns, folder: &Path, rows: u32) -> io::Result<Self> {
        let mut workbook = Workbook::new();
        workbook.set_tempdir(folder).map_err(failed)?;
        let mut book = Self {
            workbook,
            columns,
            rows,
            next: 0,
            sheets: 0,
            cut: 0,
        };
        book.begin_sheet()?;
        Ok(book)
    }

    pub(super) fn row(&mut self, entry: &Entry) -> io::Result<()> {
        if self.next == self.rows {
            self.begin_sheet()?;
        }
        let row = self.next;
        for (column, cell) in (0u16..).zip(self.columns.cells(entry)) {
            self.cut += u64::from(put(self.sheet()?, (row, column), &cell).map_err(failed)?);
        }
        self.next += 1;
        Ok(())
    }

    pub(super) fn save(&mut self, out: &mut (impl Write + Send)) -> io::Result<Written> {
        self.workbook.save_to_writer(&mut *out).map_err(failed)?;
        out.flush()?;
        Ok(Written { cut: self.cut })
    }

    /// A sheet with its head, which stays when the rest is scrolled.
    fn begin_sheet(&mut self) -> io::Result<()> {
        self.sheets += 1;
        let name = if self.sheets == 1 {
            "Submissions".to_owned()
        } else {
            format!("Submissions {}", self.sheets)
        };
        let heads: Vec<String> = self.columns.heads().map(str::to_owned).collect();
        let sheet = self
            .workbook
            .add_worksheet_with_constant_memory()
            .map_err(failed)?;
        head(sheet, &name, &heads).map_err(failed)?;
        self.next = 1;
        Ok(())
    }

    fn sheet(&mut self) -> io::Result<&mut Worksheet> {
        self.workbook
            .worksheet_from_index(self.sheets - 1)
            .map_err(failed)
    }
}

fn head(sheet: &mut Worksheet, name: &str, heads: &[String]) -> Result<(), XlsxError> {
    sheet.set_name(name)?;
    sheet.set_freeze_panes(1, 0)?;
    let bold = Format::new().set_bold();
    for (column, head) in (0u16..).zip(heads) {
        // Nobody looks at ids; they are there to be found by.
        let width = if usize::from(column) < OURS.len() {
            WIDE / 2.0
        } else {
            WIDE
        };
        sheet.set_column_width(column, width)?;
        sheet.write_string_with_format(0, column, short(head).0, &bold)?;
    }
    Ok(())
}

/// Writes a cell; was it cut?
fn put(sheet: &mut Worksheet, (row, column): (u32, u16), cell: &Cell) -> Result<bool, XlsxError> {
    let text = match cell {
        Cell::Empty => return Ok(false),
        Cell::Truth(truth) => {
            sheet.write_boolean(row, column, *truth)?;
            return Ok(false);
        }
        Cell::Number(number) => match kept(number) {
            Some(number) => {
                sheet.write_number(row, column, number)?;
                return Ok(false);
            }
            None => number.to_string(),
        },
        Cell::Text(text) => text.clone(),
        Cell::Choices(texts) => texts.join("; "),
        Cell::Json(value) => value.to_string(),
    };
    let (text, is_cut) = short(&text);
    sheet.write_string(row, column, text)?;
    Ok(is_cut)
}

/// A number that a spreadsheet keeps as it is.
fn kept(number: &serde_json::Number) -> Option<f64> {
    let digits = number
        .to_string()
        .bytes()
        .filter(u8::is_ascii_digit)
        .count();
    number
        .as_f64()
        .filter(|number| number.is_finite() && digits <= DIGITS)
}

/// A text as a cell takes it, and whether something of it is missing. What no XML can hold is replaced.
fn short(text: &str) -> (String, bool) {
    let text = text.replace(['\u{fffe}', '\u{ffff}'], "\u{fffd}");
    if text.encode_utf16().count() <= LONGEST {
        return (text, false);
    }
    let mut room = LONGEST - CUT.encode_utf16().count();
    let fits = |character: &char| {
        let left = room.checked_sub(character.len_utf16());
        room = left.unwrap_or(0);
        left.is_some()
    };
    let mut short: String = text.chars().take_while(fits).collect();
    short.push_str(CUT);
    (short, true)
}

fn failed(error: XlsxError) -> io::Error {
    match error {
        XlsxError::IoError(error) | XlsxError::TempFileError(_, error) => error,
        other => io::Error::other(other.to_string()),
    }
}

/// The crate that writes spreadsheets panics where a temporary file takes no more. Nothing is used any more after that.
pub(super) fn guarded<T>(write: impl FnOnce() -> io::Result<T>) -> io::Result<T> {
    let full = || {
        io::Error::new(
            io::ErrorKind::StorageFull,
            "a temporary file of the spreadsheet could not be written",
        )
    };
    catch_unwind(AssertUnwindSafe(write)).unwrap_or_else(|_| Err(full()))
}
