//! `GET /openapi.json`: the contract of this deployment, OpenAPI 3.1, made from the route table, the table of
//! problems and the forms that are here.

mod parts;
mod text;

use bytes::Bytes;
use counterfoil_core::{Form, Forms};
use http::{Method, Response, StatusCode};
use serde_json::{Map, Value, json};

use crate::answer;
use crate::routes::{Endpoint, ROUTES, Route};

/// The contract as an answer. Made anew each time: forms are few, and it is asked for by people.
pub(crate) fn answer(forms: &Forms) -> Response<Bytes> {
    answer::json(StatusCode::OK, "application/json", &document(forms))
}

fn document(forms: &Forms) -> Value {
    let paths: Map<String, Value> = ROUTES
        .iter()
        .flat_map(|route| items(route, forms))
        .collect();
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Counterfoil",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "Post a form, get a ticket at once, and ask with it what became of the submission.",
        },
        "paths": paths,
        "components": parts::components(forms),
    })
}

/// The forms that take posts: a closed one is answered by no contract.
fn open(forms: &Forms) -> impl Iterator<Item = &Form> {
    forms.iter().filter(|form| form.enabled)
}

/// A route as OpenAPI paths: one for each form where it has a form in it, so that each has its own schema.
fn items(route: &Route, forms: &Forms) -> Vec<(String, Value)> {
    match route.endpoint {
        Endpoint::Form => open(forms)
            .map(|form| {
                (
                    route.path.replace("{form}", form.id.as_str()),
                    item(route, Some(form)),
                )
            })
            .collect(),
        Endpoint::Index | Endpoint::Ticket | Endpoint::Health | Endpoint::OpenApi => {
            vec![(route.path.to_owned(), item(route, None))]
        }
    }
}

fn item(route: &Route, form: Option<&Form>) -> Value {
    let operations = route.methods.iter().map(|method| {
        let mut operation = operation(route.endpoint, method, form);
        operation["operationId"] = operation_id(route.endpoint, method, form).into();
        (method.as_str().to_ascii_lowercase(), operation)
    });
    Value::Object(operations.collect())
}

/// Unique, and stable: generated clients are named by it.
fn operation_id(endpoint: Endpoint, method: &Method, form: Option<&Form>) -> String {
    let verb = if method == Method::POST {
        "post"
    } else {
        "get"
    };
    let noun = match endpoint {
        Endpoint::Index => "Index",
        Endpoint::Form => "Form",
        Endpoint::Ticket => "Ticket",
        Endpoint::Health => "Health",
        Endpoint::OpenApi => "OpenApi",
    };
    form.map_or_else(
        || format!("{verb}{noun}"),
        |form| format!("{verb}{noun}-{}", form.id),
    )
}

fn operation(endpoint: Endpoint, method: &Method, form: Option<&Form>) -> Value {
    match (endpoint, form) {
        (Endpoint::Form, Some(form)) if method == Method::POST => post(form),
        (Endpoint::Form, _) => page("The form as a page, for people"),
        (Endpoint::Index, _) => page("The forms that are here, for people"),
        (Endpoint::Ticket, _) => poll(),
        (Endpoint::Health, _) => object("Is it alive?"),
        (Endpoint::OpenApi, _) => object("This document"),
    }
}

fn post(form: &Form) -> Value {
    let of = |schema: String| json!({ "schema": { "$ref": schema } });
    let text = of(parts::text_schema_of(form));
    json!({
        "summary": format!("Submit \"{}\"", form.title),
        "parameters": [{"$ref": "#/components/parameters/IdempotencyKey"}],
        "requestBody": {
            "required": true,
            "description": "Text of the HTML types is given the schema's types; a field left empty counts as missing. \
                            The character U+0000 is taken nowhere.",
            "content": {
                "application/json": of(parts::schema_of(form)),
                "application/x-www-form-urlencoded": text,
                "multipart/form-data": text,
            },
        },
        "responses": parts::with_problems(&[400, 403, 408, 413, 415, 421, 422, 429, 431, 503], [
            ("202", json!({"$ref": "#/components/responses/Accepted"})),
            ("303", json!({"$ref": "#/components/responses/Onward"})),
        ]),
    })
}

fn poll() -> Value {
    json!({
        "summary": "What became of a submission",
        "parameters": [
            {"name": "ticket", "in": "path", "required": true, "schema": {"type": "string"}},
            {"name": "If-None-Match", "in": "header", "schema": {"type": "string"}},
        ],
        "responses": parts::with_problems(&[404, 410, 421, 429, 503], [
            ("200", json!({"$ref": "#/components/responses/Ticket"})),
            ("304", json!({"description": "Nothing changed since the answer with this ETag."})),
        ]),
    })
}

fn page(summary: &str) -> Value {
    let content = json!({"text/html": {"schema": {"type": "string"}}});
    json!({"summary": summary, "responses": {"200": {"description": "The page.", "content": content}}})
}

fn object(summary: &str) -> Value {
    let content = json!({"application/json": {"schema": {"type": "object"}}});
    json!({"summary": summary, "responses": {"200": {"description": "An object.", "content": content}}})
}

#[cfg(test)]
#[path = "openapi_tests.rs"]
mod tests;
