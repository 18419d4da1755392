//! Every alarm reads a metric that is there: one of AWS's by a name and dimensions that AWS documents, or one of ours, as
//! the real functions write it when they fail (`failing.rs`).

use counterfoil_lambda::metrics::{Metric, NAMESPACE};
use serde_json::{Value, json};

use crate::alarms::{Watched, watched};
use crate::failing::{STACK, VERSION, written};
use crate::stack::{Stack, Verdict, ensure, hold, named};

/// Sets of dimensions, each of which a metric is counted by.
type Sets = &'static [&'static [&'static str]];

/// The metrics of AWS's that an alarm may read: namespace, names, and sets of dimensions (SQS, "Available CloudWatch metrics";
/// Lambda, "Types of metrics for Lambda functions", "Monitoring Lambda function URLs"; API Gateway, "Monitor CloudWatch metrics
/// for HTTP APIs"). What only a function URL has says nothing of versions.
const DOCUMENTED: [(&str, &[&str], Sets); 4] = [
    (
        "AWS/SQS",
        &[
            "ApproximateAgeOfOldestMessage",
            "ApproximateNumberOfMessagesNotVisible",
            "ApproximateNumberOfMessagesVisible",
            "NumberOfMessagesDeleted",
            "NumberOfMessagesSent",
        ],
        &[&["QueueName"]],
    ),
    (
        "AWS/Lambda",
        &["Errors", "Invocations", "IteratorAge", "Throttles"],
        &[
            &["FunctionName"],
            &["FunctionName", "Resource"],
            &["FunctionName", "Resource", "ExecutedVersion"],
        ],
    ),
    (
        "AWS/Lambda",
        &["Url5xxCount", "UrlRequestCount"],
        &[&["FunctionName"], &["FunctionName", "Resource"]],
    ),
    (
        "AWS/ApiGateway",
        &["4xx", "5xx", "Count"],
        &[&["ApiId"], &["ApiId", "Stage"]],
    ),
];

/// What a dimension's value will be.
fn resolved(value: &Value) -> Option<&str> {
    let is_version = value["Fn::GetAtt"]
        .as_str()
        .is_some_and(|path| path.ends_with(".Version.Version"));
    if is_version {
        Some(VERSION)
    } else if value["Ref"] == "AWS::StackName" {
        Some(STACK)
    } else {
        value.as_str()
    }
}

/// Does this line give the metric a point?
fn gives(line: &Value, one: &Watched) -> bool {
    let names: Vec<_> = one.dimensions.iter().map(|(name, _)| *name).collect();
    let directives = line["_aws"]["CloudWatchMetrics"]
        .as_array()
        .into_iter()
        .flatten();
    let named = directives.filter(|directive| {
        let metrics = directive["Metrics"].as_array().into_iter().flatten();
        let is_counted = metrics.into_iter().any(|metric| metric["Name"] == one.name);
        let sets = directive["Dimensions"].as_array().into_iter().flatten();
        let is_by = sets.into_iter().any(|set| *set == json!(names));
        directive["Namespace"] == one.namespace && is_counted && is_by
    });
    let is_of = one
        .dimensions
        .iter()
        .all(|(name, value)| line[*name].as_str() == resolved(value));
    named.count() == 1 && is_of && line[one.name].as_u64().is_some_and(|count| count > 0)
}

fn alarms_read_what_there_is(stack: &Stack) -> Verdict {
    let written = written();
    watched(stack).iter().try_for_each(|one| {
        let names: Vec<_> = one.dimensions.iter().map(|(name, _)| *name).collect();
        let documented = DOCUMENTED.iter().any(|(namespace, metrics, sets)| {
            *namespace == one.namespace
                && metrics.contains(&one.name)
                && sets.contains(&names.as_slice())
        });
        let is_there = documented || written.iter().any(|line| gives(line, one));
        ensure(is_there, || {
            format!(
                "{} reads {} {} by {names:?}",
                one.alarm, one.namespace, one.name
            )
        })?;
        ensure(one.namespace != NAMESPACE || one.stat == "Sum", || {
            format!("{} takes no sum", one.alarm)
        })
    })
}

/// A metric that no alarm reads costs, and tells nobody.
fn every_metric_of_ours_is_read(stack: &Stack) -> Verdict {
    let all = watched(stack);
    Metric::ALL.into_iter().try_for_each(|metric| {
        let is_read = all
            .iter()
            .any(|one| one.namespace == NAMESPACE && one.name == metric.as_str());
        ensure(is_read, || format!("nobody reads {}", metric.as_str()))
    })
}

/// A metric of AWS's is of a resource by the right one of its names.
fn dimensions_name_their_resource(stack: &Stack) -> Verdict {
    watched(stack).iter().try_for_each(|one| {
        one.dimensions.iter().try_for_each(|(name, value)| {
            let is_of = |kind: &str| named(value).is_some_and(|of| stack.all(kind).contains(&of));
            let is_right = match *name {
                "QueueName" => {
                    value["Fn::GetAtt"]
                        .as_str()
                        .is_some_and(|path| path.ends_with(".QueueName"))
                        && is_of("AWS::SQS::Queue")
                }
                "FunctionName" => !value["Ref"].is_null() && is_of("AWS::Serverless::Function"),
                "ApiId" => !value["Ref"].is_null() && is_of("AWS::ApiGatewayV2::Api"),
                "Version" | "ExecutedVersion" => is_of("AWS::Serverless::Function"),
                "Stack" => value["Ref"] == "AWS::StackName",
                "Function" => value.is_string(),
                "Resource" => value["Fn::Sub"].is_string(),
                _ => false,
            };
            ensure(is_right, || format!("{}: {name} is {value}", one.alarm))
        })
    })
}

/// Whoever counts is told for which stack, as its alarms are.
fn functions_know_their_stack(stack: &Stack) -> Verdict {
    ["Ingest", "Status", "Worker", "Buryer"]
        .into_iter()
        .try_for_each(|function| {
            let told = stack.property(function, "Environment/Variables/STACK_NAME");
            ensure(*told == json!({"Ref": "AWS::StackName"}), || {
                format!("{function} counts for {told}")
            })
        })
}

#[test]
fn every_alarm_reads_a_metric_that_is_written() {
    let place = |alarm: &str, path: &str| format!("/Resources/{alarm}/Properties/{path}");
    let ours = Stack::ours;
    let of = |value: &str| json!([{"Name": "Stack", "Value": {"Ref": "AWS::StackName"}}, {"Name": "Function", "Value": value}]);
    let mutants = [
        ours().with(&place("FailedEntries", "MetricName"), "FailedEntry"),
        ours().with(&place("Retrying", "Namespace"), "counterfoil"),
        ours().with(&place("Unresolved", "Dimensions"), of("status")),
        ours().with(&place("IntakeRefuses", "Dimensions"), of("worker")),
        ours().with(&place("IntakeRefuses", "Dimensions"), json!([])),
        ours().with(&place("Retrying", "Statistic"), "SampleCount"),
        ours().with(
            &place(
                "FrontDoorFails",
                "Metrics/Fn::If/1/3/MetricStat/Metric/MetricName",
            ),
            "5XXError",
        ),
        ours().with(
            &place(
                "FrontDoorFails",
                "Metrics/Fn::If/1/3/MetricStat/Metric/Dimensions/0/Name",
            ),
            "ApiName",
        ),
        ours().with(
            &place(
                "IngestGradual",
                "Metrics/3/MetricStat/Metric/Dimensions/2/Name",
            ),
            "ExecutedVersion",
        ),
        ours().with(
            &place("NotBuried", "Metrics/1/MetricStat/Metric/MetricName"),
            "NumberOfMessagesVisible",
        ),
    ];
    hold(alarms_read_what_there_is, &mutants);
    hold(
        every_metric_of_ours_is_read,
        &[
            ours().without("/Resources/Unresolved"),
            ours().without("/Resources/Retrying"),
        ],
    );
    let queue = place(
        "NotBuried",
        "Metrics/1/MetricStat/Metric/Dimensions/0/Value",
    );
    hold(
        dimensions_name_their_resource,
        &[ours().with(&queue, json!({"Fn::GetAtt": "DeadLetterQueue.Arn"}))],
    );
    hold(
        functions_know_their_stack,
        &[ours().with(
            &place("Worker", "Environment/Variables/STACK_NAME"),
            "counterfoil",
        )],
    );
}

/// The functions' own texts, and whatever somebody sent, stay out of the lines.
#[test]
fn a_line_holds_forms_and_numbers_and_nothing_that_was_submitted() {
    for line in written() {
        let names: Vec<_> = line
            .as_object()
            .unwrap()
            .keys()
            .map(String::as_str)
            .collect();
        let known = [
            "_aws",
            "timestamp",
            "level",
            "Stack",
            "Function",
            "Version",
            "forms",
        ];
        let metrics = Metric::ALL.map(Metric::as_str);
        assert!(
            names
                .iter()
                .all(|name| known.contains(name) || metrics.contains(name)),
            "{line}"
        );
        let text = line.to_string();
        assert!(
            !["hello", "Ada", "ada@", "no envelope"]
                .iter()
                .any(|word| text.contains(word)),
            "{text}"
        );
        assert!(
            line["forms"].is_null()
                || line["forms"] == json!(["contact"])
                || line["forms"] == json!(["_unknown"])
        );
    }
}
