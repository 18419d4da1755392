//! A post's body as `core` takes it, by its content type. Nothing is mended on the way: what could be read
//! in two ways is refused.

mod media_type;
mod multipart;
mod urlencoded;

use bytes::Bytes;
use counterfoil_core::accept::Posted;
use counterfoil_core::json::{MAX_FIELDS, read_object};
use http::header::HeaderMap;

use media_type::MediaType;
pub(crate) use media_type::is_json;

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
    let media_type = media_type::read(headers)?;
    if body.len() > MAX_BODY {
        return Err(Problem::BodyTooLarge.into());
    }
    match media_type {
        MediaType::Json => Ok(Posted::Json(read_object(body).map_err(Problem::from)?)),
        MediaType::Urlencoded => Ok(Posted::Pairs(urlencoded::read(body)?)),
        MediaType::Multipart { boundary } => Ok(Posted::Pairs(multipart::read(body, &boundary)?)),
    }
}

fn malformed(text: &'static str) -> Problem {
    Problem::Malformed(text.into())
}

fn too_many() -> Problem {
    Problem::Malformed(format!("There are more than {MAX_FIELDS} fields.").into())
}
