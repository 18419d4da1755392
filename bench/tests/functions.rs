//! The bench of the functions, run for a moment over whatever build of them there is. Timings of such a build mean
//! nothing and are not looked at; that every load is answered, and by which calls of services, holds for any build.
#![allow(clippy::unwrap_used, reason = "a test's panic is its report")]

use std::path::Path;
use std::process::Command;

/// What each load calls, as the bench prints it.
const CALLS: [(&str, &str); 10] = [
    ("echo (floor)", "none"),
    ("send (reference)", "1.00 SendMessage"),
    ("ingest", "1.00 SendMessage"),
    ("status, a poll", "1.00 GetItem"),
    ("status, forged", "none"),
    ("notifier, 1", "1.00 PublishBatch"),
    ("notifier, 10", "0.10 PublishBatch"),
    ("put 10 (reference)", "1.00 PutItem"),
    ("worker, 10", "1.00 PutItem"),
    // The row, and its line of history.
    ("bury, 10", "1.00 TransactWriteItems"),
];

#[test]
#[allow(
    clippy::disallowed_methods,
    reason = "COUNTERFOIL_FULL says that everything was built"
)]
fn a_submission_costs_the_calls_it_should() {
    if std::env::var_os("COUNTERFOIL_FULL").is_none() {
        println!(
            "SKIPPED: the functions may not be built, or not from this source; `cargo xtask test` builds them"
        );
        return;
    }
    let bench = Path::new(env!("CARGO_BIN_EXE_counterfoil-bench"));
    let programs = bench.parent().unwrap();
    let forms = Path::new(env!("CARGO_MANIFEST_DIR")).join("../forms");
    let mut command = Command::new(bench);
    command
        .args([
            "functions",
            "--starts",
            "1",
            "--invocations",
            "20",
            "--programs",
        ])
        .arg(programs);
    let json = programs.join("bench-functions.json");
    let output = command
        .arg("--forms")
        .arg(forms)
        .arg("--json")
        .arg(&json)
        .output()
        .unwrap();
    let table = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let (_, calls) = table
        .split_once("calls of services per submission or poll\n")
        .unwrap();
    let calls: Vec<_> = calls.lines().take_while(|line| !line.is_empty()).collect();
    assert_eq!(
        calls,
        CALLS.map(|(load, calls)| format!("{load:<20}{calls}"))
    );
    let json: serde_json::Value = serde_json::from_slice(&std::fs::read(json).unwrap()).unwrap();
    assert_eq!(
        json["loads"]["worker, 10"]["calls"],
        serde_json::json!({"PutItem": 1.0})
    );
}
