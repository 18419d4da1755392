//! The real program over real HTTP: the journey of a submission, its refusals, and its bad days.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests: a panic is a failed test")]

#[path = "../support/client.rs"]
mod client;
#[path = "../support/reach.rs"]
mod reach;
#[path = "../support/server.rs"]
mod server;
#[path = "../support/wait.rs"]
mod wait;

mod commands;
mod corpus;
mod crash;
mod disk;
mod fail;
mod hostile;
mod journey;
mod limits;
mod privacy;
mod shutdown;
mod start;
