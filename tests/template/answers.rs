//! The alarms of answers: when the front door rings, and when a gradual deployment goes back.

use std::collections::HashMap;

use serde_json::{Value, json};

use crate::alarms::{branches, of_alarm};
use crate::stack::{Stack, Verdict, ensure, hold};

/// A sum of `FILL(name, 0)`, over counts of which those that are not named were not counted at all.
fn sum(formula: &[Value], id: &str, counts: &HashMap<&str, f64>) -> Result<f64, String> {
    let found = formula
        .iter()
        .find(|metric| metric["Id"] == id)
        .and_then(|metric| metric["Expression"].as_str());
    let text = found.ok_or_else(|| format!("{id} is not computed"))?;
    text.split(" + ").try_fold(0.0, |sum, term| {
        let name = term
            .strip_prefix("FILL(")
            .and_then(|rest| rest.strip_suffix(", 0)"));
        let name = name.ok_or_else(|| format!("{term} may be missing, and is not 0 then"))?;
        let is_there = formula
            .iter()
            .any(|metric| metric["Id"] == name && !metric["MetricStat"].is_null());
        ensure(is_there, || format!("{name} is counted by nobody"))?;
        Ok(sum + counts.get(name).copied().unwrap_or(0.0))
    })
}

/// Alarms of answers, each with what it sums up: those that are bad, and all.
const OF_ANSWERS: [(&str, usize, [&[&str]; 2]); 4] = [
    ("FrontDoorFails", 0, [&["refused"], &["answered"]]),
    (
        "FrontDoorFails",
        1,
        [&["ingestbad", "statusbad"], &["ingestasked", "statusasked"]],
    ),
    ("IngestGradual", 0, [&["refused", "crashed"], &["called"]]),
    ("StatusGradual", 0, [&["refused", "crashed"], &["called"]]),
];

/// Five, and more than 5 %: never one.
fn answers_ring_at_five_and_five_percent(stack: &Stack) -> Verdict {
    OF_ANSWERS
        .into_iter()
        .try_for_each(|(alarm, branch, [bad, asked])| {
            let formula = *branches(stack, alarm)
                .get(branch)
                .ok_or_else(|| format!("{alarm} is not there"))?;
            let rings = formula
                .iter()
                .find(|metric| metric["ReturnData"] != false)
                .ok_or("nothing rings")?;
            let rule = "IF(bad >= 5 AND bad > asked * 0.05, bad, 0)";
            ensure(rings["Expression"] == rule, || {
                format!("{alarm} rings by {}", rings["Expression"])
            })?;
            ensure(*stack.property(alarm, "Threshold") == 0, || {
                format!("{alarm} has another threshold")
            })?;
            let fails = |of_bad: f64, of_all: f64| {
                let spread = |ids: &'static [&'static str], all: f64| {
                    let each = all / ids.len() as f64;
                    ids.iter().map(move |id| (*id, each))
                };
                let counts: HashMap<_, _> =
                    spread(bad, of_bad).chain(spread(asked, of_all)).collect();
                let (bad, asked) = (
                    sum(formula, "bad", &counts)?,
                    sum(formula, "asked", &counts)?,
                );
                Ok::<_, String>(bad >= 5.0 && bad > asked * 0.05)
            };
            // Of so many answers so many are bad.
            for (all, of_bad, wanted) in [
                (0.0, 0.0, false),
                (1.0, 1.0, false),
                (4.0, 4.0, false),
                (5.0, 5.0, true),
                (99.0, 5.0, true),
                (100.0, 5.0, false),
                (1000.0, 50.0, false),
                (1000.0, 51.0, true),
                // Nobody counted them all: five are enough.
                (0.0, 5.0, true),
            ] {
                let rang = fails(of_bad, all)?;
                ensure(rang == wanted, || {
                    format!("{alarm}: {of_bad} of {all} ring: {rang}")
                })?;
            }
            Ok(())
        })
}

/// Of the new version alone: a tenth of the posts that fails is lost in what the API counts.
fn a_gradual_deployment_asks_about_the_new_version(stack: &Stack) -> Verdict {
    ["Ingest", "Status"].into_iter().try_for_each(|function| {
        let alarm = format!("{function}Gradual");
        let gate = stack.property(function, "DeploymentPreference/Alarms");
        let door = json!({"Ref": "FrontDoorFails"});
        let wanted = json!({"Fn::If": ["IsGradual", [door, {"Ref": alarm}], [door]]});
        ensure(*gate == wanted, || {
            format!("{function} goes back by {gate}")
        })?;
        let version = json!({"Fn::GetAtt": format!("{function}.Version.Version")});
        let alias = json!({"Fn::Sub": format!("${{{function}}}:live")});
        ensure(
            stack.at(&format!("/Resources/{alarm}/Condition")) == "IsGradual",
            || format!("{alarm} always costs"),
        )?;
        of_alarm(stack, &alarm).into_iter().try_for_each(|one| {
            let of = |name: &str| {
                one.dimensions
                    .iter()
                    .find(|(known, _)| *known == name)
                    .map(|(_, value)| *value)
            };
            let is_it = of("ExecutedVersion").or(of("Version")) == Some(&version);
            let by_alias = of("Resource").is_none_or(|resource| *resource == alias);
            ensure(is_it && by_alias && one.stat == "Sum", || {
                format!("{alarm}: {} of another version", one.name)
            })
        })
    })?;
    let others = ["Worker", "Buryer", "Notifier"]
        .map(|function| stack.property(function, "DeploymentPreference/Alarms"));
    ensure(
        others
            .iter()
            .all(|alarms| alarms.as_array().is_some_and(|all| all.len() > 1)),
        || "what is not an error of Lambda's is deployed".into(),
    )
}

fn place(alarm: &str, path: &str) -> String {
    format!("/Resources/{alarm}/Properties/{path}")
}

#[test]
fn five_answers_and_five_percent_ring_and_one_does_not() {
    let ours = Stack::ours;
    let mutants = [
        ours().with(
            &place("FrontDoorFails", "Metrics/Fn::If/1/0/Expression"),
            "IF(bad > 0, bad, 0)",
        ),
        ours().with(
            &place("FrontDoorFails", "Metrics/Fn::If/2/1/Expression"),
            "FILL(ingestbad, 0)",
        ),
        ours().with(
            &place("IngestGradual", "Metrics/1/Expression"),
            "refused + crashed",
        ),
        ours().with(
            &place("StatusGradual", "Metrics/2/Expression"),
            "FILL(refused, 0)",
        ),
        ours().with(&place("IngestGradual", "Threshold"), 5),
    ];
    hold(answers_ring_at_five_and_five_percent, &mutants);
}

#[test]
fn a_new_version_that_refuses_everybody_goes_back() {
    let ours = Stack::ours;
    let version = "Metrics/5/MetricStat/Metric/Dimensions/2/Value";
    let mutants = [
        ours().with(
            &place("Ingest", "DeploymentPreference/Alarms"),
            json!([{"Ref": "IngestErrors"}]),
        ),
        ours().with(
            &place("Status", "DeploymentPreference/Alarms"),
            json!([{"Ref": "FrontDoorFails"}]),
        ),
        ours().with(
            &place("IngestGradual", version),
            json!({"Fn::GetAtt": "Status.Version.Version"}),
        ),
        ours().with(
            &place(
                "StatusGradual",
                "Metrics/3/MetricStat/Metric/Dimensions/2/Value",
            ),
            "1",
        ),
        ours().with(
            &place("Worker", "DeploymentPreference/Alarms"),
            json!([{"Ref": "WorkerErrors"}]),
        ),
        ours().without("/Resources/IngestGradual/Condition"),
    ];
    hold(a_gradual_deployment_asks_about_the_new_version, &mutants);
}
