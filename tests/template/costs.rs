//! What `counterfoil cost` takes for granted of the template: the numbers in `counterfoil_aws::units::stack`.

use counterfoil_aws::units::stack::{
    ACCESS_LINE, ALARMS, ALARMS_OF_URLS, BATCH, CHANGES, MEMORY, QUEUES, RECEIVE_WAIT, RECEIVES,
    SECRETS, WINDOW,
};
use serde_json::{Value, json};

use crate::stack::{Stack, Verdict, ensure, hold};

fn the_numbers_of_the_bill(stack: &Stack) -> Verdict {
    let number = |value: u64, what: &str, is: u64| {
        ensure(value == is, || {
            format!("{what}: {is}, and billed are {value}")
        })
    };
    // What is there on a condition, such as an edge's secret, is not in the bill.
    let always = |name: &&str| stack.at(&format!("/Resources/{name}/Condition")).is_null();
    let counted = |kind: &str| stack.all(kind).into_iter().filter(always).count() as u64;
    let given =
        |resource: &str, path: &str| stack.number(resource, path).map(|number| number as u64);
    number(ALARMS, "alarms", metrics_watched(stack, "1"))?;
    number(
        ALARMS + ALARMS_OF_URLS,
        "alarms with function URLs",
        metrics_watched(stack, "2"),
    )?;
    number(SECRETS, "secrets", counted("AWS::SecretsManager::Secret"))?;
    number(
        BATCH,
        "the worker's batch",
        given("WorkerMapping", "BatchSize")?,
    )?;
    number(
        WINDOW,
        "the worker's window",
        given("WorkerMapping", "MaximumBatchingWindowInSeconds")?,
    )?;
    number(
        CHANGES,
        "the notifier's batch",
        given("NotifierMapping", "BatchSize")?,
    )?;
    number(
        WINDOW,
        "the notifier's window",
        given("NotifierMapping", "MaximumBatchingWindowInSeconds")?,
    )?;
    number(
        RECEIVE_WAIT,
        "a receive",
        given("Queue", "ReceiveMessageWaitTimeSeconds")?,
    )?;
    number(
        MEMORY,
        "memory",
        stack
            .at("/Globals/Function/MemorySize")
            .as_u64()
            .unwrap_or(0),
    )
}

/// An alarm is billed by the metrics that it looks at; with this branch of what depends on the front door.
fn metrics_watched(stack: &Stack, branch: &str) -> u64 {
    let of = |name: &str| {
        let either = stack
            .property(name, &format!("Metrics/Fn::If/{branch}"))
            .as_array();
        let computed = stack.property(name, "Metrics").as_array().or(either);
        let stats = |metrics: &Vec<Value>| {
            metrics
                .iter()
                .filter(|metric| metric.get("MetricStat").is_some())
                .count()
        };
        computed.map_or(1, stats) as u64
    };
    let always = |name: &&str| stack.at(&format!("/Resources/{name}/Condition")).is_null();
    stack
        .all("AWS::CloudWatch::Alarm")
        .into_iter()
        .filter(always)
        .map(of)
        .sum()
}

/// With a ceiling, Lambda keeps five receives open on a queue however little comes; the stream's are not billed.
fn receives_are_open_on_two_queues(stack: &Stack) -> Verdict {
    let limited = stack.all("AWS::Lambda::EventSourceMapping").into_iter();
    let limited = limited.filter(|name| {
        !stack
            .property(name, "ScalingConfig/MaximumConcurrency")
            .is_null()
    });
    ensure(limited.count() as u64 == QUEUES && RECEIVES == 5, || {
        "other queues have a ceiling".into()
    })
}

/// No function has another memory, nor provisioned concurrency, and logs are not what the platform says of each call.
fn nothing_else_is_billed(stack: &Stack) -> Verdict {
    stack
        .all("AWS::Serverless::Function")
        .into_iter()
        .try_for_each(|name| {
            ensure(stack.property(name, "MemorySize").is_null(), || {
                format!("{name} has its own memory")
            })?;
            let provisioned = stack.property(name, "ProvisionedConcurrencyConfig");
            ensure(provisioned.is_null(), || {
                format!("{name} has provisioned concurrency")
            })?;
            let level = stack.property(name, "LoggingConfig/SystemLogLevel");
            ensure(level == "WARN", || {
                format!("{name} is told of each call by the platform")
            })
        })?;
    let billing = stack.property("Table", "BillingMode");
    ensure(billing == "PAY_PER_REQUEST", || {
        format!("the table is billed by {billing}")
    })
}

/// A line of the access log, with what usually stands in it and what CloudWatch adds to each.
fn the_access_log_is_short(stack: &Stack) -> Verdict {
    let mut line = stack
        .property("ApiStage", "AccessLogSettings/Format")
        .as_str()
        .ok_or("there is no format")?
        .to_owned();
    for (name, value) in [
        ("$context.requestId", "MIZRNhJtIAMEMDw="),
        ("$context.requestTime", "22/Nov/2026:22:14:11 +0000"),
        ("$context.httpMethod", "POST"),
        ("$context.routeKey", "ANY /tickets/{ticket}"),
        ("$context.status", "202"),
        ("$context.responseLength", "1024"),
        ("$context.responseLatency", "12"),
        ("$context.integrationLatency", "10"),
        ("$context.error.responseType", "-"),
    ] {
        line = line.replace(name, value);
    }
    let bytes = line.len() as u64 + 26;
    let is_near = !line.contains("$context")
        && (ACCESS_LINE.saturating_sub(20)..=ACCESS_LINE).contains(&bytes);
    ensure(is_near, || {
        format!("{bytes} bytes, and billed are {ACCESS_LINE}: {line}")
    })
}

#[test]
fn the_bill_is_that_of_this_template() {
    let alarm = json!({"Type": "AWS::CloudWatch::Alarm"});
    let mutants = [
        Stack::ours().with("/Globals/Function/MemorySize", 256),
        Stack::ours().with("/Parameters/BatchSize/Default", 5),
        Stack::ours().with("/Parameters/BatchWindow/Default", 0),
        Stack::ours().with("/Resources/NotifierMapping/Properties/BatchSize", 10),
        Stack::ours().with("/Resources/Topic", alarm),
        Stack::ours().without("/Resources/IngestGradual/Condition"),
        Stack::ours().adding(
            "/Resources/FrontDoorFails/Properties/Metrics/Fn::If/2",
            json!({"Id": "more", "MetricStat": {}}),
        ),
        Stack::ours().without("/Resources/IdSecret"),
    ];
    hold(the_numbers_of_the_bill, &mutants);
}

#[test]
fn the_receives_that_are_billed_are_those_that_are_open() {
    hold(
        receives_are_open_on_two_queues,
        &[
            Stack::ours().without("/Resources/BuryMapping/Properties/ScalingConfig"),
            Stack::ours().without("/Resources/WorkerMapping"),
        ],
    );
}

#[test]
fn nothing_is_billed_that_the_bill_does_not_know() {
    let mutants = [
        Stack::ours().with(
            "/Resources/Worker/Properties/LoggingConfig/SystemLogLevel",
            "INFO",
        ),
        Stack::ours().with("/Resources/Table/Properties/BillingMode", "PROVISIONED"),
    ];
    hold(nothing_else_is_billed, &mutants);
}

#[test]
fn a_line_of_the_access_log_is_as_long_as_it_is_billed() {
    let format = "/Resources/ApiStage/Properties/AccessLogSettings/Format";
    let longer = Stack::ours()
        .at(format)
        .as_str()
        .unwrap()
        .replace('{', "{\"agent\":\"$context.identity.userAgent\",");
    hold(
        the_access_log_is_short,
        &[
            Stack::ours().with(format, longer),
            Stack::ours().with(format, "{}"),
        ],
    );
}
