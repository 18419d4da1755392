//! What tests share: builders, a clock that stands still, fakes that fail on order, and the contract suites
//! that hold every implementation of a port, the fakes included. Only tests depend on this crate.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "this crate runs in tests only: a panic is a failed test"
)]

pub mod build;
mod catalogue;
pub mod clock;
pub mod contract;
pub mod corpus;
pub mod deliveries;
pub mod guards;
pub mod ledger;
mod operations;
pub mod outage;
pub mod queue;

pub use catalogue::COUNTED;
pub use clock::{CountingEntropy, ManualClock, Until};
pub use guards::{MemoryCounters, ScriptedCaptchas};
pub use ledger::MemoryLedger;
pub use outage::{Away, Outage};
pub use queue::MemoryQueue;
