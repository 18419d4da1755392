//! What each function is told, by its environment: the names its code reads, and where secrets go.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::stack::{Stack, Verdict, ensure, hold};

/// All that a function is told.
const TOLD: [(&str, &[&str]); 5] = [
    ("Ingest", &["LOG_LEVEL", "QUEUE_URL", "TICKET_KEYS", "ID_SECRET", "KEY_VERSION", "STATUS_BASE_URL"]),
    ("Status", &["LOG_LEVEL", "TABLE_NAME", "TICKET_KEYS", "KEY_VERSION", "BURY"]),
    ("Worker", &["LOG_LEVEL", "QUEUE_URL", "TABLE_NAME", "RETRY_BASE_SECONDS", "RETRY_CAP_SECONDS", "MAX_RECEIVES"]),
    ("Buryer", &["LOG_LEVEL", "QUEUE_URL", "TABLE_NAME"]),
    ("Notifier", &["LOG_LEVEL", "TOPIC_ARN"]),
];

fn variables<'a>(stack: &'a Stack, function: &str) -> Vec<(&'a str, &'a Value)> {
    let told = stack.property(function, "Environment/Variables").as_object().into_iter().flatten();
    told.map(|(name, value)| (name.as_str(), value)).collect()
}

fn functions_are_told_what_they_read(stack: &Stack) -> Verdict {
    TOLD.iter().try_for_each(|(function, names)| {
        let told: BTreeSet<_> = variables(stack, function).into_iter().map(|(name, _)| name).collect();
        ensure(told == names.iter().copied().collect(), || format!("{function} is told {told:?}"))
    })
}

/// At deploy time, into the two functions that need one, as `kid:stage:secret` and `stage:secret`; and with the version
/// that makes a deploy read it again.
fn secrets_go_to_those_who_need_them(stack: &Stack) -> Verdict {
    let member = |name: &str| format!("{{{{resolve:secretsmanager:${{TicketKeys}}:SecretString:{name}}}}}");
    let keys = json!({"Fn::Sub": format!("{}:${{Stage}}:{}", member("kid"), member("keys"))});
    let secret = json!({"Fn::Sub": "${Stage}:{{resolve:secretsmanager:${IdSecret}}}"});
    TOLD.iter().flat_map(|(function, _)| variables(stack, function)).try_for_each(|(name, value)| match name {
        "TICKET_KEYS" => ensure(*value == keys, || format!("other keys: {value}")),
        "ID_SECRET" => ensure(*value == secret, || format!("another id secret: {value}")),
        "KEY_VERSION" => ensure(*value == json!({"Ref": "KeyVersion"}), || format!("another version: {value}")),
        _ => ensure(!value.to_string().contains("resolve:"), || format!("a secret in {name}")),
    })
}

/// Every parameter behind a setting stands in the description of the version, or a deploy would leave the alias where it
/// was: SAM publishes a version when a property changes, and does not look behind a `Ref`.
fn changed_settings_are_deployed(stack: &Stack) -> Verdict {
    TOLD.iter().try_for_each(|(function, _)| {
        ensure(*stack.property(function, "AutoPublishAliasAllProperties") == true, || {
            format!("{function} is not published")
        })?;
        let description = stack.property(function, "VersionDescription/Fn::Sub").as_str().unwrap_or_default();
        let told = variables(stack, function).into_iter().map(|(_, value)| value.to_string()).collect::<String>();
        let named =
            |name: &str| told.contains(&format!("\"Ref\":\"{name}\"")) || told.contains(&format!("${{{name}}}"));
        let parameters = stack.at("/Parameters").as_object().into_iter().flatten().map(|(name, _)| name);
        let forgotten = parameters.filter(|name| named(name) && !description.contains(&format!("${{{name}}}")));
        let forgotten: Vec<_> = forgotten.collect();
        ensure(forgotten.is_empty(), || format!("{function} would not notice {forgotten:?}"))
    })
}

fn place(function: &str, name: &str) -> String {
    format!("/Resources/{function}/Properties/Environment/Variables/{name}")
}

#[test]
fn a_function_is_told_what_its_code_reads() {
    let mutants = [
        Stack::ours().without(&place("Worker", "MAX_RECEIVES")),
        Stack::ours().with("/Resources/Notifier/Properties/Environment/Variables", json!({"TABLE_NAME": "x"})),
    ];
    hold(functions_are_told_what_they_read, &mutants);
}

#[test]
fn a_secret_goes_to_those_who_need_it() {
    let leak = json!({"Fn::Sub": "{{resolve:secretsmanager:${IdSecret}}}"});
    let mutants = [
        Stack::ours().with(&place("Worker", "QUEUE_URL"), leak),
        Stack::ours().with(&place("Status", "TICKET_KEYS"), "1:prod:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"),
        Stack::ours().with(&place("Status", "KEY_VERSION"), 1),
    ];
    hold(secrets_go_to_those_who_need_them, &mutants);
}

#[test]
fn a_changed_parameter_reaches_the_functions() {
    let place = "/Resources/Status/Properties/VersionDescription/Fn::Sub";
    let mutants = [
        Stack::ours().with(place, "${Stage} bury ${Bury} log ${LogLevel}"),
        Stack::ours().without("/Resources/Ingest/Properties/AutoPublishAliasAllProperties"),
    ];
    hold(changed_settings_are_deployed, &mutants);
}
