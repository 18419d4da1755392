//! A problem's members in JSON.

use std::borrow::Cow;

use counterfoil_core::rejection::FieldError;
use counterfoil_core::status::View;
use serde::Serialize;

use super::Problem;

/// The members, the `type` first as in the RFC's examples.
#[derive(Serialize)]
pub(super) struct Body<'a> {
    #[serde(rename = "type")]
    urn: String,
    title: &'static str,
    status: u16,
    detail: Cow<'static, str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    what: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    limit: Option<usize>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<Item<'a>>,
    #[serde(flatten)]
    view: Option<&'a View>,
}

impl<'a> Body<'a> {
    pub(super) fn of(problem: &'a Problem) -> Self {
        let kind = problem.kind();
        let extra = problem.extra();
        Self {
            urn: kind.urn(),
            title: kind.title,
            status: kind.status.as_u16(),
            detail: problem.detail(),
            what: extra.size.map(|(what, _)| what.as_str()),
            limit: extra.size.map(|(_, limit)| limit),
            errors: extra.errors.iter().map(Item::of).collect(),
            view: extra.view,
        }
    }
}

#[derive(Serialize)]
struct Item<'a> {
    pointer: &'a str,
    code: &'a str,
    detail: String,
}

impl<'a> Item<'a> {
    fn of(error: &'a FieldError) -> Self {
        Self { pointer: &error.pointer, code: error.problem.code(), detail: error.problem.detail() }
    }
}
