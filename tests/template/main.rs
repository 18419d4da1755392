//! What `template.yaml`, and `edge-waf.yaml` beside it, must never lose, as gates: small functions from the template to
//! what is wrong with it. Each is first shown to fail on a template with that one thing broken, then holds on ours. An
//! emulator ignores half of these settings, so this is where they are checked.

// Clippy's `allow-unwrap-in-tests` sees `#[test]` functions only, and all of this is one test.
#![allow(clippy::unwrap_used, reason = "a test's panic is its report")]

mod actions;
mod alarms;
mod answers;
mod commands;
mod costs;
mod deployer;
mod edge;
mod failing;
mod front;
mod ledger;
mod lost;
mod mappings;
mod metrics;
mod notices;
mod outages;
mod pattern;
mod queues;
mod restored;
mod retained;
mod roles;
mod settings;
mod settings_file;
mod stack;
mod waf;
mod yaml;
