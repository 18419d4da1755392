//! The load: keep-alive connections with one request in flight each, on one thread, so that the server has the other
//! core. What is asked is fixed before the clock starts.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1::{self, SendRequest};
use hyper::{Method, Request, StatusCode, header};
use hyper_util::rt::TokioIo;

use crate::floor::RECORD;
use crate::samples::Samples;

/// No answer within this means that the server hangs; far above any latency worth printing.
const PATIENCE: Duration = Duration::from_secs(30);

/// What every connection asks, again and again.
#[derive(Clone, Copy)]
pub enum Ask {
    /// The cheapest request there is: what the HTTP server alone costs.
    Health,
    /// A submission of 1 KB to the form `contact`.
    Submit,
}

/// One load, done.
pub struct Done {
    /// One sample per answer.
    pub samples: Samples,
    /// How long it lasted.
    pub lasted: Duration,
    /// Requests the server refused for want of room (429, 503). They are in no sample.
    pub refused: u64,
    /// The body of the last answer on each connection.
    pub last: Vec<Bytes>,
}

/// A keep-alive connection with at most one request in flight.
pub struct Connection {
    sender: SendRequest<Full<Bytes>>,
    host: String,
}

impl Connection {
    /// Opens one.
    pub async fn open(address: SocketAddr) -> Result<Self> {
        let stream = tokio::net::TcpStream::connect(address)
            .await
            .context("the server takes no connection")?;
        stream.set_nodelay(true)?;
        let (sender, driver) = http1::handshake(TokioIo::new(stream)).await?;
        // Ends when the sender is dropped; what goes wrong shows at the sender.
        tokio::spawn(driver);
        Ok(Self {
            sender,
            host: address.to_string(),
        })
    }

    /// Asks once; the answer's body is read to its end.
    pub async fn ask(
        &mut self,
        method: Method,
        path: &str,
        body: Bytes,
    ) -> Result<(StatusCode, Bytes)> {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::HOST, &self.host)
            .header(header::ACCEPT, "application/json")
            .header(header::CONTENT_TYPE, "application/json")
            .body(Full::new(body))?;
        let exchange = async {
            self.sender.ready().await?;
            let answer = self.sender.send_request(request).await?;
            let status = answer.status();
            anyhow::Ok((status, answer.into_body().collect().await?.to_bytes()))
        };
        tokio::time::timeout(PATIENCE, exchange)
            .await
            .context("the server did not answer within 30 s")?
    }
}

/// Asks on so many connections for so long. `Err` when the server breaks off or answers what it should not.
pub async fn run(
    address: SocketAddr,
    ask: Ask,
    connections: u32,
    lasting: Duration,
) -> Result<Done> {
    let mut open = Vec::new();
    for _ in 0..connections {
        open.push(Connection::open(address).await?);
    }
    let start = Instant::now();
    let tasks: Vec<_> = (0..)
        .zip(open)
        .map(|(n, c)| tokio::spawn(one(c, ask, n, start + lasting)))
        .collect();
    let mut done = Done {
        samples: Samples::default(),
        lasted: lasting,
        refused: 0,
        last: Vec::new(),
    };
    for task in tasks {
        let part = task.await??;
        done.samples.extend(part.samples);
        done.refused += part.refused;
        done.last.extend(part.last);
    }
    done.lasted = start.elapsed();
    ensure!(
        done.samples.count() > 0,
        "the server refused every request (429 or 503)"
    );
    Ok(done)
}

/// One connection's part of a load.
struct Part {
    samples: Samples,
    refused: u64,
    last: Option<Bytes>,
}

async fn one(mut connection: Connection, ask: Ask, number: u32, end: Instant) -> Result<Part> {
    let mut part = Part {
        samples: Samples::default(),
        refused: 0,
        last: None,
    };
    for turn in 0_u32.. {
        let before = Instant::now();
        if before >= end && turn > 0 {
            break;
        }
        let (status, body) = match ask {
            Ask::Health => {
                connection
                    .ask(Method::GET, "/healthz", Bytes::new())
                    .await?
            }
            Ask::Submit => {
                connection
                    .ask(Method::POST, "/forms/contact", submission(number, turn))
                    .await?
            }
        };
        match status {
            StatusCode::OK | StatusCode::ACCEPTED => {
                part.samples.add(before.elapsed());
                part.last = Some(body);
            }
            StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => part.refused += 1,
            other => bail!(
                "the server answered {other}: {}",
                String::from_utf8_lossy(&body)
            ),
        }
    }
    Ok(part)
}

/// A submission of 1 KB; no two alike.
pub fn submission(connection: u32, turn: u32) -> Bytes {
    let mut body = format!(
        r#"{{"name":"Ada Lovelace","email":"ada@example.org","message":"Note {turn} of connection {connection}. "#
    );
    // Words, not one letter: a store that compresses should not look better than it is.
    let filler =
        "The engine weaves algebraic patterns just as the loom weaves flowers and leaves. ";
    let room = RECORD - body.len() - r#""}"#.len();
    body.extend(filler.chars().cycle().take(room));
    body.push_str(r#""}"#);
    Bytes::from(body)
}

#[cfg(test)]
#[path = "load_tests.rs"]
mod tests;
