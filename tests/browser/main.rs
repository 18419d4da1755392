//! The pages in a real browser: headless Chromium, driven through chromedriver as a person would use it.
//! `cargo xtask test` says where both are; plain `cargo test` leaves these tests out and says so.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "tests: a panic is a failed test"
)]

#[path = "../support/captcha.rs"]
mod captcha;
#[allow(dead_code, reason = "shared with the HTTP suite, which uses the rest")]
#[path = "../support/client.rs"]
mod client;
#[allow(dead_code, reason = "shared with the HTTP suite, which uses the rest")]
#[path = "../support/hold.rs"]
mod hold;
#[allow(dead_code, reason = "shared with the flow tests, which use the rest")]
#[path = "../support/hook.rs"]
mod hook;
#[allow(dead_code, reason = "shared with the flow tests, which use the rest")]
#[path = "../support/planted.rs"]
mod planted;
#[path = "../support/reach.rs"]
mod reach;
#[allow(dead_code, reason = "shared with the flow tests, which use the rest")]
#[path = "../support/seed.rs"]
mod seed;
#[allow(dead_code, reason = "shared with the flow tests, which use the rest")]
#[path = "../support/server.rs"]
mod server;
#[allow(dead_code, reason = "shared with the flow tests, which use the rest")]
#[path = "../support/wait.rs"]
mod wait;

mod browser;
mod gateway;
mod given;
mod kept;
mod page;
mod port;
mod site;
mod wire;

mod access;
mod aws;
mod axe;
mod console;
mod guarded;
mod hosted;
mod inbox;
mod narrow;
mod no_script;
mod outage;
mod pictures;
mod snippet;
mod static_page;
mod telling;
