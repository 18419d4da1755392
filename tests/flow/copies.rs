//! Whoever submits gets one mail with the address of their ticket, after a captcha alone, and no more of them than a day may have.

use serde_json::Value;

use crate::captcha::Provider;
use crate::client::{fields, get, post_json, settled};
use crate::mail_sink::MailSink;
use crate::server::{Machine, Server};
use crate::telling::{delivered, deliveries};
use crate::wait::until;

const KEYS: &str = "[captcha]\nprovider = \"turnstile\"\nsite_key = \"0x4\"\nsecret_env = \"TEST_CAPTCHA_SECRET\"\n\
    [copy]\nto = \"email\"\nsubject = \"We have your message\"\nper_day = 2\ntickets = \"https://forms.example.org\"\n\
    text = \"Thank you & hello.\\nSee what becomes of it: {ticket}\"\n";

fn home(sink: &MailSink) -> Machine {
    let home = Machine::new();
    let text = include_str!("../../forms/contact.toml");
    home.write_form(
        "contact",
        &text.replacen("[schema]", &format!("{KEYS}\n[schema]"), 1),
    );
    let smtp = sink.receiver("owner");
    let smtp = smtp.replacen(
        "[receivers",
        "from = \"Forms <forms@example.org>\"\n[receivers",
        1,
    );
    std::fs::write(home.forms().with_file_name("receivers.toml"), smtp).unwrap();
    home
}

/// Posts with a captcha that is judged so, to nobody but this address: the ticket.
fn posted(server: &Server, token: &str, email: &str) -> String {
    let mut body: Value = fields("canary-message");
    body["email"] = email.into();
    body["cf-turnstile-response"] = token.into();
    let answer = post_json(server, &body, &[]).unwrap();
    assert_eq!(answer.status, 202, "{answer:?}");
    answer.json()["ticket"].as_str().unwrap().to_owned()
}

#[test]
fn whoever_submits_gets_their_ticket_by_mail_after_a_captcha_alone() {
    let (sink, provider) = (MailSink::start(), Provider::start());
    let home = home(&sink);
    let variables = [
        ("TEST_CAPTCHA_SECRET", "s3cret"),
        ("SMTP_PASSWORD", "hunter2"),
        ("COUNTERFOIL_CAPTCHA_URL", &provider.url()),
    ];
    let server = home.start_told(&variables, &["--retry-base", "0.05"]);
    assert_eq!(
        settled(&server, &posted(&server, "made-up", "victim@example.org")),
        "held"
    );
    let ticket = posted(&server, "good1", "ada@example.org");
    assert_eq!(settled(&server, &ticket), "stored");
    until("the mail is out", || delivered(&home) == 1);
    let mails = sink.mails();
    assert_eq!(mails.len(), 1, "{mails:?}");
    let mail = mails[0].replace("=\n", "").replace("=3D", "=");
    for line in [
        "To: ada@example.org",
        "From: Forms <forms@example.org>",
        "Subject: We have your message",
        "Auto-Submitted: auto-replied",
    ] {
        assert!(mail.lines().any(|one| one == line), "{line}\n{mail}");
    }
    assert!(!mail.contains("canary-message"), "{mail}");
    let (_, rest) = mail
        .split_once("https://forms.example.org/tickets/")
        .unwrap();
    let minted: String = rest.chars().take_while(|c| !c.is_whitespace()).collect();
    // It is the ticket's page, whatever second it was signed in.
    let page = get(&server, &format!("/tickets/{minted}"), "application/json");
    assert_eq!(
        (page.status, &page.json()["state"]),
        (200, &"stored".into()),
        "{minted}"
    );

    for (token, email) in [("good2", "b@example.org"), ("good3", "c@example.org")] {
        assert_eq!(settled(&server, &posted(&server, token, email)), "stored");
    }
    until("the third is beyond the budget", || {
        let failed = deliveries(&home, &["--receiver", "submitter", "--state", "failed"]);
        failed.len() == 1 && failed[0]["cause"]["code"] == "over-budget"
    });
    until("the other two are out", || sink.mails().len() == 2);
    assert!(server.stop().success());
    let log = home.log();
    assert!(
        !log.contains("ada@example.org") && !log.contains(&minted),
        "{log}"
    );
}
