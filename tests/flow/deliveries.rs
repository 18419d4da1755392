//! `deliveries` and `receivers enable`, beside a server and without one.

use std::sync::Arc;
use std::time::Duration;

use counterfoil_core::ports::Clock;
use counterfoil_local::Store;
use counterfoil_machine::SystemClock;
use counterfoil_telling::courier::{Moment, judge};
use counterfoil_telling::delivery::Delivery;
use counterfoil_telling::health::ReceiverState;
use counterfoil_telling::ports::Deliveries;
use counterfoil_telling::receiver::ReceiverName;
use counterfoil_telling::schedule::Jitter;
use counterfoil_telling::send::{Outcome, Reply};
use counterfoil_testkit::contract::deliveries::{delivered, owed};
use serde_json::Value;

use crate::server::{Machine, program};

/// What a server has left: one delivered, two that have failed, one that waits; and the receiver wants no more.
pub(crate) fn machine_with_deliveries() -> Machine {
    let home = Machine::new();
    assert!(home.start().stop().success());
    let path = home.data().join("counterfoil.db");
    let store = Store::open(&path, Arc::new(SystemClock)).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    runtime.block_on(async {
        let cause = counterfoil_core::Cause::new(counterfoil_core::Code::Refused, "410 Gone");
        let reply = Reply {
            code: Some(410),
            said: Some("\u{1b}[31mno".into()),
        };
        let never = || Outcome::Never {
            cause: cause.clone(),
            reply: reply.clone(),
        };
        let gone = Outcome::Gone {
            cause: cause.clone(),
            reply: reply.clone(),
        };
        let ends = [delivered(), never(), never(), gone];
        for (number, outcome) in (1..).zip(ends) {
            let change = owed("crm", number, 1, 0).news;
            let crm = ReceiverName::parse("crm").unwrap();
            let born = Delivery::born(crm, change, SystemClock.now());
            store.bear(std::slice::from_ref(&born)).await.unwrap();
            let moment = Moment {
                at: born.born_at,
                took: Duration::from_millis(12),
                jitter: Jitter::NONE,
                shown: false,
            };
            let tried = judge(&born, ReceiverState::Up, &outcome, moment);
            store.settle(&tried, &outcome).await.unwrap().unwrap();
        }
    });
    home
}

fn rows(home: &Machine, arguments: &[&str]) -> Vec<Value> {
    let arguments = [&["deliveries", "list", "--json"], arguments].concat();
    serde_json::from_str(&home.verb(&arguments)).unwrap()
}

fn state(home: &Machine, state: &str) -> usize {
    rows(home, &["--state", state]).len()
}

#[test]
fn what_failed_is_found_by_its_cause_and_tried_again() {
    let home = machine_with_deliveries();
    let _server = home.start();
    assert_eq!(rows(&home, &[]).len(), 4);
    assert_eq!(rows(&home, &["--receiver", "other"]).len(), 0);
    let causes = home.verb(&["deliveries", "list", "--causes", "--state", "failed"]);
    assert!(
        causes.contains("refused") && causes.contains(" 2 "),
        "{causes}"
    );
    let one = rows(&home, &["--state", "failed"]).remove(0);
    let id = one["delivery"].as_str().unwrap();
    let shown = home.verb(&["deliveries", "show", id]);
    assert!(
        shown.contains("410") && !shown.contains('\u{1b}'),
        "{shown}"
    );
    let retry = [
        "deliveries",
        "retry",
        "--cause",
        "refused",
        "--why",
        "mended",
    ];
    home.verb(&[&retry[..], &["--dry-run"]].concat());
    assert_eq!(state(&home, "failed"), 2);
    let said = home.verb(&[&retry[..], &["--yes", "--as", "Ada", "--rate", "100"]].concat());
    assert_eq!(said.trim(), "retry: 2 deliveries");
    assert_eq!((state(&home, "failed"), state(&home, "waiting")), (0, 3));
    let shown: Value =
        serde_json::from_str(&home.verb(&["deliveries", "show", id, "--json"])).unwrap();
    assert_eq!(shown["order"]["by"], "Ada");
    assert_eq!(shown["order"]["why"], "mended");
    assert_eq!(shown["attempt_history"][0]["code"], 410);
}

#[test]
fn retry_does_not_send_again_what_was_delivered() {
    let home = machine_with_deliveries();
    home.verb(&["deliveries", "retry", "--all", "--yes"]);
    assert_eq!(state(&home, "delivered"), 1);
    home.verb(&["deliveries", "resend", "--all", "--yes"]);
    assert_eq!((state(&home, "delivered"), state(&home, "waiting")), (0, 4));
    home.verb(&["deliveries", "discard", "--receiver", "crm", "--yes"]);
    assert_eq!(state(&home, "discarded"), 4);
}

#[test]
fn a_receiver_that_was_disabled_is_enabled() {
    let home = machine_with_deliveries();
    let said = home.verb(&["receivers", "enable", "crm", "--why", "it is back"]);
    assert!(said.starts_with("crm is up"), "{said}");
}

#[test]
fn a_verb_takes_nothing_by_a_slip() {
    let home = machine_with_deliveries();
    let refused = |arguments: &[&str]| {
        let output = program().args(arguments).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        String::from_utf8(output.stderr).unwrap()
    };
    let data = home.data();
    let data = data.to_str().unwrap();
    for verb in ["retry", "resend", "discard"] {
        let said = refused(&["deliveries", verb, "--yes", "--data", data]);
        assert!(said.contains("--all"), "{said}");
    }
    refused(&["receivers", "enable", "nobody", "--data", data]);
}
