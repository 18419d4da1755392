//! A small Lambda Runtime API on loopback, for one function: it hands out events and takes answers. What Lambda would
//! do around it (throttles, freezing, limits) it does not do.
//!
//! ```text
//! bootstrap                                   this
//! GET  …/runtime/invocation/next      ──►     Said::Asked, then waits until `invoke` has an event
//! POST …/runtime/invocation/{id}/response     Said::Answered
//! POST …/{id}/error, …/init/error             Said::Failed
//! ```

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, bail};
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::{Method, Request, Response, StatusCode};
use tokio::sync::{Mutex, mpsc};

use crate::functions::serve;

/// No function is silent for as long, unless it hangs.
const PATIENCE: Duration = Duration::from_secs(30);
const NEXT: &str = "/2018-06-01/runtime/invocation/next";
/// Who is called: the clients only pass it on.
const ARN: &str = "arn:aws:lambda:us-east-1:123456789012:function:bench";

/// What a function let the platform know.
enum Said {
    /// It asks for work.
    Asked,
    /// It answered.
    Answered(Bytes),
    /// It failed, and says how.
    Failed(Bytes),
}

/// The platform's end, as one function sees it.
pub struct Runtime {
    /// What `AWS_LAMBDA_RUNTIME_API` is to be.
    pub address: SocketAddr,
    events: mpsc::Sender<Bytes>,
    said: mpsc::Receiver<(Said, Instant)>,
}

/// What the server shares with it.
struct Server {
    events: Mutex<mpsc::Receiver<Bytes>>,
    said: mpsc::Sender<(Said, Instant)>,
}

impl Runtime {
    /// Listens on a free port for as long as the tokio runtime lives.
    pub async fn start() -> Result<Self> {
        let (events, to_hand_out) = mpsc::channel(1);
        let (said, heard) = mpsc::channel(8);
        let server = Arc::new(Server {
            events: Mutex::new(to_hand_out),
            said,
        });
        let address = serve::start(move |request| answer(Arc::clone(&server), request)).await?;
        Ok(Self {
            address,
            events,
            said: heard,
        })
    }

    /// Waits until the function asks for work, and says when it did.
    pub async fn asked(&mut self) -> Result<Instant> {
        match self.hear().await? {
            (Said::Asked, at) => Ok(at),
            (Said::Answered(_), _) => bail!("the function answered what nobody asked"),
            (Said::Failed(what), _) => {
                bail!("the function failed: {}", String::from_utf8_lossy(&what))
            }
        }
    }

    /// One invocation of a function that has asked for work: its answer, and how long that took.
    pub async fn invoke(&mut self, event: Bytes) -> Result<(Bytes, Duration)> {
        let before = Instant::now();
        self.events
            .send(event)
            .await
            .context("the function's server is gone")?;
        match self.hear().await? {
            (Said::Answered(answer), at) => Ok((answer, at - before)),
            (Said::Asked, _) => bail!("the function asks for more before it has answered"),
            (Said::Failed(what), _) => {
                bail!("the function failed: {}", String::from_utf8_lossy(&what))
            }
        }
    }

    async fn hear(&mut self) -> Result<(Said, Instant)> {
        let heard = tokio::time::timeout(PATIENCE, self.said.recv()).await;
        heard
            .context("the function has said nothing for 30 s")?
            .context("the function's server is gone")
    }
}

async fn answer(
    server: Arc<Server>,
    request: Request<Incoming>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let (parts, body) = request.into_parts();
    let path = parts.uri.path();
    // A body that breaks off reads as empty, which no measurement takes for an answer.
    let body = body
        .collect()
        .await
        .map(http_body_util::Collected::to_bytes)
        .unwrap_or_default();
    if parts.method == Method::GET && path == NEXT {
        return Ok(next(&server).await);
    }
    let said = match (path.ends_with("/response"), path.ends_with("/error")) {
        (true, _) => Said::Answered(body),
        (_, true) => Said::Failed(body),
        (false, false) => return Ok(serve::plain(StatusCode::NOT_FOUND, Bytes::new())),
    };
    // Who does not listen any more has measured what it wanted.
    let _ = server.said.send((said, Instant::now())).await;
    Ok(serve::plain(
        StatusCode::ACCEPTED,
        Bytes::from_static(b"{\"status\":\"OK\"}"),
    ))
}

async fn next(server: &Server) -> Response<Full<Bytes>> {
    let _ = server.said.send((Said::Asked, Instant::now())).await;
    let Some(event) = server.events.lock().await.recv().await else {
        return serve::plain(StatusCode::GONE, Bytes::new());
    };
    let deadline = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default()
        + PATIENCE;
    let mut response = serve::plain(StatusCode::OK, event);
    let id = hyper::header::HeaderValue::from_static("8476a536-e9f4-11e8-9739-2dfe598c3fcd");
    response
        .headers_mut()
        .insert("lambda-runtime-aws-request-id", id);
    response
        .headers_mut()
        .insert("lambda-runtime-deadline-ms", number(deadline.as_millis()));
    let arn = hyper::header::HeaderValue::from_static(ARN);
    response
        .headers_mut()
        .insert("lambda-runtime-invoked-function-arn", arn);
    let trace = "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Parent=9a9197af755a6419;Sampled=0";
    response.headers_mut().insert(
        "lambda-runtime-trace-id",
        hyper::header::HeaderValue::from_static(trace),
    );
    response
}

fn number(millis: u128) -> hyper::header::HeaderValue {
    // Milliseconds since 1970 fit for as long as anybody measures.
    hyper::header::HeaderValue::from(u64::try_from(millis).unwrap_or(u64::MAX))
}
