//! HTML sends text only: gives each field the type its schema asks for. What cannot be read as that type
//! stays text, so that the schema's own error names it.
//!
//! A field left empty counts as missing, because a browser sends every empty field it shows. Text stays as it came, to
//! the byte, but for the blanks that a control would take away ([`trim`]); that a browser writes a line break as CR LF and counts it as one is [`Schema::check_as_shown`]'s affair.

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
mod tests {
    use super::*;
    use serde_json::json;

    fn read(pairs: &[(&str, &str)]) -> Result<Value, Rejection> {
        let schema = Schema::compile(json!({"type": "object", "properties": {
            "name": {"type": "string"}, "age": {"type": "integer"}, "price": {"type": ["number", "null"]},
            "agree": {"type": "boolean"}, "days": {"type": "array", "items": {"type": "integer"}}, "any": {},
        }}));
        let pairs = pairs
            .iter()
            .map(|(name, text)| (name.to_string(), text.to_string()))
            .collect();
        coerce(&schema.unwrap(), pairs).map(Value::Object)
    }

    #[test]
    fn text_becomes_what_the_schema_asks_for() {
        let sent = [
            ("name", " 007 "),
            ("age", " 42"),
            ("price", "1.50"),
            ("agree", "on"),
            ("days", "1"),
            ("days", "2"),
            ("any", "3"),
        ];
        let read = read(&sent).unwrap();
        assert_eq!(
            read,
            json!({"name": " 007 ", "age": 42, "price": 1.5, "agree": true, "days": [1, 2], "any": "3"})
        );
    }

    #[test]
    fn what_cannot_be_read_stays_text_for_the_schema_to_name() {
        for text in [
            "x",
            "1,5",
            "+1",
            "1.",
            ".",
            "-",
            "e5",
            "0x10",
            "٣",
            "9007199254740993",
            "1e999",
            "NaN",
        ] {
            assert_eq!(read(&[("age", text)]), Ok(json!({"age": text})), "{text}");
        }
        assert_eq!(read(&[("agree", "maybe")]), Ok(json!({"agree": "maybe"})));
    }

    #[test]
    fn a_line_break_stays_as_it_came_and_counts_as_the_browser_counted_it() {
        let schema =
            json!({"type": "object", "properties": {"name": {"type": "string", "maxLength": 3}}});
        let schema = Schema::compile(schema).unwrap();
        let mut fields = coerce(&schema, vec![("name".into(), "a\r\nb".into())]).unwrap();
        assert_eq!(
            (schema.check_as_shown(&mut fields), &fields["name"]),
            (vec![], &json!("a\r\nb"))
        );
        assert_eq!(
            schema.check(&fields).len(),
            1,
            "a program counts for itself"
        );
        assert_eq!(
            schema.check_kept(fields),
            [],
            "once it is kept, nobody knows which of them sent it"
        );
        let mut fields = coerce(&schema, vec![("name".into(), "a\r\nbc".into())]).unwrap();
        assert_eq!(schema.check_as_shown(&mut fields).len(), 1);
    }

    #[test]
    fn an_empty_field_counts_as_missing() {
        assert_eq!(
            read(&[("name", ""), ("age", ""), ("days", ""), ("other", "")]),
            Ok(json!({}))
        );
    }

    fn refused(pairs: &[(&str, &str)]) -> Vec<(String, FieldProblem)> {
        match read(pairs) {
            Err(Rejection::Invalid(errors)) => errors
                .into_iter()
                .map(|error| (error.pointer, error.problem))
                .collect(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn what_is_sent_twice_is_a_list_or_refused_at_its_field() {
        let no_list = |pointer: &str| vec![(pointer.to_owned(), FieldProblem::NoList)];
        assert_eq!(refused(&[("name", "a"), ("name", "b")]), no_list("/name"));
        assert_eq!(
            refused(&[("other", "a"), ("other", "b")]),
            no_list("/other")
        );
        assert_eq!(refused(&[("name[]", "a")]), no_list("/name"));
        assert_eq!(
            refused(&[("name[0]", "a"), ("name[1]", "b")]),
            no_list("/name")
        );
    }

    #[test]
    fn a_list_is_read_however_it_is_written() {
        for pairs in [
            [("days", "1"), ("days", "2")],
            [("days[]", "1"), ("days[]", "2")],
            [("days[0]", "1"), ("days[1]", "2")],
            [("days[1]", "2"), ("days[0]", "1")],
            [("days[]", "1"), ("days", "2")],
        ] {
            assert_eq!(read(&pairs), Ok(json!({"days": [1, 2]})), "{pairs:?}");
        }
        assert_eq!(
            read(&[("any[]", "1")]).map_err(|_| ()),
            Err(()),
            "a field of any type is no list"
        );
        assert_eq!(
            read(&[("colours[]", "1")]),
            Ok(json!({"colours[]": "1"})),
            "a name of nobody stays as it is, for the schema to name"
        );
        assert_eq!(read(&[("days[a]", "1")]), Ok(json!({"days[a]": "1"})));
    }

    #[test]
    fn a_box_and_the_hidden_field_beside_it_are_one_answer() {
        for (pairs, ticked) in [
            ([("agree", "false"), ("agree", "true")], true),
            ([("agree", "true"), ("agree", "false")], true),
            ([("agree", "0"), ("agree", "1")], true),
            ([("agree", "off"), ("agree", "on")], true),
            ([("agree", "0"), ("agree", "0")], false),
        ] {
            assert_eq!(read(&pairs), Ok(json!({"agree": ticked})), "{pairs:?}");
        }
        assert_eq!(
            refused(&[("agree", "0"), ("agree", "maybe")]).len(),
            1,
            "what is no answer makes no pair"
        );
    }

    #[test]
    fn a_number_is_read_as_the_control_writes_it() {
        for (text, number) in [
            ("007", json!(7)),
            ("-0", json!(0)),
            (".5", json!(0.5)),
            ("-.5", json!(-0.5)),
            ("1e3", json!(1000)),
            ("1E+3", json!(1000)),
            (" 67.200000000000003 ", json!(67.2)),
        ] {
            assert_eq!(
                read(&[("price", text)]),
                Ok(json!({"price": number})),
                "{text}"
            );
        }
    }

    #[test]
    fn blanks_go_where_a_control_takes_them() {
        let node = |format: &str| json!({"type": "string", "format": format});
        let schema = Schema::compile(json!({"type": "object", "properties": {
            "email": node("email"), "url": node("uri"), "day": node("date"), "host": node("hostname"),
            "all": {"type": "array", "items": node("email")},
        }}));
        let (schema, typed) = (schema.unwrap(), " a ");
        let names = ["email", "url", "day", "host", "all"];
        let pairs = names.map(|name| (name.to_owned(), typed.to_owned()));
        let meant = json!({"email": "a", "url": "a", "day": "a", "host": " a ", "all": ["a"]});
        let read = coerce(&schema, pairs.into()).map(Value::Object);
        assert_eq!(read, Ok(meant.clone()));
        let sent =
            json!({"email": " a ", "url": "\ta", "day": "a\n", "host": " a ", "all": [" a"]});
        let Value::Object(mut sent) = sent else {
            unreachable!()
        };
        trim(&schema, &mut sent);
        assert_eq!(Value::Object(sent), meant);
    }

    #[test]
    fn u0000_is_refused_at_its_field() {
        let Err(Rejection::Invalid(errors)) = read(&[("name", "a\0b")]) else {
            panic!("accepted")
        };
        assert_eq!(errors[0].pointer, "/name");
        let Err(Rejection::Invalid(errors)) = read(&[("a\0/b", "x"), ("c\0", "\0")]) else {
            panic!("accepted")
        };
        assert_eq!(
            errors
                .iter()
                .map(|error| error.pointer.as_str())
                .collect::<Vec<_>>(),
            ["/a\0~1b", "/c\0"]
        );
    }
}
