//! The corpus of bad input, sent to the real server with its log at its loudest: refused as what it is, nothing kept,
//! and nothing of it in the log.

use counterfoil_testkit::corpus::{self, CANARY, Case, FORMS};

use crate::client::{Answer, accepted, raw, settled};
use crate::server::{Machine, Server, is_full_run};

/// A body beyond this is not read to its end: whoever sends it may see the connection close and no answer.
const DRAINED: usize = 8 * 1024 * 1024;

/// The case as it goes over the wire.
fn bytes(case: &Case, server: &Server) -> Vec<u8> {
    let head = format!(
        "{} {} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\n",
        case.method,
        case.path,
        server.authority()
    );
    let mut bytes = head.into_bytes();
    for (name, value) in &case.headers {
        bytes.extend_from_slice(&[name.as_bytes(), b": ", value, b"\r\n"].concat());
    }
    bytes.extend_from_slice(format!("content-length: {}\r\n\r\n", case.body.len()).as_bytes());
    bytes.extend_from_slice(&case.body);
    bytes
}

fn is_refused(case: &Case, answer: &Answer) -> bool {
    let says = answer.header("content-type") == Some("application/problem+json")
        && answer.json()["type"] == format!("urn:counterfoil:problem:{}", case.problem);
    says && (400..500).contains(&answer.status) && !answer.body.contains(CANARY)
}

#[test]
fn every_bad_request_is_refused_by_the_real_server_and_leaves_no_trace() {
    let home = Machine::new();
    FORMS
        .iter()
        .for_each(|(id, text)| home.write_form(id, text));
    let server = home.start_with(&["--log", "trace", "--no-console"]);
    // Some of each family are enough to see that the server adds nothing; all when there is time.
    let step = if is_full_run() { 1 } else { 12 };
    let cases = corpus::all()
        .into_iter()
        .flat_map(|(_, cases)| cases)
        .step_by(step);
    let mut wrong = Vec::new();
    let mut asked = 0;
    for case in cases {
        asked += 1;
        match raw(&server, &bytes(&case, &server)) {
            Ok(answer) if is_refused(&case, &answer) => {}
            Err(_) if case.body.len() > DRAINED => {}
            other => wrong.push(format!("{}: {other:?}", case.why)),
        }
    }
    println!("{asked} cases");
    assert!(
        wrong.is_empty(),
        "{} of {asked}\n{}",
        wrong.len(),
        wrong[..wrong.len().min(40)].join("\n")
    );
    assert_eq!(settled(&server, &accepted(&server, "after")), "stored");
    let kept: Vec<serde_json::Value> =
        serde_json::from_str(&home.verb(&["submissions", "list", "--json"])).unwrap();
    assert_eq!(kept.len(), 1, "nothing of it was kept");
    assert!(server.stop().success());
    let log = home.log();
    assert!(
        log.contains("TRACE") || log.contains("DEBUG"),
        "the log is at its loudest"
    );
    assert!(
        !log.contains(CANARY),
        "{}",
        log.lines()
            .find(|line| line.contains(CANARY))
            .unwrap_or_default()
    );
}
