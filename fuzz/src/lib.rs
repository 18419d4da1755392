//! What each fuzz target asks: never only "does it end", but what must hold of whatever it answers. The targets
//! themselves (`fuzz_targets/`) are one line each, so that a test can ask the same of an input.

pub mod envelope;
pub mod form_file;
#[path = "../../tests/support/in_process.rs"]
pub mod in_process;
pub mod json;
pub mod lambda_event;
pub mod multipart;
pub mod posted;
pub mod request;
pub mod ticket;
pub mod urlencoded;
