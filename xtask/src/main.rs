//! `cargo xtask …`: what the project does to itself. Every command prints the commands it runs, streams their output,
//! and ends with one line that says what to do when something is wrong.

// A program for developers: it reads the environment because that is where tools are found.
#![allow(
    clippy::disallowed_methods,
    reason = "xtask is a binary: it looks for tools in the environment"
)]

mod axe;
mod bench;
mod browser;
mod contract;
mod emulator;
mod fuzz;
mod localstack;
mod npm;
mod package;
mod process;
mod python;
mod served;
mod telling;
mod template;
mod test;
mod venv;

use clap::{Parser, Subcommand};

/// What the project does to itself.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Set up what the tests need, then run all of them
    Test(test::Options),
    /// Measure against a floor taken in the same run
    #[command(subcommand)]
    Bench(bench::Bench),
    /// Fuzz every parser that strangers' bytes reach
    Fuzz(fuzz::Options),
    /// Build the functions as Lambda takes them
    Package(package::Options),
    /// Run the AWS home on this machine, on an emulator, until Ctrl-C
    Emulator(emulator::Options),
    /// Hold a running server against its own contract with schemathesis
    Contract,
    /// Hold webhooks and mails against verifying libraries and a mail server of others
    Telling,
    /// Check template.yaml with SAM, cfn-lint and checkov
    Template,
}

fn main() -> std::process::ExitCode {
    let done = match Arguments::parse().task {
        Task::Test(options) => test::run(&options),
        Task::Bench(home) => bench::run(&home),
        Task::Fuzz(options) => fuzz::run(&options),
        Task::Package(options) => package::run(&options),
        Task::Emulator(options) => emulator::run(&options),
        Task::Contract => contract::run(),
        Task::Telling => telling::run(),
        Task::Template => template::run(),
    };
    process::exit_code(done)
}
