//! One role for each function, with the actions that its code uses, on the resources it uses, and no others. The lists
//! are in `actions.rs`.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::actions::{ALLOWED, KEYS, LOGS, STARS};
use crate::stack::{Stack, Verdict, ensure, hold, named, source};

const FUNCTION: &str = "AWS::Serverless::Function";
const ROLE: &str = "AWS::IAM::Role";

/// A statement, and whether it is there only with a key of one's own.
fn statements<'a>(stack: &'a Stack, role: &str) -> Vec<(bool, &'a Value)> {
    let policies = stack
        .property(role, "Policies")
        .as_array()
        .into_iter()
        .flatten();
    let listed = policies.flat_map(|policy| {
        policy["PolicyDocument"]["Statement"]
            .as_array()
            .into_iter()
            .flatten()
    });
    listed
        .map(|statement| match &statement["Fn::If"] {
            Value::Array(branches) if branches[0] == "OwnKey" => (true, &branches[1]),
            _ => (false, statement),
        })
        .collect()
}

/// One text or a list of them.
fn texts(value: &Value) -> Vec<&str> {
    value.as_str().map_or_else(
        || {
            value
                .as_array()
                .into_iter()
                .flatten()
                .filter_map(Value::as_str)
                .collect()
        },
        |text| vec![text],
    )
}

fn resource(value: &Value) -> String {
    // Of a restored table the names are others; `restored.rs` holds both to each other.
    let value = if value["Fn::If"][0] == "IsRestored" {
        &value["Fn::If"][2]
    } else {
        value
    };
    let text = value["Ref"]
        .as_str()
        .or_else(|| value["Fn::GetAtt"].as_str())
        .or_else(|| value["Fn::Sub"].as_str());
    text.map_or_else(|| value.to_string(), ToOwned::to_owned)
}

/// What a role allows, as `action resource`.
fn granted(stack: &Stack, role: &str, own_key: bool) -> BTreeSet<String> {
    let allowing = statements(stack, role)
        .into_iter()
        .filter(|(only, _)| *only == own_key);
    let pairs = allowing.flat_map(|(_, statement)| {
        let resource = resource(&statement["Resource"]);
        texts(&statement["Action"])
            .into_iter()
            .map(move |action| format!("{action} {resource}"))
            .collect::<Vec<_>>()
    });
    pairs.collect()
}

fn actions_are_those_used(stack: &Stack) -> Verdict {
    ALLOWED.iter().try_for_each(|(role, grants)| {
        let own = role.replace("Role", "Logs.Arn");
        let used = grants
            .iter()
            .map(|(action, resource)| format!("{action} {resource}"));
        let used: BTreeSet<_> = used
            .chain(LOGS.iter().map(|action| format!("{action} {own}")))
            .collect();
        let granted = granted(stack, role, false);
        ensure(granted == used, || {
            format!(
                "{role}: {:?}",
                granted.symmetric_difference(&used).collect::<Vec<_>>()
            )
        })
    })
}

fn keys_are_used_as_needed(stack: &Stack) -> Verdict {
    KEYS.iter().try_for_each(|(role, actions)| {
        let used: BTreeSet<_> = actions
            .iter()
            .map(|action| format!("{action} EncryptionKeyArn"))
            .collect();
        ensure(granted(stack, role, true) == used, || {
            format!("{role} uses the key otherwise")
        })
    })
}

/// Statements that allow, each with one resource and actions by their names: no `NotAction`, no managed policy.
fn roles_say_all_there_is(stack: &Stack) -> Verdict {
    let roles: BTreeSet<_> = stack.all(ROLE).into_iter().collect();
    ensure(
        roles == ALLOWED.iter().map(|(role, _)| *role).collect(),
        || format!("other roles: {roles:?}"),
    )?;
    roles.into_iter().try_for_each(|role| {
        ensure(stack.property(role, "ManagedPolicyArns").is_null(), || {
            format!("{role} has a managed policy")
        })?;
        statements(stack, role)
            .into_iter()
            .try_for_each(|(_, statement)| {
                let plain = ["Effect", "Action", "Resource", "Condition"];
                let members = statement
                    .as_object()
                    .ok_or_else(|| format!("{role} has no statement there"))?;
                ensure(
                    members.keys().all(|name| plain.contains(&name.as_str())),
                    || format!("{role}: {statement}"),
                )?;
                ensure(members["Effect"] == "Allow", || {
                    format!("{role} does not allow: {statement}")
                })
            })
    })
}

/// No star in an action, nor in a resource but those we know of.
fn stars_are_known(stack: &Stack) -> Verdict {
    ALLOWED
        .iter()
        .flat_map(|(role, _)| statements(stack, role))
        .try_for_each(|(_, statement)| {
            let actions = texts(&statement["Action"]);
            ensure(!actions.iter().any(|action| action.contains('*')), || {
                format!("a star in {actions:?}")
            })?;
            let resource = resource(&statement["Resource"]);
            ensure(
                !resource.contains('*') || STARS.contains(&resource.as_str()),
                || format!("a star in {resource}"),
            )
        })
}

fn each_function_has_its_own(stack: &Stack) -> Verdict {
    let functions = stack.all(FUNCTION);
    ensure(functions.len() == ALLOWED.len(), || {
        format!("{functions:?}")
    })?;
    functions.into_iter().try_for_each(|function| {
        let role = named(stack.property(function, "Role"));
        ensure(role == Some(&format!("{function}Role")), || {
            format!("{function} runs as {role:?}")
        })?;
        let logs = named(stack.property(function, "LoggingConfig/LogGroup"));
        ensure(logs == Some(&format!("{function}Logs")), || {
            format!("{function} logs to {logs:?}")
        })?;
        let kept = stack.property(&format!("{function}Logs"), "RetentionInDays");
        ensure(!kept.is_null(), || {
            format!("the logs of {function} are kept for ever")
        })
    })
}

/// The texts of a constant list in a source.
fn listed<'a>(code: &'a str, name: &str) -> Result<BTreeSet<&'a str>, String> {
    let list = code
        .split(&format!("const {name}:"))
        .nth(1)
        .and_then(|rest| rest.split("= [").nth(1)?.split(']').next())
        .ok_or_else(|| format!("there is no {name}"))?;
    Ok(list.split('"').skip(1).step_by(2).collect())
}

/// `status` may read what its code asks for, and never what was submitted.
fn status_reads_no_payload(stack: &Stack) -> Verdict {
    let statements = statements(stack, "StatusRole");
    let read = statements
        .iter()
        .find(|(_, statement)| statement["Action"] == "dynamodb:GetItem");
    let condition = &read.ok_or("status reads nothing")?.1["Condition"];
    let select = &condition["StringEqualsIfExists"]["dynamodb:Select"];
    ensure(select == "SPECIFIC_ATTRIBUTES", || {
        "status may read whole entries".into()
    })?;
    let may: BTreeSet<_> = texts(&condition["ForAllValues:StringEquals"]["dynamodb:Attributes"])
        .into_iter()
        .collect();
    ensure(!may.contains("payload") && !may.contains("raw"), || {
        "status may read payloads".into()
    })?;
    ensure(!may.iter().any(|name| name.ends_with("_by")), || {
        "status may read who has seen it".into()
    })?;
    let (item, seen) = (
        source("crates/aws/src/item.rs"),
        source("crates/aws/src/seen.rs"),
    );
    let mut asks = listed(&item, "HEAD")?;
    asks.extend(listed(&seen, "SEEN")?);
    ensure(may == asks, || {
        format!("{:?}", may.symmetric_difference(&asks).collect::<Vec<_>>())
    })
}

/// `courier` writes and lists what receivers are owed, and no entry.
fn courier_writes_no_entry(stack: &Stack) -> Verdict {
    let keys = |statement: &Value| {
        let condition = &statement["Condition"]["ForAllValues:StringLike"];
        texts(&condition["dynamodb:LeadingKeys"])
            .into_iter()
            .map(ToOwned::to_owned)
            .collect::<Vec<_>>()
    };
    let all = statements(stack, "CourierRole");
    let bound = all.iter().filter(|(_, statement)| {
        let actions = texts(&statement["Action"]);
        actions.contains(&"dynamodb:PutItem") || actions.contains(&"dynamodb:Query")
    });
    let bound: Vec<_> = bound.map(|(_, statement)| keys(statement)).collect();
    let expected = [vec!["!delivery#*", "!receivers"], vec!["due#*"]];
    ensure(bound == expected, || {
        format!("courier is bound to {bound:?}")
    })
}

fn statement(role: &str, number: usize, rest: &str) -> String {
    format!("/Resources/{role}/Properties/Policies/0/PolicyDocument/Statement/{number}{rest}")
}

#[test]
fn the_actions_of_a_role_are_those_its_function_uses() {
    let ours = Stack::ours;
    let scan = json!({"Effect": "Allow", "Action": "dynamodb:Scan", "Resource": {"Fn::GetAtt": "Table.Arn"}});
    let mutants = [
        ours().with(
            &statement("IngestRole", 1, "/Action"),
            json!(["sqs:SendMessage", "dynamodb:GetItem"]),
        ),
        ours().with(
            &statement("IngestRole", 1, "/Resource"),
            json!({"Fn::GetAtt": "DeadLetterQueue.Arn"}),
        ),
        ours().with(
            &statement("WorkerRole", 0, "/Resource"),
            json!({"Fn::GetAtt": "IngestLogs.Arn"}),
        ),
        ours().with(
            &statement("WorkerRole", 1, "/Action"),
            json!(["sqs:ReceiveMessage"]),
        ),
        ours().with(
            &statement("WorkerRole", 2, "/Action"),
            json!(["dynamodb:PutItem", "dynamodb:DeleteItem"]),
        ),
        ours().with(
            &statement("BuryerRole", 1, "/Resource"),
            json!({"Fn::GetAtt": "Queue.Arn"}),
        ),
        ours().adding(
            "/Resources/StatusRole/Properties/Policies/0/PolicyDocument/Statement",
            scan,
        ),
        ours().with(&statement("NotifierRole", 3, "/Resource"), "*"),
    ];
    hold(actions_are_those_used, &mutants);
}

#[test]
fn a_key_of_ones_own_is_used_as_needed() {
    let key = statement("StatusRole", 2, "/Fn::If/1/");
    let mutants = [
        Stack::ours().with(&format!("{key}Action"), "kms:*"),
        Stack::ours().with(&format!("{key}Resource"), "*"),
    ];
    hold(keys_are_used_as_needed, &mutants);
}

#[test]
fn a_role_hides_nothing() {
    let managed = "arn:aws:iam::aws:policy/service-role/AWSLambdaDynamoDBExecutionRole";
    let stretched = json!({"Type": ROLE, "Properties": {"ManagedPolicyArns": [managed]}});
    let mutants = [
        Stack::ours().with("/Resources/WorkerRole", stretched.clone()),
        Stack::ours().with("/Resources/AccessLogs", stretched),
        Stack::ours().with(
            &statement("IngestRole", 1, ""),
            json!({"Effect": "Allow", "NotAction": "iam:*"}),
        ),
    ];
    hold(roles_say_all_there_is, &mutants);
}

#[test]
fn no_star_stands_where_a_name_could() {
    let mutants = [
        Stack::ours().with(&statement("IngestRole", 1, "/Action"), "sqs:*"),
        Stack::ours().with(&statement("IngestRole", 1, "/Resource"), "*"),
        Stack::ours().with(
            &statement("StatusRole", 1, "/Resource"),
            json!({"Fn::Sub": "${Table.Arn}*"}),
        ),
    ];
    hold(stars_are_known, &mutants);
}

#[test]
fn no_two_functions_share_a_role_or_a_log() {
    let mutants = [
        Stack::ours().with(
            "/Resources/Ingest/Properties/Role",
            json!({"Fn::GetAtt": "WorkerRole.Arn"}),
        ),
        Stack::ours().with(
            "/Resources/Status/Properties/LoggingConfig/LogGroup",
            json!({"Ref": "IngestLogs"}),
        ),
        Stack::ours().without("/Resources/WorkerLogs/Properties/RetentionInDays"),
    ];
    hold(each_function_has_its_own, &mutants);
}

#[test]
fn courier_cannot_write_what_was_submitted() {
    let keys = "/Condition/ForAllValues:StringLike/dynamodb:LeadingKeys";
    let mutants = [
        Stack::ours().without(&statement("CourierRole", 3, "/Condition")),
        Stack::ours().adding(&statement("CourierRole", 3, keys), "*"),
        Stack::ours().without(&statement("CourierRole", 4, "/Condition")),
    ];
    hold(courier_writes_no_entry, &mutants);
}

#[test]
fn status_cannot_read_what_was_submitted() {
    let attributes = statement(
        "StatusRole",
        1,
        "/Condition/ForAllValues:StringEquals/dynamodb:Attributes",
    );
    let select = statement(
        "StatusRole",
        1,
        "/Condition/StringEqualsIfExists/dynamodb:Select",
    );
    let mutants = [
        Stack::ours().adding(&attributes, "payload"),
        Stack::ours().adding(&attributes, "view"),
        Stack::ours().adding(&attributes, "seen_by"),
        Stack::ours().with(&attributes, json!(["pk", "sk"])),
        Stack::ours().with(&select, "ALL_ATTRIBUTES"),
        Stack::ours().without(&statement("StatusRole", 1, "/Condition")),
    ];
    hold(status_reads_no_payload, &mutants);
}
