//! Lambda's event patterns, as far as ours go: every member must be there, a list says which values pass, and an object
//! in a list is a rule. An operator that is not known here fails the test: Lambda documents `prefix`, and no negation.

use serde_json::Value;

/// Whether an event passes.
pub fn matches(pattern: &Value, event: &Value) -> bool {
    match pattern {
        Value::Object(members) => members
            .iter()
            .all(|(name, inner)| matches(inner, &event[name.as_str()])),
        Value::Array(allowed) => allowed.iter().any(|rule| passes(rule, event)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}

fn passes(rule: &Value, value: &Value) -> bool {
    let Some(members) = rule.as_object() else {
        return rule == value;
    };
    members
        .iter()
        .all(|(operator, operand)| match operator.as_str() {
            "prefix" => value
                .as_str()
                .zip(operand.as_str())
                .is_some_and(|(text, prefix)| text.starts_with(prefix)),
            _ => panic!("{operator} is not known to be allowed in an event pattern"),
        })
}
