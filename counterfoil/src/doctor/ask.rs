//! A small HTTP client that trusts whom the machine trusts.

use std::error::Error;
use std::io;
use std::time::Duration;

use anyhow::Context;
use bytes::Bytes;
use http::Request;
use http::uri::Scheme;
use http_body_util::{BodyExt, Full, Limited};
use hyper_rustls::HttpsConnector;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;

use super::judge::{Reply, Silence};

/// A person waits for it.
const PATIENCE: Duration = Duration::from_secs(15);
/// Bytes of an answer that are read: a refusal is short, and of a page only its being there counts.
const MOST: usize = 512 * 1024;

/// With or without TLS: a machine that trusts nobody can still ask a server without it.
pub(super) enum Browser {
    Plain(Client<HttpConnector, Full<Bytes>>),
    Tls(Client<HttpsConnector<HttpConnector>, Full<Bytes>>),
}

impl Browser {
    /// For addresses of this scheme.
    pub(super) fn new(scheme: Option<&Scheme>) -> anyhow::Result<Self> {
        let builder = Client::builder(TokioExecutor::new());
        if scheme != Some(&Scheme::HTTPS) {
            return Ok(Self::Plain(builder.build_http()));
        }
        let tls = hyper_rustls::HttpsConnectorBuilder::new().with_native_roots();
        let tls = tls.context("the certificates that this machine trusts cannot be read")?;
        Ok(Self::Tls(
            builder.build(tls.https_only().enable_http1().build()),
        ))
    }

    /// The answer, redirects not followed; or why there is none.
    pub(super) async fn ask(&self, request: Request<Full<Bytes>>) -> Result<Reply, Silence> {
        let answer = async {
            let asked = match self {
                Self::Plain(client) => client.request(request),
                Self::Tls(client) => client.request(request),
            };
            let (parts, body) = asked.await.map_err(|error| silence(&error))?.into_parts();
            let body = Limited::new(body, MOST)
                .collect()
                .await
                .map(|body| body.to_bytes())
                .unwrap_or_default();
            Ok(Reply {
                status: parts.status.as_u16(),
                headers: parts.headers,
                body,
            })
        };
        let late = || {
            Err(Silence::Other(format!(
                "no answer within {} seconds",
                PATIENCE.as_secs()
            )))
        };
        tokio::time::timeout(PATIENCE, answer)
            .await
            .unwrap_or_else(|_| late())
    }
}

/// The innermost cause says most: the outer ones say that a client failed.
fn silence(error: &(dyn Error + 'static)) -> Silence {
    let mut cause = error;
    loop {
        if let Some(tls) = cause.downcast_ref::<rustls::Error>() {
            return Silence::Tls(Box::new(tls.clone()));
        }
        match inside(cause) {
            Some(inner) => cause = inner,
            None => return Silence::Other(cause.to_string()),
        }
    }
}

/// An I/O error is not the outer one of what it wraps, but stands in its place.
fn inside<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a (dyn Error + 'static)> {
    let wrapped = error
        .downcast_ref::<io::Error>()
        .and_then(io::Error::get_ref);
    wrapped
        .map(|error| error as &(dyn Error + 'static))
        .or_else(|| error.source())
}
