//! What calls a function: two queues, and a stream with two readers.

use serde_json::{Value, json};

use crate::pattern;
use crate::stack::{Stack, Verdict, ensure, hold, named};

const MAPPING: &str = "AWS::Lambda::EventSourceMapping";
const STREAM: &str = "NotifierMapping";
/// The stream's second reader.
const TELLS: &str = "CourierMapping";

/// Without the flag, an answer that names failures counts as full success, and what failed is deleted.
fn failures_are_reported(stack: &Stack) -> Verdict {
    let mappings = stack.all(MAPPING);
    ensure(mappings.len() == 4, || {
        format!("there are {} mappings", mappings.len())
    })?;
    mappings.into_iter().try_for_each(|name| {
        let types = stack.property(name, "FunctionResponseTypes");
        ensure(*types == json!(["ReportBatchItemFailures"]), || {
            format!("{name} does not report failures")
        })
    })
}

/// Reserved concurrency alone throttles messages into the dead-letter queue unseen.
fn queues_have_a_ceiling(stack: &Stack) -> Verdict {
    ["WorkerMapping", "BuryMapping"]
        .into_iter()
        .try_for_each(|name| {
            let most = stack.number(name, "ScalingConfig/MaximumConcurrency")?;
            ensure((2..=1000).contains(&most), || {
                format!("{name} has a MaximumConcurrency of {most}")
            })
        })
}

/// Nothing that changed before the mapping was there is missed.
fn the_stream_is_read_from_its_beginning(stack: &Stack) -> Verdict {
    [STREAM, TELLS].into_iter().try_for_each(|name| {
        ensure(
            stack.property(name, "StartingPosition") == "TRIM_HORIZON",
            || format!("{name} is not read from start"),
        )
    })
}

/// The stream retries for as long as it lives (promise N), and loses nothing without a trace. That is no longer at the price
/// of a shard that one bad change blocks for a day: the notifier sets such a one aside by itself, so what is retried is a
/// topic that refuses everything. A count or an age below the stream's own 24 h would throw away what an outage delays.
fn retries_of_the_stream_end_with_it(stack: &Stack) -> Verdict {
    for name in [STREAM, TELLS] {
        let retries = stack.number(name, "MaximumRetryAttempts")?;
        ensure(retries == -1, || format!("{name} retries {retries} times"))?;
        let age = stack.number(name, "MaximumRecordAgeInSeconds")?;
        ensure(age == -1, || format!("{name} keeps trying for {age} s"))?;
        ensure(
            *stack.property(name, "BisectBatchOnFunctionError") == true,
            || format!("{name} does not bisect"),
        )?;
    }
    let failed = named(stack.property(STREAM, "DestinationConfig/OnFailure/Destination"));
    ensure(failed == Some("NoticeFailures"), || {
        "what the stream gives up on goes nowhere".into()
    })
}

/// Changes of entries are published and told; removals, and items that are no entries, are not.
fn the_stream_is_filtered(stack: &Stack) -> Verdict {
    [STREAM, TELLS]
        .into_iter()
        .try_for_each(|reader| it_is_filtered_for(stack, reader))
}

fn it_is_filtered_for(stack: &Stack, reader: &str) -> Verdict {
    let filters = stack
        .property(reader, "FilterCriteria/Filters")
        .as_array()
        .ok_or("the stream has no filter")?;
    let patterns = filters
        .iter()
        .map(|filter| filter["Pattern"].as_str().unwrap_or("null"));
    let patterns: Vec<Value> = patterns
        .map(|text| serde_json::from_str(text).unwrap_or(Value::Null))
        .collect();
    let change = |event: &str, pk: &str| json!({"eventName": event, "dynamodb": {"Keys": {"pk": {"S": pk}}}});
    let cases = [
        ("INSERT", "contact#7", true),
        ("MODIFY", "0-day#31", true),
        ("MODIFY", "z#0", true),
        ("INSERT", "_unknown#3", true),
        ("REMOVE", "contact#7", false),
        ("INSERT", "!job#1", false),
        ("MODIFY", "!contact#7", false),
    ];
    cases.into_iter().try_for_each(|(event, pk, wanted)| {
        let passes = patterns
            .iter()
            .any(|pattern| pattern::matches(pattern, &change(event, pk)));
        ensure(passes == wanted, || {
            format!("{event} of {pk}: passes the filter: {passes}")
        })
    })
}

/// `bury` can be switched off, and then nothing takes from the dead-letter queue: what it keeps is the operator's to
/// redrive, and tickets wait for that.
fn bury_is_optional(stack: &Stack) -> Verdict {
    let takes =
        |name: &&str| named(stack.property(name, "EventSourceArn")) == Some("DeadLetterQueue");
    let takers: Vec<_> = stack.all(MAPPING).into_iter().filter(takes).collect();
    ensure(takers == ["BuryMapping"], || {
        format!("the dead-letter queue is drained by {takers:?}")
    })?;
    ensure(
        stack.at("/Resources/BuryMapping/Condition") == "BuryIsOn",
        || "bury cannot be switched off".into(),
    )?;
    let on = json!({"Fn::Equals": [{"Ref": "Bury"}, "on"]});
    ensure(*stack.at("/Conditions/BuryIsOn") == on, || {
        "another parameter switches bury".into()
    })?;
    let told = stack.property("Status", "Environment/Variables/BURY");
    ensure(*told == json!({"Ref": "Bury"}), || {
        "status gives up on a dead letter too early".into()
    })
}

#[test]
fn every_mapping_reports_its_failures() {
    let flag = "FunctionResponseTypes";
    let without =
        |name: &str| Stack::ours().without(&format!("/Resources/{name}/Properties/{flag}"));
    hold(
        failures_are_reported,
        &[
            without("WorkerMapping"),
            without("BuryMapping"),
            without(STREAM),
            without(TELLS),
            Stack::ours().with(
                "/Resources/WorkerMapping/Properties/FunctionResponseTypes",
                json!([]),
            ),
        ],
    );
}

#[test]
fn every_queue_has_a_ceiling_that_costs_no_receives() {
    let ours = Stack::ours;
    let low = ours().with("/Parameters/WorkerConcurrency/Default", 1);
    hold(
        queues_have_a_ceiling,
        &[
            low,
            ours().without("/Resources/BuryMapping/Properties/ScalingConfig"),
        ],
    );
}

#[test]
fn the_stream_misses_nothing_at_its_beginning() {
    let latest = Stack::ours().with(
        "/Resources/NotifierMapping/Properties/StartingPosition",
        "LATEST",
    );
    hold(the_stream_is_read_from_its_beginning, &[latest]);
}

/// The notifier can set aside what would block the stream: it knows the queue, may send there, and has the time. A call of
/// AWS's takes at most 8 s; one that publishes begins only where a second one fits behind it, and the answer (2 s).
fn the_notifier_can_set_aside(stack: &Stack) -> Verdict {
    let told = named(stack.property("Notifier", "Environment/Variables/SET_ASIDE_URL"));
    ensure(told == Some("NoticeFailures"), || {
        format!("it sets aside in {told:?}")
    })?;
    let statements = stack
        .property("NotifierRole", "Policies/0/PolicyDocument/Statement")
        .as_array();
    let sends = statements
        .into_iter()
        .flatten()
        .find(|statement| statement["Action"] == "sqs:SendMessage");
    let to = sends.and_then(|statement| named(&statement["Resource"]));
    ensure(to == Some("NoticeFailures"), || {
        format!("it may send to {to:?}")
    })?;
    let time = stack.number("Notifier", "Timeout")?;
    ensure(time > 8 + 8 + 2, || {
        format!("no call could begin in {time} s")
    })
}

#[test]
fn what_cannot_be_published_has_where_to_go() {
    let policy = "/Resources/NotifierRole/Properties/Policies/0/PolicyDocument/Statement/4";
    let mutants = [
        Stack::ours().without("/Resources/Notifier/Properties/Environment/Variables/SET_ASIDE_URL"),
        Stack::ours().with(
            &format!("{policy}/Resource"),
            json!({"Fn::GetAtt": "Queue.Arn"}),
        ),
        Stack::ours().with("/Resources/Notifier/Properties/Timeout", 15),
    ];
    hold(the_notifier_can_set_aside, &mutants);
}

#[test]
fn a_topic_that_is_away_loses_nothing_while_the_stream_lives() {
    let place = |name: &str| format!("/Resources/NotifierMapping/Properties/{name}");
    let ours = Stack::ours;
    let mutants = [
        ours().without(&place("MaximumRetryAttempts")),
        ours().with(&place("MaximumRetryAttempts"), 10),
        ours().with(&place("MaximumRecordAgeInSeconds"), 21_600),
        ours().with(&place("MaximumRecordAgeInSeconds"), 86_399),
        ours().with(&place("BisectBatchOnFunctionError"), false),
        ours().without(&place("DestinationConfig")),
    ];
    hold(retries_of_the_stream_end_with_it, &mutants);
}

#[test]
fn only_changes_of_entries_reach_the_notifier() {
    let place = "/Resources/NotifierMapping/Properties/FilterCriteria";
    let pattern = format!("{place}/Filters/0/Pattern");
    let all = r#"{"eventName":["INSERT","MODIFY"]}"#;
    let removals = r#"{"eventName":["INSERT","MODIFY","REMOVE"],"dynamodb":{"Keys":{"pk":{"S":[{"prefix":"c"}]}}}}"#;
    let mutants = [
        Stack::ours().without(place),
        Stack::ours().with(&pattern, all),
        Stack::ours().with(&pattern, removals),
        Stack::ours().with(&pattern, "{}"),
    ];
    hold(the_stream_is_filtered, &mutants);
}

#[test]
fn burying_can_be_switched_off_and_then_dead_letters_stay_where_they_are() {
    let ours = Stack::ours;
    let mutants = [
        ours().without("/Resources/BuryMapping/Condition"),
        ours().with(
            "/Resources/WorkerMapping/Properties/EventSourceArn",
            json!({"Fn::GetAtt": "DeadLetterQueue.Arn"}),
        ),
        ours().with(
            "/Conditions/BuryIsOn",
            json!({"Fn::Not": [{"Fn::Equals": [{"Ref": "Bury"}, "on"]}]}),
        ),
        ours().without("/Resources/Status/Properties/Environment/Variables/BURY"),
    ];
    hold(bury_is_optional, &mutants);
}
