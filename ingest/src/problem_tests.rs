//! Every problem as it is sent.

use super::*;
use counterfoil_core::rejection::FieldProblem;
use counterfoil_core::status::TicketState;
use counterfoil_core::{FormId, Timestamp};
use serde_json::{Value, json};

fn view() -> View {
    View {
        ticket: "contact.x".into(),
        form: FormId::parse("contact").unwrap(),
        state: TicketState::Erased,
        seq: 2,
        submitted_at: Timestamp::default(),
        updated_at: Timestamp::default(),
        is_final: true,
        retry_after: None,
        reason: None,
        seen: counterfoil_core::ports::Seen::default(),
    }
}

fn all() -> Vec<Problem> {
    let error = FieldError {
        pointer: "/name".into(),
        problem: FieldProblem::Required,
    };
    vec![
        Problem::Malformed("The body is not UTF-8.".into()),
        Problem::BadIdempotencyKey("No key.".into()),
        Problem::OriginNotAllowed,
        Problem::FormClosed,
        Problem::UnknownForm,
        Problem::UnknownTicket,
        Problem::NotFound,
        Problem::MethodNotAllowed { allow: "GET" },
        Problem::RequestTimeout,
        Problem::BodyTooLarge,
        Problem::TooLarge {
            what: Oversize::Field,
            limit: 7,
        },
        Problem::HeadersTooLarge,
        Problem::UnsupportedMediaType("No."),
        Problem::WrongAddress,
        Problem::InvalidFields(vec![error]),
        Problem::TooManyRequests { retry_after: 30 },
        Problem::Unavailable,
        Problem::ShuttingDown,
        Problem::Gone(Box::new(view())),
    ]
}

fn body(problem: &Problem) -> Value {
    serde_json::from_slice(problem.response().body()).unwrap()
}

#[test]
fn every_problem_stands_in_the_table_and_says_what_it_is() {
    let problems = all();
    assert!(
        ALL.iter()
            .all(|kind| problems.iter().any(|problem| problem.kind() == *kind))
    );
    for problem in &problems {
        let (kind, response, body) = (problem.kind(), problem.response(), body(problem));
        assert!(ALL.contains(&kind), "{}", kind.name);
        assert_eq!(response.status(), kind.status);
        assert_eq!(
            response.headers()["content-type"],
            "application/problem+json"
        );
        assert_eq!(response.headers()["access-control-allow-origin"], "*");
        assert_eq!(body["type"], kind.urn());
        assert_eq!(body["title"], kind.title);
        assert_eq!(body["status"], kind.status.as_u16());
        assert_eq!(body["detail"], *problem.detail());
        assert!(
            problem.detail().ends_with('.'),
            "a sentence: {}",
            problem.detail()
        );
    }
}

#[test]
fn the_names_are_kebab_case_and_each_stands_once() {
    let names: std::collections::BTreeSet<_> = ALL.iter().map(|kind| kind.name).collect();
    assert_eq!(names.len(), ALL.len());
    assert!(names.iter().all(|name| {
        name.bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte == b'-')
    }));
}

#[test]
fn a_problem_says_what_its_caller_can_act_on() {
    let members = |problem: Problem, names: &[&str]| {
        let body = body(&problem);
        names
            .iter()
            .map(|name| body[name].clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(
        members(Problem::BodyTooLarge, &["what", "limit"]),
        [json!("body"), json!(524_288)]
    );
    let envelope = Problem::TooLarge {
        what: Oversize::Envelope,
        limit: 9,
    };
    assert_eq!(
        members(envelope, &["what", "limit"]),
        [json!("submission"), json!(9)]
    );
    let gone = Problem::Gone(Box::new(view()));
    assert_eq!(
        members(gone, &["state", "final", "status"]),
        [json!("erased"), json!(true), json!(410)]
    );
    let errors =
        json!([{"pointer": "/name", "code": "required", "detail": "This field is required."}]);
    let error = FieldError {
        pointer: "/name".into(),
        problem: FieldProblem::Required,
    };
    assert_eq!(
        members(Problem::InvalidFields(vec![error]), &["errors"]),
        [errors]
    );
}

#[test]
fn an_answer_lists_a_hundred_errors_and_counts_the_rest() {
    let error = |pointer: &str| FieldError {
        pointer: pointer.into(),
        problem: FieldProblem::Required,
    };
    let body_of =
        |pointer: &str, count: usize| body(&Problem::InvalidFields(vec![error(pointer); count]));
    for (count, listed, more) in [
        (1, 1, json!(null)),
        (100, 100, json!(null)),
        (101, 100, json!(1)),
    ] {
        let body = body_of("/name", count);
        assert_eq!(
            (
                body["errors"].as_array().unwrap().len(),
                &body["more_errors"]
            ),
            (listed, &more)
        );
        assert_eq!(body["detail"], format!("Fields to correct: {count}."));
    }
    // The deepest pointer that a post can have.
    let deep = body_of(&"/~1".repeat(128 * 15), 10_000);
    assert!(
        deep.to_string().len() < 20_000,
        "{}",
        deep.to_string().len()
    );
    assert_eq!(
        deep["errors"].as_array().unwrap().len() as u64 + deep["more_errors"].as_u64().unwrap(),
        10_000
    );
    assert!(!deep["errors"].as_array().unwrap().is_empty());
}

#[test]
fn a_refusal_that_may_pass_says_when_to_try_again() {
    let header = |problem: Problem, name| {
        problem
            .response()
            .headers()
            .get(name)
            .map(|v| v.to_str().unwrap().to_owned())
    };
    assert_eq!(
        header(Problem::Unavailable, "retry-after").as_deref(),
        Some("2")
    );
    assert_eq!(
        header(Problem::ShuttingDown, "retry-after").as_deref(),
        Some("2")
    );
    assert_eq!(
        header(Problem::TooManyRequests { retry_after: 30 }, "retry-after").as_deref(),
        Some("30")
    );
    assert_eq!(
        header(Problem::MethodNotAllowed { allow: "GET" }, "allow").as_deref(),
        Some("GET")
    );
    assert_eq!(header(Problem::NotFound, "retry-after"), None);
}

#[test]
fn a_fragment_of_core_becomes_a_sentence() {
    let problem = Problem::from(Rejection::Malformed("the body is not UTF-8".into()));
    assert_eq!(problem.detail(), "The body is not UTF-8.");
}
