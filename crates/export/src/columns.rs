//! The columns of a table for people. How many there are is for the forms to say, and not for whoever posts to them: what
//! no form declares is in the last one. A head is a field's title, else its name; where another column is called so
//! already, it is `field.NAME`.

use std::collections::HashMap;

use counterfoil_core::{Body, Entry, Form};
use serde_json::{Map, Value};

/// The first columns.
pub const OURS: [&str; 4] = ["form", "id", "state", "received_at"];
/// The last one.
pub const OTHER: &str = "other";

/// The columns: ours, those of the fields that the forms declare in their order, and the last.
#[derive(Clone, Debug)]
pub struct Columns {
    heads: Vec<String>,
    /// By a field's name: which of the fields' columns it has.
    places: HashMap<String, usize>,
}

impl Columns {
    /// Those of these forms. A field that several of them have is one column.
    #[must_use]
    pub fn for_forms<'a>(forms: impl IntoIterator<Item = &'a Form>) -> Self {
        let mut columns = Self {
            heads: Vec::new(),
            places: HashMap::new(),
        };
        for (name, schema) in forms.into_iter().flat_map(|form| form.schema.properties()) {
            if !columns.places.contains_key(name) {
                let title = schema.get("title").and_then(Value::as_str).map(str::trim);
                let head = columns.free(
                    title.filter(|title| !title.is_empty()).unwrap_or(name),
                    name,
                );
                columns.places.insert(name.to_owned(), columns.heads.len());
                columns.heads.push(head);
            }
        }
        columns
    }

    /// The heads of all columns.
    pub fn heads(&self) -> impl Iterator<Item = &str> {
        OURS.into_iter()
            .chain(self.heads.iter().map(String::as_str))
            .chain([OTHER])
    }

    /// One entry's cells, in the order of the heads.
    #[must_use]
    pub fn cells(&self, entry: &Entry) -> Vec<Cell> {
        let head = &entry.head;
        let ours = [
            head.of.form.to_string(),
            head.of.id.to_string(),
            head.state.to_string(),
            head.received_at.to_string(),
        ];
        let (known, other) = self.sorted(fields(entry));
        let mut cells: Vec<Cell> = ours.into_iter().map(Cell::Text).collect();
        cells.extend(known.into_iter().map(Cell::new));
        cells.push(if other.is_empty() {
            Cell::Empty
        } else {
            Cell::Json(Value::Object(other))
        });
        cells
    }

    /// The values of the fields' columns, and what has no column.
    fn sorted(&self, fields: Map<String, Value>) -> (Vec<Value>, Map<String, Value>) {
        let mut known = vec![Value::Null; self.heads.len()];
        let mut other = Map::new();
        for (name, value) in fields {
            match self.places.get(&name) {
                Some(place) => known[*place] = value,
                None => {
                    other.insert(name, value);
                }
            }
        }
        (known, other)
    }

    /// A head that no column has yet. Letters' case does not tell two apart: people would not either.
    fn free(&self, title: &str, name: &str) -> String {
        let is_free = |head: &str| {
            !self
                .heads()
                .any(|there| there.to_lowercase() == head.to_lowercase())
        };
        let by_name = format!("field.{name}");
        let numbered = (2..).map(|nth| format!("{by_name} ({nth})"));
        let mut heads = [title.to_owned(), by_name.clone()]
            .into_iter()
            .chain(numbered);
        // There are more numbers than columns.
        heads.find(|head| is_free(head)).unwrap_or(by_name)
    }
}

/// What was submitted; nothing where it could not be read or is gone.
fn fields(entry: &Entry) -> Map<String, Value> {
    match &entry.body {
        Body::Payload(payload) => payload.fields(),
        Body::Raw(_) | Body::Erased => Map::new(),
    }
}

/// What stands in a cell.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell {
    /// Nothing.
    Empty,
    /// A text; several choices are joined by `; `.
    Text(String),
    /// Several choices, none of which has a `;`, an end of a line or a tab in it.
    Choices(Vec<String>),
    /// A number.
    Number(serde_json::Number),
    /// Yes or no.
    Truth(bool),
    /// Whatever else there is, as JSON.
    Json(Value),
}

impl Cell {
    /// A value's cell.
    #[must_use]
    pub fn new(value: Value) -> Self {
        match value {
            Value::Null => Self::Empty,
            Value::Bool(truth) => Self::Truth(truth),
            Value::Number(number) => Self::Number(number),
            Value::String(text) => Self::Text(text),
            Value::Array(_) | Value::Object(_) => {
                choices(&value).map_or(Self::Json(value), Self::Choices)
            }
        }
    }
}

/// The texts of a list of texts, numbers and truths, unless they could not be told apart again.
fn choices(value: &Value) -> Option<Vec<String>> {
    let one = |value: &Value| match value {
        Value::String(text) => Some(text.clone())
            .filter(|text| !text.is_empty() && !text.contains([';', '\n', '\r', '\t'])),
        Value::Number(_) | Value::Bool(_) => Some(value.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    };
    value.as_array()?.iter().map(one).collect()
}
