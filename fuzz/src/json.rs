//! A JSON body: what is accepted is what another reader of JSON finds in it, and survives every later step.

use counterfoil_core::json::read_object;
use counterfoil_core::{Envelope, Payload};
use serde_json::{Map, Value};

use super::posted;

/// Any bytes.
///
/// # Panics
/// When something does not hold.
pub fn check(data: &[u8]) {
    if let Ok(fields) = read_object(data) {
        let naive: Map<String, Value> =
            serde_json::from_slice(data).expect("what we read, others read");
        assert_eq!(texts(&naive), texts(&fields), "every text as it was sent");
        let payload = Payload::from_fields(&fields);
        assert_eq!(
            Payload::from_fields(&naive),
            payload,
            "every number as it was sent"
        );
        assert_eq!(
            Payload::from_fields(&payload.fields()),
            payload,
            "canonical text reads back to itself"
        );
        let again = read_object(payload.as_str().as_bytes()).expect("what we write, we read");
        assert_eq!(Payload::from_fields(&again), payload);
    }
    if let Some(envelope) = posted::post("application/json", data) {
        let mut sent = read_object(data).expect("what is accepted can be read");
        let kept = envelope.payload.fields();
        // An optional field that was left empty may be left out.
        let is_left = |name: &str, value: &Value| value == "" && !kept.contains_key(name);
        sent.retain(|name, value| {
            !name.starts_with('_') && name != "trap" && !is_left(name, value)
        });
        assert_eq!(
            envelope.payload,
            Payload::from_fields(&sent),
            "kept is what was sent"
        );
        let decoded = Envelope::decode(envelope.encode().as_bytes()).expect("ours can be read");
        assert_eq!(decoded, envelope);
    }
}

/// Every text in it, in order, names included.
fn texts(fields: &Map<String, Value>) -> Vec<String> {
    let mut found = Vec::new();
    let mut waiting: Vec<&Value> = Vec::new();
    let mut members: Vec<(&String, &Value)> = fields.iter().collect();
    loop {
        for (name, value) in members.drain(..) {
            found.push(name.clone());
            waiting.push(value);
        }
        match waiting.pop() {
            None => return found,
            Some(Value::String(text)) => found.push(text.clone()),
            Some(Value::Array(items)) => waiting.extend(items),
            Some(Value::Object(inner)) => members.extend(inner),
            Some(Value::Null | Value::Bool(_) | Value::Number(_)) => {}
        }
    }
}
