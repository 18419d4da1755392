//! What the operations share: schemas, headers, answers.

use counterfoil_core::json::child;
use counterfoil_core::status::TicketState;
use counterfoil_core::{Form, Forms};
use serde_json::{Map, Value, json};

use crate::problem;

pub(super) fn components(forms: &Forms) -> Value {
    json!({
        "schemas": schemas(forms),
        "parameters": {"IdempotencyKey": {
            "name": "Idempotency-Key", "in": "header",
            "description": "Sending again with the same key and content is one submission. Best a fresh UUIDv7.",
            "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"},
        }},
        "headers": {
            "Location": {"description": "Where to go, or where the ticket is answered.", "schema": {"type": "string"}},
            "RetryAfter": {"description": "Seconds to wait.", "schema": {"type": "integer", "minimum": 1}},
            "ETag": {"description": "For If-None-Match.", "schema": {"type": "string"}},
        },
        "responses": responses(),
    })
}

/// Where a form's schema stands in the document.
pub(super) fn schema_of(form: &Form) -> String {
    format!("#/components/schemas/form-{}", form.id)
}

/// As above, for what HTML sends.
pub(super) fn text_schema_of(form: &Form) -> String {
    format!("#/components/schemas/text-{}", form.id)
}

/// These answers, and problem+json for these statuses.
pub(super) fn with_problems<const N: usize>(
    statuses: &[u16],
    answers: [(&str, Value); N],
) -> Value {
    let problems = statuses
        .iter()
        .map(|status| (status.to_string(), problem(*status)));
    Value::Object(
        answers
            .into_iter()
            .map(|(status, answer)| (status.to_owned(), answer))
            .chain(problems)
            .collect(),
    )
}

fn problem(status: u16) -> Value {
    let kinds: Vec<_> = problem::ALL
        .iter()
        .filter(|kind| kind.status.as_u16() == status)
        .collect();
    let titles: Vec<_> = kinds
        .iter()
        .map(|kind| format!("{} (`{}`)", kind.title, kind.name))
        .collect();
    let mut answer = json!({
        "description": titles.join(", or "),
        "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
    });
    if matches!(status, 429 | 503) {
        answer["headers"] = headers(&["Retry-After"]);
    }
    answer
}

fn responses() -> Value {
    let json_of =
        |schema: &str| json!({"schema": {"$ref": format!("#/components/schemas/{schema}")}});
    json!({
        "Accepted": {
            "description": "Accepted and kept. The ticket says what becomes of it.",
            "headers": headers(&["Location", "Retry-After"]),
            "content": {"application/json": json_of("Accepted")},
        },
        "Onward": {
            "description": "The same, for a plain HTML form: to the form's own page of thanks, or to the ticket.",
            "headers": headers(&["Location"]),
        },
        "Ticket": {
            "description": "What became of it.",
            "headers": headers(&["ETag", "Retry-After"]),
            "content": {"application/json": json_of("Ticket"), "text/html": {"schema": {"type": "string"}}},
        },
    })
}

fn headers(names: &[&str]) -> Value {
    let header = |name: &&str| {
        let target = format!("#/components/headers/{}", name.replace('-', ""));
        ((*name).to_owned(), json!({"$ref": target}))
    };
    Value::Object(names.iter().map(header).collect())
}

fn schemas(forms: &Forms) -> Value {
    let mut schemas = Map::new();
    schemas.insert("Accepted".into(), accepted());
    schemas.insert("Ticket".into(), ticket());
    schemas.insert("Problem".into(), problem_schema());
    schemas.extend(super::open(forms).map(|form| (format!("form-{}", form.id), json_schema(form))));
    schemas.extend(super::open(forms).map(|form| {
        (
            format!("text-{}", form.id),
            super::text::schema(form, form_schema(form)),
        )
    }));
    Value::Object(schemas)
}

/// What a program may send: the form's schema, and the empty text for what is optional and would refuse it, which counts as left
/// out.
fn json_schema(form: &Form) -> Value {
    let mut schema = form_schema(form);
    let properties = schema.get_mut("properties").and_then(Value::as_object_mut);
    for (name, property) in properties.into_iter().flatten() {
        let empty = Map::from_iter([(name.clone(), Value::from(""))]);
        let pointer = child("", name);
        let mut wrong = form.schema.check(&empty).into_iter();
        if !form.schema.requires(name) && wrong.any(|error| error.pointer == pointer) {
            *property = json!({"anyOf": [property.take(), {"const": ""}]});
        }
    }
    schema
}

/// The form's schema with a name of its own: without one, its `#/$defs/…` would point into this document.
pub(super) fn form_schema(form: &Form) -> Value {
    let mut schema = form.schema.source().clone();
    if let Value::Object(members) = &mut schema {
        members
            .entry("$id")
            .or_insert_with(|| format!("urn:counterfoil:form:{}", form.id).into());
    }
    schema
}

fn accepted() -> Value {
    json!({
        "type": "object",
        "required": ["ticket", "state", "status_url", "retry_after", "submitted_at"],
        "properties": {
            "ticket": {"type": "string"},
            "state": {"const": TicketState::Queued.as_str()},
            "status_url": {"type": "string", "format": "uri-reference"},
            "retry_after": {"type": "integer", "minimum": 1, "maximum": 60},
            "submitted_at": {"type": "string", "format": "date-time"},
        },
    })
}

fn ticket() -> Value {
    let states: Vec<_> = TicketState::ALL
        .into_iter()
        .filter(|state| !state.is_gone())
        .map(TicketState::as_str)
        .collect();
    json!({
        "type": "object",
        "required": ["ticket", "form", "state", "seq", "submitted_at", "updated_at", "final"],
        "properties": {
            "ticket": {"type": "string"},
            "form": {"type": "string"},
            "state": {"enum": states},
            "seq": {"type": "integer", "minimum": 0},
            "submitted_at": {"type": "string", "format": "date-time"},
            "updated_at": {"type": "string", "format": "date-time"},
            "final": {"type": "boolean"},
            "retry_after": {"type": "integer", "minimum": 1, "maximum": 60},
            "reason": {"type": "object", "properties": {"code": {"type": "string"}, "detail": {"type": "string"}}},
            "seen_at": {
                "type": "string", "format": "date-time",
                "description": "When the people behind the form have seen it, where the form shows that.",
            },
            "answered_at": {
                "type": "string", "format": "date-time",
                "description": "When they have answered it, where the form shows that.",
            },
        },
    })
}

fn problem_schema() -> Value {
    let urns: Vec<_> = problem::ALL.iter().map(problem::ProblemKind::urn).collect();
    let states: Vec<_> = TicketState::ALL
        .into_iter()
        .filter(|state| state.is_gone())
        .map(TicketState::as_str)
        .collect();
    let error = json!({
        "type": "object",
        "required": ["pointer", "code", "detail"],
        "properties": {"pointer": {"type": "string"}, "code": {"type": "string"}, "detail": {"type": "string"}},
    });
    json!({
        "type": "object",
        "required": ["type", "title", "status", "detail"],
        "properties": {
            "type": {"enum": urns},
            "title": {"type": "string"},
            "status": {"type": "integer"},
            "detail": {"type": "string"},
            "what": {"type": "string", "description": "With 413: what was too large."},
            "limit": {"type": "integer", "description": "With 413: the most that is accepted, in bytes."},
            "errors": {
                "type": "array", "items": error, "maxItems": problem::MAX_ERRORS,
                "description": "With 422: all that is wrong, or its beginning.",
            },
            "more_errors": {
                "type": "integer", "minimum": 1, "description": "With 422: how many errors there are at least, besides those listed.",
            },
            "state": {"enum": states, "description": "With 410: why nothing is shown."},
        },
    })
}
