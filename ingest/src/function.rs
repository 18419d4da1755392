//! What the functions on AWS share: their answers where there is no request to answer, or no answer to it.

use counterfoil_lambda::http::Refusals;

use crate::problem::Problem;
use crate::{answer, refuse};

/// For `ingest` and `status` alike.
pub const REFUSALS: Refusals = Refusals {
    unreadable: || Problem::Malformed("This is no HTTP request.".into()).response(),
    past_edge: |parts| answer::for_method(&parts.method, refuse(parts, &Problem::WrongAddress)),
    panicked: || Problem::Unavailable.response(),
};
