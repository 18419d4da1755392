//! Reads `multipart/form-data` (RFC 7578) as fields of text. Files are refused, with everything typed beside
//! them kept.

use std::convert::Infallible;

use bytes::Bytes;
use counterfoil_core::json::MAX_FIELDS;
use futures_util::FutureExt;
use futures_util::stream::once;
use http::header::{CONTENT_DISPOSITION, HeaderMap};
use multer::{Constraints, Field, Multipart, SizeLimit};

use super::charset::Charset;
use super::transfer::Transfer;
use super::{Unread, malformed, media_type, too_many};
use crate::MAX_BODY;
use crate::problem::Problem;

/// Bytes of one part's headers.
const MAX_PART_HEADERS: usize = 8 * 1024;

const NO_FILES: Problem =
    Problem::UnsupportedMediaType("Files are not accepted: send the form without them.");

const BAD_TRANSFER: Problem = Problem::Malformed(std::borrow::Cow::Borrowed(
    "A part is not written as its Content-Transfer-Encoding says; 8bit, quoted-printable and base64 are read.",
));

/// The pairs in their order.
///
/// The body is here already, so the parser has nothing to wait for; if it waits all the same, the body has no
/// end that it can find.
pub(super) fn read(
    body: &Bytes,
    boundary: &str,
    charset: Charset,
) -> Result<Vec<(String, String)>, Unread> {
    let mut pairs = Vec::new();
    let lent = without_nul(body, boundary);
    let whole = lent.as_ref().unwrap_or(body);
    let read = read_into(&mut pairs, whole, (boundary, charset)).now_or_never();
    if lent.is_some() {
        pairs
            .iter_mut()
            .for_each(|(name, _)| *name = name.replace(STAND_IN, "\0"));
    }
    match read {
        Some(Ok(())) => Ok(pairs),
        Some(Err(problem)) => Err(Unread {
            problem,
            typed: pairs,
        }),
        None => Err(Unread {
            problem: broken(),
            typed: pairs,
        }),
    }
}

/// Stands for U+0000 in a part's name while the parts are read: `multer` takes a header with it for no header, and the
/// person would not learn which name it is. No text has this character: it is none, for ever.
const STAND_IN: &str = "\u{fdd0}";

/// The body with what stands for U+0000 in the names of its parts; `None`: no name has one.
fn without_nul(body: &Bytes, boundary: &str) -> Option<Bytes> {
    if !body.contains(&0) {
        return None;
    }
    let delimiter = format!("--{boundary}\r\n").into_bytes();
    let (mut out, mut in_head, mut after_break, mut found) =
        (Vec::with_capacity(body.len()), false, true, false);
    for line in body.split_inclusive(|byte| *byte == b'\n') {
        in_head = (in_head && line != b"\r\n") || (after_break && line == delimiter);
        after_break = line.ends_with(b"\r\n");
        let is_name = in_head && is_disposition(line);
        for byte in line {
            let is_nul = is_name && *byte == 0;
            found |= is_nul;
            out.extend_from_slice(if is_nul {
                STAND_IN.as_bytes()
            } else {
                std::slice::from_ref(byte)
            });
        }
    }
    found.then(|| out.into())
}

fn is_disposition(line: &[u8]) -> bool {
    let name = line.split(|byte| *byte == b':').next().unwrap_or_default();
    name.eq_ignore_ascii_case(CONTENT_DISPOSITION.as_str().as_bytes())
}

async fn read_into(
    pairs: &mut Vec<(String, String)>,
    body: &Bytes,
    (boundary, charset): (&str, Charset),
) -> Result<(), Problem> {
    // No limit per field: `core` has one for every content type, and tells it when all that was typed is read.
    let limits = Constraints::new().size_limit(SizeLimit::new().whole_stream(MAX_BODY as u64));
    let chunk = Ok::<Bytes, Infallible>(body.clone());
    let mut parts = Multipart::with_constraints(once(std::future::ready(chunk)), boundary, limits);
    let mut refusal = None;
    let mut count = 0;
    while let Some(part) = parts.next_field().await.map_err(|_| broken())? {
        count += 1;
        if count > MAX_FIELDS {
            return Err(too_many());
        }
        // Refused only when all is read: a person gets back what they typed.
        match read_part(part, charset).await? {
            Part::Field(name, value) => pairs.push((name, value)),
            Part::Unread(name, guess, problem) => {
                pairs.push((name, guess));
                refusal = refusal.or(Some(problem));
            }
            Part::File => refusal = refusal.or(Some(NO_FILES)),
            Part::NoFile => {}
        }
    }
    refusal.map_or(Ok(()), Err)
}

enum Part {
    /// A name and its text.
    Field(String, String),
    /// A name, what was probably typed (to be shown again, and never kept), and why it is not read.
    Unread(String, String, Problem),
    /// A file.
    File,
    /// What a browser sends for a file input that was left empty.
    NoFile,
}

async fn read_part(part: Field<'_>, charset: Charset) -> Result<Part, Problem> {
    let size: usize = part
        .headers()
        .iter()
        .map(|(name, value)| name.as_str().len() + value.len() + 4)
        .sum();
    if size > MAX_PART_HEADERS {
        return Err(malformed("The headers of a part are too large."));
    }
    let is_file = names_file(part.headers());
    let has_file_name = part.file_name() != Some("");
    let name = part
        .name()
        .filter(|_| is_form_data(part.headers()))
        .map(str::to_owned);
    let encoded = (
        Transfer::read(part.headers()),
        media_type::charset_of(part.headers()),
    );
    let content = part.bytes().await.map_err(|_| broken())?;
    if is_file {
        return Ok(if has_file_name || !content.is_empty() {
            Part::File
        } else {
            Part::NoFile
        });
    }
    let name = name.ok_or_else(|| malformed("A part has no name that can be read."))?;
    let guess = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let (transfer, charset) = match encoded {
        (Some(transfer), Ok(own)) => (transfer, own.unwrap_or(charset)),
        (None, _) => return Ok(Part::Unread(name, guess(&content), BAD_TRANSFER)),
        (Some(_), Err(problem)) => return Ok(Part::Unread(name, guess(&content), problem)),
    };
    if (transfer, charset) == (Transfer::Plain, Charset::Utf8) {
        // As nearly all are sent: not copied.
        return Ok(match String::from_utf8(content.into()) {
            Ok(text) => Part::Field(name, text),
            Err(error) => Part::Unread(name, guess(error.as_bytes()), not_in(charset)),
        });
    }
    let Some(plain) = transfer.decode(&content) else {
        return Ok(Part::Unread(name, guess(&content), BAD_TRANSFER));
    };
    Ok(match charset.decode(&plain) {
        Some(text) => Part::Field(name, text.into_owned()),
        None => Part::Unread(name, guess(&plain), not_in(charset)),
    })
}

fn not_in(charset: Charset) -> Problem {
    Problem::Malformed(format!("A part is {}.", charset.complaint()).into())
}

/// Is the part's disposition `form-data`, and nothing that `multer` takes for it?
fn is_form_data(headers: &HeaderMap) -> bool {
    let disposition = headers
        .get(CONTENT_DISPOSITION)
        .map(http::HeaderValue::as_bytes)
        .unwrap_or_default();
    let kind = disposition
        .split(|byte| *byte == b';')
        .next()
        .unwrap_or_default();
    kind.trim_ascii().eq_ignore_ascii_case(b"form-data")
}

/// Does `Content-Disposition` have a `filename` in any spelling (`filename*`, upper case, no UTF-8)? `multer`
/// reads only the plain one, and a file must not pass as a field's text.
fn names_file(headers: &HeaderMap) -> bool {
    let disposition = headers
        .get(CONTENT_DISPOSITION)
        .map(http::HeaderValue::as_bytes)
        .unwrap_or_default();
    let mut quoted = false;
    let mut escaped = false;
    let unquoted: Vec<u8> = disposition
        .iter()
        .map(|byte| {
            let was_quoted = quoted;
            quoted ^= *byte == b'"' && !escaped;
            escaped = was_quoted && *byte == b'\\' && !escaped;
            if was_quoted {
                b'"'
            } else {
                byte.to_ascii_lowercase()
            }
        })
        .collect();
    // At blanks too: who leaves a semicolon out sends a file all the same.
    let mut parameters = unquoted.split(|byte| b"; \t".contains(byte));
    parameters.any(|parameter| parameter.starts_with(b"filename"))
}

fn broken() -> Problem {
    malformed("The body is not multipart/form-data with the boundary that its Content-Type names.")
}

#[cfg(test)]
#[path = "multipart_tests.rs"]
mod tests;
