//! Small fakes for this crate's tests: a queue and a ledger in memory, a clock that stands still.

use std::sync::atomic::{AtomicU8, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use counterfoil_core::ports::{Clock, Entropy, Polls, Queue, Seen, SeenMarks};
use counterfoil_core::{
    Code, Envelope, Fault, Form, FormId, Forms, Head, IdSecret, Keyring, SubmissionRef, Timestamp,
};
use futures_util::FutureExt;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response};
use serde_json::Value;

use crate::{Ingest, Refusals, Status};

pub(crate) const CONTACT: &str = include_str!("../../forms/contact.toml");
pub(crate) const NOW: i64 = 1_795_385_651_007;
pub(crate) const JSON: &str = "application/json";
pub(crate) const URLENCODED: &str = "application/x-www-form-urlencoded";
/// What Firefox sends.
pub(crate) const BROWSER: &str = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
/// Submitted values that no refusal may repeat hold this.
pub(crate) const CANARY: &str = "canary7f3a";

#[derive(Default)]
pub(crate) struct FakeQueue {
    pub(crate) sent: Mutex<Vec<(SubmissionRef, String)>>,
    pub(crate) fails: bool,
}

impl Queue for FakeQueue {
    async fn send(&self, of: &SubmissionRef, body: String) -> Result<(), Fault> {
        if self.fails {
            return Err(Fault::transient(Code::DiskFull, "no space"));
        }
        self.sent.lock().unwrap().push((of.clone(), body));
        Ok(())
    }
}

#[derive(Default)]
pub(crate) struct FakePolls {
    pub(crate) head: Option<Head>,
    pub(crate) reads: AtomicUsize,
    pub(crate) fails: bool,
    /// What it is marked as; `None`: that cannot be read.
    pub(crate) seen: Option<Seen>,
}

impl SeenMarks for FakePolls {
    async fn seen(&self, _: &SubmissionRef, _: Timestamp) -> Result<Seen, Fault> {
        self.reads.fetch_add(1, Ordering::Relaxed);
        self.seen
            .ok_or_else(|| Fault::transient(Code::DatabaseBusy, "locked"))
    }
}

impl Polls for FakePolls {
    async fn head(&self, of: &SubmissionRef) -> Result<Option<Head>, Fault> {
        self.reads.fetch_add(1, Ordering::Relaxed);
        if self.fails {
            Err(Fault::transient(Code::DatabaseBusy, "locked"))
        } else {
            Ok(self.head.clone().filter(|h| h.of == *of))
        }
    }
}

pub(crate) struct FixedClock(pub(crate) Timestamp);

impl Clock for FixedClock {
    fn now(&self) -> Timestamp {
        self.0
    }
}

#[derive(Default)]
pub(crate) struct Counting(AtomicU8);

impl Entropy for Counting {
    fn ten_bytes(&self) -> [u8; 10] {
        [self.0.fetch_add(1, Ordering::Relaxed); 10]
    }
}

pub(crate) type TestIngest = Ingest<FakeQueue, FixedClock, Counting>;
pub(crate) type TestStatus = Status<FakePolls, FixedClock, Counting>;

pub(crate) fn form(id: &str, text: &str) -> Form {
    Form::parse(FormId::parse(id).unwrap(), text).unwrap()
}

/// `contact`; `listed`, which takes posts from two origins and redirects; and `shut`, which is closed, in Chinese.
pub(crate) fn forms() -> Arc<Forms> {
    let listed = "title = \"Contact us\"\norigins = [\"https://a.example\", \"http://b.example:8080\"]\n\
        redirect = \"https://a.example/thanks?t={ticket}\"";
    let listed = CONTACT.replacen("title = \"Contact us\"", listed, 1);
    let shut = CONTACT.replacen("language = \"en\"", "language = \"zh\"\nenabled = false", 1);
    let forms = [
        form("contact", CONTACT),
        form("listed", &listed),
        form("shut", &shut),
    ];
    Arc::new(forms.into_iter().collect())
}

pub(crate) fn keys() -> Arc<Keyring> {
    Arc::new(Keyring::parse("1:local:0123456789abcdefghijklmnopqrstuv").unwrap())
}

pub(crate) fn ingest() -> TestIngest {
    Ingest {
        keys: keys(),
        id_secret: Arc::new(IdSecret::parse("local:0123456789abcdefghijklmnopqrstuv").unwrap()),
        forms: forms(),
        queue: FakeQueue::default(),
        clock: FixedClock(Timestamp::from_millis(NOW)),
        entropy: Counting::default(),
        status_base_url: None,
        refusals: Refusals::default(),
    }
}

pub(crate) fn status(polls: FakePolls) -> TestStatus {
    let clock = FixedClock(Timestamp::from_millis(NOW));
    Status {
        keys: keys(),
        forms: forms(),
        polls,
        clock,
        entropy: Counting::default(),
        buries: true,
    }
}

pub(crate) fn request(
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: impl Into<Bytes>,
) -> Request<Bytes> {
    let mut request = Request::new(body.into());
    *request.method_mut() = Method::from_bytes(method.as_bytes()).unwrap();
    *request.uri_mut() = path.parse().unwrap();
    let headers = headers.iter().map(|(name, value)| {
        (
            HeaderName::from_bytes(name.as_bytes()).unwrap(),
            HeaderValue::from_bytes(value.as_bytes()).unwrap(),
        )
    });
    headers.for_each(|(name, value)| {
        request.headers_mut().append(name, value);
    });
    request
}

impl TestIngest {
    pub(crate) fn ask(&self, request: Request<Bytes>) -> Answer {
        Answer::read(self.handle(request).now_or_never().unwrap())
    }

    /// Posts to `contact`.
    pub(crate) fn submit(
        &self,
        media_type: &str,
        accept: Option<&str>,
        body: impl Into<Bytes>,
    ) -> Answer {
        let accept = accept.map(|accept| ("accept", accept));
        let headers: Vec<_> = [("content-type", media_type)]
            .into_iter()
            .chain(accept)
            .collect();
        self.ask(request("POST", "/forms/contact", &headers, body))
    }

    /// What was put on the queue.
    pub(crate) fn sent(&self) -> Vec<Envelope> {
        let sent = self.queue.sent.lock().unwrap();
        sent.iter()
            .map(|(_, body)| Envelope::decode(body.as_bytes()).unwrap())
            .collect()
    }
}

impl TestStatus {
    pub(crate) fn ask(&self, request: Request<Bytes>) -> Answer {
        Answer::read(self.handle(request).now_or_never().unwrap())
    }
}

/// An answer, easy to look into.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Answer {
    fn read(response: Response<Bytes>) -> Self {
        let (parts, body) = response.into_parts();
        let answer = Self {
            status: parts.status.as_u16(),
            headers: parts.headers,
            body: String::from_utf8(body.into()).unwrap(),
        };
        assert_eq!(answer.header("vary"), "Origin, Accept");
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
        assert_eq!(
            answer.header("access-control-expose-headers"),
            "Location, Retry-After, ETag"
        );
        assert!(answer.header("access-control-allow-credentials").is_empty());
        answer
    }

    /// The header's value; empty when it is not there.
    pub(crate) fn header(&self, name: &str) -> &str {
        assert!(
            self.headers.get_all(name).iter().count() <= 1,
            "{name} is there twice"
        );
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().unwrap())
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }

    /// Is it this problem, in full, and does it repeat nothing?
    pub(crate) fn assert_problem(&self, name: &str, case: &str) {
        assert_eq!(
            self.header("content-type"),
            "application/problem+json",
            "{case}"
        );
        let body = self.json();
        assert_eq!(
            body["type"],
            format!("urn:counterfoil:problem:{name}"),
            "{case}: {body}"
        );
        assert_eq!(body["status"], self.status, "{case}");
        let kind = crate::problem::ALL
            .iter()
            .find(|kind| kind.name == name)
            .unwrap();
        assert_eq!(kind.status.as_u16(), self.status, "{case}");
        assert!(
            body["title"].is_string() && body["detail"].is_string(),
            "{case}"
        );
        assert_eq!(self.header("cache-control"), "no-store", "{case}");
        assert!(!self.body.contains(CANARY), "{case}: {body}");
    }
}

/// A JSON post that fits `contact`.
pub(crate) fn good_json() -> String {
    serde_json::json!({"name": "Ada", "email": "ada@example.org", "message": "Hello"}).to_string()
}

/// As above, as a browser sends it.
pub(crate) const GOOD_PAIRS: &str = "name=Ada&email=ada%40example.org&message=Hello&website=";
