//! A form's file: a fault names a place that is in the file; a form that is taken can be shown and checks whatever
//! is posted.

use counterfoil_core::{Form, FormId};
use serde_json::{Map, Value, json};

/// Any text; with what the shipped form has where it breaks off, so that more of them become forms.
///
/// # Panics
/// When something does not hold.
pub fn check(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    read(text);
    read(&format!("{text}\n[schema]\ntype = 'object'\n"));
}

fn read(text: &str) {
    let id = FormId::parse("fuzzed").expect("an id");
    match Form::parse(id, text) {
        Err(faults) => {
            let lines = text.split('\n').count();
            let mut count = 0;
            for fault in faults {
                count += 1;
                assert!((1..=lines).contains(&fault.line), "{fault}");
                assert!(
                    fault.column >= 1 && !fault.message.trim().is_empty(),
                    "{fault}"
                );
            }
            assert!(count > 0, "a refusal says why");
        }
        Ok(form) => {
            assert!(!form.title.trim().is_empty());
            assert!(
                form.redirect
                    .iter()
                    .all(|to| to.is_ascii() && !to.starts_with("//") && !to.contains(['\r', '\n']))
            );
            assert!(
                form.schema
                    .properties()
                    .all(|(name, _)| !name.starts_with('_'))
            );
            for fields in [
                json!({}),
                json!({"a": 1}),
                json!({"name": "x", "email": "a@b.example", "n": [1, {}]}),
            ] {
                let fields: Map<String, Value> = fields.as_object().expect("an object").clone();
                let _ = form.schema.check(&fields);
            }
        }
    }
}
