//! YAML as CloudFormation writes it: `!Ref x` is `{"Ref": "x"}`, `!Sub x` is `{"Fn::Sub": "x"}`, and so on. What comes
//! out is JSON, so that a gate can point into it.

use saphyr::{LoadableYamlNode, Scalar, Yaml};
use serde_json::{Map, Value};

/// The one document in the text.
pub fn parse(text: &str) -> Value {
    let documents = Yaml::load_from_str(text).unwrap();
    assert_eq!(documents.len(), 1, "one document");
    value(&documents[0])
}

fn value(node: &Yaml<'_>) -> Value {
    match node {
        Yaml::Value(scalar) => plain(scalar),
        Yaml::Sequence(items) => Value::Array(items.iter().map(value).collect()),
        Yaml::Mapping(entries) => Value::Object(
            entries
                .iter()
                .map(|(key, inner)| (key.as_str().unwrap().to_owned(), value(inner)))
                .collect(),
        ),
        Yaml::Tagged(tag, inner) => {
            assert_eq!(tag.handle, "!", "a tag of CloudFormation's");
            let name = if ["Ref", "Condition"].contains(&tag.suffix.as_str()) {
                ""
            } else {
                "Fn::"
            };
            Value::Object(Map::from_iter([(
                format!("{name}{}", tag.suffix),
                value(inner),
            )]))
        }
        Yaml::Representation(..) | Yaml::Alias(_) | Yaml::BadValue => {
            panic!("CloudFormation takes no {node:?}")
        }
    }
}

fn plain(scalar: &Scalar<'_>) -> Value {
    match scalar {
        Scalar::Null => Value::Null,
        Scalar::Boolean(value) => Value::from(*value),
        Scalar::Integer(value) => Value::from(*value),
        Scalar::FloatingPoint(value) => Value::from(value.0),
        Scalar::String(value) => Value::from(value.as_ref()),
    }
}

#[test]
fn tags_become_functions() {
    let text = "a: !Ref b\nc: !If [d, !GetAtt e.f, 1]\ng: !Sub 'h-${i}'";
    let wanted =
        r#"{"a":{"Ref":"b"},"c":{"Fn::If":["d",{"Fn::GetAtt":"e.f"},1]},"g":{"Fn::Sub":"h-${i}"}}"#;
    assert_eq!(parse(text).to_string(), wanted);
}
