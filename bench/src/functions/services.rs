//! SQS, DynamoDB and SNS as far as the functions call them: everything succeeds at once, after a set time, or not at
//! all, and is counted. Nothing is stored, but what was sent can be kept: what one function sends is the next one's
//! event.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::fmt::Write as _;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::Result;
use bytes::Bytes;
use http_body_util::{BodyExt, Collected, Full};
use hyper::body::Incoming;
use hyper::http::request::Parts;
use hyper::{Method, Request, Response, StatusCode};
use serde_json::{Value, json};

use crate::functions::serve;

/// Calls by action.
pub type Calls = BTreeMap<String, u64>;

/// What it counts a warm-up as, which asks for nothing.
const KNOCK: &str = "(warm-up)";

#[derive(Default)]
struct State {
    calls: Calls,
    latency: Duration,
    /// Requests, while they are kept.
    kept: Option<Vec<Bytes>>,
    /// What every call is answered instead.
    refusal: Option<Refusal>,
    /// What GetItem answers.
    item: Value,
}

/// An error, as a service answers it.
#[derive(Clone)]
pub struct Refusal {
    /// The code, such as `ValidationException`.
    pub code: &'static str,
    /// Where a service quotes what was sent, it does so in the message.
    pub message: String,
    /// What else is in the answer of a JSON protocol, such as the row that is there.
    pub more: Value,
}

/// All three services at one address.
#[derive(Clone)]
pub struct Services {
    /// Where they are.
    pub address: SocketAddr,
    state: Arc<Mutex<State>>,
}

impl Services {
    /// Listens on a free port for as long as the tokio runtime lives.
    pub async fn start() -> Result<Self> {
        let state = Arc::new(Mutex::new(State::default()));
        let shared = Arc::clone(&state);
        let address = serve::start(move |request| answer(Arc::clone(&shared), request)).await?;
        Ok(Self { address, state })
    }

    /// Every call from now on takes so long.
    pub fn take(&self, latency: Duration) {
        lock(&self.state).latency = latency;
    }

    /// What GetItem answers from now on.
    pub fn put(&self, item: Value) {
        lock(&self.state).item = item;
    }

    /// Keeps what is sent from now on.
    pub fn keep(&self) {
        lock(&self.state).kept = Some(Vec::new());
    }

    /// Refuses every call from now on; none again with `None`.
    pub fn refuse(&self, refusal: Option<Refusal>) {
        lock(&self.state).refusal = refusal;
    }

    /// What was sent since [`Self::keep`]; nothing more is kept.
    pub fn kept(&self) -> Vec<Bytes> {
        lock(&self.state).kept.take().unwrap_or_default()
    }

    /// The calls so far.
    pub fn calls(&self) -> Calls {
        lock(&self.state).calls.clone()
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    // Counts and settings are whole at every moment, whoever panicked.
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn answer(
    state: Arc<Mutex<State>>,
    request: Request<Incoming>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let (parts, body) = request.into_parts();
    let body = body
        .collect()
        .await
        .map(Collected::to_bytes)
        .unwrap_or_default();
    let action = action(&parts, &body);
    let (latency, status, answer) = {
        let mut state = lock(&state);
        *state.calls.entry(action.clone()).or_default() += 1;
        if let Some(kept) = &mut state.kept {
            kept.push(body.clone());
        }
        let (status, answer) = match &state.refusal {
            Some(refusal) => (StatusCode::BAD_REQUEST, refused(&action, refusal)),
            None => (StatusCode::OK, answered(&action, &body, &state.item)),
        };
        (state.latency, status, answer)
    };
    if !latency.is_zero() {
        tokio::time::sleep(latency).await;
    }
    Ok(serve::plain(status, answer))
}

/// `x-amz-target` names it in the JSON protocols, the form's `Action` in the query protocol.
fn action(parts: &Parts, body: &[u8]) -> String {
    if parts.method == Method::GET {
        return KNOCK.to_owned();
    }
    let target = parts
        .headers
        .get("x-amz-target")
        .and_then(|target| target.to_str().ok());
    let target = target
        .and_then(|target| target.split_once('.'))
        .map(|(_, action)| action.to_owned());
    target.unwrap_or_else(|| {
        let action = pairs(body).find(|(name, _)| *name == "Action");
        action.map_or_else(|| "(unknown)".to_owned(), |(_, action)| action.to_owned())
    })
}

fn pairs(body: &[u8]) -> impl Iterator<Item = (&str, &str)> {
    std::str::from_utf8(body)
        .unwrap_or_default()
        .split('&')
        .filter_map(|pair| pair.split_once('='))
}

fn answered(action: &str, body: &[u8], item: &Value) -> Bytes {
    match action {
        "SendMessage" => {
            Bytes::from_static(br#"{"MessageId":"059f36b4-87a3-44ab-83d2-661975770001"}"#)
        }
        "GetItem" => json!({ "Item": item }).to_string().into(),
        "PublishBatch" => published(body).into(),
        _ => Bytes::from_static(b"{}"),
    }
}

/// SNS alone speaks XML.
fn refused(
    action: &str,
    Refusal {
        code,
        message,
        more,
    }: &Refusal,
) -> Bytes {
    if action == "PublishBatch" {
        let error = format!(
            "<Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error>"
        );
        return format!("<ErrorResponse>{error}<RequestId>r</RequestId></ErrorResponse>").into();
    }
    let mut answer = json!({ "__type": format!("com.amazonaws#{code}"), "message": message });
    if let (Some(answer), Some(more)) = (answer.as_object_mut(), more.as_object()) {
        answer.extend(more.clone());
    }
    answer.to_string().into()
}

/// Every entry of the batch as a success.
fn published(body: &[u8]) -> String {
    let mut members = String::new();
    for (name, id) in pairs(body).filter(|(name, _)| name.ends_with(".Id")) {
        debug_assert!(name.starts_with("PublishBatchRequestEntries.member."));
        let _ = write!(
            members,
            "<member><Id>{id}</Id><MessageId>m-{id}</MessageId></member>"
        );
    }
    format!(
        "<PublishBatchResponse xmlns=\"http://sns.amazonaws.com/doc/2010-03-31/\"><PublishBatchResult><Successful>\
         {members}</Successful><Failed/></PublishBatchResult><ResponseMetadata><RequestId>r</RequestId>\
         </ResponseMetadata></PublishBatchResponse>"
    )
}
