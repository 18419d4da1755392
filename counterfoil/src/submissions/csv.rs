//! CSV (RFC 4180) that is safe to open in a spreadsheet: where a text would be read as a formula, an apostrophe
//! stands before it, as the spreadsheets themselves do. How many columns there are is for the forms to say, and not for
//! whoever posts to them.

use std::collections::HashSet;
use std::io::Write;

use counterfoil_core::{Body, Entry, Form};
use csv::{QuoteStyle, WriterBuilder};
use serde_json::{Map, Value};

/// The fields that the forms declare, in their order.
#[derive(Default)]
pub(crate) struct Columns {
    names: Vec<String>,
    known: HashSet<String>,
}

impl Columns {
    /// Those of these forms.
    pub(crate) fn of<'a>(forms: impl IntoIterator<Item = &'a Form>) -> Self {
        let mut columns = Self::default();
        for (name, _) in forms.into_iter().flat_map(|form| form.schema.properties()) {
            if columns.known.insert(name.to_owned()) {
                columns.names.push(name.to_owned());
            }
        }
        columns
    }
}

/// Writes entries as rows.
pub(crate) struct Csv<W: Write> {
    out: csv::Writer<W>,
    columns: Columns,
}

impl<W: Write> Csv<W> {
    /// Writes the head line.
    pub(crate) fn new(out: W, columns: Columns) -> anyhow::Result<Self> {
        // Every cell: some readers take `;` and tabs for separators besides the comma.
        let mut out = WriterBuilder::new().quote_style(QuoteStyle::Always).from_writer(out);
        let ours = ["form", "id", "state", "received_at"].map(str::to_owned).into_iter();
        // A field may be called as one of ours is.
        let theirs = columns.names.iter().map(|name| safe(&format!("field.{name}")));
        out.write_record(ours.chain(theirs).chain(["other".to_owned()]))?;
        Ok(Self { out, columns })
    }

    /// Writes one entry.
    pub(crate) fn row(&mut self, entry: &Entry) -> anyhow::Result<()> {
        let head = &entry.head;
        let fields = match &entry.body {
            Body::Payload(payload) => payload.fields(),
            Body::Raw(_) | Body::Erased => Map::new(),
        };
        let (known, other): (Map<_, _>, Map<_, _>) =
            fields.into_iter().partition(|(name, _)| self.columns.known.contains(name));
        let ours =
            [head.of.form.to_string(), head.of.id.to_string(), head.state.to_string(), head.received_at.to_string()];
        let theirs = self.columns.names.iter().map(|name| known.get(name).map(cell).unwrap_or_default());
        let other = if other.is_empty() { String::new() } else { cell(&Value::Object(other)) };
        Ok(self.out.write_record(ours.into_iter().chain(theirs).chain([other]))?)
    }

    /// Writes what is buffered.
    pub(crate) fn finish(mut self) -> anyhow::Result<()> {
        Ok(self.out.flush()?)
    }
}

fn cell(value: &Value) -> String {
    match value {
        Value::String(text) => safe(text),
        Value::Null => String::new(),
        Value::Bool(_) | Value::Number(_) => value.to_string(),
        Value::Array(_) | Value::Object(_) => {
            let json = value.to_string();
            // The only separator that JSON leaves as it is, and an escape says the same.
            if safe(&json) == json { json } else { json.replace(';', "\\u003b") }
        }
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
mod tests {
    use super::*;
    use counterfoil_core::{Cause, FormId, Payload};
    use counterfoil_testkit::build::{entry, envelope};
    use serde_json::json;

    /// A form with these fields.
    fn form(id: &str, names: &[&str]) -> Form {
        let fields: String = names.iter().map(|name| format!("{name} = {{}}\n")).collect();
        let text = format!("title = \"x\"\n[schema]\ntype = \"object\"\n[schema.properties]\n{fields}");
        Form::parse(FormId::parse(id).unwrap(), &text).unwrap()
    }

    fn written(columns: Columns, fields: &Value) -> String {
        let mut row = entry(&envelope(1, "m"), None::<Cause>);
        row.body = Body::Payload(Payload::from_fields(fields.as_object().unwrap()));
        let mut out = Vec::new();
        let mut csv = Csv::new(&mut out, columns).unwrap();
        csv.row(&row).unwrap();
        csv.finish().unwrap();
        String::from_utf8(out).unwrap()
    }

    /// The head and the row, without the columns that are ours.
    fn read(text: &str) -> (Vec<String>, Vec<String>) {
        let mut reader = csv::Reader::from_reader(text.as_bytes());
        let own = |record: &csv::StringRecord| record.iter().skip(4).map(str::to_owned).collect();
        (own(&reader.headers().unwrap().clone()), own(&reader.records().next().unwrap().unwrap()))
    }

    fn check(sent: &str, cell: &str) {
        let text = written(Columns::of([&form("f", &["a"])]), &json!({ "a": sent }));
        assert_eq!(read(&text).1, [cell, ""], "{sent:?}");
    }

    #[test]
    fn no_cell_starts_a_formula() {
        for bad in ["=1+1", "+1", "-1", "@SUM(A1)", "\0=1", "＝1", "=HYPERLINK(\"x\")"] {
            check(bad, &format!("'{bad}"));
        }
        for (bad, cell) in [("\t=1", "'\t'=1"), ("\r=1", "'\r'=1"), ("\n=1", "'\n'=1"), ("\r\n", "'\r\n")] {
            check(bad, cell);
        }
    }

    #[test]
    fn no_cell_starts_a_formula_where_the_separator_is_another_or_a_quote_counts_for_nothing() {
        for (bad, cell) in [
            ("Hi;=1+1", "Hi;'=1+1"),
            ("Hi\t@SUM(A1)", "Hi\t'@SUM(A1)"),
            ("Hi\r\n=1+1\r\nbye", "Hi\r\n'=1+1\r\nbye"),
            ("Hi;\"\"=1+1;", "Hi;'\"\"=1+1;"),
            ("a;;-1", "a;;'-1"),
        ] {
            check(bad, cell);
        }
        for good in ["Hi; you", "a = b", "x-y", "two\n\nlines\r\n\r\nmore", "me@example.org", "a;b;c"] {
            check(good, good);
        }
    }

    #[test]
    fn json_in_a_cell_starts_no_formula_either_and_says_the_same() {
        let (given, names) = (json!([";=1+1", "a;b"]), Columns::of([&form("f", &["a"])]));
        let (_, row) = read(&written(names, &json!({"a": given, "b;=1": 1})));
        assert!(!row[0].contains(';') && !row[1].contains(';'), "{row:?}");
        assert_eq!(serde_json::from_str::<Value>(&row[0]).unwrap(), given);
        assert_eq!(serde_json::from_str::<Value>(&row[1]).unwrap(), json!({"b;=1": 1}));
    }

    #[test]
    fn every_cell_is_quoted_so_that_nothing_in_it_separates() {
        let text = written(Columns::of([&form("f", &["a"])]), &json!({"a": "x;y"}));
        assert!(text.starts_with("\"form\",\"id\",\"state\",\"received_at\",\"field.a\",\"other\"\n"), "{text}");
        assert!(text.ends_with(",\"x;y\",\"\"\n"), "{text}");
    }

    #[test]
    fn other_values_stay_as_they_are() {
        let columns = Columns::of([&form("f", &["a", "b", "c", "id", "n"])]);
        let text = written(columns, &json!({"a": "x, \"y\"\nz", "b": -5, "c": [1, 2], "id": "theirs", "n": null}));
        let (head, row) = read(&text);
        assert_eq!(head, ["field.a", "field.b", "field.c", "field.id", "field.n", "other"]);
        assert_eq!(row, ["x, \"y\"\nz", "-5", "[1,2]", "theirs", "", ""]);
    }

    #[test]
    fn the_forms_say_which_columns_there_are_and_what_none_of_them_declares_is_in_the_last() {
        let columns = Columns::of([&form("f", &["name", "email"]), &form("g", &["email", "age"])]);
        let (head, row) = read(&written(columns, &json!({"name": "Ada", "z": 1, "y": "=1", "age": null})));
        assert_eq!(head, ["field.name", "field.email", "field.age", "other"]);
        assert_eq!(row, ["Ada", "", "", r#"{"y":"=1","z":1}"#]);
    }
}
