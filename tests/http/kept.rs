//! What is kept is what was typed.

use serde_json::json;

use super::home::{Home, submission_of};
use super::{JSON, MULTIPART, URLENCODED, multipart, post, ticket, with};
use crate::client::settled;

/// Signs that something on the way might touch: quotes, escapes, what looks like markup, beyond the BMP, composed and
/// decomposed, right to left, line ends.
const SIGNS: &str = "\"\\ <b>&amp;\t% 100%25 +\r\n🦀 é e\u{301} שלום \u{202e}x 今";

fn percent_encoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

#[test]
fn every_sign_is_kept_whichever_way_it_comes() {
    let Some(home) = crate::home() else { return };
    let fields = with(json!({"message": SIGNS}));
    let plain = fields.to_string();
    let escaped: String = plain
        .encode_utf16()
        .map(|unit| {
            if unit < 128 {
                char::from(unit as u8).to_string()
            } else {
                format!("\\u{unit:04x}")
            }
        })
        .collect();
    let pairs = format!(
        "name=Ada&email=ada%40example.org&message={}",
        percent_encoded(SIGNS)
    );
    let parts = multipart(&[
        ("name", "Ada"),
        ("email", "ada@example.org"),
        ("message", SIGNS),
    ]);
    let posts = [
        (JSON, plain),
        (JSON, escaped),
        (URLENCODED, pairs),
        (MULTIPART, parts),
    ];
    let tickets = posts.map(|(content_type, body)| {
        ticket(&post(
            &home,
            "contact",
            &[("content-type", content_type)],
            body,
        ))
    });
    for ticket in tickets {
        assert_eq!(settled(&home, &ticket), "stored");
        assert_eq!(home.kept(&submission_of(&ticket)).as_ref(), Some(&fields));
    }
}

#[test]
fn names_that_are_ours_are_dropped_when_unknown() {
    let Some(home) = crate::home() else { return };
    let json = with(json!({"_gotcha": 1, "_": {"deep": []}, "_subject": "x"})).to_string();
    let pairs = "name=Ada&email=ada%40example.org&message=two+words&_captcha=1&_charset_=utf-8";
    for (content_type, body) in [(JSON, json.as_str()), (URLENCODED, pairs)] {
        let ticket = ticket(&post(
            &home,
            "contact",
            &[("content-type", content_type)],
            body,
        ));
        assert_eq!(settled(&home, &ticket), "stored");
        assert_eq!(home.kept(&submission_of(&ticket)), Some(with(json!({}))));
    }
}
