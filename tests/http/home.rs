//! What the suite needs of a home besides its doors.

use std::hash::{BuildHasher, Hasher, RandomState};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use counterfoil_core::{FormId, SubmissionId, SubmissionRef};
use serde_json::Value;

use crate::client::{Answer, Doors};

/// A form whose submissions fail between [`Home::poison`] and [`Home::mend`].
pub(crate) const LATE: &str = "late";

/// A running home with the forms of `forms/` and of `tests/http/forms/`.
pub(crate) trait Home: Doors {
    /// Whether what comes to the functions is changed on its way like this.
    fn has(&self, oddity: Oddity) -> bool;

    /// The answer to OPTIONS, which not every gateway lets through.
    fn preflight(&self, path: &str, headers: &[(&str, &str)]) -> Answer;

    /// The fields that are kept of a submission, as an operator sees them; `None` while there is no entry.
    fn kept(&self, of: &SubmissionRef) -> Option<Value>;

    /// From now on the worker fails on every submission to [`LATE`].
    fn poison(&mut self);

    /// From now on it does not.
    fn mend(&mut self);

    /// Puts a dead letter back on the queue, as an operator does.
    fn replay(&mut self, of: &SubmissionRef);
}

/// In what a home's way to the functions differs. No behaviour of ours is left out because of one: the suite says
/// what is answered instead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Oddity {
    /// A gateway hands a body of a text type on as text: bytes that are no UTF-8 have been replaced in it (DESIGN, the
    /// HTTP contract, allows for that).
    TextIsDecoded,
    /// MiniStack mends the path: an escaped letter becomes that letter (an API of AWS may do so too), and a slash after
    /// the first segment goes.
    PathIsMended,
    /// The route to `status` takes one segment: a ticket with a slash in it, or none, is asked of `ingest`, which has
    /// no such page.
    TicketIsOneSegment,
}

/// The submission of a ticket of ours: its id stands in it.
pub(crate) fn submission_of(ticket: &str) -> SubmissionRef {
    let (form, proof) = ticket.rsplit_once('.').unwrap();
    let raw = URL_SAFE_NO_PAD.decode(proof).unwrap();
    let id = SubmissionId::from_bytes(raw[1..17].try_into().unwrap());
    SubmissionRef {
        form: FormId::parse(form).unwrap(),
        id,
    }
}

/// A text that no earlier test of the same home has used.
pub(crate) fn fresh(what: &str) -> String {
    format!("{what}-{:016x}", RandomState::new().build_hasher().finish())
}
