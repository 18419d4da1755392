//! The policies for whoever deploys: they allow what CloudFormation calls for every kind of resource that is made, on that
//! very resource, and IAM takes them.

mod made;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::stack::{Stack, Verdict, ensure, source};
use made::{BESIDE, ELSEWHERE, FIRST_DOMAIN, MADE, NOT_NEEDED, OF_SAM};

/// Characters of a managed policy, without white space.
const MOST: usize = 6144;
/// The policies; the last is for whoever has a key of their own.
const PARTS: [u8; 3] = [1, 2, 3];
/// What CloudFormation calls to make, read, change and remove each kind, as AWS publishes it: `handlers` and `tagging` of the
/// schemas in `cfn-lint` 1.58.0.
const HANDLERS: &str = "tests/template/handlers.json";

fn policies() -> Vec<Value> {
    PARTS
        .map(|part| {
            serde_json::from_str(&source(&format!("docs/deployer-policy-{part}.json"))).unwrap()
        })
        .into()
}

fn statements() -> Vec<Value> {
    policies()
        .iter()
        .flat_map(|policy| policy["Statement"].as_array().unwrap().clone())
        .collect()
}

fn texts(value: &Value) -> Vec<String> {
    let all = value
        .as_array()
        .cloned()
        .unwrap_or_else(|| vec![value.clone()]);
    all.iter()
        .map(|text| text.as_str().unwrap().to_owned())
        .collect()
}

/// IAM's `*`, which is any text.
fn is_like(pattern: &str, text: &str) -> bool {
    let Some((start, rest)) = pattern.split_once('*') else {
        return pattern == text;
    };
    let Some(text) = text.strip_prefix(start) else {
        return false;
    };
    (0..=text.len()).any(|at| text.is_char_boundary(at) && is_like(rest, &text[at..]))
}

/// IAM does not look at the case of an action.
fn is_allowed(statements: &[Value], action: &str, resource: &str) -> bool {
    statements.iter().any(|one| {
        texts(&one["Action"])
            .iter()
            .any(|allowed| allowed.eq_ignore_ascii_case(action))
            && texts(&one["Resource"])
                .iter()
                .any(|pattern| is_like(pattern, resource))
    })
}

fn service(text: &str, at: usize) -> Option<&str> {
    text.split(':').nth(at)
}

fn what_is_made_is_allowed(statements: &[Value]) -> Verdict {
    let handlers: BTreeMap<String, BTreeSet<String>> =
        serde_json::from_str(&source(HANDLERS)).unwrap();
    let spared: BTreeSet<_> = NOT_NEEDED
        .iter()
        .flat_map(|(_, actions)| *actions)
        .copied()
        .collect();
    MADE.iter().try_for_each(|(kind, named)| {
        let needed = handlers
            .get(*kind)
            .ok_or_else(|| format!("what does CloudFormation call for {kind}?"))?;
        needed
            .iter()
            .filter(|action| !spared.contains(action.as_str()))
            .try_for_each(|action| {
                let of_it = |arns: &[&'static str]| -> Vec<&'static str> {
                    arns.iter()
                        .copied()
                        .filter(|arn| service(arn, 2) == service(action, 0))
                        .collect()
                };
                let own = of_it(named);
                let arns = if own.is_empty() {
                    of_it(&ELSEWHERE)
                } else {
                    own
                };
                ensure(
                    arns.iter().any(|arn| is_allowed(statements, action, arn)),
                    || format!("{kind}: {action} on {arns:?}"),
                )
            })
    })
}

#[test]
fn whoever_deploys_may_call_what_cloudformation_calls() {
    assert_eq!(what_is_made_is_allowed(&statements()), Ok(()));
    let of_all = [
        "TagsOfMappings",
        "KeyOfYourOwn",
        "Packages",
        "AccessLogsOfTheApi",
        "GradualDeployments",
        "Layers",
    ];
    for sid in of_all {
        let without: Vec<_> = statements()
            .into_iter()
            .filter(|one| one["Sid"] != sid)
            .collect();
        assert!(
            what_is_made_is_allowed(&without).is_err(),
            "nobody misses {sid}"
        );
    }
    assert!(is_allowed(
        &statements(),
        "iam:CreateServiceLinkedRole",
        FIRST_DOMAIN
    ));
}

#[test]
fn every_kind_of_resource_is_looked_at() {
    let ours = Stack::ours();
    let resources = ours.at("/Resources").as_object().unwrap();
    let kinds = resources
        .values()
        .map(|resource| resource["Type"].as_str().unwrap());
    let out = kinds.flat_map(|kind| {
        let of_sam = OF_SAM
            .iter()
            .find(|(sam, _)| *sam == kind)
            .map(|(_, out)| out.to_vec());
        of_sam.unwrap_or_else(|| vec![kind])
    });
    let wanted: BTreeSet<_> = out.chain(BESIDE).collect();
    assert_eq!(
        wanted,
        MADE.iter().map(|(kind, _)| *kind).collect(),
        "say what it is called"
    );
}

/// What is asked for by nothing, or allowed all the same, is no exception.
#[test]
fn every_exception_is_one() {
    let handlers: BTreeMap<String, BTreeSet<String>> =
        serde_json::from_str(&source(HANDLERS)).unwrap();
    let asked: BTreeSet<_> = handlers.values().flatten().map(String::as_str).collect();
    let allowed: BTreeSet<String> = statements()
        .iter()
        .flat_map(|one| texts(&one["Action"]))
        .collect();
    for action in NOT_NEEDED.iter().flat_map(|(_, actions)| *actions) {
        assert!(
            asked.contains(action) && !allowed.contains(*action),
            "{action}"
        );
    }
}

#[test]
fn iam_takes_them() {
    for policy in policies() {
        let length = policy.to_string().len();
        assert!(length <= MOST, "{length} characters");
    }
    for statement in statements() {
        assert_eq!(statement["Effect"], "Allow");
        assert!(
            texts(&statement["Action"])
                .iter()
                .all(|action| !action.contains('*')),
            "{statement}"
        );
    }
    for part in PARTS {
        assert!(
            source("docs/deploy-aws.md").contains(&format!("(deployer-policy-{part}.json)")),
            "nobody is told of {part}"
        );
    }
}

#[test]
fn what_can_be_named_is_named() {
    let unnamed: Vec<_> = statements()
        .into_iter()
        .filter(|one| texts(&one["Resource"]) == ["*"])
        .collect();
    let services: BTreeSet<String> = unnamed
        .iter()
        .flat_map(|one| texts(&one["Action"]))
        .map(|action| action.split(':').next().unwrap().to_owned())
        .collect();
    let known = [
        "cloudformation",
        "cloudfront",
        "lambda",
        "logs",
        "secretsmanager",
        "wafv2",
    ];
    assert_eq!(services, known.map(str::to_owned).into());
    // A role is handed to the functions and to CodeDeploy, and to nobody else.
    let pass: Vec<_> = statements()
        .into_iter()
        .filter(|one| one["Action"] == "iam:PassRole")
        .collect();
    assert_eq!(pass.len(), 1);
    assert!(pass[0]["Condition"]["StringEquals"]["iam:PassedToService"].is_array());
}
