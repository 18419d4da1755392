//! The alarms: what each watches, when it rings, and who is told. That the functions write what is watched is held by
//! `metrics.rs`, and how soon an outage rings by `outages.rs`; what is asked of answers stands in `answers.rs`.

use serde_json::{Value, json};

use crate::stack::{Stack, Verdict, ensure, hold, named};

const ALARM: &str = "AWS::CloudWatch::Alarm";

/// A metric that an alarm looks at.
pub struct Watched<'a> {
    /// The alarm.
    pub alarm: &'a str,
    /// The metric's namespace.
    pub namespace: &'a str,
    /// The metric's name.
    pub name: &'a str,
    /// The metric's dimensions.
    pub dimensions: Vec<(&'a str, &'a Value)>,
    /// `Sum`, `Maximum`, …
    pub stat: &'a str,
    /// Seconds.
    pub period: i64,
}

/// All that alarms look at.
pub fn watched(stack: &Stack) -> Vec<Watched<'_>> {
    stack
        .all(ALARM)
        .into_iter()
        .flat_map(|alarm| of_alarm(stack, alarm))
        .collect()
}

/// What one alarm looks at, by every front door.
pub fn of_alarm<'a>(stack: &'a Stack, alarm: &'a str) -> Vec<Watched<'a>> {
    let computed = branches(stack, alarm).into_iter().flatten();
    let computed = computed
        .map(|metric| &metric["MetricStat"])
        .filter(|stat| !stat.is_null());
    let computed =
        computed.map(|stat| watch(alarm, &stat["Metric"], &stat["Stat"], &stat["Period"]));
    let plain = stack.at(&format!("/Resources/{alarm}/Properties"));
    let plain = (!plain["MetricName"].is_null())
        .then(|| watch(alarm, plain, &plain["Statistic"], &plain["Period"]));
    computed.chain(plain).collect()
}

fn watch<'a>(alarm: &'a str, metric: &'a Value, stat: &'a Value, period: &Value) -> Watched<'a> {
    let dimensions = metric["Dimensions"].as_array().into_iter().flatten();
    Watched {
        alarm,
        namespace: metric["Namespace"].as_str().unwrap_or_default(),
        name: metric["MetricName"].as_str().unwrap_or_default(),
        dimensions: dimensions
            .map(|one| (one["Name"].as_str().unwrap_or_default(), &one["Value"]))
            .collect(),
        stat: stat.as_str().unwrap_or_default(),
        period: period.as_i64().unwrap_or_default(),
    }
}

/// What an alarm computes from: once, or once for each front door.
pub fn branches<'a>(stack: &'a Stack, alarm: &str) -> Vec<&'a Vec<Value>> {
    let metrics = stack.property(alarm, "Metrics");
    let either = metrics["Fn::If"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_array);
    metrics.as_array().into_iter().chain(either).collect()
}

/// Seconds of a point, and how many of how many points in a row ring.
#[derive(Clone, Copy, Debug)]
pub struct Rule {
    /// Seconds of a point.
    pub period: i64,
    /// Points that are looked at.
    pub of: i64,
    /// Points that ring.
    pub points: i64,
}

/// When an alarm rings.
pub fn rule(stack: &Stack, alarm: &str) -> Result<Rule, String> {
    let period = of_alarm(stack, alarm)
        .first()
        .map(|watched| watched.period)
        .ok_or_else(|| format!("no {alarm}"))?;
    let of = stack.number(alarm, "EvaluationPeriods")?;
    let points = stack.number(alarm, "DatapointsToAlarm").unwrap_or(of);
    Ok(Rule { period, of, points })
}

/// Nobody is told of an alarm without an action.
fn every_alarm_tells_somebody(stack: &Stack) -> Verdict {
    let actions =
        json!({"Fn::If": ["HasAlarmTopic", [{"Ref": "AlarmTopicArn"}], {"Ref": "AWS::NoValue"}]});
    stack.all(ALARM).into_iter().try_for_each(|alarm| {
        ensure(*stack.property(alarm, "AlarmActions") == actions, || {
            format!("nobody is told of {alarm}")
        })?;
        let says = stack
            .property(alarm, "AlarmDescription")
            .as_str()
            .unwrap_or_default();
        ensure(says.len() > 20, || format!("{alarm} says nothing"))?;
        // What is there only when something goes wrong is missing when all is well.
        let missing = stack.property(alarm, "TreatMissingData");
        ensure(missing == "notBreaching", || {
            format!("{alarm} rings for what is not counted")
        })?;
        let above = stack.property(alarm, "ComparisonOperator");
        ensure(above == "GreaterThanThreshold", || {
            format!("{alarm} rings when {above}")
        })
    })
}

/// Numbers come late, those that CloudWatch makes of log lines above all (CloudWatch, "Setting alarms on metrics created
/// with the embedded metric format": more points than are needed), and a formula that fills gaps takes the newest for none.
const LATE: i64 = 120;

fn late_numbers_ring_all_the_same(stack: &Stack) -> Verdict {
    stack
        .all(ALARM)
        .into_iter()
        .filter(|alarm| *alarm != "Lost")
        .try_for_each(|alarm| {
            let Rule { period, of, points } = rule(stack, alarm)?;
            ensure((of - points) * period >= LATE, || {
                format!("{alarm}: {points} of {of} points of {period} s")
            })
        })
}

/// A metric that a person has to know of, and the resource that it is of.
const WANTED: [(&str, &str); 24] = [
    ("FailedEntries", "AWS::StackName"),
    ("Retries", "AWS::StackName"),
    ("Unresolved", "AWS::StackName"),
    ("Answers5xx", "AWS::StackName"),
    ("ApproximateNumberOfMessagesNotVisible", "Queue"),
    ("ApproximateNumberOfMessagesNotVisible", "DeadLetterQueue"),
    ("ApproximateNumberOfMessagesVisible", "DeadLetterQueue"),
    ("ApproximateNumberOfMessagesVisible", "NoticeFailures"),
    ("ApproximateAgeOfOldestMessage", "Queue"),
    ("IteratorAge", "Notifier"),
    ("Invocations", "Notifier"),
    ("5xx", "Api"),
    ("Url5xxCount", "Ingest"),
    ("Url5xxCount", "Status"),
    ("Throttles", "Ingest"),
    ("Throttles", "Status"),
    ("Throttles", "Worker"),
    ("Throttles", "Notifier"),
    ("Errors", "Worker"),
    ("Errors", "Buryer"),
    ("Errors", "Notifier"),
    ("Errors", "Courier"),
    ("IteratorAge", "Courier"),
    ("Untold", "AWS::StackName"),
];

fn a_person_is_told_of_what_is_promised(stack: &Stack) -> Verdict {
    // `Lost` counts a day, and hides a backlog.
    let all: Vec<_> = watched(stack)
        .into_iter()
        .filter(|one| one.alarm != "Lost")
        .collect();
    WANTED.into_iter().try_for_each(|(name, of)| {
        let is_it = |one: &Watched| {
            one.name == name && one.dimensions.first().and_then(|(_, it)| named(it)) == Some(of)
        };
        ensure(all.iter().any(is_it), || {
            format!("nobody watches {name} of {of}")
        })
    })
}

/// Lambda drops lines below its level, and so would drop metrics; and `debug` never came through its default, `INFO`.
fn lambda_filters_no_line(stack: &Stack) -> Verdict {
    stack
        .all("AWS::Serverless::Function")
        .into_iter()
        .try_for_each(|name| {
            let logging = stack.property(name, "LoggingConfig");
            ensure(logging["ApplicationLogLevel"] == "TRACE", || {
                format!("Lambda drops lines of {name}")
            })?;
            ensure(logging["LogFormat"] == "JSON", || {
                format!("{name} says nothing that can be filtered")
            })?;
            let level = stack.property(name, "Environment/Variables/LOG_LEVEL");
            ensure(*level == json!({"Ref": "LogLevel"}), || {
                format!("{name} does not filter by itself")
            })
        })
}

/// The rule of `Stuck` and of `NotBuried`, word by word; each sees what is hidden too.
fn what_waits_hidden_is_seen(stack: &Stack) -> Verdict {
    let rules = [
        (
            "Stuck",
            "IF(FILL(waiting, 0) + FILL(hidden, 0) > 0 AND FILL(settled, 0) < 1, 1, 0)",
            "Queue",
        ),
        (
            "NotBuried",
            "FILL(dead, 0) + FILL(burying, 0)",
            "DeadLetterQueue",
        ),
    ];
    rules.into_iter().try_for_each(|(alarm, rule, queue)| {
        let formula = *branches(stack, alarm)
            .first()
            .ok_or_else(|| format!("{alarm} is not there"))?;
        ensure(formula[0]["Expression"] == rule, || {
            format!("{alarm} rings by {}", formula[0]["Expression"])
        })?;
        let all = of_alarm(stack, alarm);
        let of_it = all
            .iter()
            .all(|one| one.dimensions.first().and_then(|(_, of)| named(of)) == Some(queue));
        let names: Vec<_> = all.iter().map(|one| one.name).collect();
        let sees = [
            "ApproximateNumberOfMessagesVisible",
            "ApproximateNumberOfMessagesNotVisible",
        ];
        ensure(
            of_it && sees.iter().all(|name| names.contains(name)),
            || format!("{alarm} sees {names:?}"),
        )
    })
}

fn place(alarm: &str, path: &str) -> String {
    format!("/Resources/{alarm}/Properties/{path}")
}

#[test]
fn a_person_is_told_when_an_alarm_rings_and_only_then() {
    let ours = Stack::ours;
    let mutants = [
        ours().without(&place("WorkerErrors", "AlarmActions")),
        ours().with(&place("FailedEntries", "TreatMissingData"), "breaching"),
        ours().with(
            &place("Retrying", "ComparisonOperator"),
            "LessThanThreshold",
        ),
        ours().with(&place("Stuck", "AlarmDescription"), "Bad."),
    ];
    hold(every_alarm_tells_somebody, &mutants);
}

#[test]
fn a_number_that_comes_late_rings_all_the_same() {
    let ours = Stack::ours;
    let mutants = [
        ours().with(&place("FailedEntries", "EvaluationPeriods"), 2),
        ours().with(&place("Stuck", "EvaluationPeriods"), 6),
        ours().without(&place("OldestMessage", "DatapointsToAlarm")),
    ];
    hold(late_numbers_ring_all_the_same, &mutants);
}

#[test]
fn a_person_learns_what_goes_wrong() {
    let ours = Stack::ours;
    let mutants = [
        ours().without("/Resources/FailedEntries"),
        ours().without("/Resources/NotBuried"),
        ours().without(&place("FrontDoorFails", "Metrics/Fn::If")),
        ours().with(
            &place("Throttled", "Metrics/4/MetricStat/Metric/MetricName"),
            "Errors",
        ),
    ];
    hold(a_person_is_told_of_what_is_promised, &mutants);
}

#[test]
fn no_line_of_a_function_is_dropped_by_lambda() {
    let ours = Stack::ours;
    let mutants = [
        ours().without(&place("Worker", "LoggingConfig/ApplicationLogLevel")),
        ours().with(
            &place("Ingest", "LoggingConfig/ApplicationLogLevel"),
            json!({"Ref": "LogLevel"}),
        ),
        ours().with(&place("Status", "LoggingConfig/LogFormat"), "Text"),
        ours().with(&place("Buryer", "Environment/Variables/LOG_LEVEL"), "info"),
    ];
    hold(lambda_filters_no_line, &mutants);
}

#[test]
fn what_is_hidden_is_seen_by_alarms() {
    let ours = Stack::ours;
    let mutants = [
        ours().with(&place("Stuck", "Metrics/0/Expression"), "FILL(waiting, 0)"),
        ours().with(
            &place("Stuck", "Metrics/2/MetricStat/Metric/MetricName"),
            "ApproximateNumberOfMessagesVisible",
        ),
        ours().without("/Resources/NotBuried"),
        ours().with(
            &place(
                "NotBuried",
                "Metrics/2/MetricStat/Metric/Dimensions/0/Value",
            ),
            json!({"Fn::GetAtt": "Queue.QueueName"}),
        ),
    ];
    hold(what_waits_hidden_is_seen, &mutants);
}
