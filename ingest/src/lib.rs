//! The two functions that people's programs talk to: [`Ingest`] accepts forms, [`Status`] answers polls.
//! Both take a request with its body collected and give such an answer, so that they run behind any server:
//! hyper on one machine, Lambda on AWS. They know no runtime.
//!
//! `Ingest` never reads the ledger, and `Status` never writes: their fields say so.

mod answer;
mod body;
mod cors;
#[cfg(feature = "events")]
pub mod function;
mod intake;
mod negotiate;
mod observed;
mod openapi;
pub mod problem;
mod refusals;
mod routes;
mod status;
#[cfg(test)]
mod testing;

use std::sync::Arc;

use bytes::Bytes;
use counterfoil_core::ports::{Clock, Entropy, Queue};
use counterfoil_core::{Fault, Form, FormId, Forms, IdSecret, Keyring};
use counterfoil_web::Onward;
use http::request::Parts;
use http::{Method, Request, Response, StatusCode};

use cors::Caller;
pub use intake::is_of_person;
use problem::Problem;
pub use refusals::Refusals;
use routes::{Endpoint, Route};

/// Bytes of a request's body. An envelope is at most 128 KiB of ASCII. Percent-encoding triples a byte, and
/// so may spell those 128 KiB in 384; names, separators and a multipart's headers get the rest. A larger body
/// cannot fit, or says little with much.
pub const MAX_BODY: usize = 512 * 1024;

/// Accepts forms, and serves everything but tickets.
pub struct Ingest<Q, C, E> {
    /// Sign tickets.
    pub keys: Arc<Keyring>,
    /// Makes ids of idempotency keys.
    pub id_secret: Arc<IdSecret>,
    /// The forms that are here.
    pub forms: Arc<Forms>,
    /// Where accepted submissions go.
    pub queue: Q,
    /// The time.
    pub clock: C,
    /// For ids.
    pub entropy: E,
    /// Where tickets are answered when not on this host, such as `https://status.example.org` (no slash at the
    /// end, visible ASCII). `None`: on this host, by relative URLs.
    pub status_base_url: Option<String>,
    /// Counts refused posts, for whoever reads the log.
    pub refusals: Refusals,
}

/// Answers polls: `/tickets/{ticket}`.
pub struct Status<P, C, E> {
    /// Verify tickets.
    pub keys: Arc<Keyring>,
    /// For their retention and their words of thanks.
    pub forms: Arc<Forms>,
    /// Reads entries, never payloads.
    pub polls: P,
    /// The time.
    pub clock: C,
    /// For the jitter of `Retry-After`.
    pub entropy: E,
    /// Is `bury` switched on?
    pub buries: bool,
}

/// Is `path` answered by [`Status`]? All others are by [`Ingest`].
#[must_use]
pub fn is_status_path(path: &str) -> bool {
    routes::find(path).is_some_and(|(route, _)| route.endpoint == Endpoint::Ticket)
}

impl<Q: Queue, C: Clock, E: Entropy> Ingest<Q, C, E> {
    /// Answers one request. There is no error: what goes wrong is an answer.
    ///
    /// Where it came from is an [`IpAddr`](std::net::IpAddr) among its extensions, put there by a server that knows; no
    /// header is believed here.
    pub async fn handle(&self, request: Request<Bytes>) -> Response<Bytes> {
        let (parts, body) = request.into_parts();
        let response = match routes::find(parts.uri.path()) {
            Some((route, parameter)) => match route.endpoint {
                Endpoint::Form => self.form(&parts, &body, route, parameter).await,
                Endpoint::Index => fixed(&parts, route, || self.index()),
                Endpoint::Health => fixed(&parts, route, health),
                Endpoint::OpenApi => fixed(&parts, route, || openapi::answer(&self.forms)),
                Endpoint::Ticket => nowhere(&parts),
            },
            None => nowhere(&parts),
        };
        answer::for_method(&parts.method, response)
    }

    /// Answers a request that its server refuses before it is whole, as [`Self::handle`] would: a page for people, and
    /// readable by every page, because it says nothing of the form.
    pub fn refuse(&self, parts: &Parts, problem: &Problem) -> Response<Bytes> {
        let form =
            routes::find(parts.uri.path()).filter(|(route, _)| route.endpoint == Endpoint::Form);
        let form = form.and_then(|(_, id)| self.forms.get(&FormId::parse(id)?));
        let mut response = form.map_or_else(
            || refuse(parts, problem),
            |form| refuse_at(form, parts, problem),
        );
        if let Some(form) = form {
            let caller = Caller::new(parts, form);
            caller.narrow(response.headers_mut());
            caller.may_read(response.headers_mut());
            if parts.method == Method::POST {
                self.trace(Some(form), problem);
            }
        }
        answer::for_method(&parts.method, response)
    }

    fn index(&self) -> Response<Bytes> {
        let html = counterfoil_web::index_page(&self.forms);
        answer::page(
            StatusCode::OK,
            html,
            counterfoil_web::content_security_policy(),
        )
    }
}

/// A refusal as the caller reads it: a page for people, problem+json for programs.
fn refuse(parts: &Parts, problem: &Problem) -> Response<Bytes> {
    let policy = counterfoil_web::content_security_policy();
    refuse_in("en", policy, parts, problem)
}

/// A refusal of a form: in its language, and framed where its page may be.
fn refuse_at(form: &Form, parts: &Parts, problem: &Problem) -> Response<Bytes> {
    let policy = counterfoil_web::page_policy(form);
    refuse_in(&form.language, &policy, parts, problem)
}

fn refuse_in(language: &str, policy: &str, parts: &Parts, problem: &Problem) -> Response<Bytes> {
    if !negotiate::wants_page(&parts.headers) || body::is_json(&parts.headers) {
        return problem.response_in(language);
    }
    let detail = problem.detail();
    let (language, title, detail) = match counterfoil_web::refusal(language, problem.kind().name) {
        Some((title, detail)) => (language, title, detail),
        None => ("en", problem.kind().title, detail.as_ref()),
    };
    let onward = matches!(
        problem,
        Problem::UnknownForm | Problem::NotFound | Problem::FormClosed
    );
    let onward = onward.then(|| Onward {
        href: "/",
        text: counterfoil_web::all_forms(language),
    });
    let html = counterfoil_web::problem_page(language, title, detail, onward);
    let mut response = answer::page(problem.status(), html, policy);
    problem.add_headers(response.headers_mut());
    answer::keep_from_search(response.headers_mut());
    response
}

/// An answer that depends on the method alone.
fn fixed(
    parts: &Parts,
    route: &Route,
    answer: impl FnOnce() -> Response<Bytes>,
) -> Response<Bytes> {
    match parts.method {
        Method::OPTIONS => cors::preflight(parts, route.allow()),
        _ if route.takes(&parts.method) => answer(),
        _ => refuse(
            parts,
            &Problem::MethodNotAllowed {
                allow: route.allow(),
            },
        ),
    }
}

/// A preflight for a path that is not there passes, so that the page's script may read the 404 that follows.
fn nowhere(parts: &Parts) -> Response<Bytes> {
    if parts.method == Method::OPTIONS {
        cors::preflight(parts, routes::ANY)
    } else {
        refuse(parts, &Problem::NotFound)
    }
}

/// One line for the person on call; ids and sizes only, which is all that a fault holds.
fn log(what: &'static str, form: Option<&str>, fault: &Fault) {
    let cause = fault.cause();
    tracing::warn!(
        form.id = form,
        fault.code = cause.code,
        "{what}: {}",
        cause.detail
    );
}

fn health() -> Response<Bytes> {
    answer::json(
        StatusCode::OK,
        "application/json",
        &serde_json::json!({"status": "ok"}),
    )
}

#[cfg(test)]
#[path = "lib_tests.rs"]
mod tests;
