//! HTML sends text only: gives each field the type its schema asks for. What cannot be read as that type
//! stays text, so that the schema's own error names it.
//!
//! A field left empty counts as missing, because a browser sends every empty field it shows. Text stays as it came, to
//! the byte; that a browser writes a line break as CR LF and counts it as one is [`Schema::check_as_shown`]'s affair.

use serde_json::{Map, Value};

use crate::json::{MAX_FIELDS, MAX_VALUE, check_name, exact_number};
use crate::rejection::{FieldError, FieldProblem, Oversize, Rejection};
use crate::schema::Schema;

/// The fields that `pairs` (in their order of sending) mean under `schema`.
///
/// A name sent twice is a list where the schema wants one, and malformed where it does not.
pub fn coerce(
    schema: &Schema,
    pairs: Vec<(String, String)>,
) -> Result<Map<String, Value>, Rejection> {
    if pairs.len() > MAX_FIELDS {
        return Err(Rejection::Malformed(format!(
            "there are more than {MAX_FIELDS} fields"
        )));
    }
    let mut fields = Map::new();
    let mut wrong = Vec::new();
    for (name, text) in pairs {
        check(&name, &text, &mut wrong)?;
        add(schema, &mut fields, name, text)?;
    }
    if wrong.is_empty() {
        Ok(fields)
    } else {
        Err(Rejection::Invalid(wrong))
    }
}

fn check(name: &str, text: &str, wrong: &mut Vec<FieldError>) -> Result<(), Rejection> {
    check_name(name)?;
    if text.len() > MAX_VALUE {
        return Err(Rejection::TooLarge {
            what: Oversize::Field,
            limit: MAX_VALUE,
        });
    }
    if name.contains('\0') || text.contains('\0') {
        wrong.push(FieldError {
            pointer: crate::json::child("", name),
            problem: FieldProblem::NulCharacter,
        });
    }
    Ok(())
}

fn add(
    schema: &Schema,
    fields: &mut Map<String, Value>,
    name: String,
    text: String,
) -> Result<(), Rejection> {
    let node = schema.property(&name);
    if let Some(items) = node
        .filter(|node| wants(node, "array"))
        .map(|node| node.get("items"))
    {
        if !text.is_empty() {
            let item = items.map_or(Value::String(text.clone()), |items| {
                value(schema.resolve(items), text)
            });
            let list = fields
                .entry(name)
                .or_insert_with(|| Value::Array(Vec::new()));
            list.as_array_mut()
                .into_iter()
                .for_each(|list| list.push(item.clone()));
        }
        return Ok(());
    }
    if fields.contains_key(&name) {
        return Err(Rejection::Malformed(
            "a field that is no list was sent twice".into(),
        ));
    }
    if !text.is_empty() {
        let read = node.map_or_else(
            || Value::String(text.clone()),
            |node| value(node, text.clone()),
        );
        fields.insert(name, read);
    }
    Ok(())
}

/// `text` as the type that `node` asks for, or as it is.
fn value(node: &Value, text: String) -> Value {
    if wants(node, "string") {
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
        && serde_json::from_str::<serde_json::Number>(trimmed).is_ok()
        && let Some(number) = exact_number(trimmed)
    {
        return Value::Number(number);
    }
    Value::String(text)
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

    #[test]
    fn what_is_sent_twice_is_a_list_or_malformed() {
        assert!(matches!(
            read(&[("name", "a"), ("name", "b")]),
            Err(Rejection::Malformed(_))
        ));
        assert!(matches!(
            read(&[("other", "a"), ("other", "b")]),
            Err(Rejection::Malformed(_))
        ));
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
