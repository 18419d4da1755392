//! The HTTP server of one machine: hyper, with limits before anything is parsed. What a limit refuses is
//! answered like every refusal.

use std::convert::Infallible;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use ::http::header::{CONNECTION, EXPECT, HeaderValue};
use ::http::request::Parts;
use ::http::{Request, Response};
use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use ingest::is_of_person;
use ingest::problem::Problem;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_io_timeout::TimeoutStream;

use super::body;
use super::front::{Front, Peer};
use super::room::Room;
use crate::shutdown;

/// A client that has not sent its request's head by then is closed: slow ones cost a connection each.
const HEAD_TIME: Duration = Duration::from_secs(10);
/// A client that takes nothing of its answer for so long is closed.
const WRITE_TIME: Duration = Duration::from_secs(30);
/// Headers of one request.
const MAX_HEADERS: usize = 100;
/// Bytes of a request's head.
const MAX_HEAD: usize = 32 * 1024;
/// Above ours, so that we answer in our own words; beyond these hyper answers a bare 431.
const HYPER_HEADERS: usize = 1200;
const HYPER_BUFFER: usize = 128 * 1024;

/// What every connection is given.
struct Door {
    front: Arc<Front>,
    room: Room,
    /// As many connections as there are files for; those beyond wait to be accepted.
    places: Arc<Semaphore>,
}

/// Serves until `stop` is done, then lets what is in flight finish.
pub(crate) async fn serve(
    listener: TcpListener,
    front: Arc<Front>,
    stop: impl Future<Output = ()>,
) {
    let places = Arc::new(Semaphore::new(super::place::connections()));
    let door = Door {
        front,
        room: Room::new(),
        places,
    };
    let graceful = GracefulShutdown::new();
    tokio::pin!(stop);
    loop {
        tokio::select! {
            () = &mut stop => break,
            () = accept(&listener, &door, &graceful) => {}
        }
    }
    door.front.stop();
    tracing::info!("stopping: new submissions are refused, those in flight are finished");
    refuse_new(&listener, &door, graceful).await;
}

/// Answers 503 to those who still come, until everybody who was there has been served.
async fn refuse_new(listener: &TcpListener, door: &Door, graceful: GracefulShutdown) {
    let late = GracefulShutdown::new();
    let served = tokio::time::timeout(shutdown::REQUESTS, graceful.shutdown());
    tokio::pin!(served);
    loop {
        tokio::select! {
            _ = &mut served => break,
            () = accept(listener, door, &late) => {}
        }
    }
    // Nothing they do is accepted any more: a moment to read their answer is enough.
    let _ = tokio::time::timeout(Duration::from_secs(1), late.shutdown()).await;
}

/// Accepts one connection and serves it in a task of its own.
async fn accept(listener: &TcpListener, door: &Door, graceful: &GracefulShutdown) {
    let Ok(place) = Arc::clone(&door.places).acquire_owned().await else {
        return;
    };
    let stream = match listener.accept().await {
        Ok((stream, peer)) => (stream, Peer(peer.ip())),
        Err(error) => {
            tracing::warn!(%error, "failed to accept a connection");
            #[allow(
                clippy::disallowed_methods,
                reason = "out of file descriptors: some must close first"
            )]
            tokio::time::sleep(Duration::from_millis(50)).await;
            return;
        }
    };
    let connection = connection(stream, door, graceful);
    tokio::spawn(async move {
        // A client that went away or spoke no HTTP: nothing of ours failed.
        if let Err(error) = connection.await {
            tracing::debug!(%error, "a connection ended early");
        }
        drop(place);
    });
}

/// One connection, served to its end; `graceful` may ask it to end after the request it is at.
fn connection(
    (stream, peer): (TcpStream, Peer),
    door: &Door,
    graceful: &GracefulShutdown,
) -> impl Future<Output = hyper::Result<()>> + Send + use<> {
    // A small answer must not wait for an acknowledgement; without it the connection only is slower.
    let _ = stream.set_nodelay(true);
    let mut stream = TimeoutStream::new(stream);
    stream.set_write_timeout(Some(WRITE_TIME));
    let (front, room) = (Arc::clone(&door.front), door.room.clone());
    let service = service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(peer);
        let (front, room) = (Arc::clone(&front), room.clone());
        async move {
            let method = request.method().clone();
            let answer = answer(&front, &room, (request, peer)).await;
            front.note(&method, answer.status());
            Ok::<_, Infallible>(answer.map(Full::new))
        }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIME)
        // Who has sent a request and closes its sending side still gets the answer.
        .half_close(true)
        .max_headers(HYPER_HEADERS)
        .max_buf_size(HYPER_BUFFER)
        .serve_connection(TokioIo::new(Box::pin(stream)), service);
    graceful.watch(connection)
}

async fn answer(
    front: &Front,
    room: &Room,
    (request, peer): (Request<Incoming>, Peer),
) -> Response<Bytes> {
    let (mut parts, mut body) = request.into_parts();
    let from = front.place(peer, &mut parts);
    let refused = front.refusal(&parts, from);
    let read = match &refused {
        _ if is_head_too_large(&parts) => Err(Problem::HeadersTooLarge),
        // What a person typed is read all the same, to be given back.
        Some(problem) if !is_of_person(&parts) => Err(problem.clone()),
        Some(_) | None => body::read(&parts.headers, &mut body, room).await,
    };
    match read {
        // The charge is given back when the answer is there: until then, what was made of the body takes room.
        Ok((bytes, _charge)) => match refused {
            None => front.handle(Request::from_parts(parts, bytes)).await,
            Some(problem) => front.give_back(&parts, &bytes, problem),
        },
        Err(problem) => {
            // Who asks first whether to send gets the answer instead of the go-ahead, which reading would give.
            if !parts.headers.contains_key(EXPECT) && problem != Problem::RequestTimeout {
                body::drain(&mut body, room).await;
            }
            closing(front.refuse(&parts, &problem))
        }
    }
}

fn is_head_too_large(parts: &Parts) -> bool {
    let headers = &parts.headers;
    let bytes: usize = headers
        .iter()
        .map(|(name, value)| name.as_str().len() + value.len() + 4)
        .sum();
    let target = parts
        .uri
        .path_and_query()
        .map_or(0, |target| target.as_str().len());
    headers.len() > MAX_HEADERS || bytes + target > MAX_HEAD
}

fn closing(mut response: Response<Bytes>) -> Response<Bytes> {
    response
        .headers_mut()
        .insert(CONNECTION, HeaderValue::from_static("close"));
    response
}
