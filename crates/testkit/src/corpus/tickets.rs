//! S49: tickets that nobody signed. One answer for all of them.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE, URL_SAFE_NO_PAD};
use counterfoil_core::{ContentHash, FormId, Keyring, SubmissionRef, Ticket};

use super::{Case, KEY};
use crate::build::{THEN, reference};

pub(super) fn cases() -> Vec<Case> {
    let all = [flipped(), lengths(), spellings(), others()]
        .into_iter()
        .flatten();
    all.map(|(why, ticket)| Case {
        method: "GET",
        ..Case::new(why, "unknown-ticket").to(format!("/tickets/{ticket}"))
    })
    .collect()
}

type Forged = Vec<(String, String)>;

/// A ticket as a stranger would like to have one: genuine under `key`, for a submission to `form`.
fn mint(key: &str, form: &str) -> String {
    let keys = Keyring::parse(key).expect("a key");
    let of = SubmissionRef {
        form: FormId::parse(form).expect("an id"),
        id: reference(1).id,
    };
    Ticket::mint(&keys, &of, THEN, &ContentHash::digest(b"x")).to_string()
}

/// What stands after the dot, decoded.
fn proof() -> Vec<u8> {
    let ticket = mint(KEY, "contact");
    let text = ticket.split_once('.').expect("a dot").1;
    URL_SAFE_NO_PAD.decode(text).expect("a ticket's alphabet")
}

fn with(raw: &[u8]) -> String {
    format!("contact.{}", URL_SAFE_NO_PAD.encode(raw))
}

/// Each bit of what is signed, of the tag and of the signature.
fn flipped() -> Forged {
    let proof = proof();
    (0..proof.len() * 8)
        .map(|bit| {
            let mut raw = proof.clone();
            raw[bit / 8] ^= 1 << (bit % 8);
            (format!("bit {bit} flipped"), with(&raw))
        })
        .collect()
}

fn lengths() -> Forged {
    let ticket = mint(KEY, "contact");
    let proof = proof();
    let cut = (1..ticket.len()).map(|at| (format!("cut after {at}"), ticket[..at].to_owned()));
    let headless =
        (1..ticket.len()).map(|at| (format!("without its first {at}"), ticket[at..].to_owned()));
    let longer = [
        "A", "AAAA", "=", "==", ".", "-", "_", "%00", "%20", "/", "%0a", ",", "~",
    ];
    let longer = longer.map(|text| (format!("with {text} after it"), format!("{ticket}{text}")));
    let before = ["A", "x", "%20", "-", ".", "%00", "/"]
        .map(|text| (format!("with {text} before it"), format!("{text}{ticket}")));
    let raw = [0, 1, 15, 29, 44, 46, 48, 90].map(|size| {
        let raw: Vec<u8> = proof.iter().copied().cycle().take(size).collect();
        (format!("{size} bytes"), with(&raw))
    });
    let twice = [
        ("twice".to_owned(), format!("{ticket}{ticket}")),
        ("twice, a dot between".into(), format!("{ticket}.{ticket}")),
    ];
    let long = [1000, 8000].map(|size| {
        (
            format!("{size} letters"),
            format!("contact.{}", "A".repeat(size)),
        )
    });
    cut.chain(headless)
        .chain(longer)
        .chain(before)
        .chain(raw)
        .chain(twice)
        .chain(long)
        .filter(|(_, text)| !text.is_empty())
        .collect()
}

/// Equal bytes, spelled otherwise: one ticket is one text.
fn spellings() -> Forged {
    let ticket = mint(KEY, "contact");
    let proof = proof();
    let (form, text) = ticket.split_once('.').expect("a dot");
    let escaped = ticket.char_indices().map(|(at, c)| {
        let text = format!("{}%{:02x}{}", &ticket[..at], c as u32, &ticket[at + 1..]);
        (format!("the character at {at} escaped"), text)
    });
    let swap = |c: char| {
        if c.is_ascii_lowercase() {
            c.to_ascii_uppercase()
        } else {
            c.to_ascii_lowercase()
        }
    };
    let cases = text
        .char_indices()
        .filter(|(_, c)| c.is_ascii_alphabetic())
        .map(|(at, c)| {
            (
                format!("the letter at {at} in the other case"),
                format!("{form}.{}{}{}", &text[..at], swap(c), &text[at + 1..]),
            )
        });
    let whole = [
        (
            "base64 with + and /",
            format!("{form}.{}", STANDARD.encode(&proof)),
        ),
        ("padded", format!("{form}.{}=", URL_SAFE.encode(&proof))),
        (
            "hexadecimal",
            format!(
                "{form}.{}",
                proof
                    .iter()
                    .map(|byte| format!("{byte:02x}"))
                    .collect::<String>()
            ),
        ),
        ("upper case", ticket.to_uppercase()),
        ("lower case", ticket.to_lowercase()),
        ("the form in capitals", format!("CONTACT.{text}")),
        ("no dot", format!("{form}{text}")),
        ("two dots", format!("{form}..{text}")),
        ("another dot", format!("{form}%E3%80%82{text}")),
        ("a slash for the dot", format!("{form}/{text}")),
        ("turned round", format!("{text}.{form}")),
        ("no form", format!(".{text}")),
        ("a slash at the end", format!("{ticket}/")),
        ("in quotes", format!("%22{ticket}%22")),
    ];
    let whole = whole.into_iter().map(|(why, text)| (why.to_owned(), text));
    // Where the two alphabets agree the first is the ticket itself.
    escaped
        .chain(cases)
        .chain(whole)
        .filter(|(_, text)| *text != ticket)
        .collect()
}

/// Genuine, but not here: another form, stage, key or secret; and what is no ticket at all.
fn others() -> Forged {
    let ticket = mint(KEY, "contact");
    let text = ticket.split_once('.').expect("a dot").1;
    let forms = [
        "every",
        "listed",
        "contact2",
        "contac",
        "_unknown",
        "0",
        "a",
        "-contact",
        "../contact",
        "contact%2e",
    ];
    let forms = forms.map(|form| (format!("of the form {form}"), format!("{form}.{text}")));
    let keys = [
        ("another stage", "1:prod:0123456789abcdefghijklmnopqrstuv"),
        (
            "another stage, nearly the same",
            "1:Local:0123456789abcdefghijklmnopqrstuv",
        ),
        ("another secret", "1:local:0123456789abcdefghijklmnopqrstuw"),
        ("another key id", "2:local:0123456789abcdefghijklmnopqrstuv"),
        (
            "a key that was taken away",
            "9:local:zyxwvutsrqponmlkjihgfedcba987654",
        ),
    ];
    let keys = keys.map(|(why, key)| (format!("signed with {why}"), mint(key, "contact")));
    let none = [
        "x",
        ".",
        "..",
        "contact",
        "contact.",
        "null",
        "undefined",
        "%00",
        "%2e%2e",
        "*",
        "'",
        "1",
        "-1",
        "contact.x",
        "é",
        "01930000-0000-7abc-8def-0123456789ab",
    ];
    let none = none
        .into_iter()
        .filter(|text| text.is_ascii())
        .map(|text| (format!("no ticket: {text}"), text.to_owned()));
    forms.into_iter().chain(keys).chain(none).collect()
}
