//! What the benchmarks measure with: loads, floors, and for the functions a Runtime API and services of AWS on loopback.
//! The tests of the functions' own programs start them in front of the same.

// Measuring is reading a clock.
#![allow(
    clippy::disallowed_methods,
    reason = "a benchmark measures time and polls with a deadline"
)]

pub mod floor;
pub mod functions;
pub mod load;
pub mod measure;
pub mod samples;
pub mod server;
mod settled;
pub mod table;
pub mod telling;
