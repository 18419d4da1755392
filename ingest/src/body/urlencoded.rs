//! Reads `application/x-www-form-urlencoded` strictly: a broken escape or an invalid byte is refused, where
//! the URL standard would quietly put something else in its place.

use std::borrow::Cow;

use counterfoil_core::json::MAX_FIELDS;
use percent_encoding::percent_decode;

use super::charset::Charset;
use super::{Unread, malformed, too_many};
use crate::problem::Problem;

/// The pairs in their order.
pub(super) fn read(body: &[u8], charset: Charset) -> Result<Vec<(String, String)>, Unread> {
    let count = segments(body).take(MAX_FIELDS + 1).count();
    if count > MAX_FIELDS {
        return Err(Unread {
            problem: too_many(),
            typed: guess(body),
        });
    }
    let mut pairs = Vec::with_capacity(count);
    for (name, value) in segments(body) {
        match (decode(name, charset), decode(value, charset)) {
            (Ok(name), Ok(value)) => pairs.push((name, value)),
            (Err(problem), _) | (_, Err(problem)) => {
                return Err(Unread {
                    problem,
                    typed: guess(body),
                });
            }
        }
    }
    Ok(pairs)
}

/// Names and values as they were sent.
fn segments(body: &[u8]) -> impl Iterator<Item = (&[u8], &[u8])> {
    body.split(|byte| *byte == b'&')
        .filter(|segment| !segment.is_empty())
        .map(|segment| {
            let equals = segment
                .iter()
                .position(|byte| *byte == b'=')
                .unwrap_or(segment.len());
            (
                &segment[..equals],
                segment.get(equals + 1..).unwrap_or_default(),
            )
        })
}

/// What was probably typed (an old page in Latin-1, say), as far as it may be read: good enough to show it to the person
/// again, and never to keep it.
fn guess(body: &[u8]) -> Vec<(String, String)> {
    let text = |bytes: &[u8]| String::from_utf8_lossy(&unescape(bytes)).into_owned();
    segments(body)
        .take(MAX_FIELDS)
        .map(|(name, value)| (text(name), text(value)))
        .collect()
}

fn decode(text: &[u8], charset: Charset) -> Result<String, Problem> {
    if !escapes_are_whole(text) {
        return Err(malformed(
            "A % in the body is not followed by two hexadecimal digits.",
        ));
    }
    let plain = unescape(text);
    if charset == Charset::Utf8 {
        return String::from_utf8(plain).map_err(|_| malformed("The body is not UTF-8."));
    }
    let text = charset.decode(&plain).map(Cow::into_owned);
    let complaint = || Problem::Malformed(format!("The body is {}.", charset.complaint()).into());
    text.ok_or_else(complaint)
}

fn unescape(text: &[u8]) -> Vec<u8> {
    let mut plain = Vec::with_capacity(text.len());
    for (index, word) in text.split(|byte| *byte == b'+').enumerate() {
        if index > 0 {
            plain.push(b' ');
        }
        plain.extend(percent_decode(word));
    }
    plain
}

fn escapes_are_whole(text: &[u8]) -> bool {
    let mut pieces = text.split(|byte| *byte == b'%');
    pieces.next(); // What stands before the first escape.
    pieces.all(|piece| {
        piece
            .get(..2)
            .is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_are_read_in_their_order() {
        let cases: [(&str, &[(&str, &str)]); 8] = [
            ("", &[]),
            ("&&", &[]),
            ("a=1&a=2", &[("a", "1"), ("a", "2")]),
            ("a&b=&=c", &[("a", ""), ("b", ""), ("", "c")]),
            ("a=b=c", &[("a", "b=c")]),
            ("a=+%20%2B", &[("a", "  +")]),
            ("%61=%C3%A9%e4%BB%8a", &[("a", "é今")]),
            ("{\"a\":1}", &[("{\"a\":1}", "")]),
        ];
        for (body, expected) in cases {
            let read = read(body.as_bytes(), Charset::Utf8).ok().unwrap();
            let pairs: Vec<_> = read
                .iter()
                .map(|(name, value)| (name.as_str(), value.as_str()))
                .collect();
            assert_eq!(pairs, expected, "{body}");
        }
    }

    #[test]
    fn what_is_broken_is_refused() {
        let cases: [&[u8]; 8] = [
            b"a=%",
            b"a=%4",
            b"a=%zz",
            b"%=1",
            b"a=%%41",
            b"a=\xff",
            b"a=%ff",
            b"a=%c0%af",
        ];
        for body in cases {
            let unread = read(body, Charset::Utf8).err().unwrap();
            assert!(matches!(unread.problem, Problem::Malformed(_)), "{body:?}");
            assert_eq!(unread.typed.len(), 1, "what was typed is kept: {body:?}");
        }
    }

    #[test]
    fn two_hundred_pairs_are_read_and_no_more() {
        assert_eq!(
            read("a=1&".repeat(200).as_bytes(), Charset::Utf8)
                .ok()
                .unwrap()
                .len(),
            200
        );
        let unread = read("a=1&".repeat(201).as_bytes(), Charset::Utf8)
            .err()
            .unwrap();
        assert_eq!((unread.problem, unread.typed.len()), (too_many(), 200));
    }
}
