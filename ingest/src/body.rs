//! A post's body as `core` takes it, by its content type. What is encoded is decoded; what could be read
//! in two ways is refused.

mod charset;
mod media_type;
mod multipart;
mod transfer;
mod urlencoded;

use bytes::Bytes;
use counterfoil_core::accept::Posted;
use counterfoil_core::json::{MAX_FIELDS, read_object};
use http::header::HeaderMap;

use charset::{Charset, without_mark};
pub(crate) use media_type::is_json;
use media_type::{ContentType, MediaType};

use crate::MAX_BODY;
use crate::problem::Problem;

/// Why a body could not be read, and the pairs that could: a page shows them again.
pub(crate) struct Unread {
    pub(crate) problem: Problem,
    pub(crate) typed: Vec<(String, String)>,
}

impl From<Problem> for Unread {
    fn from(problem: Problem) -> Self {
        Self {
            problem,
            typed: Vec::new(),
        }
    }
}

/// What was posted.
pub(crate) fn read(headers: &HeaderMap, body: &Bytes) -> Result<Posted, Unread> {
    let ContentType {
        media_type,
        charset,
    } = media_type::read(headers)?;
    if body.len() > MAX_BODY {
        return Err(Problem::BodyTooLarge.into());
    }
    let charset = charset.unwrap_or_default();
    match media_type {
        MediaType::Json => json(body, charset),
        MediaType::Text if looks_like_json(body) => json(body, charset),
        MediaType::Text => Err(media_type::NONE_READ.into()),
        MediaType::Urlencoded if looks_like_json(body) && is_json_object(body) => {
            Err(JSON_IN_DISGUISE.into())
        }
        MediaType::Urlencoded => Ok(Posted::Pairs(urlencoded::read(
            without_mark(body),
            charset,
        )?)),
        MediaType::Multipart { boundary } => {
            Ok(Posted::Pairs(multipart::read(body, &boundary, charset)?))
        }
    }
}

/// The pairs of an address's query, as far as they can be read.
pub(crate) fn query(text: &str) -> Vec<(String, String)> {
    urlencoded::read(text.as_bytes(), Charset::Utf8).unwrap_or_else(|unread| unread.typed)
}

/// What `curl -d` sends without a header.
const JSON_IN_DISGUISE: Problem = Problem::UnsupportedMediaType(
    "The body is JSON, and its Content-Type says that it is not. Send it with Content-Type: application/json.",
);

fn json(body: &Bytes, charset: Charset) -> Result<Posted, Unread> {
    let bytes = without_mark(body);
    // ASCII in UTF-16 without a mark is UTF-8 with U+0000 between its signs, which begins no JSON.
    if let [0xff, 0xfe, ..] | [0xfe, 0xff, ..] | [0, ..] | [_, 0, ..] = bytes {
        return Err(malformed("The body is UTF-16 or UTF-32. Send JSON as UTF-8.").into());
    }
    let unread = || Problem::Malformed(format!("The body is {}.", charset.complaint()).into());
    let text = charset.decode(bytes).ok_or_else(unread)?;
    Ok(Posted::Json(
        read_object(text.as_bytes()).map_err(Problem::from)?,
    ))
}

fn looks_like_json(body: &[u8]) -> bool {
    without_mark(body).trim_ascii_start().starts_with(b"{")
}

fn is_json_object(body: &[u8]) -> bool {
    let text = without_mark(body).trim_ascii();
    // What names the body as a field adds its sign.
    let text = text.strip_suffix(b"=").unwrap_or(text);
    serde_json::from_slice::<serde::de::IgnoredAny>(text).is_ok()
}

fn malformed(text: &'static str) -> Problem {
    Problem::Malformed(text.into())
}

fn too_many() -> Problem {
    Problem::Malformed(format!("There are more than {MAX_FIELDS} fields.").into())
}
