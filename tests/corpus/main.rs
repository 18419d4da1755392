//! Bad input and hard texts, asked of both homes' functions in one process. What is bad, and why, stands in the
//! testkit's `corpus`; the real server is asked the same by `counterfoil`'s flow tests.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "tests: a panic is a failed test"
)]

mod ask;
mod bad;
mod edge;
mod exact;
#[allow(dead_code, reason = "shared with the fuzz targets, which use the rest")]
#[path = "../../fuzz/src/lib.rs"]
mod fuzz;
mod replay;
mod tickets;

use fuzz::in_process;
