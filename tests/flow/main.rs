//! The real program over real HTTP: the journey of a submission, its refusals, and its bad days.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "tests: a panic is a failed test"
)]

#[path = "../support/captcha.rs"]
mod captcha;
#[path = "../support/client.rs"]
mod client;
#[path = "../support/hook.rs"]
mod hook;
#[path = "../support/mail_sink.rs"]
mod mail_sink;
#[path = "../support/planted.rs"]
mod planted;
#[path = "../support/python.rs"]
mod python;
#[path = "../support/reach.rs"]
mod reach;
#[path = "../support/seed.rs"]
mod seed;
#[path = "../support/server.rs"]
mod server;
#[path = "../support/wait.rs"]
mod wait;

mod abuse;
mod alarms;
#[cfg(feature = "aws")]
mod aws;
mod back_fill;
mod backup;
mod bulk;
mod commands;
mod console;
mod copies;
mod corpus;
mod cost;
mod crash;
mod crash_loop;
mod damage;
mod dead_letters;
mod deliveries;
mod disk;
mod doctor;
#[cfg(feature = "aws")]
mod edge;
mod export;
mod fail;
mod first_run;
mod flood;
mod forms;
mod forms_place;
mod hand_over;
mod hostile;
mod inbox;
mod journey;
mod kept;
mod limits;
mod load;
mod mails;
mod notices;
mod privacy;
mod proxy;
mod replays;
mod shutdown;
mod start;
mod taken;
mod telling;
