//! A restored table takes the place of the stack's own: wherever that is named, the other is named too.

use serde_json::{Value, json};

use crate::stack::{Stack, Verdict, ensure, hold};

const CONDITION: &str = "IsRestored";
const ARN: &str =
    "arn:${AWS::Partition}:dynamodb:${AWS::Region}:${AWS::AccountId}:table/${RestoredTable}";

/// What stands for the restored table where this names the stack's own; `None`: it names something else.
fn counterpart(value: &Value) -> Option<Value> {
    let sub = |text: String| json!({"Fn::Sub": text});
    let of = |rest: &str| match rest {
        "Table" => Some(json!({"Ref": "RestoredTable"})),
        "Table.Arn" => Some(sub(ARN.into())),
        "Table.StreamArn" => Some(sub(format!("{ARN}/stream/${{RestoredTableStream}}"))),
        _ => None,
    };
    let by_sub = value["Fn::Sub"]
        .as_str()
        .and_then(|text| text.strip_prefix("${Table.Arn}"));
    let named = value["Ref"]
        .as_str()
        .or_else(|| value["Fn::GetAtt"].as_str());
    by_sub.map_or_else(
        || named.and_then(of),
        |rest| Some(sub(format!("{ARN}{rest}"))),
    )
}

/// Every name of the own table below a value stands beside its counterpart.
fn follow(place: &str, value: &Value) -> Verdict {
    if let Some(wanted) = counterpart(value) {
        return Err(format!(
            "{place} names the own table alone: {value}, and not {wanted}"
        ));
    }
    let inner: Vec<&Value> = match value {
        Value::Object(members) => match members.get("Fn::If") {
            Some(branches) if branches[0] == CONDITION => {
                let wanted = counterpart(&branches[2]);
                return ensure(wanted.as_ref() == Some(&branches[1]), || {
                    format!("{place}: {branches}")
                });
            }
            _ => members.values().collect(),
        },
        Value::Array(items) => items.iter().collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Vec::new(),
    };
    inner.into_iter().try_for_each(|inner| follow(place, inner))
}

fn everything_follows(stack: &Stack) -> Verdict {
    let asked = json!({"Fn::Not": [{"Fn::Equals": [{"Ref": "RestoredTable"}, ""]}]});
    ensure(
        *stack.at(&format!("/Conditions/{CONDITION}")) == asked,
        || "it is asked for otherwise".into(),
    )?;
    let both = ["/Resources", "/Outputs"].map(|place| stack.at(place).as_object());
    let mut all = both
        .into_iter()
        .flatten()
        .flatten()
        .filter(|(name, _)| *name != "Table");
    all.try_for_each(|(name, value)| follow(name, value))
}

#[test]
fn everything_uses_a_restored_table() {
    let own = |name: &str| json!({"Fn::GetAtt": name});
    let mutants = [
        Stack::ours().with(
            "/Resources/Worker/Properties/Environment/Variables/TABLE_NAME",
            json!({"Ref": "Table"}),
        ),
        Stack::ours().with(
            "/Resources/NotifierMapping/Properties/EventSourceArn",
            own("Table.StreamArn"),
        ),
        Stack::ours().with(
            "/Resources/NotifierMapping/Properties/EventSourceArn/Fn::If/1",
            "x",
        ),
        Stack::ours().with("/Outputs/TableName/Value", json!({"Ref": "Table"})),
        Stack::ours().with(
            "/Conditions/IsRestored",
            json!({"Fn::Equals": [{"Ref": "RestoredTable"}, ""]}),
        ),
        Stack::ours().with(
            "/Resources/StatusRole/Properties/Policies/0/PolicyDocument/Statement/1/Resource",
            own("Table.Arn"),
        ),
    ];
    hold(everything_follows, &mutants);
}
