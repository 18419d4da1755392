//! Refused posts leave a trace for the owner of the form: each kind of refusal is counted, and told in the log at most once a
//! minute for each form, problem and field.
//!
//! Nothing that was sent is in a line. A field is named only if it stands in the form's schema; any other name is a
//! stranger's own text, and reads `(other)`. So there are no more counts than the forms have fields and problems.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use counterfoil_core::json::child;
use counterfoil_core::rejection::FieldError;
use counterfoil_core::{Form, FormId, Timestamp};

use crate::problem::Problem;

/// Between two lines of one kind.
const EVERY: Duration = Duration::from_secs(60);
/// Stands for every field that the form does not have.
const OTHER: &str = "(other)";

/// What has been refused since the start.
#[derive(Default)]
pub struct Refusals(Mutex<BTreeMap<RefusalKind, RefusalCount>>);

/// What is counted together.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct RefusalKind {
    /// `None`: of no form that is here.
    form: Option<FormId>,
    problem: &'static str,
    /// The field's pointer, where it is about fields.
    field: Option<String>,
}

#[derive(Clone, Copy, Debug)]
struct RefusalCount {
    total: u64,
    /// Of these, how many no line has told yet.
    untold: u64,
    told_at: Timestamp,
}

/// One line.
#[derive(Debug, PartialEq, Eq)]
struct RefusalLine {
    kind: String,
    field: Option<String>,
    why: String,
    total: u64,
    untold: u64,
}

impl Refusals {
    /// Counts a refused post to `form`, and tells it unless one of its kind was told within the last minute.
    pub(crate) fn note(&self, form: Option<&Form>, problem: &Problem, now: Timestamp) {
        for line in self.counted(form, problem, now) {
            let RefusalLine {
                kind,
                field,
                why,
                total,
                untold,
            } = line;
            let form = form.map(|form| form.id.as_str());
            tracing::info!(
                form.id = form,
                problem = kind,
                field,
                refused = untold,
                refused.total = total,
                "refused a post: {why}"
            );
        }
    }

    /// The lines that are due.
    fn counted(&self, form: Option<&Form>, problem: &Problem, now: Timestamp) -> Vec<RefusalLine> {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut lines = Vec::new();
        for (field, why) in reasons(form, problem) {
            let kind = RefusalKind {
                form: form.map(|form| form.id.clone()),
                problem: problem.kind().name,
                field,
            };
            let is_due = |count: &RefusalCount| {
                count.total == 0
                    || now.since(count.told_at) >= EVERY
                    // The clock was set back.
                    || now < count.told_at
            };
            let count = counts.entry(kind.clone()).or_insert(RefusalCount {
                total: 0,
                untold: 0,
                told_at: now,
            });
            let is_due = is_due(count);
            count.total += 1;
            count.untold += 1;
            if is_due {
                lines.push(RefusalLine {
                    kind: kind.problem.to_owned(),
                    field: kind.field,
                    why,
                    total: count.total,
                    untold: count.untold,
                });
                (count.untold, count.told_at) = (0, now);
            }
        }
        lines
    }
}

/// Each field that is wrong, with the rule that it breaks; of a problem that is not about fields, its text.
fn reasons(form: Option<&Form>, problem: &Problem) -> Vec<(Option<String>, String)> {
    let Problem::InvalidFields(errors) = problem else {
        // These texts name limits and places, and repeat nothing of the request.
        return vec![(None, problem.detail().trim_end_matches('.').to_owned())];
    };
    let known = form.map(fields_of).unwrap_or_default();
    let mut fields = BTreeMap::new();
    for error in errors {
        let field = field(&known, error).unwrap_or(OTHER).to_owned();
        let rule = error.problem.code();
        fields.entry(field).or_insert_with(|| rule.to_owned());
    }
    fields
        .into_iter()
        .map(|(field, rule)| (Some(field), format!("field {rule}")))
        .collect()
}

/// The pointers of a form's own fields.
pub(crate) fn fields_of(form: &Form) -> BTreeSet<String> {
    let properties = form.schema.properties();
    properties.map(|(name, _)| child("", name)).collect()
}

/// The field of the form that an error lies in. `None`: the name is the submitter's own text, and no log's business.
pub(crate) fn field<'a>(known: &'a BTreeSet<String>, error: &FieldError) -> Option<&'a str> {
    let end = error.pointer.match_indices('/').nth(1);
    let top = &error.pointer[..end.map_or(error.pointer.len(), |(at, _)| at)];
    known.get(top).map(String::as_str)
}

#[cfg(test)]
mod tests {
    use counterfoil_core::rejection::FieldProblem;

    use super::*;
    use crate::testing;

    fn wrong(pointers: &[&str]) -> Problem {
        let error = |pointer: &&str| FieldError {
            pointer: (*pointer).to_owned(),
            problem: FieldProblem::Required,
        };
        Problem::InvalidFields(pointers.iter().map(error).collect())
    }

    fn at(seconds: u64) -> Timestamp {
        Timestamp::from_millis(testing::NOW).plus(Duration::from_secs(seconds))
    }

    #[test]
    fn each_form_problem_and_field_is_told_at_most_once_a_minute() {
        let (refusals, forms) = (Refusals::default(), testing::forms());
        let form = forms.iter().find(|form| form.id.as_str() == "contact");
        let told = |problem: &Problem, seconds| {
            let lines = refusals.counted(form, problem, at(seconds));
            lines
                .into_iter()
                .map(|line| (line.field.unwrap_or_default(), line.untold, line.total))
                .collect::<Vec<_>>()
        };
        let line = |field: &str, untold, total| (field.to_owned(), untold, total);
        let email = wrong(&["/email"]);
        assert_eq!(told(&email, 0), [line("/email", 1, 1)]);
        for seconds in 1..60 {
            assert_eq!(told(&email, seconds), []);
        }
        assert_eq!(told(&Problem::OriginNotAllowed, 30), [line("", 1, 1)]);
        assert_eq!(told(&email, 60), [line("/email", 60, 61)]);
        assert_eq!(
            told(&wrong(&["/email", "/name"]), 61),
            [line("/name", 1, 1)]
        );
        assert_eq!(
            told(&email, 20),
            [line("/email", 2, 63)],
            "a clock that was set back silences nothing"
        );
    }

    #[test]
    fn a_name_that_the_form_does_not_have_is_never_told() {
        let (refusals, forms) = (Refusals::default(), testing::forms());
        let form = forms.iter().find(|form| form.id.as_str() == "contact");
        let strangers: Vec<String> = (0..500).map(|n| format!("/secret{n}")).collect();
        let names: Vec<&str> = strangers.iter().map(String::as_str).collect();
        let lines = refusals.counted(form, &wrong(&names), at(0));
        assert_eq!(lines.len(), 1);
        assert_eq!(lines[0].field.as_deref(), Some(OTHER));
        assert_eq!(refusals.0.lock().unwrap().len(), 1);
        let within = refusals.counted(form, &wrong(&["/email/0/secret"]), at(0));
        assert_eq!(within[0].field.as_deref(), Some("/email"));
    }
}
