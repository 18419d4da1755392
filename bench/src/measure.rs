//! One run, in order: the floor on a quiet disk, then the server's own `/healthz`, then submissions, at each
//! connection count.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use crate::load::{self, Ask};
use crate::samples::Figures;
use crate::server::{Scratch, Server};
use crate::{floor, settled};

/// What to measure.
pub struct Plan {
    /// The server's program.
    pub server: PathBuf,
    /// The forms it reads.
    pub forms: PathBuf,
    /// Where the data goes.
    pub folder: Option<PathBuf>,
    /// How long each load lasts.
    pub load: Duration,
    /// Connection counts.
    pub connections: Vec<u32>,
}

/// All that was measured.
pub struct Report {
    /// Median of one append of 1 KB + fdatasync, in milliseconds: what latencies are compared with.
    pub sync: f64,
    /// A column for each connection count.
    pub columns: Vec<Column>,
}

/// What was measured at one connection count.
pub struct Column {
    /// Connections, and records per batch of the floor.
    pub connections: u32,
    /// Append + fdatasync in batches of as many records.
    pub floor: Figures,
    /// `GET /healthz`.
    pub health: Figures,
    /// Submissions answered with 202.
    pub accepted: Figures,
    /// Submissions refused with 429 or 503.
    pub refused: u64,
    /// Submissions settled per second, from the load's start until none was left.
    pub settled: f64,
    /// The server's resident memory after it, in MB.
    pub memory: f64,
    /// The server's highest resident memory so far, in MB.
    pub peak: f64,
}

/// Measures all of it. Lasts `connections` × (2¼ loads + what settling takes beyond them).
pub fn run(plan: &Plan) -> Result<Report> {
    let scratch = Scratch::new(plan.folder.as_deref())?;
    // The loads are long to smooth out the server's own habits; the disk needs less.
    let short = plan.load.div_f64(4.0);
    note("the floor: append + fdatasync");
    let sync = floor::measure(scratch.path(), 1, short)?.p50;
    let floors: Vec<_> =
        plan.connections.iter().map(|&batch| floor::measure(scratch.path(), batch, short)).collect::<Result<_>>()?;
    let server = Server::start(&plan.server, &plan.forms, &scratch.path().join("data"))?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let mut columns = Vec::new();
    for (&connections, floor) in plan.connections.iter().zip(floors) {
        columns.push(runtime.block_on(column(plan, &server, connections, floor))?);
    }
    server.stop()?;
    Ok(Report { sync, columns })
}

/// One connection count, with the server drained before and after.
async fn column(plan: &Plan, server: &Server, connections: u32, floor: Figures) -> Result<Column> {
    note(&format!("{connections} connections: /healthz"));
    let idle = load::run(server.address, Ask::Health, connections, plan.load).await?;
    note(&format!("{connections} connections: submissions"));
    let start = Instant::now();
    let busy = load::run(server.address, Ask::Submit, connections, plan.load).await?;
    settled::wait(server.address, &busy.last).await?;
    let settled = busy.samples.count() as f64 / start.elapsed().as_secs_f64();
    let (memory, peak) = server.memory()?;
    Ok(Column {
        connections,
        floor,
        health: idle.samples.figures(idle.lasted, 1).context("no health check was answered")?,
        refused: busy.refused,
        accepted: busy.samples.figures(busy.lasted, 1).context("no submission was accepted")?,
        settled,
        memory,
        peak,
    })
}

/// Says what is going on; not in the table's stream.
fn note(text: &str) {
    eprintln!("measuring {text}");
}
