//! Does one deed to many, and tells what came of it.

use std::io::Write;

use counterfoil_core::{Fault, SubmissionRef};
use counterfoil_operations::act::Acted;
use counterfoil_operations::history::{Action, Line, Verb};
use counterfoil_operations::words::refusal;
use futures_util::{StreamExt, stream};
use serde_json::{Value, json};

use super::choice::Choice;
use crate::cli::dead_letters::ActorArgs;
use crate::exit::Failure;
use crate::progress;
use crate::say;
use counterfoil_operations::harmless::{harmless, pretty_json};
use counterfoil_operations::place::Ops;

/// Actions under way at once.
const PARALLEL: usize = 32;
/// Refusals that are told one by one.
const TOLD: usize = 20;

/// The deed that the arguments ask for.
pub(super) fn deed(verb: Verb, actor: &ActorArgs, ops: &Ops) -> Action {
    Action {
        why: actor.why.clone(),
        ..Action::new(verb, ops.who.clone())
    }
}

/// What came of one.
pub(super) enum Outcome {
    Acted(Acted),
    /// Nothing was tried: the reason.
    Left(String),
}

/// One that was left as it was.
struct Refused {
    of: SubmissionRef,
    why: String,
    /// Who did what since it was read.
    changes: Vec<Line>,
}

/// What came of all.
#[derive(Default)]
pub(super) struct Tally {
    done: u64,
    already: u64,
    refused: u64,
    told: Vec<Refused>,
}

impl Tally {
    /// How many it was done to.
    pub(super) const fn done(&self) -> u64 {
        self.done
    }

    pub(super) fn add(&mut self, of: SubmissionRef, outcome: Outcome) {
        match outcome {
            Outcome::Acted(Acted::Done(_)) => self.done += 1,
            Outcome::Acted(Acted::Already(_)) => self.already += 1,
            Outcome::Acted(acted) => {
                let why = refusal(&acted);
                let changes = if let Acted::Changed(changes) = acted {
                    changes
                } else {
                    Vec::new()
                };
                self.refuse(Refused { of, why, changes });
            }
            Outcome::Left(why) => self.refuse(Refused {
                of,
                why,
                changes: Vec::new(),
            }),
        }
    }

    fn refuse(&mut self, refused: Refused) {
        self.refused += 1;
        if self.told.len() < TOLD {
            self.told.push(refused);
        }
    }

    /// Tells it: `done` is the word for what was done. An error unless nothing was refused.
    pub(super) fn tell(&self, done: &str, as_json: bool) -> anyhow::Result<()> {
        let mut out = std::io::stdout().lock();
        let told = if as_json {
            writeln!(out, "{}", pretty_json(&self.as_json(done)))
        } else {
            let already = if self.already > 0 {
                format!(", {} were already", self.already)
            } else {
                String::new()
            };
            writeln!(out, "{} {done}{already}", self.done)
        };
        // Whoever reads may be gone: what came of it still is what the exit code says.
        self.outcome()?;
        Ok(told?)
    }

    /// For programs.
    pub(super) fn as_json(&self, done: &str) -> Value {
        let refusals = Value::from_iter(self.told.iter().map(|Refused { of, why, changes }| {
            let mut told = json!({"submission": of.to_string(), "why": why});
            if !changes.is_empty() {
                told["changes"] = Value::from_iter(changes.iter().map(change));
            }
            told
        }));
        json!({done: self.done, "already": self.already, "refused": self.refused, "refusals": refusals})
    }

    /// Says what was refused, on standard error. An error unless nothing was.
    pub(super) fn outcome(&self) -> anyhow::Result<()> {
        for Refused { of, why, .. } in &self.told {
            say::note(format_args!("counterfoil: {of}: {}", harmless(why, false)));
        }
        match self.refused {
            0 => Ok(()),
            1 => Err(Failure::Partly("it was left as it was".into()).into()),
            refused => {
                Err(Failure::Partly(format!("{refused} submissions were left as they were")).into())
            }
        }
    }
}

/// What was chosen, and how many that is.
pub(super) struct Picked<'a> {
    pub(super) choice: &'a Choice,
    pub(super) total: u64,
}

/// Does it to each that was chosen; `done` sees those that it was done to.
pub(super) async fn each(
    chosen: Picked<'_>,
    ops: &Ops,
    deed: impl AsyncFn(&SubmissionRef) -> Result<Outcome, Fault>,
    mut done: impl FnMut(&SubmissionRef),
) -> anyhow::Result<Tally> {
    let bar = progress::bar(chosen.total, true);
    let (mut tally, mut walk) = (Tally::default(), chosen.choice.walk());
    while let Some(page) = walk.next(&ops.home).await? {
        let deed = &deed;
        let mut acted = stream::iter(page)
            .map(async |of| {
                let outcome = deed(&of).await;
                (of, outcome)
            })
            .buffer_unordered(PARALLEL);
        while let Some((of, outcome)) = acted.next().await {
            bar.inc(1);
            let outcome = outcome.unwrap_or_else(|fault| Outcome::Left(fault.to_string()));
            if matches!(outcome, Outcome::Acted(Acted::Done(_))) {
                done(&of);
            }
            tally.add(of, outcome);
        }
    }
    bar.finish_and_clear();
    Ok(tally)
}

/// A line of history, for programs.
fn change(line: &Line) -> Value {
    json!({"seq": line.seq, "at": line.at, "state": line.state, "cause": line.cause, "deed": line.deed})
}
