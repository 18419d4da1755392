//! A digest of the real program: one mail of what came, with what is held, and without what was discarded meanwhile.

use crate::client::{accepted, fields, post_json, settled};
use crate::mail_sink::MailSink;
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
