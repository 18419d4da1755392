//! `/tickets/{ticket}`: what became of a submission.

use bytes::Bytes;
use counterfoil_core::ports::{Clock, Entropy, Polls, SeenMarks};
use counterfoil_core::status::{Answering, View, view};
use counterfoil_core::{Fault, Timestamp};
use http::header::{
    CACHE_CONTROL, ETAG, HeaderMap, HeaderValue, IF_NONE_MATCH, REFERRER_POLICY, RETRY_AFTER,
};
use http::request::Parts;
use http::{Method, Request, Response, StatusCode};

use crate::problem::Problem;
use crate::routes::{self, Endpoint};
use crate::{Status, answer, cors, negotiate, nowhere, refuse};

impl<P: Polls + SeenMarks, C: Clock, E: Entropy> Status<P, C, E> {
    /// Answers one request. There is no error: what goes wrong is an answer.
    pub async fn handle(&self, request: Request<Bytes>) -> Response<Bytes> {
        let (parts, _) = request.into_parts();
        let mut response = match routes::find(parts.uri.path()) {
            Some((route, ticket)) if route.endpoint == Endpoint::Ticket => match parts.method {
                Method::OPTIONS => cors::preflight(&parts, route.allow()),
                _ if route.takes(&parts.method) => self.ticket(&parts, ticket).await,
                _ => refuse(
                    &parts,
                    &Problem::MethodNotAllowed {
                        allow: route.allow(),
                    },
                ),
            },
            _ => nowhere(&parts),
        };
        // The ticket stands in the address, and whoever has it may poll.
        response
            .headers_mut()
            .insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
        answer::keep_from_search(response.headers_mut());
        answer::for_method(&parts.method, response)
    }

    async fn ticket(&self, parts: &Parts, text: &str) -> Response<Bytes> {
        let with = Answering {
            keys: &self.keys,
            polls: &self.polls,
            clock: &self.clock,
            entropy: &self.entropy,
            forms: &self.forms,
            buries: self.buries,
            unread: &unread,
        };
        match view(text, &with).await {
            Ok(Some(view)) => self.show(parts, view),
            Ok(None) => refuse(parts, &Problem::UnknownTicket),
            Err(fault) => {
                // Not the ticket, which whoever reads a log could poll with, and not its form, which is in it.
                crate::log("failed to read an entry for a poll", None, &fault);
                refuse(parts, &Problem::Unavailable)
            }
        }
    }

    /// The answer, with the state and its form among its extensions for whoever counts what goes wrong.
    fn show(&self, parts: &Parts, view: View) -> Response<Bytes> {
        let (state, form) = (view.state, view.form.clone());
        let mut response = self.shown(parts, view);
        response.extensions_mut().insert(state);
        response.extensions_mut().insert(form);
        response
    }

    fn shown(&self, parts: &Parts, view: View) -> Response<Bytes> {
        let wants_page = negotiate::wants_page(&parts.headers);
        if view.state.is_gone() {
            return if wants_page {
                self.page(StatusCode::GONE, &view)
            } else {
                Problem::Gone(view.into()).response()
            };
        }
        let tag = tag(&view, wants_page);
        let mut response = if is_known(&parts.headers, &tag) {
            answer::empty(StatusCode::NOT_MODIFIED)
        } else if wants_page {
            self.page(StatusCode::OK, &view)
        } else {
            answer::json(StatusCode::OK, "application/json", &view)
        };
        let headers = response.headers_mut();
        // Kept by the browser alone, and asked again each time: else there is no 304.
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
        headers.extend(HeaderValue::try_from(tag).ok().map(|tag| (ETAG, tag)));
        headers.extend(
            view.retry_after
                .map(|seconds| (RETRY_AFTER, seconds.into())),
        );
        response
    }

    fn page(&self, status: StatusCode, view: &View) -> Response<Bytes> {
        let form = self.forms.get(&view.form);
        let policy = counterfoil_web::ticket_page_policy(form);
        answer::page(status, counterfoil_web::ticket_page(view, form), &policy)
    }
}

/// Logs why marks cannot be read: as for an entry, neither the ticket nor its form.
fn unread(fault: &Fault) {
    crate::log(
        "failed to read when an entry was seen, for a poll",
        None,
        fault,
    );
}

/// Weak: two answers of one tag say the same, but for the seconds to wait.
fn tag(view: &View, is_page: bool) -> String {
    let mark = |sign: &str, at: Option<Timestamp>| {
        at.map_or_else(String::new, |at| format!("{sign}{}-", at.as_millis()))
    };
    format!(
        "W/\"{}-{}-{}{}{}\"",
        view.seq,
        view.state.as_str(),
        mark("s", view.seen.seen_at),
        mark("a", view.seen.answered_at),
        if is_page { "html" } else { "json" }
    )
}

/// Does `If-None-Match` hold this tag? Our tags have no comma in them, so a list may be split at commas.
fn is_known(headers: &HeaderMap, tag: &str) -> bool {
    let values = headers
        .get_all(IF_NONE_MATCH)
        .into_iter()
        .filter_map(|value| value.to_str().ok());
    let mut tags = values.flat_map(|value| value.split(',')).map(str::trim);
    tags.any(|known| known == "*" || known.trim_start_matches("W/") == tag.trim_start_matches("W/"))
}

#[cfg(test)]
#[path = "status_tests.rs"]
mod tests;
