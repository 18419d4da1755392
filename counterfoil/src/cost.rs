//! `counterfoil cost`: what the AWS home costs, from what is billed for each submission and a dated price file. It asks
//! nobody: neither an account nor the feature `aws` is needed.

mod form;
mod json;
mod measured;
mod prices;
mod report;
mod section;
mod table;
mod usage;

use std::io::Write;
use std::path::Path;

use counterfoil_aws::units::{Submission, stack};
use counterfoil_core::Forms;
use rust_decimal::Decimal;

use crate::cli::cost::{Architecture, Cost, FrontDoor};
use crate::exit::configuration;
use counterfoil_operations::harmless::json;
use form::FormCost;
use measured::Measured;
use prices::{Good, Prices};
use report::Report;
use section::{Section, per_million};
use usage::Traffic;

pub(crate) fn run(cost: &Cost) -> anyhow::Result<()> {
    let (prices, measured) = (
        Prices::read(cost.prices.as_deref())?,
        Measured::read(cost.measured.as_deref())?,
    );
    let report = report(cost, &forms(cost.forms.as_deref())?, prices, measured);
    let mut out = std::io::stdout().lock();
    if cost.json {
        writeln!(out, "{}", json(&json::value(&report)))?;
    } else {
        write!(out, "{}", table::text(&report))?;
    }
    Ok(())
}

/// What a file says; without one, what is built in. A fault is told with the file's name.
fn read<T>(
    file: Option<&Path>,
    built_in: &str,
    parse: fn(&str) -> Result<T, String>,
) -> anyhow::Result<T> {
    let Some(path) = file else {
        return parse(built_in).map_err(configuration);
    };
    let fault = |what: String| configuration(format!("{}: {what}", path.display()));
    let text = std::fs::read_to_string(path).map_err(|error| fault(error.to_string()))?;
    parse(&text).map_err(fault)
}

/// Those of a directory; where none is named, those that are here, if any.
fn forms(directory: Option<&Path>) -> anyhow::Result<Forms> {
    match directory {
        Some(directory) => crate::forms::checked(directory),
        None if Path::new("forms").is_dir() => crate::forms::checked(Path::new("forms")),
        None => Ok(Forms::default()),
    }
}

/// Bytes of the id of a form such as `contact`.
const FORM: u64 = 7;

fn traffic(cost: &Cost) -> Traffic {
    let evenly = Decimal::from(cost.submissions) / Decimal::from(usage::MONTH);
    Traffic {
        submissions: cost.submissions,
        polls: cost.polls,
        of: Submission {
            form: FORM,
            payload: cost.size.into(),
            token: 0,
            expires: false,
            leaves: false,
            late: false,
            shows_seen: false,
        },
        http_api: cost.front_door == FrontDoor::HttpApi,
        compute: match cost.architecture {
            Architecture::Arm64 => Good::LambdaArm,
            Architecture::X86 => Good::LambdaX86,
        },
        rate: cost.per_second.map_or(evenly, Decimal::from),
    }
}

fn report(cost: &Cost, forms: &Forms, prices: Prices, measured: Measured) -> Report {
    let traffic = traffic(cost);
    let lines = traffic.usage(&measured);
    let full = Traffic {
        rate: stack::CHANGES.into(),
        ..traffic.clone()
    };
    let late = Submission {
        late: true,
        ..traffic.of
    };
    let more = vec![
        (
            "held instead of stored",
            per_million(traffic.more_writes(traffic.of.held()), &prices),
        ),
        (
            "a dead letter instead of stored",
            per_million(traffic.more_writes(traffic.of.failed()), &prices),
        ),
        (
            "a key that tells no time",
            per_million(traffic.more_writes(late.stored()), &prices),
        ),
        (
            "a further try",
            per_million(traffic.retry(&measured), &prices),
        ),
        (
            "a page shown, or a preflight",
            per_million(traffic.request(&measured), &prices),
        ),
    ];
    let captcha = forms.iter().any(|form| form.captcha.is_some());
    Report {
        front_door: cost.front_door.as_str(),
        architecture: cost.architecture.as_str(),
        submissions: Section::of_submissions(lines.clone(), cost.submissions, &prices),
        per_million: per_million(lines, &prices),
        in_full_batches: per_million(full.usage(&measured), &prices),
        standing: Section::of_a_month(traffic.standing(cost.own_key, captcha), &prices),
        kept: Section::of_a_month(traffic.kept(), &prices),
        more,
        forms: forms
            .iter()
            .map(|form| FormCost::new(form, &traffic, &measured, &prices))
            .collect(),
        measured_on: measured.on,
        measured_from: measured.from,
        traffic,
        prices,
    }
}

#[cfg(test)]
#[path = "cost/cost_tests.rs"]
mod tests;
