//! One run. At each connection count, one right after the other: the disk's floor, the server's own `/healthz`,
//! submissions until they are settled.

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

/// All that was measured: a column for each connection count.
pub type Report = Vec<Column>;

/// What was measured at one connection count.
pub struct Column {
    /// Connections, and records per batch of the floor.
    pub connections: u32,
    /// One append of 1 KB + fdatasync, just before the load: what its latencies are compared with.
    pub sync: Figures,
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

/// Measures all of it. Lasts `connections` × (2½ loads + what settling takes beyond them).
pub fn run(plan: &Plan) -> Result<Report> {
    let scratch = Scratch::new(plan.folder.as_deref())?;
    note("nothing yet: the first syncs write out what others have left behind");
    floor::measure(scratch.path(), 1, plan.load.div_f64(4.0))?;
    let server = Server::start(&plan.server, &plan.forms, &scratch.path().join("data"))?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let columns = plan.connections.iter().map(|&connections| {
        note(&format!("{connections} connections"));
        let disk = disk(plan, &scratch, connections)?;
        runtime.block_on(column(plan, &server, connections, disk))
    });
    let report = columns.collect::<Result<_>>()?;
    server.stop()?;
    Ok(report)
}

/// What the disk does at this moment, with the server idle: one record at a time, and a batch. Taken again for each
/// column, because a disk's speed drifts within minutes.
fn disk(plan: &Plan, scratch: &Scratch, batch: u32) -> Result<(Figures, Figures)> {
    // The loads are long to smooth out the server's own habits; the disk needs less.
    let short = plan.load.div_f64(4.0);
    let one = floor::measure(scratch.path(), 1, short)?;
    Ok((
        one,
        if batch == 1 {
            one
        } else {
            floor::measure(scratch.path(), batch, short)?
        },
    ))
}

/// One connection count, with the server drained before and after.
async fn column(
    plan: &Plan,
    server: &Server,
    connections: u32,
    disk: (Figures, Figures),
) -> Result<Column> {
    let idle = load::run(server.address, Ask::Health, connections, plan.load).await?;
    let start = Instant::now();
    let busy = load::run(server.address, Ask::Submit, connections, plan.load).await?;
    settled::wait(server.address, &busy.last).await?;
    let settled = busy.samples.count() as f64 / start.elapsed().as_secs_f64();
    let (memory, peak) = server.memory()?;
    Ok(Column {
        connections,
        sync: disk.0,
        floor: disk.1,
        health: idle
            .samples
            .figures(idle.lasted, 1)
            .context("no health check was answered")?,
        refused: busy.refused,
        accepted: busy
            .samples
            .figures(busy.lasted, 1)
            .context("no submission was accepted")?,
        settled,
        memory,
        peak,
    })
}

/// Says what is going on; not in the table's stream.
fn note(text: &str) {
    eprintln!("measuring {text}");
}
