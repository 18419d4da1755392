//! The rules of telling over days of virtual time: who is tried when, what becomes of it, and that nothing is lost.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "tests: a panic is a failed test"
)]

mod answers;
mod days;
mod judged;
mod kept;
