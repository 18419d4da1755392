//! CSV (RFC 4180) that is safe to open in a spreadsheet: a text that would be read as a formula is quoted
//! with a leading apostrophe, as the spreadsheets themselves do.

use std::collections::HashSet;
use std::io::Write;

use counterfoil_core::{Body, Entry};
use serde_json::{Map, Value};

/// The names of fields, in the order they were first seen.
#[derive(Default)]
pub(crate) struct Columns {
    names: Vec<String>,
    seen: HashSet<String>,
}

impl Columns {
    /// Adds the names of these fields.
    pub(crate) fn add(&mut self, fields: &Map<String, Value>) {
        for name in fields.keys().filter(|name| !self.seen.contains(*name)).cloned().collect::<Vec<_>>() {
            self.seen.insert(name.clone());
            self.names.push(name);
        }
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
        let mut out = csv::Writer::from_writer(out);
        let ours = ["form", "id", "state", "received_at"].map(str::to_owned).into_iter();
        // A field may be called as one of ours is.
        out.write_record(ours.chain(columns.names.iter().map(|name| safe(&format!("field.{name}")))))?;
        Ok(Self { out, columns })
    }

    /// Writes one entry.
    pub(crate) fn row(&mut self, entry: &Entry) -> anyhow::Result<()> {
        let head = &entry.head;
        let fields = match &entry.body {
            Body::Payload(payload) => payload.fields(),
            Body::Raw(_) | Body::Erased => Map::new(),
        };
        let ours =
            [head.of.form.to_string(), head.of.id.to_string(), head.state.to_string(), head.received_at.to_string()];
        let theirs = self.columns.names.iter().map(|name| fields.get(name).map(cell).unwrap_or_default());
        Ok(self.out.write_record(ours.into_iter().chain(theirs))?)
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
        // A number, true or false, or JSON that starts with a bracket: never read as a formula.
        Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => value.to_string(),
    }
}

/// `text`, with an apostrophe before what a spreadsheet would run.
fn safe(text: &str) -> String {
    let runs =
        |first: char| matches!(first, '=' | '+' | '-' | '@' | '\t' | '\r' | '\n' | '\0' | '＝' | '＋' | '－' | '＠');
    if text.starts_with(runs) { format!("'{text}") } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use counterfoil_core::{Cause, Payload};
    use counterfoil_testkit::build::{entry, envelope};
    use serde_json::json;

    fn written(fields: &Value) -> String {
        let mut row = entry(&envelope(1, "m"), None::<Cause>);
        let payload = Payload::from_fields(fields.as_object().unwrap());
        let mut columns = Columns::default();
        columns.add(&payload.fields());
        row.body = Body::Payload(payload);
        let mut out = Vec::new();
        let mut csv = Csv::new(&mut out, columns).unwrap();
        csv.row(&row).unwrap();
        csv.finish().unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn no_cell_starts_a_formula() {
        for bad in ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "\0=1", "＝1", "=HYPERLINK(\"x\")"] {
            let text = written(&json!({ "a": bad }));
            let mut reader = csv::Reader::from_reader(text.as_bytes());
            let record = reader.records().next().unwrap().unwrap();
            assert_eq!(&record[4], format!("'{bad}"), "{text}");
        }
    }

    #[test]
    fn other_values_stay_as_they_are() {
        let text = written(&json!({"a": "x, \"y\"\nz", "b": -5, "c": [1, 2], "id": "theirs", "n": null}));
        let mut reader = csv::Reader::from_reader(text.as_bytes());
        assert_eq!(
            reader.headers().unwrap().iter().skip(4).collect::<Vec<_>>(),
            ["field.a", "field.b", "field.c", "field.id", "field.n"]
        );
        let record = reader.records().next().unwrap().unwrap();
        assert_eq!(record.iter().skip(4).collect::<Vec<_>>(), ["x, \"y\"\nz", "-5", "[1,2]", "theirs", ""]);
    }
}
