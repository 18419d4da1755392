//! Settling, seen from outside as a submitter sees it: by polling tickets until they say `final`.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use bytes::Bytes;
use hyper::{Method, StatusCode};
use serde_json::Value;

use crate::load::Connection;

/// How often a ticket is polled. It bounds the error of what is measured.
const PAUSE: Duration = Duration::from_millis(10);
/// A backlog that is not drained by then never will be; NUMBERS asks for 30 s with 10⁵ waiting.
const PATIENCE: Duration = Duration::from_secs(120);

/// Waits until the tickets in these answers are settled: the last of each connection, so that nothing is behind them.
/// Polls one after the other, because the first that is not settled decides.
pub async fn wait(address: SocketAddr, answers: &[Bytes]) -> Result<()> {
    let mut connection = Connection::open(address).await?;
    let deadline = Instant::now() + PATIENCE;
    for answer in answers {
        let path = ticket_path(answer)?;
        while !is_final(&mut connection, &path).await? {
            ensure!(
                Instant::now() < deadline,
                "the backlog was not drained within 120 s of the load's end"
            );
            tokio::time::sleep(PAUSE).await;
        }
    }
    Ok(())
}

/// Where the ticket of an accepted submission is polled.
fn ticket_path(answer: &[u8]) -> Result<String> {
    let answer: Value =
        serde_json::from_slice(answer).context("the answer to a submission is no JSON")?;
    let ticket = answer["ticket"]
        .as_str()
        .context("the answer to a submission has no ticket")?;
    Ok(format!("/tickets/{ticket}"))
}

/// Whether it is settled. Anything but `stored` in the end would make the measurement worthless.
async fn is_final(connection: &mut Connection, path: &str) -> Result<bool> {
    let (status, body) = connection.ask(Method::GET, path, Bytes::new()).await?;
    ensure!(
        status == StatusCode::OK,
        "a ticket's poll was answered with {status}"
    );
    let answer: Value = serde_json::from_slice(&body).context("a ticket's answer is no JSON")?;
    match (answer["final"].as_bool(), answer["state"].as_str()) {
        (Some(false), _) => Ok(false),
        (Some(true), Some("stored")) => Ok(true),
        (_, state) => bail!("a submission of the load ended as {state:?}, not as stored"),
    }
}
