//! The pages that people get, and get back.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

use super::home::Home;
use super::{BROWSER, GOOD_PAIRS, MULTIPART, PAGE, URLENCODED, browse, multipart, post};
use crate::client::{Answer, get, send};

fn assert_page(answer: &Answer, status: u16) {
    assert_eq!(
        (answer.status, answer.header("content-type")),
        (status, Some(PAGE)),
        "{answer:?}"
    );
    assert!(
        answer.body.starts_with("<!DOCTYPE html>"),
        "{}",
        answer.body
    );
    // No script but the page's own, no frame of others, nothing from elsewhere, nothing kept.
    let policy = answer.header("content-security-policy").unwrap();
    assert!(policy.contains("default-src 'none'"), "{policy}");
    let scripts = answer.body.matches("<script").count();
    let own = answer.body.split_once("<script type=\"module\">");
    match own.map(|(_, rest)| rest.split_once("</script></body></html>").unwrap()) {
        Some((script, "")) => {
            let hash = STANDARD.encode(Sha256::digest(script.as_bytes()));
            let end = format!("script-src 'sha256-{hash}'");
            assert!(scripts == 1 && policy.contains(&end), "{policy}");
        }
        Some((_, more)) => panic!("{more}"),
        None => assert!(scripts == 0 && !policy.contains("script-src"), "{policy}"),
    }
    assert_eq!(
        (answer.header("cache-control"), answer.header("set-cookie")),
        (Some("no-store"), None)
    );
}

#[test]
fn the_hosted_page_has_the_forms_fields_and_works_without_script() {
    let Some(home) = crate::home() else { return };
    let page = get(&home, "/forms/contact", BROWSER);
    assert_page(&page, 200);
    assert_eq!(page.header("referrer-policy"), Some("same-origin"));
    for part in [
        "method=\"post\"",
        "name=\"name\"",
        "name=\"email\"",
        "name=\"message\"",
        "name=\"_idempotency\"",
    ] {
        assert!(page.body.contains(part), "{part}: {}", page.body);
    }
    // A page whatever is asked for: there is no other face of a form.
    assert_page(&get(&home, "/forms/contact", "*/*"), 200);
    let head = send(&home, "HEAD", "/forms/contact", &[], b"").unwrap();
    assert_eq!(
        (head.status, head.body.as_str(), head.header("content-type")),
        (200, "", Some(PAGE))
    );
    assert_eq!(
        head.header("content-length"),
        Some(page.body.len().to_string().as_str())
    );
    let index = get(&home, "/", BROWSER);
    assert_page(&index, 200);
    assert!(
        index.body.contains("/forms/contact") && index.body.contains("/forms/closed"),
        "{}",
        index.body
    );
}

#[test]
fn whatever_a_post_is_refused_for_its_form_comes_back_with_what_was_typed() {
    let Some(home) = crate::home() else { return };
    let many = format!("{GOOD_PAIRS}{}", "&f=1".repeat(200));
    for (form, origin, body, status) in [
        (
            "closed",
            "https://evil.example",
            "name=Ada+of+Ockham".to_owned(),
            403,
        ),
        ("contact", "https://any.example", many, 400),
    ] {
        let headers = [
            ("content-type", URLENCODED),
            ("accept", BROWSER),
            ("origin", origin),
        ];
        let answer = post(&home, form, &headers, body);
        assert_page(&answer, status);
        let typed = if form == "closed" {
            "Ada of Ockham"
        } else {
            "two words"
        };
        assert!(
            answer.body.contains(typed) && answer.body.contains("</form>"),
            "{}",
            answer.body
        );
    }
}

#[test]
fn a_mistake_gives_the_form_back_with_everything_typed_and_the_same_key() {
    let Some(home) = crate::home() else { return };
    let answer = browse(
        &home,
        "name=Ada+%3Cb%3E&email=nobody&message=&_idempotency=my-key&_gotcha=x&website=trap",
    );
    assert_page(&answer, 422);
    let parts = [
        "Ada &lt;b&gt;",
        "nobody",
        "#field-email",
        "#field-message",
        "value=\"my-key\"",
    ];
    for part in parts {
        assert!(answer.body.contains(part), "{part}: {}", answer.body);
    }
    assert!(
        !answer.body.contains("<b>") && !answer.body.contains("trap"),
        "{}",
        answer.body
    );
}

#[test]
fn whatever_is_wrong_with_a_browsers_post_what_was_typed_is_in_the_page() {
    let Some(home) = crate::home() else { return };
    let file = "--b\r\ncontent-disposition: form-data; name=\"f\"; filename=\"a.txt\"\r\n\r\nx\r\n";
    let cases = [
        (
            "two keys",
            URLENCODED,
            format!("{GOOD_PAIRS}&_idempotency=a&_idempotency=b"),
            400,
        ),
        (
            "a name twice",
            URLENCODED,
            format!("{GOOD_PAIRS}&name=Ada"),
            422,
        ),
        (
            "a value too large",
            URLENCODED,
            format!("{GOOD_PAIRS}&extra={}", "x".repeat(65_537)),
            413,
        ),
        (
            "a name too large",
            URLENCODED,
            format!("{GOOD_PAIRS}&{}=1", "x".repeat(129)),
            413,
        ),
        (
            "a broken escape",
            URLENCODED,
            format!("{GOOD_PAIRS}&a=%f"),
            400,
        ),
        (
            "a field too many",
            URLENCODED,
            format!("{GOOD_PAIRS}&extra=1"),
            422,
        ),
        (
            "a file",
            MULTIPART,
            format!("{file}{}", multipart(&[("message", "two words")])),
            415,
        ),
    ];
    for (case, content_type, body, status) in cases {
        let answer = post(
            &home,
            "contact",
            &[("content-type", content_type), ("accept", BROWSER)],
            body,
        );
        assert_page(&answer, status);
        assert!(
            answer.body.contains("two words") && answer.body.contains("<form"),
            "{case}: {}",
            answer.body
        );
    }
    // Of what is larger than any form nothing is read, and so nothing can be shown.
    assert_page(&browse(&home, vec![b'x'; 600_000]), 413);
}

#[test]
fn a_refusal_that_no_form_can_show_is_a_readable_page() {
    let Some(home) = crate::home() else { return };
    let cases = [
        ("GET", "/nowhere", 404),
        ("GET", "/forms/nowhere", 404),
        ("POST", "/forms/nowhere", 404),
        ("GET", "/tickets/forged", 404),
        ("DELETE", "/forms/contact", 405),
        ("DELETE", "/tickets/forged", 405),
    ];
    for (method, path, status) in cases {
        let answer = send(
            &home,
            method,
            path,
            &[("accept", BROWSER), ("content-type", URLENCODED)],
            b"",
        )
        .unwrap();
        assert_page(&answer, status);
    }
    assert!(
        get(&home, "/forms/nowhere", BROWSER)
            .body
            .contains("Nothing was accepted")
    );
}

#[test]
fn nothing_of_a_refused_post_is_kept_under_its_key() {
    let Some(home) = crate::home() else { return };
    let key = super::home::fresh("key");
    let send = |email: &str| {
        browse(
            &home,
            format!("name=Ada&email={email}&message=m&_idempotency={key}"),
        )
    };
    assert_page(&send("nobody"), 422);
    let mended = send("ada%40example.org");
    assert_eq!(mended.status, 303, "{mended:?}");
    let ticket = mended
        .header("location")
        .unwrap()
        .trim_start_matches("/tickets/")
        .to_owned();
    assert_eq!(crate::client::settled(&home, &ticket), "stored");
    let of = super::home::submission_of(&ticket);
    assert_eq!(home.kept(&of).unwrap()["email"], "ada@example.org");
}

#[test]
fn a_closed_form_is_refused_in_its_own_language_with_everything_typed_kept() {
    let Some(home) = crate::home() else { return };
    let program = post(
        &home,
        "shut",
        &[("content-type", super::JSON)],
        r#"{"message":"canary"}"#,
    );
    program.assert_problem(403, "form-closed");
    let page = get(&home, "/forms/shut", BROWSER);
    assert_page(&page, 403);
    assert!(
        page.body.contains("此表单已关闭") && page.body.contains("lang=\"zh-CN\""),
        "{}",
        page.body
    );
    let back = post(
        &home,
        "shut",
        &[("content-type", URLENCODED), ("accept", BROWSER)],
        "message=two+words",
    );
    assert_page(&back, 403);
    assert!(
        back.body.contains("two words") && back.body.contains("目前不接受提交"),
        "{}",
        back.body
    );
    assert!(!get(&home, "/", BROWSER).body.contains("/forms/shut"));
}
