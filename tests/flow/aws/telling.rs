//! The stack tells a webhook as one machine does: at once behind the change, and by the next minute where it was down.

use std::net::TcpListener;

use serde_json::{Value, json};

use super::Aws;
use crate::client::{Door, Doors, send, settled};
use crate::hook::{Hook, Says};
use crate::server::program;
use crate::telling::{assert_is_a_notice, is_signed};
use crate::wait::until;

/// The emulator's own address, past the stack's front doors.
struct Endpoint(String);

impl Doors for Endpoint {
    fn door(&self, _path: &str) -> Door {
        Door {
            authority: self.0.clone(),
            host: self.0.clone(),
        }
    }
}

/// Calls the function as its schedule does.
fn tick(aws: &Aws) {
    let endpoint = aws.place("endpoint");
    let endpoint = Endpoint(endpoint.trim_start_matches("http://").to_owned());
    let path = format!(
        "/2015-03-31/functions/{}:live/invocations",
        aws.place("courier")
    );
    let answer = send(&endpoint, "POST", &path, &[], b"{}").unwrap();
    assert_eq!(answer.status, 200, "{answer:?}");
}

fn verb(aws: &Aws, arguments: &[&str]) -> Value {
    let mut command = program();
    command
        .args(arguments)
        .args(["--stack", &aws.place("stack"), "--json"]);
    let output = aws.as_operator(&mut command).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let value = serde_json::from_slice(&output.stdout);
    value.unwrap_or_else(|error| panic!("{arguments:?}: {error}: {said}"))
}

/// Posts to the form that tells: the ticket.
fn told(aws: &Aws, message: &str) -> String {
    let body = json!({"email": "ada@example.org", "message": message}).to_string();
    let kind = [("content-type", "application/json")];
    let answer = send(aws, "POST", "/forms/told", &kind, body.as_bytes()).unwrap();
    assert_eq!(answer.status, 202, "{answer:?}");
    answer.json()["ticket"].as_str().unwrap().to_owned()
}

#[test]
fn on_aws_a_webhook_is_told_at_once_and_once_more_where_it_was_down() {
    let Some(aws) = Aws::given() else { return };
    let port: u16 = aws.place("hook_port").parse().unwrap();
    let listener = TcpListener::bind(("127.0.0.1", port)).unwrap();
    let hook = Hook::at(listener, |count| {
        Says::Status(if count == 2 { 500 } else { 204 })
    });
    assert_eq!(settled(&aws, &told(&aws, "at once")), "stored");
    until("it is told", || !hook.asked().is_empty());
    let asked = hook.asked().remove(0);
    assert!(is_signed(&asked), "{asked:?}");
    let notice = assert_is_a_notice(&asked.body);
    assert_eq!(
        notice["data"]["fields"],
        json!({"email": "ada@example.org"})
    );

    assert_eq!(settled(&aws, &told(&aws, "it is down")), "stored");
    until("it was asked once more", || hook.asked().len() == 2);
    // Its schedule calls the function every minute; nobody waits for that here.
    until("the next minute tells it", || {
        tick(&aws);
        hook.asked().len() == 3
    });
    let asked = hook.asked();
    assert_eq!(asked[1].id(), asked[2].id());
    let list = ["deliveries", "list", "--form", "told"];
    until("it is written down", || {
        let rows = verb(&aws, &list);
        let rows = rows.as_array().unwrap();
        rows.len() == 2 && rows.iter().all(|row| row["state"] == "delivered")
    });
    let shown = verb(&aws, &["deliveries", "show", asked[1].id()]);
    let codes: Vec<_> = shown["attempt_history"]
        .as_array()
        .unwrap()
        .iter()
        .map(|attempt| attempt["code"].clone())
        .collect();
    assert_eq!(codes, [500, 204], "{shown:#}");
}
