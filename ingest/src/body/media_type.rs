//! Reads `Content-Type` and `Content-Encoding`: what the body claims to be.

use http::header::{CONTENT_ENCODING, CONTENT_TYPE, HeaderMap};

use crate::problem::Problem;

/// The longest boundary (RFC 2046, 5.1.1).
const MAX_BOUNDARY: usize = 70;

const NONE_READ: Problem = Problem::UnsupportedMediaType(
    "Send one Content-Type: application/json, application/x-www-form-urlencoded or multipart/form-data.",
);
const BAD_BOUNDARY: Problem = Problem::Malformed(std::borrow::Cow::Borrowed(
    "The boundary of multipart/form-data is missing or no boundary.",
));

/// The kinds of body that are read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum MediaType {
    /// `application/json`
    Json,
    /// `application/x-www-form-urlencoded`
    Urlencoded,
    /// `multipart/form-data`
    Multipart {
        /// What stands between its parts.
        boundary: String,
    },
}

/// What the body claims to be.
pub(super) fn read(headers: &HeaderMap) -> Result<MediaType, Problem> {
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

fn parse(text: &str) -> Result<MediaType, Problem> {
    let parameters = parameters(text.split_once(';').map_or("", |(_, rest)| rest));
    let parameter = |wanted: &str| {
        let mut found = parameters
            .iter()
            .flatten()
            .filter(|(name, _)| name.eq_ignore_ascii_case(wanted));
        match (found.next(), found.next()) {
            (Some((_, value)), None) => Some(value.as_str()),
            _ => None,
        }
    };
    let names = |name: &str| essence(text).eq_ignore_ascii_case(name);
    let media_type = if names("application/json") {
        MediaType::Json
    } else if names("application/x-www-form-urlencoded") {
        MediaType::Urlencoded
    } else if names("multipart/form-data") {
        let boundary = parameter("boundary")
            .filter(|text| is_boundary(text))
            .ok_or(BAD_BOUNDARY)?;
        MediaType::Multipart {
            boundary: boundary.to_owned(),
        }
    } else {
        return Err(NONE_READ);
    };
    if parameters.is_none()
        || parameter("charset").is_some_and(|charset| !charset.eq_ignore_ascii_case("utf-8"))
    {
        return Err(Problem::UnsupportedMediaType(
            "Send text as UTF-8, the only charset that is read here.",
        ));
    }
    Ok(media_type)
}

/// `name=value` and `name="value"` between semicolons; `None`: it is not written like that.
fn parameters(mut rest: &str) -> Option<Vec<(&str, String)>> {
    let mut found = Vec::new();
    loop {
        rest = rest.trim_start_matches([' ', '\t', ';']);
        if rest.is_empty() {
            return Some(found);
        }
        let (name, after) = rest.split_once('=')?;
        // Else the next parameter hides in the name of one that has no value: a charset, say.
        if !name.bytes().all(is_token) {
            return None;
        }
        let (value, after) = match after.strip_prefix('"') {
            Some(quoted) => unquote(quoted)?,
            None => {
                let end = after.find(';').unwrap_or(after.len());
                (after[..end].trim_end().to_owned(), &after[end..])
            }
        };
        found.push((name, value));
        rest = after;
    }
}

/// May this stand in the name of a parameter (RFC 9110, 5.6.2)?
fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

/// The text up to the closing quote, and what follows that.
fn unquote(quoted: &str) -> Option<(String, &str)> {
    let mut value = String::new();
    let mut chars = quoted.chars();
    loop {
        match chars.next()? {
            '"' => return Some((value, chars.as_str())),
            '\\' => value.push(chars.next()?),
            other => value.push(other),
        }
    }
}

fn is_boundary(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"'()+_,-./:=? ".contains(&byte);
    (1..=MAX_BOUNDARY).contains(&text.len()) && text.bytes().all(allowed) && !text.ends_with(' ')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_type_is_read_with_its_parameters() {
        let multipart = |boundary: &str| {
            Ok(MediaType::Multipart {
                boundary: boundary.to_owned(),
            })
        };
        let cases = [
            ("application/json", Ok(MediaType::Json)),
            ("Application/JSON ; Charset=\"UTF-8\"", Ok(MediaType::Json)),
            (
                "application/x-www-form-urlencoded;",
                Ok(MediaType::Urlencoded),
            ),
            (
                "multipart/form-data; boundary=----WebKit1",
                multipart("----WebKit1"),
            ),
            (
                "multipart/form-data; charset=utf-8; BOUNDARY=\"a b:c\"",
                multipart("a b:c"),
            ),
        ];
        for (text, expected) in cases {
            assert_eq!(parse(text), expected, "{text}");
        }
    }

    #[test]
    fn what_is_not_read_is_415_and_a_bad_boundary_400() {
        let long = format!("multipart/form-data; boundary={}", "b".repeat(71));
        let cases = [
            ("", 415),
            ("json", 415),
            ("text/plain", 415),
            ("application/json; charset=utf-16", 415),
            ("application/json; charset=\"utf-8", 415),
            ("application/json; x", 415),
            ("application/json; x; charset=utf-16", 415),
            ("application/json, application/json", 415),
            ("application/problem+json", 415),
            ("multipart/mixed; boundary=b", 415),
            ("multipart/form-data; boundary=b; charset=latin1", 415),
            ("multipart/form-data", 400),
            ("multipart/form-data; boundary=", 400),
            ("multipart/form-data; boundary=\"a\\\"b\"", 400),
            ("multipart/form-data; boundary=\"b \"", 400),
            ("multipart/form-data; boundary=a; boundary=b", 400),
            (&long, 400),
        ];
        for (text, status) in cases {
            assert_eq!(parse(text).unwrap_err().status().as_u16(), status, "{text}");
        }
    }
}
