//! An HTTP/1.1 server on a free loopback port: what the Runtime API and the services have in common.

use std::convert::Infallible;
use std::net::SocketAddr;

use anyhow::{Context, Result};
use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode, header};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;

/// Serves for as long as the tokio runtime lives.
pub async fn start<F, R>(answer: F) -> Result<SocketAddr>
where
    F: Fn(Request<Incoming>) -> R + Clone + Send + 'static,
    R: Future<Output = Result<Response<Full<Bytes>>, Infallible>> + Send + 'static,
{
    let listener = TcpListener::bind(("127.0.0.1", 0))
        .await
        .context("there is no free port")?;
    let address = listener.local_addr()?;
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            // Without it an answer may wait for an acknowledgement; a socket that refuses it still answers.
            let _ = stream.set_nodelay(true);
            let connection = http1::Builder::new()
                .serve_connection(TokioIo::new(stream), service_fn(answer.clone()));
            // A function that is killed breaks its connections.
            tokio::spawn(connection);
        }
    });
    Ok(address)
}

/// An answer in JSON.
pub fn plain(status: StatusCode, body: Bytes) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(body));
    *response.status_mut() = status;
    response.headers_mut().insert(
        header::CONTENT_TYPE,
        header::HeaderValue::from_static("application/json"),
    );
    response
}
