//! The store of one machine, over its public face: contracts, durability, and its bad days.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "tests: a panic is a failed test"
)]

mod alarms;
mod catalogue;
mod crash_loop;
mod creation;
mod damage;
mod deliveries;
mod digest;
mod directory;
mod ledger;
mod loops;
mod lost;
mod notices;
mod outbox;
mod place;
mod policy;
mod queue;
mod rescued_directory;
mod retention;
mod search;
mod shares;
mod telling;
mod trials;
