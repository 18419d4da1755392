//! One request to a receiver behind HTTP, to an address that was judged: no redirect is followed, and of the answer no more
//! than a beginning is read. Its status decides, whatever becomes of its body.

use std::time::Duration;

use http::{Request, StatusCode, header};
use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};

use crate::net::{Failed, Resolver, connected, judged, resolved};
use crate::receivers::web::Endpoint;
use crate::send::{Outcome, Reply};
use crate::steps::Step;
use crate::trouble::Trouble;
use crate::way::Way;

/// The most bytes of an answer that are read.
const MOST_OF_AN_ANSWER: usize = 4096;

/// How long its body is listened to.
const LISTENS: Duration = Duration::from_secs(2);

/// The most characters of an answer that are kept.
const SAID: usize = 500;

/// The longest time that a receiver may ask for: a day.
const LONGEST_WAIT: u64 = 24 * 60 * 60;

type Ask = Request<Full<Bytes>>;

/// A request to `endpoint`, but for its body's own headers.
pub(crate) fn request(endpoint: &Endpoint) -> http::request::Builder {
    Request::post(endpoint.reveal_path())
        .header(header::HOST, &endpoint.authority)
        .header(header::USER_AGENT, "Counterfoil")
}

/// Asks once. The answer has to begin within `limit`.
pub(crate) async fn send(
    ask: Ask,
    endpoint: &Endpoint,
    way: &Way<'_, impl Resolver>,
    limit: Duration,
) -> Outcome {
    let answered = tokio::time::timeout(limit, answered(ask, endpoint, way)).await;
    match answered.unwrap_or_else(|_| Err(late(limit))) {
        Ok(answer) => {
            let status = answer.status();
            way.steps.push(Step::Answered(Some(status.as_u16())));
            judge(answer, limit.min(LISTENS)).await
        }
        Err((trouble, detail)) => Outcome::Later {
            cause: trouble.cause(detail),
            reply: Reply::default(),
            after: None,
        },
    }
}

/// No answer has come in time.
pub(crate) fn late(limit: Duration) -> Failed {
    let detail = format!("no answer within {} s", limit.as_secs());
    (Trouble::TimedOut, detail)
}

async fn answered(
    ask: Ask,
    endpoint: &Endpoint,
    way: &Way<'_, impl Resolver>,
) -> Result<http::Response<Incoming>, Failed> {
    let host = endpoint.host.as_str();
    let found = resolved(way.resolver, host, endpoint.port).await?;
    way.steps.push(Step::Resolved(found.len()));
    let judged = judged(found, host, &endpoint.allow_private)?;
    let stream = connected(&judged, host).await?;
    way.steps.push(Step::Connected);
    if !endpoint.secure {
        return talk(stream, ask).await;
    }
    let secured = way.trust.secure(stream, host).await?;
    way.steps.push(Step::Secured);
    talk(secured, ask).await
}

async fn talk<S>(stream: S, ask: Ask) -> Result<http::Response<Incoming>, Failed>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let broke = |error: hyper::Error| (Trouble::BrokeOff, format!("the talk broke off: {error}"));
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
        .await
        .map_err(broke)?;
    // It ends when the answer and its sender are dropped.
    tokio::spawn(connection);
    sender.send_request(ask).await.map_err(broke)
}

async fn judge(answer: http::Response<Incoming>, listens: Duration) -> Outcome {
    let status = answer.status();
    let after = wait(&answer);
    let reply = Reply {
        code: Some(status.as_u16()),
        said: Some(said(answer.into_body(), listens).await),
    };
    let detail = format!("it answered {}", status.as_u16());
    match status {
        ok if ok.is_success() => Outcome::Delivered(reply),
        StatusCode::GONE => Outcome::Gone {
            cause: Trouble::Gone.cause("it answered 410: it wants no letter any more"),
            reply,
        },
        other => Outcome::Later {
            cause: kind(other, after.is_some()).cause(detail),
            reply,
            after,
        },
    }
}

/// The beginning of a body, as far as it comes.
async fn said(mut body: Incoming, listens: Duration) -> String {
    let mut bytes = Vec::new();
    let heard = async {
        while bytes.len() < MOST_OF_AN_ANSWER
            && let Some(Ok(frame)) = body.frame().await
        {
            bytes.extend(frame.into_data().unwrap_or_default());
        }
    };
    // What it has said by then will do.
    let _ = tokio::time::timeout(listens, heard).await;
    bytes.truncate(MOST_OF_AN_ANSWER);
    beginning(&bytes)
}

fn kind(status: StatusCode, asks_to_wait: bool) -> Trouble {
    match status {
        other if other.is_redirection() => Trouble::Redirected,
        StatusCode::TOO_MANY_REQUESTS | StatusCode::BAD_GATEWAY | StatusCode::GATEWAY_TIMEOUT => {
            Trouble::SlowDown
        }
        _ if asks_to_wait => Trouble::SlowDown,
        _ => Trouble::AnsweredError,
    }
}

/// How long it asks to be left alone; a minute where it only says that it is too much.
fn wait(answer: &http::Response<Incoming>) -> Option<Duration> {
    let asked = answer.headers().get(header::RETRY_AFTER);
    let seconds = asked.and_then(|value| value.to_str().ok()?.trim().parse().ok());
    let slow = matches!(answer.status().as_u16(), 429 | 502 | 504).then_some(60);
    let seconds: Option<u64> = seconds.or(slow);
    seconds.map(|seconds| Duration::from_secs(seconds.min(LONGEST_WAIT)))
}

fn beginning(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes)
        .chars()
        .filter(|c| !counterfoil_core::visible::steers(*c))
        .take(SAID)
        .collect()
}
