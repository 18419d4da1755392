//! `Content-Transfer-Encoding` of a multipart's part (RFC 2045, 6): mail libraries write it, and what it says is undone.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::header::{HeaderMap, HeaderName};

const NAME: HeaderName = HeaderName::from_static("content-transfer-encoding");

/// How a part's content was written down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Transfer {
    /// As it is.
    Plain,
    /// Quoted-printable.
    Quoted,
    /// Base64.
    Base64,
}

impl Transfer {
    /// What a part's headers say. `None`: something that is not read here.
    pub(super) fn read(headers: &HeaderMap) -> Option<Self> {
        let mut values = headers.get_all(NAME).into_iter();
        let (value, None) = (values.next(), values.next()) else {
            return None;
        };
        let value = value.map_or(&b"8bit"[..], |value| value.as_bytes());
        let is = |name: &[u8]| value.trim_ascii().eq_ignore_ascii_case(name);
        if is(b"7bit") || is(b"8bit") || is(b"binary") {
            Some(Self::Plain)
        } else if is(b"quoted-printable") {
            Some(Self::Quoted)
        } else if is(b"base64") {
            Some(Self::Base64)
        } else {
            None
        }
    }

    /// The content as it was before. `None`: it is not written like that.
    pub(super) fn decode(self, content: &[u8]) -> Option<Cow<'_, [u8]>> {
        match self {
            Self::Plain => Some(Cow::Borrowed(content)),
            Self::Quoted => unquote(content).map(Cow::Owned),
            Self::Base64 => {
                let signs = content.iter().filter(|byte| !byte.is_ascii_whitespace());
                let signs: Vec<u8> = signs.copied().collect();
                STANDARD.decode(signs).ok().map(Cow::Owned)
            }
        }
    }
}

/// Undoes quoted-printable: `=C3` is a byte, and `=` at the end of a line joins it with the next.
fn unquote(content: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(content.len());
    let mut rest = content;
    while let Some((byte, after)) = rest.split_first() {
        rest = after;
        if *byte != b'=' {
            out.push(*byte);
            continue;
        }
        // Blanks that a relay has put at the end of the line are none of it.
        let line = &rest[..rest
            .iter()
            .position(|byte| *byte == b'\n')
            .map_or(rest.len(), |at| at + 1)];
        if line.iter().all(u8::is_ascii_whitespace) {
            rest = &rest[line.len()..];
            continue;
        }
        let digits = std::str::from_utf8(rest.get(..2)?).ok()?;
        if !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return None;
        }
        out.push(u8::from_str_radix(digits, 16).ok()?);
        rest = &rest[2..];
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_encoded_is_decoded_or_refused() {
        let cases: [(Transfer, &str, Option<&str>); 10] = [
            (Transfer::Plain, "=41", Some("=41")),
            (
                Transfer::Quoted,
                "Joe owes =E2=82=AC100.",
                Some("Joe owes €100."),
            ),
            (
                Transfer::Quoted,
                "soft=\r\nbreak=  \r\nagain",
                Some("softbreakagain"),
            ),
            (Transfer::Quoted, "end=", Some("end")),
            (Transfer::Quoted, "lower=c3=a9", Some("loweré")),
            (Transfer::Quoted, "a=4", None),
            (Transfer::Quoted, "a=+1", None),
            (Transfer::Base64, "SsO8cm\r\ndlbg==", Some("Jürgen")),
            (Transfer::Base64, "", Some("")),
            (Transfer::Base64, "SsO8*", None),
        ];
        for (transfer, written, meant) in cases {
            let read = transfer.decode(written.as_bytes());
            assert_eq!(read.as_deref(), meant.map(str::as_bytes), "{written}");
        }
    }

    #[test]
    fn a_name_is_read_in_any_case_and_an_unknown_one_is_not() {
        let read = |value: Option<&'static str>| {
            let mut headers = HeaderMap::new();
            if let Some(value) = value {
                headers.insert(NAME, value.parse().unwrap());
            }
            Transfer::read(&headers)
        };
        assert_eq!(read(None), Some(Transfer::Plain));
        assert_eq!(read(Some("8BIT")), Some(Transfer::Plain));
        assert_eq!(read(Some("Quoted-Printable ")), Some(Transfer::Quoted));
        assert_eq!(read(Some("BASE64")), Some(Transfer::Base64));
        assert_eq!(read(Some("x-uuencode")), None);
    }
}
