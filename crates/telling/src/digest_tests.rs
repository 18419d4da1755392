//! What a digest says of what came, and that nothing in it can steer its reader.

use counterfoil_core::notice::Change;
use counterfoil_core::{Body, Form, FormId, Forms, Payload, SubmissionId, Timestamp};
use serde_json::json;

use super::*;
use crate::letter::tellings;
use crate::receiver::ReceiverName;
use crate::send::{Item, Letter};

const FORM: &str = "title = \"Contact us\"\n[[notify]]\nto = \"owner\"\nfields = [\"name\", \"message\"]\n[schema]\ntype = \"object\"\n\
                    [schema.properties]\nname = { title = \"Your name\", type = \"string\" }\nmessage = { type = \"string\" }\n\
                    secret = { type = \"string\" }\n";

fn forms() -> Forms {
    let form = |id| Form::parse(FormId::parse(id).unwrap(), FORM).unwrap();
    [form("contact"), form("other")].into_iter().collect()
}

/// A letter of what became of submissions: form, number, change and state.
fn letter(changes: &[(&str, u8, u64, State)]) -> Letter {
    let item = |(form, number, seq, state): &(&str, u8, u64, State)| {
        let of = SubmissionRef {
            form: FormId::parse(form).unwrap(),
            id: SubmissionId::from_bytes([*number; 16]),
        };
        let fields = json!({
            "name": "<b>Ada</b>",
            "message": format!("first\r\nsecond \u{202e}{}", "x".repeat(500)),
            "secret": "hunter2",
        });
        let shown = *state == State::Stored;
        Item {
            id: format!("{of}:{seq}/owner"),
            news: News::Change(Change {
                of,
                seq: *seq,
                state: *state,
                run: 0,
                cause: None,
                at: Timestamp::from_secs(1_800_000_000),
            }),
            body: shown.then(|| Body::Payload(Payload::from_fields(fields.as_object().unwrap()))),
            head: None,
        }
    };
    Letter {
        receiver: ReceiverName::parse("owner").unwrap(),
        items: changes.iter().map(item).collect(),
        at: Timestamp::from_secs(1_800_000_000),
        test: false,
    }
}

#[test]
fn a_digest_counts_what_each_submission_has_become() {
    let letter = letter(&[
        ("contact", 1, 1, State::Stored),
        ("contact", 2, 1, State::Held),
        // Released since.
        ("contact", 3, 1, State::Held),
        ("contact", 3, 2, State::Stored),
        // Discarded since.
        ("contact", 4, 1, State::Held),
        ("contact", 4, 2, State::Discarded),
        ("other", 5, 1, State::Failed),
        ("other", 6, 1, State::Erased),
    ]);
    let forms = forms();
    let tellings = tellings(&letter, &forms);
    let digest = Digest::new(&tellings, When::Daily).unwrap();
    assert_eq!(
        digest.subject(),
        "[2 forms] This day: 2 new, 1 held, 1 failed, 1 erased"
    );
    let text = digest.text();
    for said in [
        "Contact us: 2 new, 1 held as suspected spam\n",
        "counterfoil held list --form contact",
        "counterfoil dead-letters list --form other",
        "Your name: <b>Ada</b>\n",
        "message: first second \u{fffd}xxx",
        "forget what you were told of it: other/06060606-",
    ] {
        assert!(text.contains(said), "{said}\n{text}");
    }
    assert!(
        !text.contains("hunter2") && !text.contains(['\r', '\u{202e}']),
        "{text}"
    );
    assert!(
        text.lines().all(|line| line.chars().count() < 200),
        "{text}"
    );
    let html = digest.html();
    assert!(
        html.contains("&lt;b&gt;Ada&lt;/b&gt;") && !html.contains("<b>"),
        "{html}"
    );
}

#[test]
fn a_digest_of_what_was_all_discarded_is_none() {
    let letter = letter(&[
        ("contact", 4, 1, State::Held),
        ("contact", 4, 2, State::Discarded),
    ]);
    let forms = forms();
    assert!(Digest::new(&tellings(&letter, &forms), When::Daily).is_none());
}

#[test]
fn a_digest_of_many_tells_the_first_and_counts_the_rest() {
    let many: Vec<_> = (0..=200)
        .map(|number| ("contact", number, 1, State::Stored))
        .collect();
    let (letter, forms) = (letter(&many), forms());
    let tellings = tellings(&letter, &forms);
    let digest = Digest::new(&tellings, When::Weekly).unwrap();
    assert_eq!(digest.subject(), "[Contact us] This week: 201 new");
    let text = digest.text();
    assert_eq!(text.matches("Your name").count(), SHOWN);
    assert!(text.contains("And 151 more."), "{text}");
}
