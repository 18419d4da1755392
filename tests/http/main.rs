//! The HTTP suite over one machine: a `counterfoil serve` for each test.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "tests: a panic is a failed test"
)]

#[path = "../support/client.rs"]
mod client;
#[allow(
    dead_code,
    reason = "shared with the browser tests, which use the rest"
)]
#[path = "../support/hold.rs"]
mod hold;
mod one_machine;
#[path = "../support/reach.rs"]
mod reach;
#[allow(dead_code, reason = "shared with the flow tests, which use the rest")]
#[path = "../support/server.rs"]
mod server;
#[path = "suite.rs"]
mod suite;
#[path = "../support/wait.rs"]
mod wait;

use one_machine::OneMachine;

/// The home that the suite asks; there always is one here.
#[allow(
    clippy::unnecessary_wraps,
    reason = "the suite's other home may be missing"
)]
fn home() -> Option<OneMachine> {
    Some(OneMachine::start())
}
