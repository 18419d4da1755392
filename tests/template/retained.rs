//! What holds data outlives its stack, and what was generated once is never generated again.

use serde_json::Value;

use crate::stack::{Stack, Verdict, ensure, hold};

/// Types whose loss would lose a submission, or every ticket.
const HOLD_DATA: [&str; 3] = [
    "AWS::DynamoDB::Table",
    "AWS::SQS::Queue",
    "AWS::SecretsManager::Secret",
];
/// A secret whose loss loses nothing: edge and functions get another one together.
const REPLACEABLE: &str = "EdgeSecret";

fn data_is_retained(stack: &Stack) -> Verdict {
    let names = HOLD_DATA
        .iter()
        .flat_map(|kind| stack.all(kind))
        .filter(|name| *name != REPLACEABLE);
    let policies = names
        .flat_map(|name| ["DeletionPolicy", "UpdateReplacePolicy"].map(|policy| (name, policy)));
    policies.into_iter().try_for_each(|(name, policy)| {
        let value = stack.at(&format!("/Resources/{name}/{policy}"));
        // The table's own protection refuses to be deleted, and would keep a first create from rolling back.
        let is_protected = *stack.property(name, "DeletionProtectionEnabled") == true;
        let goes_with_a_failed_create = policy == "DeletionPolicy" && !is_protected;
        let wanted = if goes_with_a_failed_create {
            "RetainExceptOnCreate"
        } else {
            "Retain"
        };
        ensure(value == wanted, || {
            format!("{name} has the {policy} {value}")
        })
    })
}

/// CloudFormation generates anew when this changes, so nothing that may change stands in it. Letters and digits only:
/// keys are written between colons and commas.
fn secrets_are_made_once(stack: &Stack) -> Verdict {
    let secrets = stack.all("AWS::SecretsManager::Secret");
    ensure(secrets.len() == 3, || {
        format!("there are {} secrets", secrets.len())
    })?;
    secrets.into_iter().try_for_each(|name| {
        let made = stack.property(name, "GenerateSecretString");
        let fixed = made
            .as_object()
            .is_some_and(|made| made.values().all(|value| !value.is_object()));
        ensure(fixed, || {
            format!("{name} would be made anew when a parameter changes")
        })?;
        let long = made["PasswordLength"]
            .as_i64()
            .is_some_and(|length| length >= 43);
        ensure(long, || format!("{name} has less than 256 bits"))?;
        ensure(made["ExcludePunctuation"] == true, || {
            format!("{name} has more than letters and digits")
        })
    })
}

#[test]
fn what_holds_data_outlives_the_stack() {
    let mutants = [
        Stack::ours().without("/Resources/Table/DeletionPolicy"),
        Stack::ours().with("/Resources/Table/UpdateReplacePolicy", "Delete"),
        Stack::ours().with("/Resources/DeadLetterQueue/DeletionPolicy", "Delete"),
        Stack::ours().with("/Resources/IdSecret/DeletionPolicy", Value::Null),
        Stack::ours().with("/Resources/Queue/DeletionPolicy", "Retain"),
        Stack::ours().with(
            "/Resources/Queue/UpdateReplacePolicy",
            "RetainExceptOnCreate",
        ),
        Stack::ours().with("/Resources/Table/DeletionPolicy", "RetainExceptOnCreate"),
    ];
    hold(data_is_retained, &mutants);
}

#[test]
fn a_secret_is_generated_by_the_first_deploy_alone() {
    let place =
        |name: &str| format!("/Resources/TicketKeys/Properties/GenerateSecretString/{name}");
    let stage = serde_json::json!({"Fn::Sub": "{\"stage\":\"${Stage}\"}"});
    let mutants = [
        Stack::ours().with(&place("SecretStringTemplate"), stage),
        Stack::ours().with(&place("PasswordLength"), 16),
        Stack::ours().without(&place("ExcludePunctuation")),
    ];
    hold(secrets_are_made_once, &mutants);
}
