//! Letters to receivers that a test plays: what goes out, and what each answer means.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::Mutex as StdMutex;

use counterfoil_core::notice::Change;
use counterfoil_core::{Body, Form, FormId, Payload, State, SubmissionRef};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use super::*;
use crate::news::News;
use crate::receiver::ReceiverName;
use crate::send::Item;

const FORM: &str = "title = \"Contact\\r\\nBcc: x@example.org\"\n[[notify]]\nto = \"crm\"\nfields = true\n\
                    [[notify]]\nto = \"owner\"\nfields = true\nreply_to = \"email\"\n[schema]\ntype = \"object\"\n\
                    [schema.properties]\nname = { title = \"Your <b>name\", type = \"string\" }\nemail = { type = \"string\" }\n";

const HOSTILE: &str = "<script>&\"'\r\n.\r\nRCPT TO:<x@example.org>";

/// Answers each question with the next of these, and counts them.
pub(super) struct Names(StdMutex<VecDeque<SocketAddr>>);

impl Resolver for Names {
    async fn resolve(&self, _: &str, _: u16) -> std::io::Result<Vec<SocketAddr>> {
        Ok(self.0.lock().unwrap().pop_front().into_iter().collect())
    }
}

pub(super) fn post(receivers: &str, names: &[SocketAddr]) -> Post<Names> {
    let env = |_: &str| Some("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".to_owned());
    let form = Form::parse(FormId::parse("contact").unwrap(), FORM).unwrap();
    Post {
        receivers: Arc::new(Receivers::parse(receivers, &env).unwrap()),
        forms: Arc::new([form].into_iter().collect()),
        stage: "local".into(),
        resolver: Names(StdMutex::new(names.iter().copied().collect())),
        trust: Trust::with_native_roots(Vec::new()),
        limits: Limits::default(),
        copies: None,
    }
}

pub(super) fn letter(receiver: &str, fields: Value) -> Letter {
    let of = "contact/01930000-0000-7abc-8def-0123456789ab";
    let item = Item {
        id: format!("{of}:1/{receiver}"),
        news: News::Change(Change {
            of: SubmissionRef::parse(of).unwrap(),
            seq: 1,
            state: State::Stored,
            run: 0,
            cause: None,
            at: Timestamp::from_secs(1_795_385_651),
        }),
        head: None,
        body: fields
            .as_object()
            .map(|fields| Body::Payload(Payload::from_fields(fields))),
    };
    Letter {
        receiver: ReceiverName::parse(receiver).unwrap(),
        items: vec![item],
        at: Timestamp::from_secs(1_795_385_700),
        test: false,
    }
}

const HOOK: &str = "[receivers.crm]\nkind = \"webhook\"\nurl = \"http://crm.example.org:81/hook?a=b\"\nsecret_env = [\"K\"]\n\
                    allow_private = [\"127.0.0.0/8\"]\n";

/// A server of one request: it answers with `answer`, and gives what it was asked.
async fn server(answer: &str) -> (SocketAddr, JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = listener.local_addr().unwrap();
    let answer = answer.to_owned();
    let asked = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut asked = String::new();
        let is_whole = |asked: &str| {
            let (head, body) = asked.split_once("\r\n\r\n")?;
            let (_, length) = head.split_once("content-length: ")?;
            let length: usize = length.lines().next()?.parse().ok()?;
            (body.len() >= length).then_some(())
        };
        let mut bytes = [0; 4096];
        while is_whole(&asked).is_none() {
            let read = stream.read(&mut bytes).await.unwrap();
            assert!(read > 0, "it hung up: {asked}");
            asked.push_str(std::str::from_utf8(&bytes[..read]).unwrap());
        }
        stream.write_all(answer.as_bytes()).await.unwrap();
        asked
    });
    (at, asked)
}

#[tokio::test]
async fn a_webhook_is_signed_and_goes_to_the_address_that_was_judged() {
    let (at, asked) = server("HTTP/1.1 204 No Content\r\n\r\n").await;
    // Whoever asks a second time is sent elsewhere.
    let post = post(HOOK, &[at, "127.0.0.1:1".parse().unwrap()]);
    let letter = letter("crm", json!({ "email": "a@example.org", "name": HOSTILE }));
    let (steps, outcome) = post.try_out(&letter).await;
    assert!(
        matches!(&outcome, Outcome::Delivered(reply) if reply.code == Some(204)),
        "{outcome:?}"
    );
    assert_eq!(
        steps,
        [
            Step::Resolved(1),
            Step::Connected,
            Step::Answered(Some(204))
        ]
    );
    assert_eq!(post.resolver.0.lock().unwrap().len(), 1);
    let asked = asked.await.unwrap();
    let (head, body) = asked.split_once("\r\n\r\n").unwrap();
    assert!(
        head.starts_with("POST /hook?a=b HTTP/1.1\r\nhost: crm.example.org:81\r\n"),
        "{head}"
    );
    let id = "contact/01930000-0000-7abc-8def-0123456789ab:1/crm";
    let key =
        crate::receivers::SigningKey::parse("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
    let expected = signature(&[key], (id, 1_795_385_700), body);
    for line in [
        format!("webhook-id: {id}"),
        "webhook-timestamp: 1795385700".into(),
        format!("webhook-signature: {expected}"),
        "content-type: application/json".into(),
    ] {
        assert!(head.lines().any(|one| one == line), "{line}\n{head}");
    }
    let notice: Value = serde_json::from_str(body).unwrap();
    assert_eq!(notice["data"]["fields"]["name"], HOSTILE);
}

#[tokio::test]
async fn each_answer_means_what_it_says() {
    for (answer, expected, after) in [
        (
            "301 Moved\r\nlocation: http://127.0.0.1:1/",
            Trouble::Redirected,
            None,
        ),
        ("404 Not Found", Trouble::AnsweredError, None),
        ("410 Gone", Trouble::Gone, None),
        ("429 Too Many\r\nretry-after: 7", Trouble::SlowDown, Some(7)),
        ("429 Too Many", Trouble::SlowDown, Some(60)),
        (
            "503 No\r\nretry-after: 99999999",
            Trouble::SlowDown,
            Some(86_400),
        ),
        ("500 No", Trouble::AnsweredError, None),
    ] {
        let (at, asked) = server(&format!("HTTP/1.1 {answer}\r\ncontent-length: 0\r\n\r\n")).await;
        let outcome = post(HOOK, &[at]).send(&letter("crm", json!({}))).await;
        asked.await.unwrap();
        let (cause, wait) = match outcome {
            Outcome::Later { cause, after, .. } => (cause, after),
            Outcome::Gone { cause, .. } => (cause, None),
            Outcome::Delivered(_) | Outcome::Never { .. } => panic!("{answer}: {outcome:?}"),
        };
        assert_eq!(cause.code, expected.as_str(), "{answer}");
        assert_eq!(wait.map(|wait| wait.as_secs()), after, "{answer}");
    }
}

#[tokio::test]
async fn garbage_silence_and_private_addresses_are_told_apart() {
    let (at, asked) = server("not HTTP at all\r\n\r\n").await;
    let code = |outcome: Outcome| match outcome {
        Outcome::Later { cause, .. } => cause.code,
        other => panic!("{other:?}"),
    };
    assert_eq!(
        code(post(HOOK, &[at]).send(&letter("crm", json!({}))).await),
        "broke-off"
    );
    asked.await.unwrap();
    assert_eq!(
        code(post(HOOK, &[]).send(&letter("crm", json!({}))).await),
        "name-unknown"
    );
    let closed = {
        TcpListener::bind("127.0.0.1:0")
            .await
            .unwrap()
            .local_addr()
            .unwrap()
    };
    assert_eq!(
        code(post(HOOK, &[closed]).send(&letter("crm", json!({}))).await),
        "unreachable"
    );
    let other = HOOK.replace("127.0.0.0/8", "10.0.0.0/8");
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = listener.local_addr().unwrap();
    assert_eq!(
        code(post(&other, &[at]).send(&letter("crm", json!({}))).await),
        "private-address"
    );
}

/// A mail server of one connection that answers each command by `script`, else with 250, and gives what it was told.
async fn mail_server(script: &[(&'static str, &'static str)]) -> (SocketAddr, JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = listener.local_addr().unwrap();
    let script = script.to_vec();
    let told = tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        let mut stream = BufReader::new(stream);
        stream.write_all(b"220 ready\r\n").await.unwrap();
        let (mut told, mut in_data) = (String::new(), false);
        loop {
            let mut line = String::new();
            if stream.read_line(&mut line).await.unwrap_or(0) == 0 {
                return told;
            }
            told.push_str(&line);
            if in_data && line != ".\r\n" {
                continue;
            }
            let word = if in_data {
                "."
            } else {
                line.split([' ', '\r']).next().unwrap_or_default()
            };
            let scripted = script.iter().find(|(command, _)| *command == word);
            let answer = match (scripted, word) {
                (Some((_, "hang up")), _) => return told,
                (Some((_, answer)), _) => answer,
                (None, "EHLO") => "250-here\r\n250 AUTH PLAIN",
                (None, "DATA") => "354 go on",
                (None, _) => "250 fine",
            };
            in_data = answer.starts_with("354");
            let _ = stream.write_all(format!("{answer}\r\n").as_bytes()).await;
        }
    });
    (at, told)
}

const OWNER: &str = "[smtp]\nurl = \"smtp://localhost?tls=none\"\nuser = \"forms\"\npassword_env = \"P\"\n\
                     [receivers.owner]\nkind = \"mail\"\nfrom = \"Forms <forms@example.org>\"\nto = [\"owner@example.org\"]\n";

#[tokio::test]
async fn a_mail_says_what_was_submitted_and_no_header_does() {
    let (at, told) = mail_server(&[("AUTH", "235 you are")]).await;
    let post = post(OWNER, &[at]);
    let submitted = json!({ "name": HOSTILE, "email": "a@example.org", "aside": "…" });
    let (steps, outcome) = post.try_out(&letter("owner", submitted)).await;
    assert!(matches!(outcome, Outcome::Delivered(_)), "{outcome:?}");
    assert_eq!(steps[2..], [Step::SignedIn, Step::Answered(Some(250))]);
    drop(post);
    let told = told.await.unwrap();
    let (commands, mail) = told.split_once("DATA\r\n").unwrap();
    assert_eq!(commands.matches("RCPT TO").count(), 1, "{commands}");
    let (head, body) = mail.split_once("\r\n\r\n").unwrap();
    for line in [
        "Subject: [Contact  Bcc: x@example.org] New submission",
        "Auto-Submitted: auto-generated",
        "Reply-To: a@example.org",
        "Message-ID: <contact.01930000-0000-7abc-8def-0123456789ab.1.owner@example.org>",
        "To: owner@example.org",
    ] {
        assert!(head.lines().any(|one| one == line), "{line}\n{head}");
    }
    assert!(!head.contains("script"), "{head}");
    let body = body.replace("=\r\n", "");
    assert!(
        body.contains("&lt;script&gt;&amp;&quot;&#39;") && body.contains("Your &lt;b&gt;name"),
        "{body}"
    );
    assert!(body.is_ascii());
}

#[tokio::test]
async fn what_a_mail_server_says_decides_whether_it_is_tried_again() {
    for (script, expected) in [
        (&[("AUTH", "535 wrong")][..], "later sign-in-refused"),
        (
            &[("AUTH", "235 ok"), ("RCPT", "451 greylisted")],
            "later mail-deferred",
        ),
        (
            &[("AUTH", "235 ok"), ("RCPT", "550 no relay")],
            "never mail-refused",
        ),
        (
            &[("AUTH", "235 ok"), (".", "554 spam")],
            "never mail-refused",
        ),
        (&[("AUTH", "235 ok"), (".", "hang up")], "later broke-off"),
        (
            &[("AUTH", "235 ok"), ("DATA", "hang up")],
            "later broke-off",
        ),
        (&[("EHLO", "250 no sign in here")], "later sign-in-refused"),
        (&[("EHLO", "421 busy")], "later mail-deferred"),
    ] {
        let (at, told) = mail_server(script).await;
        let outcome = post(OWNER, &[at]).send(&letter("owner", json!({}))).await;
        let found = match outcome {
            Outcome::Later { cause, .. } => format!("later {}", cause.code),
            Outcome::Never { cause, .. } => format!("never {}", cause.code),
            Outcome::Delivered(_) | Outcome::Gone { .. } => panic!("{script:?}: {outcome:?}"),
        };
        assert_eq!(found, expected, "{script:?}");
        told.await.unwrap();
    }
}

#[test]
fn an_answer_goes_to_one_address_or_to_none() {
    for (text, expected) in [
        ("a@example.org", Some("a@example.org")),
        (" a@example.org ", Some("a@example.org")),
        ("Bank <a@example.org>", Some("a@example.org")),
        ("a@example.org, b@example.org", None),
        ("a@example.org\r\nBcc: b@example.org", None),
        ("a@example.org\nb", None),
        ("nobody", None),
        ("", None),
    ] {
        let found = crate::mail::one_address(text).map(|address| address.to_string());
        assert_eq!(found.as_deref(), expected, "{text:?}");
    }
}

#[test]
fn every_notice_is_as_its_schema_says() {
    let schema: Value =
        serde_json::from_str(include_str!("../../../docs/notice.schema.json")).unwrap();
    let schema = jsonschema::validator_for(&schema).unwrap();
    let post = post(HOOK, &[]);
    let long = "x".repeat(notice::MOST_BYTES);
    for (fields, test, omitted) in [
        (json!({ "name": HOSTILE }), false, Value::Null),
        (json!({ "name": long }), false, "too-large".into()),
        (Value::Null, true, "gone".into()),
    ] {
        for state in State::ALL {
            let mut letter = letter("crm", fields.clone());
            letter.test = test;
            let News::Change(change) = &mut letter.items[0].news else {
                panic!("it is a change");
            };
            change.state = state;
            change.cause = (state == State::Failed).then(|| "gave-up".into());
            let text = notice::text(&tellings(&letter, &post.forms)[0], "local");
            assert!(text.len() <= notice::MOST_BYTES);
            let notice: Value = serde_json::from_str(&text).unwrap();
            let wrong: Vec<_> = schema
                .iter_errors(&notice)
                .map(|error| error.to_string())
                .collect();
            assert_eq!(wrong, [""; 0], "{text}");
            if state == State::Stored {
                assert_eq!(notice["data"]["omitted"], omitted);
            }
        }
    }
}
