//! `counterfoil`: serve forms on one machine, and the verbs of operations.

// These panic where nobody reads: see `say`.
#![warn(clippy::print_stdout, clippy::print_stderr)]

use std::process::ExitCode;

use clap::Parser;

mod cli;
mod console;
mod cost;
mod crew;
mod dead_letters;
mod deliveries;
mod doctor;
mod entries;
mod exit;
mod fail;
mod forms;
mod guards;
mod held;
mod injection;
mod jobs;
mod notices;
mod ops;
mod output;
mod progress;
mod receivers;
mod replays;
mod say;
mod serve;
mod shutdown;
mod submissions;
mod words;

fn main() -> ExitCode {
    let command = cli::Cli::parse().command();
    let listens = matches!(command, cli::Command::Serve(_) | cli::Command::Console(_));
    let done = match command {
        cli::Command::Serve(settings) => serve::run(&settings),
        cli::Command::Submissions(verb) => submissions::run(&verb),
        cli::Command::Inbox(list) => submissions::inbox(list),
        cli::Command::DeadLetters(verb) => dead_letters::run(&verb),
        cli::Command::Held(verb) => held::run(&verb),
        cli::Command::Replays(verb) => replays::run(&verb),
        cli::Command::Notices(verb) => notices::run(&verb),
        cli::Command::Receivers(verb) => receivers::run(&verb),
        cli::Command::Deliveries(verb) => deliveries::run(&verb),
        cli::Command::Console(verb) => console::run(&verb),
        cli::Command::Forms(verb) => forms::run(&verb),
        cli::Command::Doctor(doctor) => doctor::run(&doctor),
        cli::Command::Cost(cost) => cost::run(&cost),
        cli::Command::Fail(verb) => fail::run(&verb),
    };
    exit::code(done, listens)
}
