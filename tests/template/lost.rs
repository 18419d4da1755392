//! The alarm `Lost`: sent − taken off − waiting, in both queues, over a day. Its expression is computed here as CloudWatch
//! does, for days on which something is lost and for days on which nothing is.

use std::collections::HashMap;

use serde_json::{Value, json};

use crate::stack::{Stack, Verdict, ensure, hold, named};

/// What each name in the expression stands for.
const COUNTED: [(&str, &str, &str, &str); 7] = [
    ("sent", "NumberOfMessagesSent", "Queue", "Sum"),
    ("settled", "NumberOfMessagesDeleted", "Queue", "Sum"),
    (
        "buried",
        "NumberOfMessagesDeleted",
        "DeadLetterQueue",
        "Sum",
    ),
    (
        "waiting",
        "ApproximateNumberOfMessagesVisible",
        "Queue",
        "Maximum",
    ),
    (
        "inhand",
        "ApproximateNumberOfMessagesNotVisible",
        "Queue",
        "Maximum",
    ),
    (
        "dead",
        "ApproximateNumberOfMessagesVisible",
        "DeadLetterQueue",
        "Maximum",
    ),
    (
        "burying",
        "ApproximateNumberOfMessagesNotVisible",
        "DeadLetterQueue",
        "Maximum",
    ),
];

const DAY: i64 = 24 * 60 * 60;

fn metrics(stack: &Stack) -> Result<&Vec<Value>, String> {
    stack
        .property("Lost", "Metrics")
        .as_array()
        .ok_or_else(|| "nobody watches what is lost".to_owned())
}

/// Each metric is of our queues, over a day, and only the result rings.
fn both_queues_are_counted_over_a_day(stack: &Stack) -> Verdict {
    let metrics = metrics(stack)?;
    for (id, metric, queue, stat) in COUNTED {
        let found = metrics
            .iter()
            .find(|known| known["Id"] == id)
            .ok_or_else(|| format!("{id} is not counted"))?;
        let counted = &found["MetricStat"];
        let of = named(&counted["Metric"]["Dimensions"][0]["Value"]);
        let is_it = counted["Metric"]["MetricName"] == metric
            && counted["Metric"]["Namespace"] == "AWS/SQS";
        ensure(is_it && of == Some(queue), || {
            format!("{id} is not {metric} of {queue}")
        })?;
        ensure(counted["Stat"] == stat && counted["Period"] == DAY, || {
            format!("{id} is not the {stat} of a day")
        })?;
    }
    let rings: Vec<_> = metrics
        .iter()
        .filter(|metric| metric["ReturnData"] != false)
        .collect();
    ensure(rings.len() == 1 && rings[0]["Id"] == "lost", || {
        "another number rings".into()
    })?;
    let rule = [
        "Threshold",
        "ComparisonOperator",
        "EvaluationPeriods",
        "TreatMissingData",
    ];
    let rule = rule.map(|name| stack.property("Lost", name).clone());
    let wanted = [
        json!(0),
        json!("GreaterThanThreshold"),
        json!(1),
        json!("notBreaching"),
    ];
    ensure(rule == wanted, || format!("it rings by {rule:?}"))?;
    let told = stack.property("Lost", "AlarmActions/Fn::If/0");
    ensure(told == "HasAlarmTopic", || "nobody is told".into())
}

fn expression<'a>(stack: &'a Stack, id: &str) -> Result<&'a str, String> {
    let found = metrics(stack)?.iter().find(|metric| metric["Id"] == id);
    found
        .and_then(|metric| metric["Expression"].as_str())
        .ok_or_else(|| format!("{id} is not computed"))
}

/// A sum of `FILL(name, 0)`, each with a sign: all that `missing` may be.
fn missing(text: &str, day: &HashMap<&str, f64>) -> Result<f64, String> {
    let (mut sum, mut sign) = (0.0, 1.0);
    for word in text.replace(", 0)", ",0)").split_whitespace() {
        match word {
            "-" => sign = -1.0,
            "+" => sign = 1.0,
            word => {
                let name = word
                    .strip_prefix("FILL(")
                    .and_then(|rest| rest.strip_suffix(",0)"));
                let name =
                    name.ok_or_else(|| format!("{word} may be missing, and is not 0 then"))?;
                sum += sign * day.get(name).copied().unwrap_or(0.0);
            }
        }
    }
    Ok(sum)
}

/// What was counted on a day; what is not named was not counted at all.
type Day = &'static [(&'static str, u32)];

/// What rings, for a day of these counts.
fn rings(stack: &Stack, day: Day) -> Result<bool, String> {
    let rule = "IF(missing > 5 AND missing > FILL(sent, 0) * 0.001, missing, 0)";
    let is_it = expression(stack, "lost")?;
    ensure(is_it == rule, || format!("a loss is {is_it}"))?;
    let day: HashMap<&str, f64> = day
        .iter()
        .map(|(name, count)| (*name, f64::from(*count)))
        .collect();
    let missing = missing(expression(stack, "missing")?, &day)?;
    Ok(missing > 5.0 && missing > day.get("sent").copied().unwrap_or(0.0) * 0.001)
}

fn only_a_loss_rings(stack: &Stack) -> Verdict {
    let days: [(&str, Day, bool); 10] = [
        ("nothing came", &[], false),
        (
            "all is settled",
            &[("sent", 9000), ("settled", 9000)],
            false,
        ),
        (
            "some were buried",
            &[("sent", 900), ("settled", 800), ("buried", 100)],
            false,
        ),
        (
            "delivered and taken off again and again",
            &[("sent", 100), ("settled", 180)],
            false,
        ),
        (
            "sent twice, and taken off as often",
            &[("sent", 200), ("settled", 200)],
            false,
        ),
        (
            "a backlog",
            &[
                ("sent", 900),
                ("settled", 100),
                ("waiting", 700),
                ("inhand", 100),
            ],
            false,
        ),
        (
            "dead letters wait",
            &[("sent", 50), ("settled", 0), ("dead", 45), ("burying", 5)],
            false,
        ),
        (
            "a few of very many",
            &[("sent", 90_000), ("settled", 89_920)],
            false,
        ),
        ("a purge", &[("sent", 50), ("settled", 20)], true),
        (
            "one in a hundred",
            &[("sent", 90_000), ("settled", 89_100)],
            true,
        ),
    ];
    days.into_iter().try_for_each(|(what, day, lost)| {
        let rang = rings(stack, day)?;
        ensure(rang == lost, || format!("{what}: rings {rang}"))
    })
}

/// Where in the template the metric of this name stands.
fn place(id: &str, path: &str) -> String {
    let ours = Stack::ours();
    let all = ours.property("Lost", "Metrics").as_array().unwrap();
    let at = all.iter().position(|metric| metric["Id"] == id).unwrap();
    format!("/Resources/Lost/Properties/Metrics/{at}{path}")
}

#[test]
fn what_is_lost_is_counted_in_both_queues() {
    let ours = Stack::ours;
    let mutants = [
        ours().without("/Resources/Lost"),
        ours().without("/Resources/Lost/Properties/AlarmActions"),
        ours().with(
            &place("settled", "/MetricStat/Metric/MetricName"),
            "NumberOfMessagesReceived",
        ),
        ours().with(
            &place("buried", "/MetricStat/Metric/Dimensions/0/Value"),
            json!({"Fn::GetAtt": ["Queue", "QueueName"]}),
        ),
        ours().with(&place("waiting", "/MetricStat/Stat"), "Minimum"),
        ours().with(&place("sent", "/MetricStat/Period"), 300),
        ours().with(&place("missing", "/ReturnData"), true),
        ours().with("/Resources/Lost/Properties/TreatMissingData", "breaching"),
    ];
    hold(both_queues_are_counted_over_a_day, &mutants);
}

#[test]
fn a_loss_rings_and_a_repeat_or_a_backlog_does_not() {
    let ours = Stack::ours;
    let without = |part: &str| {
        let text = expression(&ours(), "missing").unwrap().replace(part, "");
        ours().with(&place("missing", "/Expression"), text)
    };
    let mutants = [
        without(" - FILL(buried, 0)"),
        without(" - FILL(waiting, 0)"),
        without(" - FILL(dead, 0)"),
        ours().with(&place("missing", "/Expression"), "sent - settled"),
        ours().with(
            &place("lost", "/Expression"),
            "IF(missing > 5000, missing, 0)",
        ),
    ];
    hold(only_a_loss_rings, &mutants);
}
