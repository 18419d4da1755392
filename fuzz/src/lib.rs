//! What each fuzz target asks: never only "does it end", but what must hold of whatever it answers. They are
//! in one list, so that a test can ask the same of an input.

pub mod envelope;
pub mod form_file;
#[path = "../../tests/support/in_process.rs"]
pub mod in_process;
pub mod json;
pub mod lambda_event;
pub mod multipart;
pub mod posted;
pub mod request;
pub mod seeds;
pub mod ticket;
pub mod urlencoded;

/// Asks one input.
pub type Check = fn(&[u8]);

/// Each target, with what it asks. `fuzz/seeds` has a folder for each.
pub const TARGETS: [(&str, Check); 8] = [
    ("envelope", envelope::check),
    ("form_file", form_file::check),
    ("json", json::check),
    ("lambda_event", lambda_event::check),
    ("multipart", multipart::check),
    ("request", request::check),
    ("ticket", ticket::check),
    ("urlencoded", urlencoded::check),
];
