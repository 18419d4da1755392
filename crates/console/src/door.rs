//! The console's listener: few connections, small bodies, and limits on all of them.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::Console;
use crate::answer::{dressed, refused};
use crate::outflow::{Content, Pulse};

/// A browser opens six; this is for some of them.
const CONNECTIONS: usize = 64;
/// An edited submission is 128 KiB at most, and may take three characters for each in a form.
const MAX_BODY: usize = 1024 * 1024;
/// For a request's head, and for its body.
const TIME: Duration = Duration::from_secs(10);
/// Of a connection: a head fits in, and of an answer no more is kept before it is sent.
const BUFFER: usize = 64 * 1024;
/// For whoever reads an export, from one piece to the next.
const STALLED: Duration = Duration::from_secs(60);
/// For the requests in flight when it stops.
const GRACE: Duration = Duration::from_secs(2);

pub(crate) async fn serve(
    listener: &TcpListener,
    console: &Arc<Console>,
    stop: impl Future<Output = ()>,
) {
    let places = Arc::new(Semaphore::new(CONNECTIONS));
    let graceful = GracefulShutdown::new();
    tokio::pin!(stop);
    loop {
        let accepted = tokio::select! {
            () = &mut stop => break,
            accepted = accept(listener, &places) => accepted,
        };
        let Some((stream, place)) = accepted else {
            continue;
        };
        let pulse = Pulse::new();
        let connection = connection(stream, (console, &pulse), &graceful);
        tokio::spawn(async move {
            tokio::select! {
                // A browser that went away: nothing of ours failed.
                _ = connection => {}
                () = pulse.stopped(STALLED) => {
                    tracing::warn!("nobody read on in an export from the console: its connection was ended");
                }
            }
            drop(place);
        });
    }
    let _ = tokio::time::timeout(GRACE, graceful.shutdown()).await;
}

async fn accept(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
) -> Option<(TcpStream, OwnedSemaphorePermit)> {
    let place = Arc::clone(places).acquire_owned().await.ok()?;
    match listener.accept().await {
        Ok((stream, _)) => Some((stream, place)),
        Err(error) => {
            tracing::warn!(%error, "the console failed to accept a connection");
            #[allow(
                clippy::disallowed_methods,
                reason = "out of file descriptors: some must close first"
            )]
            tokio::time::sleep(Duration::from_millis(50)).await;
            None
        }
    }
}

fn connection(
    stream: TcpStream,
    (console, pulse): (&Arc<Console>, &Pulse),
    graceful: &GracefulShutdown,
) -> impl Future<Output = hyper::Result<()>> + Send + use<> {
    // A small answer must not wait for an acknowledgement; without it the connection only is slower.
    let _ = stream.set_nodelay(true);
    let (console, pulse) = (Arc::clone(console), pulse.clone());
    let service = service_fn(move |request| {
        let (console, pulse) = (Arc::clone(&console), pulse.clone());
        async move {
            let answer = answer(&console, request).await;
            Ok::<_, Infallible>(answer.map(|content| content.into_body(&pulse)))
        }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(TIME)
        .max_buf_size(BUFFER)
        .serve_connection(TokioIo::new(Box::pin(stream)), service);
    graceful.watch(connection)
}

async fn answer(console: &Console, request: Request<Incoming>) -> Response<Content> {
    let (parts, body) = request.into_parts();
    match tokio::time::timeout(TIME, Limited::new(body, MAX_BODY).collect()).await {
        Ok(Ok(body)) => {
            console
                .handle(Request::from_parts(parts, body.to_bytes()))
                .await
        }
        Ok(Err(_)) => unread(
            StatusCode::PAYLOAD_TOO_LARGE,
            "It is larger than anything the console takes.",
        ),
        Err(_) => unread(StatusCode::REQUEST_TIMEOUT, "It did not arrive in time."),
    }
}

fn unread(status: StatusCode, detail: &str) -> Response<Content> {
    let refused = refused(status, "Not done", detail, false);
    let mut response = dressed(refused.map(Content::Whole));
    response.headers_mut().insert(
        http::header::CONNECTION,
        http::HeaderValue::from_static("close"),
    );
    response
}
