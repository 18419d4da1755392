//! Failures on purpose: counts down what was asked for, stage by stage, first in, first out. Only `serve` has this, and
//! puts it around its ports; the functions on AWS have nothing that could fail on purpose.

mod ports;
mod socket;

pub(crate) use ports::Failing;
pub(crate) use socket::Switch;

use std::collections::VecDeque;
use std::fmt::Display;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use counterfoil_core::cause::Code;
use counterfoil_core::{Cause, Fault};

use crate::injection::{FailureKind, Injection, MOST, Stage};

/// What `slow` takes: long enough to be seen, and less than what a stopping server waits for.
const SLOW: Duration = Duration::from_secs(5);
/// Injections that wait at one stage; whoever adds more has lost count.
const WAITING: usize = 64;

/// Failures to come.
pub(crate) struct Injections {
    /// A bit for each stage with a failure to come: all that is read where nothing is.
    armed: AtomicU8,
    to_come: Mutex<ToCome>,
    slow: Duration,
}

/// What is to come at each stage, in its order.
type ToCome = [VecDeque<Injection>; Stage::ALL.len()];

/// Too many wait already.
#[derive(Debug, thiserror::Error)]
#[error("at the stage {} there are too many failures to come already; `counterfoil fail --clear` removes them", .0.as_str())]
pub(crate) struct TooMany(Stage);

impl Injections {
    /// Has these fail, from the start.
    pub(crate) fn new(injections: &[Injection]) -> Result<Self, TooMany> {
        let none = Self {
            armed: AtomicU8::new(0),
            to_come: Mutex::default(),
            slow: SLOW,
        };
        none.add(injections)?;
        Ok(none)
    }

    /// Has these fail too, after what is to come already. All of them, or none.
    pub(crate) fn add(&self, injections: &[Injection]) -> Result<(), TooMany> {
        let mut to_come = self.to_come();
        let mut next = to_come.clone();
        for injection in injections {
            let waiting = &mut next[injection.stage as usize];
            match waiting.back_mut() {
                Some(last) if last.kind == injection.kind && last.form == injection.form => {
                    last.count = (last.count + injection.count).min(MOST);
                }
                _ => waiting.push_back(injection.clone()),
            }
            if waiting.len() > WAITING {
                return Err(TooMany(injection.stage));
            }
        }
        *to_come = next;
        self.arm(&to_come);
        Ok(())
    }

    /// Has nothing fail any more.
    pub(crate) fn clear(&self) {
        let mut to_come = self.to_come();
        *to_come = Default::default();
        self.arm(&to_come);
    }

    /// What is to come, each stage in its order.
    pub(crate) fn list(&self) -> Vec<Injection> {
        self.to_come().iter().flatten().cloned().collect()
    }

    /// Fails if this stage is to: by a fault, by a panic, or by being late. `of` is what is being done, for the log.
    pub(crate) async fn at(&self, stage: Stage, of: &(dyn Display + Sync)) -> Result<(), Fault> {
        match self.take(stage, of) {
            None => Ok(()),
            Some((kind, left)) => self.inject(stage, kind, (left, of)).await,
        }
    }

    async fn inject(
        &self,
        stage: Stage,
        kind: FailureKind,
        (left, of): (u32, &(dyn Display + Sync)),
    ) -> Result<(), Fault> {
        let name = stage.as_str();
        tracing::warn!(
            fail.stage = name, fail.kind = kind.as_str(), fail.left = left, submission.id = %of, "failing on purpose"
        );
        let detail = format!(
            "failed on purpose at the stage {name}, as `counterfoil fail` or `serve --fail` asked for"
        );
        match kind {
            FailureKind::Transient => Err(Fault::transient(Code::Injected, detail)),
            FailureKind::Permanent => Err(Fault::Permanent(Cause::new(Code::Injected, detail))),
            FailureKind::Panic => panic!("{detail}"),
            FailureKind::Slow => {
                #[allow(
                    clippy::disallowed_methods,
                    reason = "to be late is what was asked for"
                )]
                tokio::time::sleep(self.slow).await;
                Ok(())
            }
            // The log's last lines may be lost with it, as on any such day.
            FailureKind::Abort => std::process::abort(),
        }
    }

    /// Takes the next failure of a stage that is for `of`, and says how many of its kind are left.
    fn take(&self, stage: Stage, of: &(dyn Display + Sync)) -> Option<(FailureKind, u32)> {
        // Relaxed: a call at the moment of the switch may be before or after it.
        if self.armed.load(Ordering::Relaxed) & bit(stage) == 0 {
            return None;
        }
        let of = of.to_string();
        let is_for = |injection: &Injection| {
            injection
                .form
                .as_ref()
                .is_none_or(|form| of.split('/').next() == Some(form.as_str()))
        };
        let mut to_come = self.to_come();
        let waiting = &mut to_come[stage as usize];
        let at = waiting.iter().position(is_for)?;
        let next = waiting.get_mut(at)?;
        next.count -= 1;
        let taken = (next.kind, next.count);
        if next.count == 0 {
            waiting.remove(at);
            self.arm(&to_come);
        }
        Some(taken)
    }

    /// Called with the lock held, so that the bits are those of the last change.
    fn arm(&self, to_come: &ToCome) {
        let armed = Stage::ALL
            .into_iter()
            .filter(|stage| !to_come[*stage as usize].is_empty());
        self.armed.store(armed.map(bit).sum(), Ordering::Relaxed);
    }

    fn to_come(&self) -> MutexGuard<'_, ToCome> {
        // Every change is made whole before the lock is let go of.
        self.to_come.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

const fn bit(stage: Stage) -> u8 {
    1 << stage as u8
}

#[cfg(test)]
#[path = "injections_tests.rs"]
mod tests;
