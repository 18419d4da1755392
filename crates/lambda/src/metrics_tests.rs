//! A line of metrics, word by word; and what is counted of a batch.

use counterfoil_core::Code;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use counterfoil_testkit::ManualClock;
use counterfoil_testkit::build::reference;

use super::*;

fn told(tally: &Tally) -> Vec<String> {
    let settings = Settings::new(|name| match name {
        "STACK_NAME" => Some("forms-prod".into()),
        "AWS_LAMBDA_FUNCTION_VERSION" => Some("7".into()),
        _ => None,
    });
    let lines = Arc::new(Mutex::new(Vec::new()));
    let kept = Arc::clone(&lines);
    let meter = Meter::new(&settings, Function::Ingest, ManualClock::new());
    meter
        .by(move |line| kept.lock().unwrap().push(line.to_owned()))
        .tell(tally);
    lines.lock().unwrap().clone()
}

#[test]
fn a_line_is_one_object_in_the_format_that_is_specified() {
    let mut tally = Tally::default();
    tally.count(Metric::Answers5xx, Some(&FormId::parse("contact").unwrap()));
    let line = "{\"_aws\":{\"Timestamp\":1795385651000,\"CloudWatchMetrics\":[{\"Namespace\":\"Counterfoil\",\
                \"Dimensions\":[[\"Stack\",\"Function\"],[\"Stack\",\"Function\",\"Version\"]],\
                \"Metrics\":[{\"Name\":\"Answers5xx\",\"Unit\":\"Count\"}]}]},\
                \"timestamp\":\"2026-11-22T22:14:11.000Z\",\"level\":\"INFO\",\"Stack\":\"forms-prod\",\
                \"Function\":\"ingest\",\"Version\":\"7\",\"Answers5xx\":1,\"forms\":[\"contact\"]}";
    assert_eq!(told(&tally), [line]);
}

#[test]
fn nothing_is_told_where_nothing_went_wrong() {
    assert_eq!(told(&Tally::default()), Vec::<String>::new());
    let stored = Settled {
        of: reference(1),
        state: Some(State::Stored),
        quiet: None,
        cause: None,
    };
    assert_eq!(
        told(&Tally::of_batch(&[Outcome::Ack(stored)])),
        Vec::<String>::new()
    );
}

/// Every metric that a line names is in it as a number, and so is each dimension as a text.
#[test]
fn a_line_has_what_its_directives_name() {
    let mut tally = Tally::default();
    Metric::ALL
        .into_iter()
        .for_each(|metric| tally.count(metric, None));
    let line: Value = serde_json::from_str(&told(&tally)[0]).unwrap();
    let directives = line["_aws"]["CloudWatchMetrics"].as_array().unwrap();
    let named: Vec<_> = directives
        .iter()
        .map(|directive| directive["Metrics"][0]["Name"].as_str().unwrap())
        .collect();
    assert_eq!(named, Metric::ALL.map(Metric::as_str));
    assert!(named.iter().all(|name| line[*name] == 1), "{line}");
    let dimensions = directives
        .iter()
        .flat_map(|directive| directive["Dimensions"].as_array().unwrap());
    for name in dimensions.flat_map(|set| set.as_array().unwrap()) {
        assert!(line[name.as_str().unwrap()].is_string(), "{name} in {line}");
        assert!(
            ["Stack", "Function", "Version"].contains(&name.as_str().unwrap()),
            "{name} would cost"
        );
    }
}

fn failed(cause: Cause) -> Outcome {
    Outcome::Ack(Settled {
        of: reference(1),
        state: Some(State::Failed),
        quiet: None,
        cause: Some(cause),
    })
}

#[test]
fn a_batch_counts_its_dead_letters_and_retries_in_one_line() {
    let retry = || Outcome::Retry {
        after: Duration::ZERO,
        cause: Cause::new(Code::DatabaseBusy, "later"),
    };
    let quiet = Settled {
        of: reference(1),
        state: None,
        quiet: None,
        cause: None,
    };
    let batch = [
        retry(),
        failed(Cause::gave_up(20)),
        Outcome::Ack(quiet),
        failed(Cause::hash_mismatch()),
        retry(),
        retry(),
    ];
    let lines = told(&Tally::of_batch(&batch));
    assert_eq!(lines.len(), 1);
    let line: Value = serde_json::from_str(&lines[0]).unwrap();
    assert_eq!(
        (&line["FailedEntries"], &line["Retries"]),
        (&json!(2), &json!(3))
    );
    assert_eq!(line["forms"], json!(["contact"]), "each form by its name");
}

/// Whoever sends two contents with one key makes such dead letters at will.
#[test]
fn a_stranger_cannot_ring_the_alarm_of_dead_letters() {
    assert_eq!(
        told(&Tally::of_batch(&[failed(Cause::key_conflict(
            &reference(2)
        ))])),
        Vec::<String>::new()
    );
}
