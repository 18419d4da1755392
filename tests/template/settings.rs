//! What each function is told, by its environment: the names its code reads, and where secrets go.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::stack::{Stack, Verdict, ensure, hold};

/// All that a function is told.
const TOLD: [(&str, &[&str]); 5] = [
    (
        "Ingest",
        &[
            "LOG_LEVEL",
            "STACK_NAME",
            "QUEUE_URL",
            "TICKET_KEYS",
            "ID_SECRET",
            "STATUS_BASE_URL",
            "EDGE",
            "EDGE_SECRETS",
        ],
    ),
    (
        "Status",
        &[
            "LOG_LEVEL",
            "STACK_NAME",
            "TABLE_NAME",
            "TICKET_KEYS",
            "BURY",
            "EDGE",
            "EDGE_SECRETS",
        ],
    ),
    (
        "Worker",
        &[
            "LOG_LEVEL",
            "STACK_NAME",
            "QUEUE_URL",
            "TABLE_NAME",
            "RETRY_BASE_SECONDS",
            "RETRY_CAP_SECONDS",
            "MAX_RECEIVES",
            "CAPTCHA_SECRET",
        ],
    ),
    (
        "Buryer",
        &["LOG_LEVEL", "STACK_NAME", "QUEUE_URL", "TABLE_NAME"],
    ),
    (
        "Notifier",
        &["LOG_LEVEL", "TOPIC_ARN", "SET_ASIDE_URL", "STAGE"],
    ),
];

fn variables<'a>(stack: &'a Stack, function: &str) -> Vec<(&'a str, &'a Value)> {
    let told = stack
        .property(function, "Environment/Variables")
        .as_object()
        .into_iter()
        .flatten();
    told.map(|(name, value)| (name.as_str(), value)).collect()
}

fn functions_are_told_what_they_read(stack: &Stack) -> Verdict {
    TOLD.iter().try_for_each(|(function, names)| {
        let told: BTreeSet<_> = variables(stack, function)
            .into_iter()
            .map(|(name, _)| name)
            .collect();
        ensure(told == names.iter().copied().collect(), || {
            format!("{function} is told {told:?}")
        })
    })
}

/// At deploy time, into the functions that need one, as `kid:stage:secret` and `stage:secret`, the captcha's as it is. A
/// secret that is changed in place is referred to by its version, so that a deploy is sure to read it again.
fn secrets_go_to_those_who_need_them(stack: &Stack) -> Verdict {
    let member = |name: &str| {
        format!("{{{{resolve:secretsmanager:${{TicketKeys}}:SecretString:{name}${{At}}}}}}")
    };
    let keys = format!("{}:${{Stage}}:{}", member("kid"), member("keys"));
    let keys =
        json!({"Fn::Sub": [keys, {"At": of_version("TicketKeysAreNamed", "TicketKeysVersion")}]});
    let secret = json!({"Fn::Sub": "${Stage}:{{resolve:secretsmanager:${IdSecret}}}"});
    let captcha = json!({"Fn::Sub": "{{resolve:secretsmanager:${CaptchaSecret}}}"});
    let captcha = json!({"Fn::If": ["HasCaptcha", captcha, {"Ref": "AWS::NoValue"}]});
    let edge = |name: &str| {
        format!("{{{{resolve:secretsmanager:${{EdgeSecret}}:SecretString:{name}${{At}}}}}}")
    };
    let edge = format!("{},{}", edge("sent"), edge("also"));
    let edge =
        json!({"Fn::Sub": [edge, {"At": of_version("EdgeSecretIsNamed", "EdgeSecretVersion")}]});
    let edge = json!({"Fn::If": ["HasEdge", edge, {"Ref": "AWS::NoValue"}]});
    TOLD.iter()
        .flat_map(|(function, _)| variables(stack, function))
        .try_for_each(|(name, value)| match name {
            "TICKET_KEYS" => ensure(*value == keys, || format!("other keys: {value}")),
            "ID_SECRET" => ensure(*value == secret, || format!("another id secret: {value}")),
            "CAPTCHA_SECRET" => ensure(*value == captcha, || {
                format!("another captcha's secret: {value}")
            }),
            "EDGE" => ensure(*value == json!({"Ref": "Edge"}), || {
                format!("another edge: {value}")
            }),
            "EDGE_SECRETS" => ensure(*value == edge, || {
                format!("other secrets of the edge: {value}")
            }),
            _ => ensure(!value.to_string().contains("resolve:"), || {
                format!("a secret in {name}")
            }),
        })
}

/// The end of a reference to a secret: its version, where one is named.
pub fn of_version(condition: &str, parameter: &str) -> Value {
    json!({"Fn::If": [condition, {"Fn::Sub": format!("::${{{parameter}}}")}, ""]})
}

/// A notice's `source` names the stage that stands in the tickets.
fn notices_name_their_stage(stack: &Stack) -> Verdict {
    let stage = stack.property("Notifier", "Environment/Variables/STAGE");
    ensure(*stage == json!({"Ref": "Stage"}), || {
        format!("notices name another stage: {stage}")
    })
}

/// The branches of conditions in which something stands.
type Branches<'a> = BTreeSet<(&'a str, bool)>;

/// The parameters that a value depends on, and in which branches; through its conditions too.
fn parameters<'a>(
    stack: &'a Stack,
    value: &'a Value,
    within: &Branches<'a>,
) -> BTreeSet<(&'a str, Branches<'a>)> {
    match value {
        Value::String(text) => {
            let names = text
                .split("${")
                .skip(1)
                .filter_map(|rest| rest.split('}').next());
            names
                .filter_map(|name| parameter(stack, name, within))
                .collect()
        }
        Value::Array(items) => items
            .iter()
            .flat_map(|item| parameters(stack, item, within))
            .collect(),
        Value::Object(members) => {
            if let Some([condition, yes, no]) = members
                .get("Fn::If")
                .and_then(Value::as_array)
                .map(Vec::as_slice)
            {
                let name = condition.as_str().unwrap();
                let branch = |value, is_so| {
                    parameters(
                        stack,
                        value,
                        &within.iter().copied().chain([(name, is_so)]).collect(),
                    )
                };
                let asked = parameters(stack, stack.at(&format!("/Conditions/{name}")), within);
                return asked
                    .into_iter()
                    .chain(branch(yes, true))
                    .chain(branch(no, false))
                    .collect();
            }
            let named = members
                .get("Ref")
                .and_then(Value::as_str)
                .and_then(|name| parameter(stack, name, within));
            let condition = members.get("Condition").and_then(Value::as_str);
            let condition = condition.map(|name| stack.at(&format!("/Conditions/{name}")));
            let inner = members
                .values()
                .chain(condition)
                .flat_map(|inner| parameters(stack, inner, within));
            inner.chain(named).collect()
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => BTreeSet::new(),
    }
}

/// A parameter, with the branches whose conditions ask for something other than itself.
fn parameter<'a>(
    stack: &'a Stack,
    name: &'a str,
    within: &Branches<'a>,
) -> Option<(&'a str, Branches<'a>)> {
    let asks_for = |condition: &str| {
        parameters(
            stack,
            stack.at(&format!("/Conditions/{condition}")),
            &BTreeSet::new(),
        )
    };
    let is_of_others = |condition: &str| asks_for(condition) != [(name, BTreeSet::new())].into();
    let within = within
        .iter()
        .copied()
        .filter(|(condition, _)| is_of_others(condition));
    (!stack.at(&format!("/Parameters/{name}")).is_null()).then(|| (name, within.collect()))
}

/// Lambda takes at most so many characters.
const DESCRIPTION: usize = 256;
/// The longest that each may become: a key's ARN in the region of the longest name, a secret's name, and so on.
const LONGEST: [(&str, usize); 13] = [
    ("Architecture", 6),
    ("LogLevel", 5),
    ("Stage", 16),
    // Eight digits of a version's id.
    ("Keys", 8),
    ("EdgeKey", 8),
    ("FrontDoor", 12),
    ("Bury", 3),
    ("Edge", 6),
    ("RetryBase", 3),
    ("RetryCap", 5),
    ("MaxReceives", 4),
    ("CaptchaSecret", 64),
    ("RestoredTable", 40),
];
const KEY_ARN: usize =
    "arn:aws-us-gov:kms:ap-southeast-1:123456789012:key/mrk-1234abcd12ab34cd56ef1234567890ab".len();

/// Else a deploy fails that sets much of it.
fn descriptions_fit(stack: &Stack) -> Verdict {
    TOLD.iter().try_for_each(|(function, _)| {
        let description = stack.property(function, "VersionDescription");
        let text = description["Fn::Sub"]
            .as_str()
            .or_else(|| description["Fn::Sub"][0].as_str())
            .unwrap_or_default();
        let known = LONGEST
            .iter()
            .copied()
            .chain([("EncryptionKeyArn", KEY_ARN)]);
        let filled = known.fold(text.to_owned(), |text, (name, most)| {
            text.replace(&format!("${{{name}}}"), &"x".repeat(most))
        });
        ensure(!filled.contains("${"), || {
            format!("how long may it become: {filled}")
        })?;
        ensure(filled.len() <= DESCRIPTION, || {
            format!("{function}: {} characters", filled.len())
        })
    })
}

/// The description of a version names every parameter that changes its function, or a deploy would leave the alias where
/// it was: SAM publishes a version when a property changes, and does not look behind a `Ref`. It names no other, and none
/// where it changes nothing, or a deploy would fail: Lambda publishes no version of a function that has not changed.
fn changed_settings_are_deployed(stack: &Stack) -> Verdict {
    TOLD.iter().try_for_each(|(function, _)| {
        let published = stack.property(function, "AutoPublishAliasAllProperties");
        ensure(*published == true, || {
            format!("{function} is not published")
        })?;
        let of_all = stack.at("/Globals/Function/Architectures");
        let own = ["Environment", "KmsKeyArn"].map(|name| stack.property(function, name));
        let all = own.into_iter().chain([of_all]);
        let needed: BTreeSet<_> = all
            .flat_map(|value| parameters(stack, value, &Branches::new()))
            .collect();
        let told = parameters(
            stack,
            stack.property(function, "VersionDescription"),
            &Branches::new(),
        );
        ensure(told == needed, || {
            format!(
                "{function}: {:?}",
                told.symmetric_difference(&needed).collect::<Vec<_>>()
            )
        })
    })
}

#[test]
fn a_description_is_never_too_long() {
    let long = json!({"Fn::Sub": "x".repeat(250) + "${Architecture}${Stage}"});
    hold(
        descriptions_fit,
        &[Stack::ours().with("/Resources/Buryer/Properties/VersionDescription", long)],
    );
}

fn place(function: &str, name: &str) -> String {
    format!("/Resources/{function}/Properties/Environment/Variables/{name}")
}

#[test]
fn a_function_is_told_what_its_code_reads() {
    let mutants = [
        Stack::ours().without(&place("Worker", "MAX_RECEIVES")),
        Stack::ours().with(
            "/Resources/Notifier/Properties/Environment/Variables",
            json!({"TABLE_NAME": "x"}),
        ),
    ];
    hold(functions_are_told_what_they_read, &mutants);
}

#[test]
fn a_secret_goes_to_those_who_need_it() {
    let leak = json!({"Fn::Sub": "{{resolve:secretsmanager:${IdSecret}}}"});
    let mutants = [
        Stack::ours().with(&place("Worker", "QUEUE_URL"), leak),
        Stack::ours().with(
            &place("Status", "TICKET_KEYS"),
            "1:prod:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
        ),
        Stack::ours().with(
            &format!("{}/Fn::Sub/1/At", place("Status", "TICKET_KEYS")),
            "",
        ),
        Stack::ours().with(
            &format!("{}/Fn::If/1/Fn::Sub/1/At", place("Ingest", "EDGE_SECRETS")),
            "",
        ),
        Stack::ours().with(
            &place("Worker", "CAPTCHA_SECRET"),
            json!({"Ref": "CaptchaSecret"}),
        ),
        Stack::ours().with(&place("Ingest", "EDGE"), "beside"),
        Stack::ours().with(&place("Status", "EDGE_SECRETS"), "none"),
    ];
    hold(secrets_go_to_those_who_need_them, &mutants);
}

#[test]
fn a_notice_names_the_stage_of_its_tickets() {
    let place = place("Notifier", "STAGE");
    hold(
        notices_name_their_stage,
        &[
            Stack::ours().without(&place),
            Stack::ours().with(&place, "aws"),
        ],
    );
}

#[test]
fn a_changed_parameter_reaches_the_functions() {
    let place = "/Resources/Status/Properties/VersionDescription/Fn::Sub";
    let mutants = [
        Stack::ours().with(
            place,
            "${Architecture} log ${LogLevel} stage ${Stage} bury ${Bury} edge ${Edge} key ${EncryptionKeyArn} table ${RestoredTable}",
        ),
        Stack::ours().with(&format!("{place}/1/Keys"), "1"),
        // A deploy that empties it while Edge is off would publish a function that has not changed.
        Stack::ours().with(&format!("{place}/1/EdgeKey"), json!({"Ref": "EdgeSecretVersion"})),
        Stack::ours().with(&format!("{place}/1/EdgeKey/Fn::If/0"), "EdgeSecretIsNamed"),
        Stack::ours()
            .with("/Resources/Notifier/Properties/VersionDescription/Fn::Sub", "${Architecture} ${LogLevel} ${Bury}"),
        Stack::ours().with("/Resources/Ingest/Properties/KmsKeyArn", Value::Null),
        Stack::ours().without("/Resources/Ingest/Properties/AutoPublishAliasAllProperties"),
    ];
    hold(changed_settings_are_deployed, &mutants);
}
