//! The functions on AWS, measured without AWS: each bootstrap runs against a small Runtime API and services that answer
//! at once, beside a floor (a bootstrap that only echoes) and references (the same calls by the AWS SDK, and nothing
//! else), all in one run. Absolute figures drift from run to run; the ratios count.

mod bootstrap;
mod cores;
pub mod events;
mod json;
mod loads;
mod measure;
mod runtime;
mod serve;
mod services;
mod table;

use std::path::Path;

use anyhow::{Context, Result};

pub use bootstrap::Bootstrap;
pub use cores::Cores;
pub use loads::{Setting, environment};
pub use measure::Plan;
pub use services::{Refusal, Services};

/// Measures, and renders what was measured; as JSON too where a file is named.
pub fn run(plan: &Plan, json: Option<&Path>) -> Result<String> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let rows = runtime.block_on(measure::run(plan))?;
    if let Some(path) = json {
        let text = format!("{:#}\n", json::render(&rows, std::time::SystemTime::now()));
        std::fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(table::render(&rows))
}
