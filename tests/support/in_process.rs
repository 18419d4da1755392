//! Both homes' front doors in one process: the functions as `counterfoil serve` calls them, and the same functions
//! behind Lambda's events. One queue in memory behind both, so that it can be seen what reached it.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use counterfoil_core::ports::{Polls, Seen, SeenMarks};
use counterfoil_core::{
    Envelope, Fault, Form, FormId, Forms, Head, Keyring, SubmissionRef, Timestamp,
};
use counterfoil_lambda::Settings;
use counterfoil_lambda::edge::Edge;
use counterfoil_lambda::http::Door;
use counterfoil_lambda::metrics::{Function, Meter};
use counterfoil_testkit::{CountingEntropy, ManualClock, MemoryQueue, build};
use futures_util::FutureExt;
use http::{HeaderMap, Request, Response};
use ingest::{Ingest, Status, is_status_path};

/// A ledger without an entry, which counts how often it is asked.
#[derive(Default)]
pub struct Unread(AtomicUsize);

impl Unread {
    /// How often it was asked.
    #[allow(dead_code, reason = "shared; not every target counts")]
    pub fn reads(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }
}

impl Polls for Unread {
    async fn head(&self, _: &SubmissionRef) -> Result<Option<Head>, Fault> {
        self.0.fetch_add(1, Ordering::Relaxed);
        Ok(None)
    }
}

impl SeenMarks for Unread {
    async fn seen(&self, _: &SubmissionRef, _: Timestamp) -> Result<Seen, Fault> {
        self.0.fetch_add(1, Ordering::Relaxed);
        Ok(Seen::default())
    }
}

/// Both homes.
pub struct Homes {
    ingest: Ingest<MemoryQueue, ManualClock, CountingEntropy>,
    /// Its ledger can be asked how often it was read.
    pub status: Status<Unread, ManualClock, CountingEntropy>,
    door: Door,
}

/// An answer with everything in it.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body: always text.
    pub body: String,
}

impl Answer {
    fn read(response: Response<Bytes>) -> Self {
        let (parts, body) = response.into_parts();
        let body = String::from_utf8(body.into()).expect("an answer is text");
        Self {
            status: parts.status.as_u16(),
            headers: parts.headers,
            body,
        }
    }

    /// A header's value, "" when it is not there.
    #[allow(dead_code, reason = "shared; not every target looks at headers")]
    pub fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().expect("our headers are ASCII"))
    }
}

impl Homes {
    /// With these forms, each an id and its TOML.
    pub fn new(forms: &[(&str, &str)]) -> Self {
        Self::with_keys(forms, build::keyring())
    }

    /// With these ticket keys.
    pub fn with_keys(forms: &[(&str, &str)], keys: Keyring) -> Self {
        let parse = |(id, text): &(&str, &str)| {
            Form::parse(FormId::parse(id).expect("an id"), text)
                .unwrap_or_else(|fault| panic!("{id}: {fault}"))
        };
        let forms: Arc<Forms> = Arc::new(forms.iter().map(parse).collect());
        let keys = Arc::new(keys);
        Self {
            ingest: Ingest {
                keys: Arc::clone(&keys),
                id_secret: Arc::new(build::id_secret()),
                forms: Arc::clone(&forms),
                queue: MemoryQueue::default(),
                clock: ManualClock::new(),
                entropy: CountingEntropy::default(),
                status_base_url: None,
                refusals: ingest::Refusals::default(),
            },
            status: Status {
                keys,
                forms,
                polls: Unread::default(),
                clock: ManualClock::new(),
                entropy: CountingEntropy::default(),
                buries: true,
            },
            door: door(Edge::default()),
        }
    }

    /// With something in front of the functions on AWS.
    #[allow(dead_code, reason = "shared; one target has an edge")]
    pub fn behind(self, edge: Edge) -> Self {
        Self {
            door: door(edge),
            ..self
        }
    }

    /// What has reached the queue since the last call, encoded.
    pub fn queued(&self) -> Vec<String> {
        self.ingest.queue.drain()
    }

    /// The envelopes that have reached the queue since the last call.
    #[allow(dead_code, reason = "shared; not every target reads them")]
    pub fn envelopes(&self) -> Vec<Envelope> {
        self.queued()
            .iter()
            .map(|body| Envelope::decode(body.as_bytes()).expect("ours can be read"))
            .collect()
    }

    /// What the functions answer, whichever home they are called from.
    async fn handle(&self, request: Request<Bytes>) -> Response<Bytes> {
        if is_status_path(request.uri().path()) {
            self.status.handle(request).await
        } else {
            self.ingest.handle(request).await
        }
    }

    /// One machine: what `serve` answers once it has the body.
    pub fn one_machine(&self, request: Request<Bytes>) -> Answer {
        Answer::read(
            self.handle(request)
                .now_or_never()
                .expect("nothing here waits"),
        )
    }

    /// AWS: what Lambda is given back for an event. `Err`: it would be told that the invocation failed.
    pub fn aws(&self, event: &[u8]) -> Result<Answer, String> {
        let handle = |request| self.handle(request);
        let answered = counterfoil_lambda::http::answer_bytes(event, &handle, &self.door);
        let bytes = answered
            .now_or_never()
            .expect("nothing here waits")
            .map_err(|error| error.to_string())?;
        let answer: serde_json::Value =
            serde_json::from_slice(&bytes).map_err(|error| error.to_string())?;
        let headers = answer["headers"].as_object().into_iter().flatten();
        let header = |(name, value): (&String, &serde_json::Value)| {
            let name = name.parse::<http::HeaderName>().expect("a header's name");
            (
                name,
                value
                    .as_str()
                    .and_then(|text| text.parse().ok())
                    .expect("a header's value"),
            )
        };
        Ok(Answer {
            status: answer["statusCode"]
                .as_u64()
                .and_then(|code| u16::try_from(code).ok())
                .expect("a status"),
            headers: headers.map(header).collect(),
            body: answer["body"].as_str().unwrap_or_default().to_owned(),
        })
    }
}

/// Lets in whom this edge does, and counts nothing that anybody reads.
fn door(edge: Edge) -> Door {
    let meter = Meter::new(
        &Settings::new(|_| None),
        Function::Ingest,
        ManualClock::new(),
    )
    .by(|_| ());
    Door {
        edge,
        refusals: ingest::function::REFUSALS,
        meter,
    }
}
