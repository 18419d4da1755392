//! One run. Programs take turns, in starts and in rounds of invocations, so that a machine which slows down does so
//! for all of them: the ratios stay.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result, ensure};

use crate::functions::bootstrap::Bootstrap;
use crate::functions::cores::Cores;
use crate::functions::loads::{self, Load, Setting};
use crate::functions::services::{Calls, Services};
use crate::samples::Samples;

/// Rounds that the invocations are divided into; the figure is their median.
const ROUNDS: u32 = 20;
/// What a call of a service takes in the second part.
const LATENCY: Duration = Duration::from_millis(5);
/// Invocations of the second part: each takes as long as a service does.
const LATENT: u32 = 200;

/// What to measure.
pub struct Plan {
    /// The folder with all programs.
    pub programs: PathBuf,
    /// The forms the functions read.
    pub forms: PathBuf,
    /// Starts of each program.
    pub starts: u32,
    /// Invocations of each load.
    pub invocations: u32,
}

/// What was measured of one load.
pub struct Row {
    /// Its name.
    pub name: &'static str,
    /// The name of what it is compared with.
    pub reference: Option<&'static str>,
    /// From the start of the process until it asks for work: median, in ms.
    pub init: f64,
    /// The processor time of that: median, in ms. It tells more on a busy machine.
    pub init_cpu: f64,
    /// The first invocation after it: median, in ms.
    pub first: f64,
    /// Processor time of a warm invocation, in µs.
    pub cpu: f64,
    /// Its latency with services that answer at once: median and 99th percentile, in ms.
    pub warm: [f64; 2],
    /// Measured with services that take 5 ms.
    pub latent: [f64; 2],
    /// Resident memory after the first round, in MB.
    pub memory: f64,
    /// Resident memory after the last.
    pub memory_at_end: f64,
    /// The highest there was.
    pub peak: f64,
    /// The program's size, in MB.
    pub size: f64,
    /// Calls of services by action, for each submission.
    pub calls: Vec<(String, f64)>,
}

/// A load with its process and its measurements so far.
struct Lane {
    load: Load,
    process: Bootstrap,
    turn: usize,
    /// In ms, one of each start.
    inits: Vec<f64>,
    init_cpus: Vec<f64>,
    firsts: Vec<f64>,
    /// In µs, one of each round.
    cpu: Vec<f64>,
    warm: Samples,
    calls: Calls,
    memory: f64,
}

/// Measures all of it.
pub async fn run(plan: &Plan) -> Result<Vec<Row>> {
    let cores = Cores::divide()?;
    let services = Services::start().await?;
    let environment = loads::environment(&services, &plan.forms)?;
    let home = Setting {
        programs: &plan.programs,
        cores: &cores,
        services: &services,
        environment: &environment,
        log: None,
    };
    let mut lanes = Vec::new();
    for load in home.loads().await? {
        lanes.push(Lane::open(&home, load).await?);
    }
    eprintln!("counterfoil-bench: {} starts", plan.starts);
    for _ in 0..plan.starts {
        for lane in &mut lanes {
            lane.start(&home).await?;
        }
    }
    let each = plan.invocations.div_ceil(ROUNDS);
    for round in 1..=ROUNDS {
        eprintln!("counterfoil-bench: round {round} of {ROUNDS}, {each} invocations of each");
        for lane in &mut lanes {
            lane.round(&services, each)
                .await
                .with_context(|| lane.load.name)?;
        }
    }
    eprintln!("counterfoil-bench: with services that take 5 ms");
    services.take(LATENCY);
    let mut rows = Vec::new();
    for lane in lanes {
        rows.push(lane.close(plan, each * ROUNDS).await?);
    }
    Ok(rows)
}

impl Lane {
    async fn open(home: &Setting<'_>, load: Load) -> Result<Self> {
        let mut lane = Self {
            // What it lasts is not counted: the file may have to be read first.
            process: home.start(load.program).await?,
            load,
            turn: 0,
            inits: Vec::new(),
            init_cpus: Vec::new(),
            firsts: Vec::new(),
            cpu: Vec::new(),
            warm: Samples::default(),
            calls: Calls::new(),
            memory: 0.0,
        };
        lane.ask().await?;
        Ok(lane)
    }

    /// A process more, for its start and its first invocation.
    async fn start(&mut self, home: &Setting<'_>) -> Result<()> {
        let mut process = home.start(self.load.program).await?;
        self.inits.push(process.init.as_secs_f64() * 1e3);
        self.init_cpus.push(process.cpu()?.as_secs_f64() * 1e3);
        let (_, took) = process.invoke(self.load.events[0].clone()).await?;
        self.firsts.push(took.as_secs_f64() * 1e3);
        Ok(())
    }

    /// One invocation; `Err` when it is answered in any other way than it should be.
    async fn ask(&mut self) -> Result<Duration> {
        let event = self.load.events[self.turn % self.load.events.len()].clone();
        self.turn += 1;
        let (answer, took) = self.process.invoke(event).await?;
        let good = serde_json::from_slice(&answer).is_ok_and(|answer| (self.load.is_good)(&answer));
        ensure!(
            good,
            "{} answered {}",
            self.load.name,
            String::from_utf8_lossy(&answer)
        );
        Ok(took)
    }

    async fn round(&mut self, services: &Services, invocations: u32) -> Result<()> {
        let (calls, cpu) = (services.calls(), self.process.cpu()?);
        for _ in 0..invocations {
            let took = self.ask().await?;
            self.warm.add(took);
        }
        self.cpu
            .push((self.process.cpu()? - cpu).as_secs_f64() * 1e6 / f64::from(invocations));
        for (action, count) in services.calls() {
            let new = count - calls.get(&action).copied().unwrap_or(0);
            *self.calls.entry(action).or_default() += new;
        }
        if self.memory == 0.0 {
            (self.memory, _) = self.process.memory()?;
        }
        Ok(())
    }

    async fn close(mut self, plan: &Plan, invocations: u32) -> Result<Row> {
        let (memory_at_end, peak) = self.process.memory()?;
        let mut latent = Samples::default();
        for _ in 0..LATENT.min(invocations) {
            let took = self.ask().await?;
            latent.add(took);
        }
        let submissions = f64::from(invocations) * f64::from(self.load.submissions);
        let calls = self.calls.into_iter().filter(|(_, count)| *count > 0);
        let size = std::fs::metadata(plan.programs.join(self.load.program))?.len() as f64 / 1e6;
        Ok(Row {
            name: self.load.name,
            reference: self.load.reference,
            init: median(self.inits),
            init_cpu: median(self.init_cpus),
            first: median(self.firsts),
            cpu: median(self.cpu),
            warm: both(&mut self.warm),
            latent: both(&mut latent),
            memory: self.memory,
            memory_at_end,
            peak,
            size,
            calls: calls
                .map(|(action, count)| (action, count as f64 / submissions))
                .collect(),
        })
    }
}

/// The middle one; nothing measured is no number.
fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures.get(figures.len() / 2).copied().unwrap_or(f64::NAN)
}

fn both(samples: &mut Samples) -> [f64; 2] {
    [50, 99].map(|percent| samples.percentile(percent).unwrap_or(f64::NAN))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_the_middle_one_whatever_the_order() {
        assert_eq!(median(vec![3.0, 1.0, 100.0]), 3.0);
        assert!(median(Vec::new()).is_nan());
    }
}
