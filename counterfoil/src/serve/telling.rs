//! Who is told of what happens here: what `receivers.toml` says of it, what is wrong with it, and what tells receivers.
//!
//! No mistake in that file keeps the server from accepting, and none leaves anybody untold: forms alone say who hears of a
//! change, so what is owed to a receiver that cannot be told yet is written down, and waits.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use counterfoil_core::ports::{Counters, Entropy};
use counterfoil_core::{Form, Forms};
use counterfoil_local::deliveries::DELIVERIES;
use counterfoil_local::loops::{self, TellPace, Telling};
use counterfoil_machine::{OsEntropy, SystemClock};
use counterfoil_telling::attempt::Courier;
use counterfoil_telling::audience::Written;
use counterfoil_telling::copy::Copies;
use counterfoil_telling::net::{SystemResolver, Trust};
use counterfoil_telling::post::{Limits, Post};
use counterfoil_telling::receivers::Receivers;
use counterfoil_telling::schedule::Jitter;
use tokio::task::JoinSet;

use super::{Machine, alarms};
use crate::receivers::{Found, beside, found};
use crate::say;

/// Whom this server tells.
pub(super) struct Plan {
    receivers: Arc<Receivers>,
    /// What keeps somebody from being told, a line each.
    faults: Vec<String>,
}

/// Whom a server with these forms tells; `None`: neither a form nor `receivers.toml` names anybody.
pub(super) fn plan(given: Option<PathBuf>, forms_dir: &Path, forms: &Forms) -> Option<Plan> {
    let path = given.unwrap_or_else(|| beside(forms_dir));
    let found = found(&path);
    let tells = |form: &Form| !form.notify.is_empty() || form.copy.is_some();
    if found.is_none() && !forms.iter().any(tells) {
        return None;
    }
    let is_missing = found.is_none();
    let Found {
        receivers,
        mut faults,
    } = found.unwrap_or_default();
    if is_missing {
        faults.push(format!("there is no file {}", path.display()));
    }
    faults.extend(receivers.missing(forms));
    Some(Plan {
        receivers: Arc::new(receivers),
        faults,
    })
}

impl Plan {
    /// Says, where people look and in the log, who is not told, and why.
    pub(super) fn warn(&self) {
        if self.faults.is_empty() {
            return;
        }
        let lines = self.faults.join("\n  ");
        say::aloud(format!(
            "NOT EVERYBODY IS TOLD. What is owed to receivers that cannot be told is kept and waits; fix this, and start again:\n  \
             {lines}\n\n"
        ));
        for fault in &self.faults {
            tracing::error!("a receiver is not told, and what it is owed waits: {fault}");
        }
    }
}

/// The name of the cursor behind which deliveries are born. What was before the first start with receivers is owed to nobody.
pub(super) async fn cursor(home: &Machine) -> anyhow::Result<Option<String>> {
    if home.telling.is_none() {
        return Ok(None);
    }
    home.store.begin_deliveries().await?;
    Ok(Some(DELIVERIES.to_owned()))
}

/// Starts what tells receivers.
pub(super) fn start(loops: &mut JoinSet<()>, home: &Machine, stop: &loops::Stop) {
    let Some(plan) = &home.telling else {
        return;
    };
    let audience = Arc::new(Written {
        receivers: Arc::clone(&plan.receivers),
        forms: Arc::clone(&home.forms),
        copies: true,
    });
    if plan.receivers.iter().any(|one| !one.alarms.is_empty()) {
        alarms::start(loops, home, Arc::clone(&audience), stop);
    }
    let courier = Courier {
        home: Arc::clone(&home.store),
        sender: home.failing(Post {
            receivers: Arc::clone(&plan.receivers),
            forms: Arc::clone(&home.forms),
            stage: home.secrets.keys.stage().to_owned(),
            resolver: SystemResolver,
            trust: Trust::with_native_roots(Vec::new()),
            limits: Limits::default(),
            copies: Some(copies(home)),
        }),
        audience,
        clock: Arc::new(SystemClock),
        jitter: Arc::new(jitter),
    };
    let telling = Telling {
        courier,
        pace: TellPace::default(),
    };
    loops::start_telling(loops, telling, stop);
}

/// What writing to whoever submitted takes.
fn copies(home: &Machine) -> Copies {
    let store = Arc::clone(&home.store);
    Copies {
        keys: Arc::clone(&home.secrets.keys),
        count: Arc::new(move |counter| {
            let store = Arc::clone(&store);
            Box::pin(async move { store.add(&counter, 1).await })
        }),
    }
}

fn jitter() -> Jitter {
    let [high, low, ..] = OsEntropy.ten_bytes();
    Jitter(u16::from_be_bytes([high, low]))
}
