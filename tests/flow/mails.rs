//! Mails of the real program: a digest is one of what came, with what is held, and without what was discarded meanwhile; and
//! one that comes back is told to somebody else.

use std::io::Write;
use std::process::Stdio;

use crate::client::{accepted, fields, post_json, settled};
use crate::hook::{Hook, Says};
use crate::mail_sink::MailSink;
use crate::server::{Machine, program};
use crate::telling::{delivered, deliveries, home_that_tells, start};
use crate::wait::until;

#[test]
fn a_digest_tells_what_came_and_what_is_held() {
    let sink = MailSink::start();
    let mailbox = sink.receiver("owner") + "when = \"daily\"\ntime_zone = \"Europe/Vienna\"\n";
    let home = home_that_tells(&mailbox, &["to = \"owner\"\nfields = [\"message\"]"]);
    let server = start(&home);
    for message in ["the first", "the second"] {
        assert_eq!(settled(&server, &accepted(&server, message)), "stored");
    }
    let mut held = Vec::new();
    for message in ["cheap pills", "no pills at all"] {
        let mut suspect = fields(message);
        suspect["website"] = "https://spam.example.org".into();
        let answer = post_json(&server, &suspect, &[]).unwrap();
        let ticket = answer.json()["ticket"].as_str().unwrap().to_owned();
        assert_eq!(settled(&server, &ticket), "held");
        held.push(ticket);
    }
    home.verb(&["held", "discard", &held[1], "--yes", "--why", "spam"]);
    until("all of it is owed", || deliveries(&home, &[]).len() == 5);
    let waiting = deliveries(&home, &["--state", "waiting"]);
    assert_eq!(waiting.len(), 5, "{waiting:#?}");
    assert!(sink.mails().is_empty(), "it is not the time");

    home.verb(&["receivers", "enable", "owner"]);
    until("the digest is out", || delivered(&home) == 5);
    let [mail] = &sink.mails()[..] else {
        panic!("{:?}", sink.mails());
    };
    let mail = mail.replace("=\n", "");
    let subject = "Subject: [Contact us] This day: 2 new, 1 held";
    assert!(mail.lines().any(|line| line == subject), "{mail}");
    for said in [
        "the first",
        "the second",
        "counterfoil held list --form contact",
    ] {
        assert!(mail.contains(said), "{said}\n{mail}");
    }
    assert!(!mail.contains("pills"), "{mail}");
    assert!(server.stop().success());
}

/// A mail that came back, as a mail server writes it.
fn bounce_of(message_id: &str) -> String {
    format!(
        "Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n\
         --b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx\r\n\r\n\
         Final-Recipient: rfc822; owner@example.org\r\nAction: failed\r\nStatus: 5.1.1\r\n\r\n\
         --b\r\nContent-Type: text/rfc822-headers\r\n\r\nMessage-ID: {message_id}\r\n\r\n--b--\r\n"
    )
}

/// Pipes a message into `receivers bounce`, as a mail server does.
fn bounce(home: &Machine, message: &str) -> String {
    let mut verb = program()
        .args(["receivers", "bounce", "--data"])
        .arg(home.data())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    verb.stdin
        .take()
        .unwrap()
        .write_all(message.as_bytes())
        .unwrap();
    let output = verb.wait_with_output().unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn a_mail_that_comes_back_is_told_to_somebody_else() {
    let (sink, on_call) = (MailSink::start(), Hook::start(|_| Says::Status(204)));
    let receivers =
        sink.receiver("owner") + &on_call.receiver("on-call") + "alarms = [\"deliveries\"]\n";
    let home = home_that_tells(&receivers, &["to = \"owner\""]);
    let server = start(&home);
    settled(&server, &accepted(&server, "to nobody"));
    until("the mail is out", || delivered(&home) == 1);
    let mails = sink.mails();
    let id = mails[0]
        .lines()
        .find_map(|line| line.strip_prefix("Message-ID: "));
    let message = bounce_of(id.unwrap());
    let said = bounce(&home, &message);
    assert!(said.contains("/owner has failed: bounced: "), "{said}");
    until("another is told", || !on_call.asked().is_empty());
    let body = &on_call.asked()[0].body;
    assert!(
        body.contains("counterfoil deliveries retry --receiver owner"),
        "{body}"
    );
    assert!(bounce(&home, &message).contains("is failed; nothing is changed"));
    assert!(bounce(&home, "Subject: hello\r\n\r\nhello").contains("it is no bounce"));
    assert!(server.stop().success());
}
