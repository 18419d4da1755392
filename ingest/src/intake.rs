//! `/forms/{form}`: the hosted page, and the post that becomes a ticket.
//!
//! A person who posted a plain form and is refused gets the form again, with all they typed; a program gets
//! problem+json.

use std::borrow::Cow;
use std::time::Duration;

use bytes::Bytes;
use counterfoil_core::accept::{Accepted, Accepting, KEY_FIELD, Post, Posted, Refused, accept};
use counterfoil_core::json::MAX_FIELDS;
use counterfoil_core::ports::{Clock, Entropy, Queue};
use counterfoil_core::status::{TicketState, retry_after};
use counterfoil_core::{Fault, Form, FormId, SubmissionId, Timestamp};
use counterfoil_web::FormPage;
use http::header::{HeaderMap, HeaderName, HeaderValue, LOCATION, RETRY_AFTER};
use http::request::Parts;
use http::{Method, Response, StatusCode};
use serde::Serialize;

use crate::body::Unread;
use crate::cors::{self, Caller};
use crate::problem::Problem;
use crate::routes::{self, Endpoint, Route};
use crate::{Ingest, answer, body, negotiate, observed, refuse, refuse_at};

const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

type Pairs = Vec<(String, String)>;

impl<Q: Queue, C: Clock, E: Entropy> Ingest<Q, C, E> {
    /// Path, method, origin, then the rest: an answer never tells what a later check would have said.
    pub(crate) async fn form(
        &self,
        parts: &Parts,
        body: &Bytes,
        route: &Route,
        id: &str,
    ) -> Response<Bytes> {
        let form = FormId::parse(id).and_then(|id| self.forms.get(&id));
        let Some(form) = form else {
            // As for any path that is not there: the preflight passes so that a script may read the 404.
            let is_preflight = parts.method == Method::OPTIONS;
            return if is_preflight {
                cors::preflight(parts, route.allow())
            } else {
                if parts.method == Method::POST {
                    self.trace(None, &Problem::UnknownForm);
                }
                refuse(parts, &Problem::UnknownForm)
            };
        };
        let caller = Caller::new(parts, form);
        let mut response = match parts.method {
            Method::GET | Method::HEAD if !form.enabled => {
                refuse_at(form, parts, &Problem::FormClosed)
            }
            Method::GET | Method::HEAD => self.page(form, &Draft::asked_for(parts, form)),
            Method::POST => match caller.refusal() {
                Some(problem) => self.returned(parts, body, form, problem),
                None => self.post(parts, body, form).await,
            },
            Method::OPTIONS => cors::preflight(parts, route.allow()),
            _ => refuse_at(
                form,
                parts,
                &Problem::MethodNotAllowed {
                    allow: route.allow(),
                },
            ),
        };
        caller.narrow(response.headers_mut());
        if matches!(parts.method, Method::POST | Method::OPTIONS) {
            caller.may_read(response.headers_mut());
        }
        if response.status().is_server_error() {
            // For whoever counts what goes wrong.
            response.extensions_mut().insert(form.id.clone());
        }
        response
    }

    async fn post(&self, parts: &Parts, body: &Bytes, form: &Form) -> Response<Bytes> {
        let is_person = is_of_person(parts);
        let (outcome, typed) = match body::read(&parts.headers, body) {
            Ok(posted) => {
                let typed = if is_person { pairs(&posted) } else { None };
                (self.accept(parts, form, posted).await, typed)
            }
            Err(Unread { problem, typed }) => (Err(problem), is_person.then_some(typed)),
        };
        if let Err(problem) = &outcome {
            self.trace(Some(form), problem);
        }
        match (outcome, typed) {
            (Ok(accepted), None) => self.receipt(&accepted),
            (Ok(accepted), Some(_)) => self.onward(&accepted, form),
            (Err(problem), None) => problem.response_in(&form.language),
            (Err(problem), Some(typed)) => self.page(form, &Draft::new(typed, form, problem)),
        }
    }

    /// Answers a person's post that its server refuses: the form again, with all that was typed. Anybody else is
    /// answered as by [`Self::refuse`].
    pub fn give_back(&self, parts: &Parts, body: &Bytes, problem: Problem) -> Response<Bytes> {
        let form =
            routes::find(parts.uri.path()).filter(|(route, _)| route.endpoint == Endpoint::Form);
        let form = form.and_then(|(_, id)| self.forms.get(&FormId::parse(id)?));
        let Some(form) = form else {
            return self.refuse(parts, &problem);
        };
        let mut response = self.returned(parts, body, form, problem);
        Caller::new(parts, form).narrow(response.headers_mut());
        response
    }

    /// A post that is refused whatever it holds: to a person with all that was typed.
    fn returned(
        &self,
        parts: &Parts,
        body: &Bytes,
        form: &Form,
        problem: Problem,
    ) -> Response<Bytes> {
        self.trace(Some(form), &problem);
        if !is_of_person(parts) {
            return refuse_at(form, parts, &problem);
        }
        let typed = match body::read(&parts.headers, body) {
            Ok(posted) => pairs(&posted).unwrap_or_default(),
            Err(Unread { typed, .. }) => typed,
        };
        self.page(form, &Draft::new(typed, form, problem))
    }

    /// Leaves a trace of a refused post. What is our own fault has its lines elsewhere.
    pub(crate) fn trace(&self, form: Option<&Form>, problem: &Problem) {
        if problem.status().is_client_error() {
            self.refusals.note(form, problem, self.clock.now());
        }
    }

    async fn accept(
        &self,
        parts: &Parts,
        form: &Form,
        posted: Posted,
    ) -> Result<Accepted, Problem> {
        if !form.enabled {
            return Err(Problem::FormClosed);
        }
        let key = key(&parts.headers)?;
        let origin = cors::origin(&parts.headers).map(str::to_owned);
        let post = Post {
            form,
            posted,
            key,
            origin,
            address: parts.extensions.get().copied(),
        };
        let with = Accepting {
            keys: &self.keys,
            id_secret: &self.id_secret,
            queue: &self.queue,
            clock: &self.clock,
            entropy: &self.entropy,
        };
        let accepted = accept(post, &with).await.map_err(|refused| match refused {
            Refused::Rejected(rejection) => rejection.into(),
            Refused::Unavailable(fault) => unavailable(form, &fault),
        })?;
        if !accepted.observed.is_empty() {
            observed::tell(form, &accepted);
        }
        Ok(accepted)
    }

    /// 202, for programs.
    fn receipt(&self, accepted: &Accepted) -> Response<Bytes> {
        // The id's last byte is random or an HMAC's: as good for a jitter as fresh entropy, and there already.
        let retry_after = retry_after(Duration::ZERO, accepted.of.id.as_bytes()[15]);
        let ticket = accepted.ticket.to_string();
        let status_url = self.status_url(&ticket);
        let location = HeaderValue::try_from(&status_url);
        let state = TicketState::Queued;
        let receipt = Receipt {
            ticket,
            state,
            status_url,
            retry_after,
            submitted_at: accepted.submitted_at,
        };
        let mut response = answer::json(StatusCode::ACCEPTED, "application/json", &receipt);
        response
            .headers_mut()
            .insert(RETRY_AFTER, retry_after.into());
        response
            .headers_mut()
            .extend(location.ok().map(|location| (LOCATION, location)));
        response
    }

    /// 303, for people: only the form's own definition says where to.
    fn onward(&self, accepted: &Accepted, form: &Form) -> Response<Bytes> {
        let ticket = accepted.ticket.to_string();
        let target = match &form.redirect {
            Some(redirect) => redirect.replace("{ticket}", &ticket),
            None => self.status_url(&ticket),
        };
        let mut response = answer::empty(StatusCode::SEE_OTHER);
        response.headers_mut().extend(
            HeaderValue::try_from(target)
                .ok()
                .map(|target| (LOCATION, target)),
        );
        response
    }

    fn status_url(&self, ticket: &str) -> String {
        format!(
            "{}/tickets/{ticket}",
            self.status_base_url.as_deref().unwrap_or_default()
        )
    }

    /// The form's page: empty, or as it was left when its post was refused.
    fn page(&self, form: &Form, draft: &Draft) -> Response<Bytes> {
        let fresh = || SubmissionId::fresh(self.clock.now(), self.entropy.ten_bytes()).to_string();
        let key = draft.key.clone().unwrap_or_else(fresh);
        let (errors, notice) = match &draft.problem {
            Some(Problem::InvalidFields(errors)) => (errors.as_slice(), None),
            Some(problem) => (&[][..], Some(words(problem, form))),
            None => (&[][..], None),
        };
        let page = FormPage {
            form,
            key: &key,
            typed: &draft.typed,
            errors,
            notice: notice.as_deref(),
        };
        let status = draft
            .problem
            .as_ref()
            .map_or(StatusCode::OK, Problem::status);
        let mut response = answer::page(
            status,
            counterfoil_web::form_page(&page),
            &self.form_policy(form),
        );
        draft
            .problem
            .iter()
            .for_each(|problem| problem.add_headers(response.headers_mut()));
        response
    }

    /// Chromium holds a post's redirect against `form-action` too: the host of the tickets has to be in it where
    /// that is another one.
    fn form_policy(&self, form: &Form) -> String {
        let policy = counterfoil_web::form_page_policy(form);
        match (&form.redirect, &self.status_base_url) {
            (None, Some(base)) => policy.replacen(
                "form-action 'self'",
                &format!("form-action 'self' {base}"),
                1,
            ),
            (None, None) | (Some(_), _) => policy,
        }
    }
}

/// Did a browser post a plain form, whose person reads the answer?
#[must_use]
pub fn is_of_person(parts: &Parts) -> bool {
    parts.method == Method::POST
        && !body::is_json(&parts.headers)
        && negotiate::wants_page(&parts.headers)
}

/// The answer to an accepted post.
#[derive(Serialize)]
struct Receipt {
    ticket: String,
    state: TicketState,
    status_url: String,
    retry_after: u32,
    submitted_at: Timestamp,
}

/// What a page shows again after a refusal.
#[derive(Default)]
struct Draft {
    key: Option<String>,
    typed: Pairs,
    problem: Option<Problem>,
}

impl Draft {
    /// What the address fills in: a link does so, and so does a form whose method was forgotten, which sent nothing.
    fn asked_for(parts: &Parts, form: &Form) -> Self {
        let pairs = body::query(parts.uri.query().unwrap_or_default());
        let typed = pairs.into_iter().filter(|(name, text)| {
            !text.is_empty() && form.schema.property(name).is_some() && !text.contains('\0')
        });
        Self {
            typed: typed.take(MAX_FIELDS).collect(),
            ..Self::default()
        }
    }

    fn new(mut typed: Pairs, form: &Form, problem: Problem) -> Self {
        let key = typed
            .iter()
            .find(|(name, text)| name == KEY_FIELD && !text.is_empty())
            .map(|(_, key)| key.clone());
        // A key that was refused would only be refused again; a good one is kept, so that a double click on
        // the corrected form still is one submission.
        let is_key =
            |key: &String| key.len() <= 255 && key.bytes().all(|byte| byte.is_ascii_graphic());
        let key = key
            .filter(is_key)
            .filter(|_| !matches!(problem, Problem::BadIdempotencyKey(_)));
        let is_captcha = |name: &str| {
            form.captcha
                .as_ref()
                .is_some_and(|captcha| captcha.provider.adds(name))
        };
        typed.retain(|(name, _)| {
            !name.starts_with('_') && form.honeypot.as_ref() != Some(name) && !is_captcha(name)
        });
        Self {
            key,
            typed,
            problem: Some(problem),
        }
    }
}

/// What a page says of a refusal.
fn words(problem: &Problem, form: &Form) -> Cow<'static, str> {
    counterfoil_web::refusal(&form.language, problem.kind().name)
        .map_or_else(|| problem.detail(), |(_, detail)| detail.into())
}

/// What a person typed. JSON is a program's.
fn pairs(posted: &Posted) -> Option<Pairs> {
    match posted {
        Posted::Pairs(pairs) => Some(pairs.clone()),
        Posted::Json(_) => None,
    }
}

/// The header `Idempotency-Key`. `core` checks what is in it.
fn key(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    let bad = |text: &'static str| Err(Problem::BadIdempotencyKey(text.into()));
    let mut keys = headers.get_all(IDEMPOTENCY_KEY).into_iter();
    match (keys.next(), keys.next()) {
        (None, _) => Ok(None),
        (Some(key), None) => match key.to_str() {
            Ok(key) => Ok(Some(key.to_owned())),
            Err(_) => bad("An idempotency key is 1 to 255 visible ASCII characters."),
        },
        (Some(_), Some(_)) => bad("The header Idempotency-Key was sent twice."),
    }
}

fn unavailable(form: &Form, fault: &Fault) -> Problem {
    crate::log(
        "failed to queue a submission",
        Some(form.id.as_str()),
        fault,
    );
    Problem::Unavailable
}

#[cfg(test)]
#[path = "bad_input_tests.rs"]
mod bad_input_tests;
#[cfg(test)]
#[path = "intake_tests.rs"]
mod tests;
