//! The HTTP server of one machine: hyper, with limits before anything is parsed. What a limit refuses is
//! answered like every refusal, and its body is drained, so that the client gets to read the answer.

use std::convert::Infallible;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use ::http::header::{CONNECTION, CONTENT_LENGTH, HeaderValue};
use ::http::{Request, Response};
use bytes::{Bytes, BytesMut};
use http_body_util::{BodyExt, Full};
use hyper::body::{Body, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use ingest::MAX_BODY;
use ingest::problem::Problem;
use tokio::net::{TcpListener, TcpStream};

use super::front::Front;

/// A client that has not sent its request's head by then is closed: slow ones cost a connection each.
const HEAD_TIME: Duration = Duration::from_secs(10);
/// The same for a body.
const BODY_TIME: Duration = Duration::from_secs(30);
/// Headers of one request.
const MAX_HEADERS: usize = 100;
/// Bytes of a request's head.
const MAX_HEAD: usize = 32 * 1024;
/// Above ours, so that we answer in our own words; beyond these hyper answers a bare 431.
const HYPER_HEADERS: usize = 1200;
const HYPER_BUFFER: usize = 256 * 1024;
/// So much of a refused body is read and thrown away before the connection closes.
const DRAIN: usize = 8 * 1024 * 1024;
const DRAIN_TIME: Duration = Duration::from_secs(5);
/// Time that requests in flight get when the server stops.
const GRACE: Duration = Duration::from_secs(10);

/// Serves until `stop` is done, then lets what is in flight finish.
pub(crate) async fn serve(listener: TcpListener, front: Arc<Front>, stop: impl Future<Output = ()>) {
    let graceful = GracefulShutdown::new();
    tokio::pin!(stop);
    loop {
        tokio::select! {
            () = &mut stop => break,
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => spawn(stream, &front, &graceful),
                Err(error) => {
                    tracing::warn!(%error, "failed to accept a connection");
                    #[allow(clippy::disallowed_methods, reason = "out of file descriptors: some must close first")]
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
            },
        }
    }
    front.stop();
    tracing::info!("stopping: new submissions are refused, those in flight are finished");
    refuse_new(&listener, &front, graceful).await;
}

/// Answers 503 to those who still come, until everybody who was there has been served.
async fn refuse_new(listener: &TcpListener, front: &Arc<Front>, graceful: GracefulShutdown) {
    let late = GracefulShutdown::new();
    let served = tokio::time::timeout(GRACE, graceful.shutdown());
    tokio::pin!(served);
    loop {
        tokio::select! {
            _ = &mut served => break,
            accepted = listener.accept() => {
                if let Ok((stream, _)) = accepted {
                    spawn(stream, front, &late);
                }
            }
        }
    }
    // Nothing they do is accepted any more: a moment to read their answer is enough.
    let _ = tokio::time::timeout(Duration::from_secs(1), late.shutdown()).await;
}

fn spawn(stream: TcpStream, front: &Arc<Front>, graceful: &GracefulShutdown) {
    // A small answer must not wait for an acknowledgement; without it the connection only is slower.
    let _ = stream.set_nodelay(true);
    let front = Arc::clone(front);
    let service = service_fn(move |request| {
        let front = Arc::clone(&front);
        async move { Ok::<_, Infallible>(answer(&front, request).await.map(Full::new)) }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIME)
        .max_headers(HYPER_HEADERS)
        .max_buf_size(HYPER_BUFFER)
        .serve_connection(TokioIo::new(stream), service);
    let watched = graceful.watch(connection);
    tokio::spawn(async move {
        // A client that went away or spoke no HTTP: nothing of ours failed.
        if let Err(error) = watched.await {
            tracing::debug!(%error, "a connection ended early");
        }
    });
}

async fn answer(front: &Front, request: Request<Incoming>) -> Response<Bytes> {
    if is_head_too_large(&request) {
        return refuse(Problem::HeadersTooLarge, request.into_body()).await;
    }
    if front.refuses(request.method()) {
        return refuse(Problem::ShuttingDown, request.into_body()).await;
    }
    let (parts, mut body) = request.into_parts();
    if announced(&parts.headers) > MAX_BODY as u64 {
        return refuse(Problem::BodyTooLarge, body).await;
    }
    match tokio::time::timeout(BODY_TIME, collect(&mut body)).await {
        Ok(Ok(Some(bytes))) => front.handle(Request::from_parts(parts, bytes)).await,
        Ok(Ok(None)) => refuse(Problem::BodyTooLarge, body).await,
        // The rest of the body never came: whoever sent it is most likely gone.
        Ok(Err(_)) | Err(_) => closing(Problem::RequestTimeout.response()),
    }
}

fn is_head_too_large<T>(request: &Request<T>) -> bool {
    let headers = request.headers();
    let bytes: usize = headers.iter().map(|(name, value)| name.as_str().len() + value.len() + 4).sum();
    let target = request.uri().path_and_query().map_or(0, |target| target.as_str().len());
    headers.len() > MAX_HEADERS || bytes + target > MAX_HEAD
}

fn announced(headers: &::http::HeaderMap) -> u64 {
    headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok()).unwrap_or(0)
}

/// The whole body; `None` when it is too large (the rest is not read).
async fn collect(body: &mut Incoming) -> Result<Option<Bytes>, hyper::Error> {
    let mut whole = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame?.into_data() else { continue };
        if whole.is_empty() && body.is_end_stream() {
            // The usual case: one frame, no copy.
            return Ok((data.len() <= MAX_BODY).then_some(data));
        }
        if whole.len() + data.len() > MAX_BODY {
            return Ok(None);
        }
        whole.extend_from_slice(&data);
    }
    Ok(Some(whole.freeze()))
}

/// Answers with `problem` after the body was drained, within bounds.
async fn refuse(problem: Problem, mut body: Incoming) -> Response<Bytes> {
    let drain = async {
        let mut drained = 0;
        while let Some(Ok(frame)) = body.frame().await {
            drained += frame.data_ref().map_or(0, Bytes::len);
            if drained > DRAIN {
                break;
            }
        }
    };
    // However far it came: the connection closes after the answer.
    let _ = tokio::time::timeout(DRAIN_TIME, drain).await;
    closing(problem.response())
}

fn closing(mut response: Response<Bytes>) -> Response<Bytes> {
    response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    response
}
