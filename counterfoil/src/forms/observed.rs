//! `counterfoil forms observed`: what is stored, held against the form as it is now. Shows what `mode = "observe"` let
//! through, and what a changed schema would refuse before it does.

use std::collections::BTreeMap;
use std::io::Write;

use counterfoil_core::rejection::FieldError;
use counterfoil_core::{Body, Entry, Form, State, SubmissionRef};
use counterfoil_local::submissions::Filter;
use serde_json::{Value, json};

use crate::cli::Observed;
use crate::entries::{open, walk};
use counterfoil_operations::harmless::{self, harmless};

/// What would be refused, and how often.
#[derive(Default)]
struct Tally {
    stored: u64,
    refused: u64,
    /// By pointer and code: how many, and the latest of them.
    problems: BTreeMap<(String, String), (u64, Option<SubmissionRef>)>,
}

pub(super) fn run(observed: &Observed) -> anyhow::Result<()> {
    let forms = super::read(&observed.directory)?;
    let form = super::one(&forms, &observed.form)?;
    let reader = open(&observed.directory.local.data)?;
    let filter = Filter {
        form: Some(form.id.clone()),
        state: Some(State::Stored),
        up_to: Some(reader.last_place()?),
    };
    let mut tally = Tally::default();
    let amiss = walk(&reader, &filter, &mut |entry| {
        tally.add(entry, form);
        Ok(())
    })?;
    let mut out = std::io::stdout().lock();
    if observed.json {
        writeln!(out, "{}", harmless::json(&tally.as_json(form)))?
    } else {
        tally.write(&mut out, form)?
    }
    amiss.outcome()
}

impl Tally {
    fn add(&mut self, entry: &Entry, form: &Form) {
        let Body::Payload(payload) = &entry.body else {
            return;
        };
        self.stored += 1;
        let wrong = form.schema.check_kept(payload.fields());
        self.refused += u64::from(!wrong.is_empty());
        for FieldError { pointer, problem } in wrong {
            let (count, latest) = self
                .problems
                .entry((pointer, problem.code().to_owned()))
                .or_default();
            *count += 1;
            *latest = Some(entry.head.of.clone());
        }
    }

    fn write(&self, out: &mut impl Write, form: &Form) -> std::io::Result<()> {
        writeln!(
            out,
            "{}: {} of {} stored would be refused as the form is now",
            form.id, self.refused, self.stored
        )?;
        for ((pointer, code), (count, latest)) in &self.problems {
            // A pointer may hold a name that somebody sent.
            let pointer = harmless(pointer, false);
            let latest = latest.as_ref().map(ToString::to_string).unwrap_or_default();
            writeln!(out, "{count:>7}  {pointer}  {code}  such as {latest}")?;
        }
        Ok(())
    }

    fn as_json(&self, form: &Form) -> Value {
        let problems = self
            .problems
            .iter()
            .map(|((pointer, code), (count, latest))| {
                let latest = latest.as_ref().map(ToString::to_string);
                json!({"pointer": pointer, "code": code, "count": count, "latest": latest})
            });
        json!({
            "form": form.id, "stored": self.stored, "refused": self.refused,
            "problems": problems.collect::<Vec<_>>(),
        })
    }
}
