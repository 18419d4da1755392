//! Reads `application/x-www-form-urlencoded` strictly: a broken escape or an invalid byte is refused, where
//! the URL standard would quietly put something else in its place.

use counterfoil_core::json::MAX_FIELDS;
use percent_encoding::percent_decode;

use super::malformed;
use crate::problem::Problem;

/// The pairs in their order.
pub(super) fn read(body: &[u8]) -> Result<Vec<(String, String)>, Problem> {
    let segments = || body.split(|byte| *byte == b'&').filter(|segment| !segment.is_empty());
    let count = segments().take(MAX_FIELDS + 1).count();
    if count > MAX_FIELDS {
        return Err(super::too_many());
    }
    let mut pairs = Vec::with_capacity(count);
    for segment in segments() {
        let equals = segment.iter().position(|byte| *byte == b'=').unwrap_or(segment.len());
        let value = segment.get(equals + 1..).unwrap_or_default();
        pairs.push((decode(&segment[..equals])?, decode(value)?));
    }
    Ok(pairs)
}

fn decode(text: &[u8]) -> Result<String, Problem> {
    if !escapes_are_whole(text) {
        return Err(malformed("A % in the body is not followed by two hexadecimal digits."));
    }
    let mut decoded = Vec::with_capacity(text.len());
    for (index, word) in text.split(|byte| *byte == b'+').enumerate() {
        if index > 0 {
            decoded.push(b' ');
        }
        decoded.extend(percent_decode(word));
    }
    String::from_utf8(decoded).map_err(|_| malformed("The body is not UTF-8."))
}

fn escapes_are_whole(text: &[u8]) -> bool {
    let mut pieces = text.split(|byte| *byte == b'%');
    pieces.next(); // What stands before the first escape.
    pieces.all(|piece| piece.get(..2).is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit)))
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
            let read = read(body.as_bytes()).unwrap();
            let pairs: Vec<_> = read.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
            assert_eq!(pairs, expected, "{body}");
        }
    }

    #[test]
    fn what_is_broken_is_refused() {
        let cases: [&[u8]; 8] =
            [b"a=%", b"a=%4", b"a=%zz", b"%=1", b"a=%%41", b"a=\xff", b"a=%ff", b"a=%c0%af"];
        for body in cases {
            assert!(matches!(read(body), Err(Problem::Malformed(_))), "{body:?}");
        }
    }

    #[test]
    fn two_hundred_pairs_are_read_and_no_more() {
        assert_eq!(read("a=1&".repeat(200).as_bytes()).unwrap().len(), 200);
        assert_eq!(read("a=1&".repeat(201).as_bytes()), Err(super::super::too_many()));
    }
}
