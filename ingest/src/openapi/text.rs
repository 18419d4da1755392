//! What a form takes as text, the way HTML sends it: the form's schema, less what text cannot say. A field left empty
//! counts as missing, a name stands once unless the schema wants a list, and no text is an object.

use counterfoil_core::Form;
use serde_json::{Map, Value, json};

/// What a checkbox sends, and what scripts write for it, besides `true` and `false`.
fn booleans() -> Value {
    // 1 and 0 as numbers too: as text they are the same.
    json!(["on", "off", "1", "0", 1, 0])
}

/// The schema of the HTML types, made of the form's own.
pub(super) fn schema(form: &Form, mut schema: Value) -> Value {
    let Value::Object(members) = &mut schema else {
        return schema;
    };
    members.insert(
        "$id".into(),
        format!("urn:counterfoil:form:{}:text", form.id).into(),
    );
    let properties: Map<String, Value> = form
        .schema
        .properties()
        .map(|(name, _)| (name.to_owned(), field(form, name)))
        .collect();
    members.insert("properties".into(), properties.into());
    // Whatever else is sent is text.
    members
        .entry("additionalProperties")
        .or_insert_with(|| json!({"type": "string"}));
    schema
}

fn field(form: &Form, name: &str) -> Value {
    let written = form.schema.source()["properties"][name].clone();
    let empty = json!({"const": ""});
    match (kind(form.schema.property(name)), form.schema.requires(name)) {
        (Some("object"), _) => Value::Bool(false),
        (Some("array"), _) => list(form, name, &written),
        (Some("boolean"), false) => json!({"anyOf": [written, {"enum": booleans()}, empty]}),
        (Some("boolean"), true) => json!({"anyOf": [written, {"enum": booleans()}]}),
        (_, true) => json!({"allOf": [written, {"not": empty}]}),
        // It may be missing, so it may be left empty.
        (_, false) => json!({"anyOf": [written, empty]}),
    }
}

/// One alone is a list of one, and what is empty in a list counts as missing.
fn list(form: &Form, name: &str, written: &Value) -> Value {
    let items = form
        .schema
        .property(name)
        .and_then(|list| list.get("items"))
        .cloned()
        .unwrap_or_else(|| json!({}));
    let text = json!({"type": ["string", "number", "boolean"]});
    let empty = json!({"const": ""});
    if form.schema.requires(name) {
        let not_empty = json!({ "not": empty });
        return json!({"anyOf": [{"allOf": [written, {"items": not_empty}]}, {"allOf": [items, text, not_empty]}]});
    }
    json!({"anyOf": [written, {"allOf": [items, text]}, empty]})
}

fn kind(schema: Option<&Value>) -> Option<&str> {
    schema?.get("type")?.as_str()
}
