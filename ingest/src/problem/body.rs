//! A problem's members in JSON.

use std::borrow::Cow;

use counterfoil_core::rejection::FieldError;
use counterfoil_core::status::View;
use serde::Serialize;

use super::Problem;

/// Errors that one answer lists. How many there are is for the sender to say, and a small post must get no large answer.
pub(crate) const MAX_ERRORS: usize = 100;
/// Bytes of all pointers in one answer: the names in them are the sender's, and each error within them repeats them.
const MAX_POINTERS: usize = 16 * 1024;

/// The members, the `type` first as in the RFC's examples.
#[derive(Serialize)]
pub(super) struct Body<'a> {
    #[serde(rename = "type")]
    urn: String,
    title: &'a str,
    status: u16,
    detail: Cow<'static, str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    what: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    limit: Option<usize>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<Item<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    more_errors: Option<usize>,
    #[serde(flatten)]
    view: Option<&'a View>,
}

impl<'a> Body<'a> {
    pub(super) fn new(problem: &'a Problem, language: &str) -> Self {
        let kind = problem.kind();
        let said = counterfoil_web::refusal(language, kind.name);
        let (title, detail) =
            said.map_or_else(|| (kind.title, problem.detail()), |(t, d)| (t, d.into()));
        let extra = problem.extra();
        let listed = listed(extra.errors);
        Self {
            urn: kind.urn(),
            title,
            status: kind.status.as_u16(),
            detail,
            what: extra.size.map(|(what, _)| what.as_str()),
            limit: extra.size.map(|(_, limit)| limit),
            errors: listed
                .iter()
                .map(|error| Item::new(error, language))
                .collect(),
            more_errors: Some(extra.errors.len() - listed.len()).filter(|more| *more > 0),
            view: extra.view,
        }
    }
}

/// The first errors, as many as an answer lists.
fn listed(errors: &[FieldError]) -> &[FieldError] {
    let mut room = MAX_POINTERS;
    let fits = |error: &&FieldError| {
        let left = room.checked_sub(error.pointer.len());
        room = left.unwrap_or(0);
        left.is_some()
    };
    &errors[..errors.iter().take(MAX_ERRORS).take_while(fits).count()]
}

#[derive(Serialize)]
struct Item<'a> {
    pointer: &'a str,
    code: &'a str,
    detail: String,
}

impl<'a> Item<'a> {
    fn new(error: &'a FieldError, language: &str) -> Self {
        let detail = counterfoil_web::field_problem(language, &error.problem);
        Self {
            pointer: &error.pointer,
            code: error.problem.code(),
            detail,
        }
    }
}
