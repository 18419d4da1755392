//! Reads `Content-Type` and `Content-Encoding`: what the body claims to be.

use http::header::{CONTENT_ENCODING, CONTENT_TYPE, HeaderMap};

use super::charset::Charset;
use crate::problem::Problem;

/// The longest boundary. RFC 2046 (5.1.1) says 70; some clients write more.
const MAX_BOUNDARY: usize = 200;

pub(super) const NONE_READ: Problem = Problem::UnsupportedMediaType(
    "Send one Content-Type: application/json, application/x-www-form-urlencoded or multipart/form-data.",
);
const NO_CHARSET: Problem = Problem::UnsupportedMediaType(
    "Send text as UTF-8: the charset that is named is none that is read here.",
);
const BAD_BOUNDARY: Problem = Problem::Malformed(std::borrow::Cow::Borrowed(
    "The boundary of multipart/form-data is missing or no boundary.",
));

/// What a body claims to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ContentType {
    pub(super) media_type: MediaType,
    /// How its text is written. `None`: it does not say.
    pub(super) charset: Option<Charset>,
}

/// The kinds of body that are read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum MediaType {
    /// `application/json`
    Json,
    /// `text/plain`, as which a browser's `sendBeacon` and `fetch` send JSON that nobody has given a type.
    Text,
    /// `application/x-www-form-urlencoded`
    Urlencoded,
    /// `multipart/form-data`
    Multipart {
        /// What stands between its parts.
        boundary: String,
    },
}

/// What the body claims to be.
pub(super) fn read(headers: &HeaderMap) -> Result<ContentType, Problem> {
    let plain = |value: &http::HeaderValue| value.as_bytes().eq_ignore_ascii_case(b"identity");
    if !headers.get_all(CONTENT_ENCODING).into_iter().all(plain) {
        return Err(Problem::UnsupportedMediaType(
            "Send the body without a Content-Encoding.",
        ));
    }
    let mut types = headers.get_all(CONTENT_TYPE).into_iter();
    let (Some(one), None) = (types.next(), types.next()) else {
        return Err(NONE_READ);
    };
    parse(one.to_str().map_err(|_| NONE_READ)?)
}

/// Does the request claim to be JSON? Who sends JSON reads JSON, whatever `Accept` says.
pub(crate) fn is_json(headers: &HeaderMap) -> bool {
    let essence = headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .map(essence);
    essence.is_some_and(|essence| essence.eq_ignore_ascii_case("application/json"))
}

fn essence(text: &str) -> &str {
    text.split(';').next().unwrap_or_default().trim()
}

fn parse(text: &str) -> Result<ContentType, Problem> {
    let parameters = parameters(text);
    let names = |name: &str| essence(text).eq_ignore_ascii_case(name);
    let media_type = if names("application/json") {
        MediaType::Json
    } else if names("text/plain") {
        MediaType::Text
    } else if names("application/x-www-form-urlencoded") {
        MediaType::Urlencoded
    } else if names("multipart/form-data") {
        let boundary = parameter(&parameters, "boundary")
            .filter(|text| is_boundary(text))
            .ok_or(BAD_BOUNDARY)?;
        MediaType::Multipart {
            boundary: boundary.to_owned(),
        }
    } else {
        return Err(NONE_READ);
    };
    Ok(ContentType {
        media_type,
        charset: charset(&parameters)?,
    })
}

/// The charset of a part of a multipart; `None`: it does not say.
pub(super) fn charset_of(headers: &HeaderMap) -> Result<Option<Charset>, Problem> {
    let value = headers.get(CONTENT_TYPE);
    let text = value.map(|value| value.to_str().map_err(|_| NO_CHARSET));
    charset(&parameters(text.transpose()?.unwrap_or_default()))
}

fn charset(parameters: &[(&str, String)]) -> Result<Option<Charset>, Problem> {
    let label = parameter(parameters, "charset");
    label
        .map(|label| Charset::parse(label).ok_or(NO_CHARSET))
        .transpose()
}

/// Of two of one name, the first counts (MIME Sniffing, 4.4).
fn parameter<'a>(parameters: &'a [(&str, String)], wanted: &str) -> Option<&'a str> {
    let mut all = parameters.iter();
    let found = all.find(|(name, _)| name.eq_ignore_ascii_case(wanted))?;
    Some(&found.1)
}

/// `name=value` and `name="value"` after semicolons, as the MIME Sniffing standard reads them: what has no value, or a name
/// that is none, is passed over.
fn parameters(text: &str) -> Vec<(&str, String)> {
    let mut found = Vec::new();
    let mut rest = text.split_once(';').map_or("", |(_, rest)| rest);
    while !rest.is_empty() {
        rest = rest.trim_start_matches([' ', '\t', '\r', '\n']);
        let end = rest.find([';', '=']).unwrap_or(rest.len());
        let name = &rest[..end];
        let Some(after) = rest[end..].strip_prefix('=') else {
            rest = rest[end..].strip_prefix(';').unwrap_or_default();
            continue;
        };
        let (value, after) = match after.strip_prefix('"') {
            Some(quoted) => {
                let (value, after) = unquote(quoted);
                (value, after.find(';').map_or("", |at| &after[at..]))
            }
            None => {
                let end = after.find(';').unwrap_or(after.len());
                let value = after[..end].trim_end_matches([' ', '\t', '\r', '\n']);
                (value.to_owned(), &after[end..])
            }
        };
        if !name.is_empty() && name.bytes().all(is_token) {
            found.push((name, value));
        }
        rest = after.strip_prefix(';').unwrap_or_default();
    }
    found
}

/// May this stand in the name of a parameter (RFC 9110, 5.6.2)?
fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

/// The text up to the closing quote, or to the end where there is none, and what follows that.
fn unquote(quoted: &str) -> (String, &str) {
    let mut value = String::new();
    let mut chars = quoted.chars();
    loop {
        match chars.next() {
            None | Some('"') => return (value, chars.as_str()),
            Some('\\') => value.push(chars.next().unwrap_or('\\')),
            Some(other) => value.push(other),
        }
    }
}

/// Any text of visible ASCII, with blanks within it: clients write more than RFC 2046 allows. What could end the name in a
/// header's quotes is none.
fn is_boundary(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_graphic() && !b"\"\\".contains(&byte) || byte == b' ';
    (1..=MAX_BOUNDARY).contains(&text.len()) && text.bytes().all(allowed) && !text.ends_with(' ')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_type_is_read_with_its_parameters() {
        let multipart = |boundary: &str| MediaType::Multipart {
            boundary: boundary.to_owned(),
        };
        let (utf8, latin) = (Some(Charset::Utf8), Some(Charset::Windows1252));
        let long = format!("multipart/form-data; boundary={}", "b".repeat(200));
        let cases = [
            ("application/json", MediaType::Json, None),
            (
                "Application/JSON ; Charset=\"UTF-8\"",
                MediaType::Json,
                utf8,
            ),
            ("application/json; charset=utf8", MediaType::Json, utf8),
            ("application/json; charset=\"utf-8", MediaType::Json, utf8),
            ("application/json; x", MediaType::Json, None),
            (
                "application/json; x; charset=latin1",
                MediaType::Json,
                latin,
            ),
            (
                "application/json; charset=utf-8; charset=latin1",
                MediaType::Json,
                utf8,
            ),
            ("text/plain;charset=UTF-8", MediaType::Text, utf8),
            (
                "application/x-www-form-urlencoded;",
                MediaType::Urlencoded,
                None,
            ),
            (
                "multipart/form-data; boundary=----WebKit1",
                multipart("----WebKit1"),
                None,
            ),
            (
                "multipart/form-data; charset=utf-8; BOUNDARY=\"a b:c\"",
                multipart("a b:c"),
                utf8,
            ),
            (
                "multipart/form-data; boundary=a*b&c{d}; charset=latin1",
                multipart("a*b&c{d}"),
                latin,
            ),
            (
                "multipart/form-data; boundary=a; boundary=b",
                multipart("a"),
                None,
            ),
            (&long, multipart(&"b".repeat(200)), None),
        ];
        for (text, media_type, charset) in cases {
            let expected = ContentType {
                media_type,
                charset,
            };
            assert_eq!(parse(text), Ok(expected), "{text}");
        }
    }

    #[test]
    fn what_is_not_read_is_415_and_a_bad_boundary_400() {
        let long = format!("multipart/form-data; boundary={}", "b".repeat(201));
        let cases = [
            ("", 415),
            ("json", 415),
            ("text/html", 415),
            ("application/json; charset=utf-16", 415),
            ("application/json; charset=", 415),
            ("application/json; x; charset=utf-16", 415),
            ("application/json, application/json", 415),
            ("application/problem+json", 415),
            ("multipart/mixed; boundary=b", 415),
            ("multipart/form-data; boundary=b; charset=utf-7", 415),
            ("multipart/form-data", 400),
            ("multipart/form-data; boundary=", 400),
            ("multipart/form-data; boundary=\"a\\\"b\"", 400),
            ("multipart/form-data; boundary=\"b \"", 400),
            (&long, 400),
        ];
        for (text, status) in cases {
            assert_eq!(parse(text).unwrap_err().status().as_u16(), status, "{text}");
        }
    }
}
