//! `submissions lost`: how many were accepted and are nowhere.

use std::io::Write;
use std::sync::Arc;

use counterfoil_local::{DataDir, Lost, Store};
use counterfoil_machine::SystemClock;
use serde_json::{Map, Value, json};

use crate::cli;
use crate::entries::open;
use crate::exit::{Failure, configuration};
use crate::words::count;
use counterfoil_operations::harmless;

pub(crate) fn run(asked: &cli::submissions::Lost) -> anyhow::Result<()> {
    if asked.acknowledge {
        acknowledge(asked)?;
    }
    let reader = open(&asked.local.data)?;
    let (lost, accepted) = (reader.lost()?, reader.accepted_losses()?);
    let mut out = std::io::stdout().lock();
    if asked.json {
        writeln!(out, "{}", harmless::json(&as_json(&lost, &accepted)))?;
    } else {
        write!(out, "{}", lines(&lost, &accepted))?;
    }
    match lost.news() {
        0 => Ok(()),
        news => {
            Err(Failure::Partly(format!("{} lost; {ADVICE}", count(news, "submission"))).into())
        }
    }
}

const ADVICE: &str = "look for them in a backup, and then say `submissions lost --acknowledge`";

fn acknowledge(asked: &cli::submissions::Lost) -> anyhow::Result<()> {
    let directory = DataDir::existing(&asked.local.data).map_err(configuration)?;
    let store =
        Store::visit(&directory.database(), Arc::new(SystemClock)).map_err(configuration)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    Ok(runtime.block_on(store.know_lost())?)
}

/// What is counted; and what cannot be, because the count was lost with it.
fn lines(lost: &Lost, accepted: &[String]) -> String {
    let accepted: String = accepted.iter().map(|said| format!("{said}\n")).collect();
    match (lost.all(), accepted.is_empty()) {
        (0, true) => "nothing is lost\n".into(),
        (0, false) => format!("nothing is lost besides\n{accepted}"),
        _ => counts(lost) + &accepted,
    }
}

fn counts(lost: &Lost) -> String {
    let unsettled = (lost.unsettled > 0)
        .then(|| format!("{:>8}  accepted, and never settled\n", lost.unsettled));
    let of_form = |(form, count): &(_, u64)| format!("{count:>8}  settled, of the form {form}\n");
    let known = (lost.known > 0).then(|| format!("{:>8}  of these are known\n", lost.known));
    unsettled
        .into_iter()
        .chain(lost.entries.iter().map(of_form))
        .chain(known)
        .collect()
}

fn as_json(lost: &Lost, accepted: &[String]) -> Value {
    let forms: Map<String, Value> = lost
        .entries
        .iter()
        .map(|(form, count)| (form.to_string(), Value::from(*count)))
        .collect();
    json!({ "unsettled": lost.unsettled, "settled": forms, "known": lost.known, "news": lost.news(), "accepted_losses": accepted })
}
