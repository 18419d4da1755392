//! What the functions on AWS share: their answers where there is no request to answer, or no answer to it.

use counterfoil_lambda::http::Refusals;

use crate::problem::Problem;

/// For `ingest` and `status` alike.
pub const REFUSALS: Refusals = Refusals {
    unreadable: || Problem::Malformed("This is no HTTP request.".into()).response(),
    panicked: || Problem::Unavailable.response(),
};
