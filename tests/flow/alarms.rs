//! What needs a person is told once, and called off once: by a receiver with alarms, of the real program.

use serde_json::Value;

use crate::client::{accepted, settled};
use crate::hook::{Hook, Says};
use crate::server::Machine;
use crate::telling::{home_that_tells, start};
use crate::wait::until;

/// A home whose contact form tells `rules`, and a receiver `on-call` that is told of alarms.
fn home(receivers: &str, alarms: &str, on_call: &Hook, rules: &[&str]) -> Machine {
    let on_call = on_call.receiver("on-call");
    home_that_tells(&format!("{receivers}{on_call}alarms = [{alarms}]\n"), rules)
}

/// Every alarm that a receiver was told, in the order they came, each once.
fn told(on_call: &Hook) -> Vec<Value> {
    let schema = include_str!("../../docs/alarm.schema.json");
    let schema = jsonschema::validator_for(&serde_json::from_str(schema).unwrap()).unwrap();
    let asked = on_call.asked();
    let notices = asked.iter().map(|asked| {
        let notice: Value = serde_json::from_str(&asked.body).unwrap();
        assert!(schema.is_valid(&notice), "{notice:#}");
        assert_eq!(
            asked.id(),
            format!("{}/on-call", notice["id"].as_str().unwrap())
        );
        notice
    });
    notices.collect()
}

fn kinds(on_call: &Hook) -> Vec<String> {
    let kind = |notice: &Value| {
        let kind = notice["type"].as_str().unwrap();
        format!(
            "{} {}",
            notice["data"]["alarm"].as_str().unwrap(),
            kind.rsplit('.').next().unwrap()
        )
    };
    told(on_call).iter().map(kind).collect()
}

#[test]
fn a_dead_letter_rings_once_and_is_called_off() {
    let on_call = Hook::start(|_| Says::Status(204));
    let home = home("", "\"*\"", &on_call, &[]);
    let server = start(&home);
    home.verb(&["fail", "settle:3:permanent"]);
    for number in 0..3 {
        assert_eq!(
            settled(&server, &accepted(&server, &number.to_string())),
            "failed"
        );
    }
    until("it rings", || !on_call.asked().is_empty());
    let raised = told(&on_call);
    let data = &raised[0]["data"];
    assert!(
        data["detail"].as_str().unwrap().starts_with("injected: "),
        "{data:#}"
    );
    let help = data["help"].as_str().unwrap();
    let cause = data["subject"].as_str().unwrap();
    assert!(
        help.contains(&format!("dead-letters list --cause {cause}")),
        "{help}"
    );
    // The command that it names finds them.
    let found = home.verb(&["dead-letters", "list", "--cause", cause, "--json"]);
    let found: Value = serde_json::from_str(&found).unwrap();
    assert_eq!(found.as_array().unwrap().len(), 3);
    // A stop in between tells nothing twice.
    assert!(server.stop().success());
    let server = start(&home);
    home.verb(&["dead-letters", "replay", "--cause", cause, "--yes"]);
    until("it is called off", || on_call.asked().len() > 1);
    assert_eq!(
        kinds(&on_call),
        ["dead-letters raised", "dead-letters cleared"]
    );
    let shown = home.verb(&["deliveries", "list", "--form", "_alarm"]);
    assert_eq!(shown.matches("delivered").count(), 2, "{shown}");
    let id = on_call.asked()[0].id().to_owned();
    let shown = home.verb(&["deliveries", "show", &id]);
    assert!(shown.contains("alarm: Submissions have failed"), "{shown}");
    assert!(server.stop().success());
}

#[test]
fn a_receiver_that_is_disabled_is_told_by_another_and_not_by_itself() {
    let gone = Hook::start(|count| Says::Status(if count == 1 { 410 } else { 204 }));
    let on_call = Hook::start(|_| Says::Status(204));
    let receivers = gone.receiver("crm") + "alarms = [\"*\"]\n";
    let home = home(
        &receivers,
        "\"receiver\", \"deliveries\"",
        &on_call,
        &["to = \"crm\""],
    );
    let server = start(&home);
    settled(&server, &accepted(&server, "unwanted"));
    until("another is told", || on_call.asked().len() == 1);
    let raised = &told(&on_call)[0];
    assert_eq!(raised["subject"], "receiver/crm", "{raised:#}");
    assert_eq!(raised["data"]["count"], 100);
    home.verb(&["receivers", "enable", "crm"]);
    until("it is called off", || on_call.asked().len() == 2);
    assert_eq!(kinds(&on_call), ["receiver raised", "receiver cleared"]);
    until("what waited has gone out", || gone.asked().len() == 2);
    assert!(
        gone.asked()
            .iter()
            .all(|asked| !asked.body.contains("counterfoil.alarm"))
    );
}
