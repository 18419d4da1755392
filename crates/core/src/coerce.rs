//! HTML sends text only: gives each field the type its schema asks for. What cannot be read as that type
//! stays text, so that the schema's own error names it.
//!
//! A field left empty counts as missing, because a browser sends every empty field it shows. Text stays as it came, to
//! the byte, but for the blanks that a control would take away (`trim`); that a browser writes a line break as CR LF and counts it as one is [`Schema::check_as_shown`]'s affair.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::format::{Format, Input};
use crate::json::{MAX_FIELDS, MAX_VALUE, check_name, child, exact_number};
use crate::rejection::{FieldError, FieldProblem, Oversize, Rejection};
use crate::schema::Schema;

/// The fields that `pairs` (in their order of sending) mean under `schema`.
///
/// A name sent twice is a list where the schema wants one, also as `name[]` or `name[0]`. A box and the hidden field beside it
/// are one answer. Whatever else is sent twice is refused at its field.
pub fn coerce(
    schema: &Schema,
    pairs: Vec<(String, String)>,
) -> Result<Map<String, Value>, Rejection> {
    if pairs.len() > MAX_FIELDS {
        return Err(Rejection::Malformed(format!(
            "there are more than {MAX_FIELDS} fields"
        )));
    }
    let mut read = Read::default();
    for (name, text) in pairs {
        read.check(&name, &text)?;
        read.add(schema, name, text);
    }
    read.whole()
}

/// What is read of the pairs so far.
#[derive(Default)]
struct Read {
    fields: Map<String, Value>,
    /// The elements of each list, with the place that its sender gave each.
    lists: BTreeMap<String, Vec<(Option<u32>, Value)>>,
    wrong: Vec<FieldError>,
}

impl Read {
    fn check(&mut self, name: &str, text: &str) -> Result<(), Rejection> {
        check_name(name)?;
        if text.len() > MAX_VALUE {
            return Err(Rejection::TooLarge {
                what: Oversize::Field,
                limit: MAX_VALUE,
            });
        }
        if name.contains('\0') || text.contains('\0') {
            self.refuse(name, FieldProblem::NulCharacter);
        }
        Ok(())
    }

    fn refuse(&mut self, name: &str, problem: FieldProblem) {
        let pointer = child("", name);
        let error = FieldError { pointer, problem };
        if !self.wrong.contains(&error) {
            self.wrong.push(error);
        }
    }

    fn add(&mut self, schema: &Schema, name: String, text: String) {
        let listed = schema
            .property(&name)
            .is_none()
            .then(|| list_name(&name))
            .flatten()
            .filter(|(base, _)| schema.property(base).is_some());
        let is_list = listed.is_some();
        let (name, place) = listed.map_or((name.as_str(), None), |(base, place)| (base, place));
        let node = schema.property(name);
        if let Some(node) = node.filter(|node| wants(node, "array")) {
            let items = node.get("items").map(|items| schema.resolve(items));
            return self.add_element(name, place, (items, text));
        }
        if is_list {
            return self.refuse(name, FieldProblem::NoList);
        }
        let is_box = node.is_some_and(|node| wants(node, "boolean"));
        if !is_box && self.fields.contains_key(name) {
            return self.refuse(name, FieldProblem::NoList);
        }
        if text.is_empty() {
            return;
        }
        let read = match node {
            Some(node) => value(node, text),
            None => Value::String(text),
        };
        match (self.fields.get_mut(name), read) {
            // One of the two stands for a box that is not ticked: it is sent whether the other is or not.
            (Some(Value::Bool(first)), Value::Bool(second)) => *first |= second,
            (Some(_), _) => self.refuse(name, FieldProblem::NoList),
            (None, read) => {
                self.fields.insert(name.to_owned(), read);
            }
        }
    }

    fn add_element(
        &mut self,
        name: &str,
        place: Option<u32>,
        (items, text): (Option<&Value>, String),
    ) {
        if text.is_empty() {
            return;
        }
        let element = match items {
            Some(items) => value(items, text),
            None => Value::String(text),
        };
        // Its place among the fields is that of its first element.
        let list = self.fields.entry(name);
        list.or_insert_with(|| Value::Array(Vec::new()));
        let list = self.lists.entry(name.to_owned()).or_default();
        list.push((place, element));
    }

    fn whole(mut self) -> Result<Map<String, Value>, Rejection> {
        for (name, mut list) in self.lists {
            if list.iter().all(|(place, _)| place.is_some()) {
                list.sort_by_key(|(place, _)| *place);
            }
            let elements = list.into_iter().map(|(_, element)| element);
            self.fields.insert(name, elements.collect());
        }
        if self.wrong.is_empty() {
            Ok(self.fields)
        } else {
            Err(Rejection::Invalid(self.wrong))
        }
    }
}

/// The name before `[]` or `[0]`, as PHP, jQuery, axios and qs write an element of a list, and its place.
fn list_name(name: &str) -> Option<(&str, Option<u32>)> {
    let (base, place) = name.strip_suffix(']')?.rsplit_once('[')?;
    let is_place = place.bytes().all(|byte| byte.is_ascii_digit());
    (!base.is_empty() && is_place && place.len() < 10).then(|| (base, place.parse().ok()))
}

/// Takes the blanks away that the matching control of a browser would: around an e-mail or web address, a date or a time.
pub(crate) fn trim(schema: &Schema, fields: &mut Map<String, Value>) {
    for (name, value) in fields {
        let Some(node) = schema.property(name) else {
            continue;
        };
        match value {
            Value::String(text) => trim_text(node, text),
            Value::Array(list) => {
                let items = node.get("items").map(|items| schema.resolve(items));
                for element in list {
                    if let (Some(items), Value::String(text)) = (items, element) {
                        trim_text(items, text);
                    }
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => {}
        }
    }
}

fn trim_text(node: &Value, text: &mut String) {
    let format = node.get("format").and_then(Value::as_str);
    let input = format
        .and_then(Format::parse)
        .map_or(Input::Text, |format| format.record().input);
    let trimmed = text.trim_ascii();
    if input != Input::Text && trimmed.len() < text.len() {
        *text = trimmed.to_owned();
    }
}

/// `text` as the type that `node` asks for, or as it is.
fn value(node: &Value, mut text: String) -> Value {
    if wants(node, "string") {
        trim_text(node, &mut text);
        return Value::String(text);
    }
    let trimmed = text.trim();
    if wants(node, "boolean") {
        match trimmed {
            "true" | "on" | "1" => return Value::Bool(true),
            "false" | "off" | "0" => return Value::Bool(false),
            _ => {}
        }
    }
    if (wants(node, "integer") || wants(node, "number"))
        && let Some(number) = json_number(trimmed).as_deref().and_then(exact_number)
    {
        return Value::Number(number);
    }
    Value::String(text)
}

/// A number as HTML writes it (`007`, `.5`) in JSON's grammar. `None`: it is none.
fn json_number(text: &str) -> Option<String> {
    let (sign, rest) = match text.strip_prefix('-') {
        Some(rest) => ("-", rest),
        None => ("", text),
    };
    let whole = rest.bytes().take_while(u8::is_ascii_digit).count();
    let (whole, rest) = rest.split_at(whole);
    let whole = match whole.trim_start_matches('0') {
        "" if whole.is_empty() && !rest.starts_with('.') => return None,
        "" => "0",
        digits => digits,
    };
    let number = format!("{sign}{whole}{rest}");
    serde_json::from_str::<serde_json::Number>(&number).ok()?;
    Some(if number == "-0" { "0".into() } else { number })
}

/// Does `node` name this type, alone or in a list of types?
fn wants(node: &Value, name: &str) -> bool {
    match node.get("type") {
        Some(Value::String(one)) => one == name,
        Some(Value::Array(many)) => many.iter().any(|one| one == name),
        _ => false,
    }
}

#[cfg(test)]
#[path = "coerce_tests.rs"]
mod tests;
