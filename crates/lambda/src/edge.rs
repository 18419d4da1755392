//! What stands in front of the HTTP API, in `template.yaml` a CloudFront distribution: what it may tell a function, and
//! how a function knows it. It proves itself by a secret that only it and the functions have; without the secret none
//! of its headers is believed.

use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, Ordering};

use bytes::Bytes;
use http::Request;
use http::header::{HOST, HeaderMap, HeaderName, HeaderValue};
use http::request::Parts;
use subtle::{Choice, ConstantTimeEq};

/// What it proves itself with.
const SECRET: HeaderName = HeaderName::from_static("counterfoil-edge");
/// The address that it was called from.
const VIEWER: HeaderName = HeaderName::from_static("counterfoil-edge-viewer");
/// The host that it was asked for.
const ASKED: HeaderName = HeaderName::from_static("counterfoil-edge-host");

/// Letters and digits in a secret.
const LENGTH: std::ops::RangeInclusive<usize> = 32..=256;
/// Stands where a second secret could: a template cannot write nothing there.
const NONE: &str = "none";

/// Which edge a function believes, and whether it answers others.
#[derive(Default)]
pub struct Edge {
    accepted: Vec<Box<[u8]>>,
    only: bool,
    warned: AtomicBool,
}

impl Edge {
    /// An edge that knows one of these secrets (between commas, `none` is none). `only`: nobody else is answered.
    /// `None` when one of them is no secret, or none is there.
    #[must_use]
    pub fn knowing(secrets: &str, only: bool) -> Option<Self> {
        let words = secrets.split(',').filter(|word| *word != NONE);
        let accepted: Option<Vec<_>> = words
            .map(|word| is_secret(word).then(|| word.as_bytes().into()))
            .collect();
        let accepted = accepted.filter(|accepted| !accepted.is_empty())?;
        Some(Self {
            accepted,
            only,
            warned: AtomicBool::new(false),
        })
    }

    /// The request as its handler may see it: without the edge's headers, and where the edge sent it, with what they say
    /// in the place of what its connection says. `Err` when it is not to be answered.
    pub(crate) fn admit(&self, request: Request<Bytes>) -> Result<Request<Bytes>, Box<Parts>> {
        let (mut parts, body) = request.into_parts();
        if self.admits(&mut parts) {
            Ok(Request::from_parts(parts, body))
        } else {
            Err(parts.into())
        }
    }

    fn admits(&self, parts: &mut Parts) -> bool {
        let [secret, viewer, asked] =
            [SECRET, VIEWER, ASKED].map(|name| taken(&mut parts.headers, &name));
        if !secret
            .as_ref()
            .is_some_and(|said| self.knows(said.as_bytes()))
        {
            self.warn(secret.is_some());
            return !self.only;
        }
        // What cannot be read counts for the edge that said it.
        let viewer = viewer.and_then(|said| said.to_str().ok()?.parse::<IpAddr>().ok());
        if let Some(viewer) = viewer {
            parts.extensions.insert(viewer.to_canonical());
        }
        if let Some(asked) = asked {
            parts.headers.insert(HOST, asked);
        }
        true
    }

    /// Compares with every secret, each in a time that depends on its length alone, which is no secret.
    fn knows(&self, said: &[u8]) -> bool {
        self.accepted
            .iter()
            .fold(Choice::from(0), |known, secret| known | secret.ct_eq(said))
            .into()
    }

    /// Once in a process's life: whoever calls past the edge must not be able to fill the log.
    fn warn(&self, said_another: bool) {
        if !self.only || self.warned.swap(true, Ordering::Relaxed) {
            return;
        }
        if said_another {
            tracing::warn!(
                "refused a request whose edge secret is none of EDGE_SECRETS; said once, there may be more"
            );
        } else {
            tracing::warn!(
                "refused a request that did not come through the edge; said once, there may be more"
            );
        }
    }
}

/// Of a shape that cannot be guessed, and that a header and a list can hold.
fn is_secret(text: &str) -> bool {
    LENGTH.contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// The one header of that name, which is not there any more. Two of them are none: the edge sends one.
fn taken(headers: &mut HeaderMap, name: &HeaderName) -> Option<HeaderValue> {
    let is_one = headers.get_all(name).iter().count() == 1;
    headers.remove(name).filter(|_| is_one)
}

#[cfg(test)]
#[path = "edge_tests.rs"]
mod tests;
