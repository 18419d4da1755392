//! The real program tells real receivers: a signed webhook and a mail, once more where one was down, and nobody the less
//! where one is wrong, slow or dead.

mod ends;

use std::collections::BTreeSet;
use std::io::Write;
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::client::{accepted, settled};
use crate::hook::{Asked, Hook, SECRET, Says};
use crate::mail_sink::MailSink;
use crate::server::{Machine, Server, program};
use crate::wait::until;

const CONTACT: &str = include_str!("../../forms/contact.toml");

/// A home whose contact form tells these receivers: with their keys, as TOML.
pub(crate) fn home_that_tells(receivers: &str, rules: &[&str]) -> Machine {
    let home = Machine::new();
    let rules: Vec<_> = rules
        .iter()
        .map(|rule| format!("\n[[notify]]\n{rule}\n"))
        .collect();
    home.write_form("contact", &format!("{CONTACT}{}", rules.concat()));
    write_receivers(&home, receivers);
    home
}

fn write_receivers(home: &Machine, text: &str) {
    std::fs::write(home.forms().with_file_name("receivers.toml"), text).unwrap();
}

pub(crate) fn start(home: &Machine) -> Server {
    let secrets = [("CRM_SECRET", SECRET), ("SMTP_PASSWORD", "hunter2-hunter2")];
    home.start_told(&secrets, &["--retry-base", "0.05"])
}

pub(crate) fn deliveries(home: &Machine, arguments: &[&str]) -> Vec<Value> {
    let list = ["deliveries", "list", "--limit", "0", "--json"];
    serde_json::from_str(&home.verb(&[&list[..], arguments].concat())).unwrap()
}

pub(crate) fn delivered(home: &Machine) -> usize {
    deliveries(home, &["--state", "delivered"]).len()
}

fn ids(asked: &[Asked]) -> BTreeSet<String> {
    asked.iter().map(|asked| asked.id().to_owned()).collect()
}

/// Verifies a signature without any code of ours: HMAC as Python has it, over what Standard Webhooks says.
const VERIFY: &str = "
import base64, hashlib, hmac, sys
secret, id, timestamp, signature = sys.argv[1:]
signed = f'{id}.{timestamp}.'.encode() + sys.stdin.buffer.read()
key = base64.b64decode(secret.removeprefix('whsec_'))
own = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
sys.exit(0 if f'v1,{own}' in signature.split(' ') else 1)";

pub(crate) fn is_signed(asked: &Asked) -> bool {
    let mut python = Command::new("python3")
        .args(["-c", VERIFY, SECRET, asked.id()])
        .args(["webhook-timestamp", "webhook-signature"].map(|name| asked.header(name)))
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    let mut body = python.stdin.take().unwrap();
    body.write_all(asked.body.as_bytes()).unwrap();
    drop(body);
    python.wait().unwrap().success()
}

pub(crate) fn assert_is_a_notice(body: &str) -> Value {
    let schema = include_str!("../../docs/notice.schema.json");
    let schema = jsonschema::validator_for(&serde_json::from_str(schema).unwrap()).unwrap();
    let notice: Value = serde_json::from_str(body).unwrap();
    let wrong: Vec<_> = schema
        .iter_errors(&notice)
        .map(|error| error.to_string())
        .collect();
    assert_eq!(wrong, [""; 0], "{body}");
    notice
}

#[test]
fn a_submission_is_told_by_a_signed_webhook_and_a_mail() {
    let (hook, sink) = (Hook::start(|_| Says::Status(204)), MailSink::start());
    let receivers = hook.receiver("crm") + &sink.receiver("owner");
    let rules = [
        "to = \"crm\"\nfields = [\"email\"]",
        "to = \"owner\"\nfields = true\nreply_to = \"email\"",
    ];
    let home = home_that_tells(&receivers, &rules);
    let server = start(&home);
    let ticket = accepted(&server, "canary <b>zanzibar</b>");
    assert_eq!(settled(&server, &ticket), "stored");
    until("both are told", || delivered(&home) == 2);

    let [asked] = &hook.asked()[..] else {
        panic!("{:?}", hook.asked());
    };
    assert!(asked.head.starts_with("POST /hook HTTP/1.1\r\n"));
    assert!(is_signed(asked), "{asked:?}");
    let notice = assert_is_a_notice(&asked.body);
    let data = &notice["data"];
    assert_eq!(
        data["fields"],
        serde_json::json!({"email": "ada@example.org"})
    );
    let of = notice["subject"].as_str().unwrap();
    assert_eq!(asked.id(), format!("{of}:{}/crm", data["seq"]));

    let [mail] = &sink.mails()[..] else {
        panic!("{:?}", sink.mails());
    };
    let (head, body) = mail.split_once("\n\n").unwrap();
    for line in [
        "Subject: [Contact us] New submission",
        "Reply-To: ada@example.org",
        "To: owner@example.org",
        "Auto-Submitted: auto-generated",
    ] {
        assert!(head.lines().any(|one| one == line), "{line}\n{head}");
    }
    let body = body.replace("=\n", "");
    assert!(
        body.contains("canary &lt;b&gt;zanzibar&lt;/b&gt;"),
        "{body}"
    );

    let shown = home.verb(&["deliveries", "show", asked.id()]);
    assert!(shown.contains("delivered 204"), "{shown}");
    drop(server);
    for secret in ["zanzibar", "ada@example.org", "hunter2", "MfKQ"] {
        assert!(!home.log().contains(secret), "{secret}: {}", home.log());
    }
}

#[test]
fn a_receiver_that_fails_is_told_once_more_with_the_id_it_had() {
    let hook = Hook::start(|count| Says::Status(if count == 1 { 500 } else { 200 }));
    let home = home_that_tells(&hook.receiver("crm"), &["to = \"crm\""]);
    let server = start(&home);
    settled(&server, &accepted(&server, "again"));
    until("it is told once more", || delivered(&home) == 1);
    let asked = hook.asked();
    assert_eq!((asked.len(), ids(&asked).len()), (2, 1), "{asked:?}");
    let shown = home.verb(&["deliveries", "show", asked[0].id(), "--json"]);
    let shown: Value = serde_json::from_str(&shown).unwrap();
    let codes: Vec<_> = shown["attempt_history"]
        .as_array()
        .unwrap()
        .iter()
        .map(|attempt| attempt["code"].as_u64().unwrap())
        .collect();
    assert_eq!(codes, [500, 200]);
}

#[test]
fn a_dead_receiver_delays_nobody() {
    let (dead, hook) = (
        Hook::start(|_| Says::Nothing),
        Hook::start(|_| Says::Status(200)),
    );
    let receivers = dead.receiver("dead") + &hook.receiver("crm");
    let home = home_that_tells(&receivers, &["to = \"dead\"", "to = \"crm\""]);
    let server = start(&home);
    let tickets: Vec<_> = (0..20)
        .map(|number| accepted(&server, &number.to_string()))
        .collect();
    for ticket in &tickets {
        assert_eq!(settled(&server, ticket), "stored");
    }
    until("the other is told everything", || {
        ids(&hook.asked()).len() == tickets.len()
    });
    let waiting = deliveries(&home, &["--receiver", "dead", "--state", "waiting"]);
    assert_eq!(waiting.len(), tickets.len());
}

#[test]
fn a_mistake_in_receivers_toml_stops_no_intake_and_loses_no_telling() {
    let hook = Hook::start(|_| Says::Status(200));
    let good = hook.receiver("crm");
    let rules = ["to = \"crm\"", "to = \"other\""];
    let home = home_that_tells("[receivers.crm]\nkind = \"webhok\"\n", &rules);
    let server = start(&home);
    settled(&server, &accepted(&server, "untold as yet"));
    until("what is owed is written down", || {
        deliveries(&home, &["--state", "waiting"]).len() == 2
    });
    assert!(server.stop().success());
    let log = home.log();
    for said in [
        "did you mean \"webhook\"?",
        "there is no receiver \"other\"",
    ] {
        assert!(log.contains(said), "{said}\n{log}");
    }
    assert_eq!(log.matches("there is no receiver").count(), 1, "{log}");

    write_receivers(&home, &good);
    let server = start(&home);
    until("who can be told by now is", || delivered(&home) == 1);
    assert_eq!(hook.asked().len(), 1);
    assert!(server.stop().success());

    std::fs::remove_file(home.forms().with_file_name("receivers.toml")).unwrap();
    let server = start(&home);
    settled(&server, &accepted(&server, "no file"));
    until("it is written down", || {
        deliveries(&home, &["--state", "waiting"]).len() == 3
    });
    assert!(home.log().contains("there is no file"));
}

#[test]
fn a_canary_goes_first_and_the_rest_stays_where_it_does_not_arrive() {
    // It wants no more, then fails, and then works.
    let hook = Hook::start(|count| {
        Says::Status(match count {
            1 => 410,
            2 => 500,
            _ => 204,
        })
    });
    let home = home_that_tells(&hook.receiver("crm"), &["to = \"crm\""]);
    let server = start(&home);
    for number in 0..15 {
        settled(&server, &accepted(&server, &number.to_string()));
    }
    until("it is disabled", || {
        deliveries(&home, &["--state", "waiting"]).len() == 15 && hook.asked().len() == 1
    });
    home.verb(&["deliveries", "discard", "--receiver", "crm", "--yes"]);
    home.verb(&["receivers", "enable", "crm"]);
    let retry = [
        "deliveries",
        "retry",
        "--receiver",
        "crm",
        "--state",
        "discarded",
        "--yes",
    ];
    let mut canary = program();
    canary
        .args(retry)
        .args(["--canary", "--data"])
        .arg(home.data());
    let output = canary.output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("has not arrived: answered-error"), "{said}");
    assert_eq!(deliveries(&home, &["--state", "discarded"]).len(), 14);
    home.verb(&[&retry[..], &["--canary"]].concat());
    until("all is told", || delivered(&home) == 15);
}

#[test]
fn who_is_added_is_not_owed_what_was_before() {
    let home = Machine::new();
    let server = home.start();
    settled(&server, &accepted(&server, "before"));
    assert!(server.stop().success());
    let hook = Hook::start(|_| Says::Status(200));
    home.write_form("contact", &format!("{CONTACT}\n[[notify]]\nto = \"crm\"\n"));
    write_receivers(&home, &hook.receiver("crm"));
    let server = start(&home);
    settled(&server, &accepted(&server, "after"));
    until("it is told", || delivered(&home) == 1);
    assert_eq!(deliveries(&home, &[]).len(), 1);
}

/// Runs a verb of `receivers` as an owner does, beside the forms.
fn receivers(home: &Machine, arguments: &[&str]) -> (Option<i32>, String) {
    let output = program()
        .arg("receivers")
        .args(arguments)
        .arg("--forms")
        .arg(home.forms())
        .envs([("CRM_SECRET", SECRET), ("SMTP_PASSWORD", "hunter2-hunter2")])
        .output()
        .unwrap();
    let said = [output.stdout, output.stderr].concat();
    (output.status.code(), String::from_utf8(said).unwrap())
}

#[test]
fn a_test_that_arrives_brings_a_disabled_receiver_back() {
    let hook = Hook::start(|count| Says::Status(if count == 1 { 410 } else { 200 }));
    let home = home_that_tells(&hook.receiver("crm"), &["to = \"crm\""]);
    let server = start(&home);
    settled(&server, &accepted(&server, "unwanted"));
    until("it wants no more", || {
        let log = home.log();
        log.contains("a receiver wants no more letters and is disabled")
    });
    let data = home.data();
    let test = ["test", "crm", "--data", data.to_str().unwrap()];
    let (code, said) = receivers(&home, &test);
    assert_eq!(code, Some(0), "{said}");
    assert!(
        said.ends_with("crm is up; what waits for it is due now: 1\n"),
        "{said}"
    );
    until("what waited has gone out", || delivered(&home) == 1);
    let asked = hook.asked();
    let is_a_test = |asked: &Asked| assert_is_a_notice(&asked.body)["data"]["test"] == true;
    let tests: Vec<_> = asked.iter().map(is_a_test).collect();
    assert_eq!(tests, [false, true, false]);
    let (_, said) = receivers(&home, &test);
    assert!(!said.contains("is up"), "{said}");
}

#[test]
fn what_is_wrong_with_a_receiver_is_said_step_by_step() {
    let sink = MailSink::start();
    let home = home_that_tells(&sink.receiver("owner"), &["to = \"owner\""]);
    let (code, said) = receivers(&home, &["check"]);
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("there is only one receiver"), "{said}");
    let (code, said) = receivers(&home, &["test", "owner"]);
    assert_eq!(code, Some(0), "{said}");
    for step in ["connected", "signed in", "it answered 250", "delivered"] {
        assert!(said.contains(step), "{step}\n{said}");
    }
    let wrong = sink.receiver("owner") + "[receivers.crm]\nkind = \"webhook\"\n";
    write_receivers(&home, &wrong);
    let (code, said) = receivers(&home, &["list"]);
    assert_eq!(code, Some(2), "{said}");
    assert!(
        said.contains("owner: mail to owner@example.org") && said.contains("receivers.crm"),
        "{said}"
    );
    let (code, said) = receivers(&home, &["test", "crm"]);
    assert!(code == Some(2) && said.contains("receivers.crm"), "{said}");
    let (code, said) = receivers(&home, &["test", "owner"]);
    assert_eq!(code, Some(0), "{said}");
    drop(sink);
    let (code, said) = receivers(&home, &["test", "owner"]);
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("is the port right"), "{said}");
}
