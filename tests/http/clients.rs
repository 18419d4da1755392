//! What real clients send, and no browser of ours: each can be read in one way only, and both homes take it.

use serde_json::json;

use super::{GOOD_PAIRS, JSON, MULTIPART, URLENCODED, post, with};

#[test]
fn what_can_be_read_in_one_way_only_is_taken() {
    let Some(home) = crate::home() else { return };
    let good = with(json!({})).to_string();
    let encoded = "--b\r\nContent-Disposition: form-data; name=\"name\"\r\n\r\nAda\r\n--b\r\n\
        Content-Disposition: form-data; name=\"email\"\r\n\r\nada@example.org\r\n--b\r\n\
        Content-Disposition: form-data; name=\"message\"\r\nContent-Transfer-Encoding: base64\r\n\r\n\
        SsO8cmdlbg==\r\n--b--\r\n";
    let cases = [
        ("application/json; charset=utf8", good.clone()),
        ("application/json; charset=\"utf-8\"; x", good.clone()),
        ("text/plain;charset=UTF-8", good.clone()),
        (JSON, format!("\u{feff}{good}")),
        (
            JSON,
            with(json!({"email": " ada@example.org "})).to_string(),
        ),
        (
            "application/x-www-form-urlencoded; charset=iso-8859-1",
            GOOD_PAIRS.to_owned(),
        ),
        (
            URLENCODED,
            format!("{GOOD_PAIRS}&submit=Send&utf8=%E2%9C%93"),
        ),
        (URLENCODED, format!("{GOOD_PAIRS}&go.x=3&go.y=4")),
        (MULTIPART, encoded.to_owned()),
    ];
    for (content_type, body) in cases {
        let answer = post(
            &home,
            "contact",
            &[("content-type", content_type)],
            body.clone(),
        );
        assert_eq!(answer.status, 202, "{content_type}: {body}: {answer:?}");
    }
}

#[test]
fn what_is_refused_says_what_to_do() {
    let Some(home) = crate::home() else { return };
    let good = with(json!({})).to_string();
    let half = good.replacen("{", "{\"name\":\"\\ud800\",", 1);
    let half = half.replacen("\"name\":\"Ada\",", "", 1);
    for (content_type, body, says) in [
        (URLENCODED, good.as_str(), "application/json"),
        (URLENCODED, &format!("{GOOD_PAIRS}&name=Bob"), "no-list"),
        (URLENCODED, &format!("{GOOD_PAIRS}&email[]=x"), "no-list"),
        (JSON, &half, "lone-surrogate"),
    ] {
        let answer = post(&home, "contact", &[("content-type", content_type)], body);
        let is_refusal = (400..500).contains(&answer.status);
        assert!(
            is_refusal && answer.body.contains(says),
            "{says}: {answer:?}"
        );
    }
    let hidden = [("content-type", URLENCODED), ("origin", "null")];
    let answer = post(&home, "closed", &hidden, GOOD_PAIRS);
    assert!(
        answer.status == 403 && answer.body.contains("referrer policy"),
        "{answer:?}"
    );
}
