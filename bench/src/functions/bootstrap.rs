//! A function's process: started with the environment Lambda would give it, watched through `/proc`, ended by the one
//! that started it.

use std::fs::File;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use bytes::Bytes;

use crate::functions::cores::Cores;
use crate::functions::runtime::Runtime;

/// A running bootstrap that has asked for work. Dropped, it is killed.
pub struct Bootstrap {
    child: Child,
    runtime: Runtime,
    /// From its start until it asked for work.
    pub init: Duration,
}

impl Bootstrap {
    /// Starts a program, and waits until it asks for work. What it says goes to the end of `log`; without one, its
    /// lines go nowhere and its complaints to this process's own.
    pub async fn start(
        cores: &Cores,
        program: &Path,
        environment: &[(&str, String)],
        log: Option<&Path>,
    ) -> Result<Self> {
        let runtime = Runtime::start().await?;
        let mut command = Command::new(program);
        command
            .env_clear()
            .envs(environment.iter().map(|(name, value)| (name, value)));
        command.env("AWS_LAMBDA_RUNTIME_API", runtime.address.to_string());
        command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::inherit());
        if let Some(log) = log {
            let log = File::options()
                .create(true)
                .append(true)
                .open(log)
                .context("the log cannot be written")?;
            command.stdout(log.try_clone()?).stderr(log);
        }
        let before = Instant::now();
        let child = cores
            .spawn(&mut command)
            .with_context(|| format!("{} does not start", program.display()))?;
        // From here on dropping it kills the child.
        let mut bootstrap = Self {
            child,
            runtime,
            init: Duration::ZERO,
        };
        let asked = bootstrap
            .runtime
            .asked()
            .await
            .with_context(|| format!("{} in its init", program.display()))?;
        bootstrap.init = asked - before;
        Ok(bootstrap)
    }

    /// One invocation, until it asks for more: its answer, and how long that took.
    pub async fn invoke(&mut self, event: Bytes) -> Result<(Bytes, Duration)> {
        let answered = self.runtime.invoke(event).await?;
        self.runtime.asked().await?;
        Ok(answered)
    }

    /// The processor time so far, user and system, of all its threads (sched-stats: nanoseconds on a processor).
    pub fn cpu(&self) -> Result<Duration> {
        let mut nanos = 0;
        for thread in std::fs::read_dir(format!("/proc/{}/task", self.child.id()))
            .context("the function is gone")?
        {
            // A thread that has just ended has nothing to say.
            let Ok(text) = std::fs::read_to_string(thread?.path().join("schedstat")) else {
                continue;
            };
            nanos += text
                .split(' ')
                .next()
                .and_then(|nanos| nanos.parse::<u64>().ok())
                .unwrap_or(0);
        }
        Ok(Duration::from_nanos(nanos))
    }

    /// Resident memory now and at its highest, in MB.
    pub fn memory(&self) -> Result<(f64, f64)> {
        crate::server::memory(self.child.id())
    }
}

impl Drop for Bootstrap {
    fn drop(&mut self) {
        // Already ended is what is wanted; nothing else can be done here.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
