//! What a form that only observes would have refused: one line for the person who decides when it enforces.

use std::collections::BTreeMap;

use counterfoil_core::Form;
use counterfoil_core::accept::Accepted;
use counterfoil_core::rejection::FieldError;

use crate::refusals;

/// Tells what an accepted submission breaks.
pub(crate) fn tell(form: &Form, accepted: &Accepted) {
    let (id, problems) = (accepted.of.id, tally(form, &accepted.observed));
    tracing::info!(form.id = form.id.as_str(), submission.id = %id, problems, "accepted what enforce would refuse");
}

/// Each field and rule once, with how often it was broken: as long as the form wants it, whatever is sent. A name that
/// the form does not have is the submitter's own text, and no log's business.
pub(crate) fn tally(form: &Form, errors: &[FieldError]) -> String {
    let known = refusals::fields_of(form);
    let mut times = BTreeMap::<(&str, &str), usize>::new();
    for error in errors {
        let field = refusals::field(&known, error).unwrap_or("…");
        *times.entry((field, error.problem.code())).or_default() += 1;
    }
    let told = times.into_iter().map(|((field, code), times)| match times {
        1 => format!("{field} {code}"),
        many => format!("{field} {code} x{many}"),
    });
    told.collect::<Vec<_>>().join(", ")
}
