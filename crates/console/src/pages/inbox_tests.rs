//! What people recognise a submission by, how it is answered, and how a list is written into an address.

use counterfoil_core::{Body, Form, FormId, Payload, Timestamp};
use serde_json::{Value, json};

use super::address::is_address;
use super::letter::{linked, shown};
use super::look::{Look, Tray, of_spot, spot};
use super::query;
use super::reply::reply;

const NOW: Timestamp = Timestamp::from_millis(1_795_385_651_000);

fn contact() -> Form {
    let text = include_str!("../../../../forms/contact.toml");
    Form::parse(FormId::parse("contact").unwrap(), text).unwrap()
}

fn body(fields: &Value) -> Body {
    Body::Payload(Payload::from_fields(fields.as_object().unwrap()))
}

#[test]
fn a_reply_names_whom_it_is_for_what_it_is_about_and_what_it_answers_and_is_never_too_long() {
    let form = contact();
    let of = |message: &str| {
        body(&json!({"name": "Ada", "email": "a+b@example.org", "message": message}))
    };
    let expected = "mailto:a%2Bb@example.org?subject=Re%3A%20Contact%20us&body=%0D%0A%0D%0A%3E%20One%0D%0A%3E%20%26two%0D%0A";
    assert_eq!(
        reply(Some(&form), &of("One\n&two")).as_deref(),
        Some(expected)
    );
    for long in ["a".repeat(9000), "图书馆".repeat(3000), "\n".repeat(5000)] {
        let address = reply(Some(&form), &of(&long)).unwrap();
        assert!(address.len() <= 1900, "{} bytes", address.len());
    }
    assert_eq!(
        reply(
            Some(&form),
            &body(&json!({"email": "nobody", "message": "Hi"}))
        ),
        None
    );
    assert_eq!(reply(None, &Body::Erased), None);
    let bcc = body(&json!({"email": "a@example.org?bcc=b@example.org", "message": "Hi"}));
    assert!(
        reply(Some(&form), &bcc).is_none_or(|address| address.matches("bcc=").count() == 0),
        "nobody is added"
    );
}

#[test]
fn only_addresses_become_links_and_nothing_else_does() {
    let page = linked(
        "See (https://example.org/a?b=1). Or ada@example.org, not javascript:alert(1) or <b>",
    )
    .into_string();
    assert_eq!(page.matches("<a ").count(), 2, "{page}");
    assert!(
        page.contains("(<a href=\"https://example.org/a?b=1\" rel=\"noreferrer noopener\">"),
        "{page}"
    );
    assert!(
        page.contains("href=\"mailto:ada@example.org\"") && page.contains("&lt;b&gt;"),
        "{page}"
    );
    for not in [
        "javascript:alert(1)",
        "data:text/html,x",
        "https://",
        "//example.org",
        "a@b",
        "@example.org",
        "\u{202e}",
    ] {
        assert!(!linked(not).into_string().contains("<a "), "{not}");
    }
    let text = "two\n lines\t and  spaces ";
    assert_eq!(linked(text).into_string(), text, "spaces stay");
    assert!(is_address("ada@example.org") && !is_address("ada@example.org bob@example.org"));
}

#[test]
fn fields_stand_in_the_forms_order_under_its_titles_and_others_after_them() {
    let fields = json!({"message": "m", "extra": ["a", "b"], "name": "n", "email": "e", "nested": {"a": [1]}, "ok": false});
    let page = shown(Some(&contact()), &body(&fields)).into_string();
    let at = |text: &str| page.find(text).unwrap_or_else(|| panic!("{text}: {page}"));
    assert!(
        at(">Your name<") < at(">E-mail<")
            && at(">E-mail<") < at(">Message<")
            && at(">Message<") < at(">extra<")
    );
    assert!(
        page.contains("<li>a</li><li>b</li>")
            && page.contains(">No<")
            && page.contains("dir=\"auto\""),
        "{page}"
    );
}

#[test]
fn a_list_reads_back_from_its_address_and_a_day_is_taken_whole() {
    let all = Look {
        form: FormId::parse("contact"),
        tray: Tray::Held,
        since: Some("2026-11-22".into()),
        until: Some("2026-11-22".into()),
        search: Some("a & b=c".into()),
        field: Some("name".into()),
    };
    for look in [Look::default(), all.clone()] {
        let address = look.href();
        let pairs = address
            .split_once('?')
            .map_or_else(Vec::new, |(_, text)| query::pairs(text.as_bytes()));
        assert_eq!(Look::read(&pairs), look, "{address}");
    }
    let scope = all.scope(NOW).unwrap();
    let day = scope.until.unwrap().as_millis() - scope.since.unwrap().as_millis();
    assert_eq!(day, 24 * 60 * 60 * 1000);
    assert!(
        Look {
            since: Some("yesterday".into()),
            ..Look::default()
        }
        .scope(NOW)
        .is_err()
    );
    let place = "1795385651000.contact/01930000-0000-7abc-8def-0123456789ab";
    assert_eq!(
        spot(place).map(|spot| of_spot(&spot)).as_deref(),
        Some(place)
    );
    assert_eq!(spot("1795385651000.contact"), None);
}
