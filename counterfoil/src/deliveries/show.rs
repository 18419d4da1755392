//! `deliveries show`: one delivery, with its attempts.

use std::io::Write;

use counterfoil_operations::harmless::{harmless, pretty_json};
use counterfoil_telling::courier::Attempt;
use counterfoil_telling::delivery::DeliveryState;
use counterfoil_telling::desk::SharedDesk;
use counterfoil_telling::news::News;
use counterfoil_telling::ports::{DeliveryDesk, Told};
use serde_json::{Value, json};

use crate::cli::deliveries::Show;
use crate::exit::Failure;
use crate::words;

pub(super) async fn run(verb: &Show, desk: &SharedDesk) -> anyhow::Result<()> {
    let Some(told) = desk.told(&verb.delivery).await? else {
        return Err(Failure::Partly(format!("there is no delivery {}", verb.delivery)).into());
    };
    let mut out = std::io::stdout().lock();
    if verb.json {
        return Ok(writeln!(out, "{}", pretty_json(&json(&told)))?);
    }
    let delivery = &told.delivery;
    writeln!(out, "{}", delivery.id)?;
    writeln!(
        out,
        "of: {} at {}",
        delivery.news.state(),
        delivery.news.at()
    )?;
    if let News::Alarm(alarm) = &delivery.news {
        writeln!(out, "alarm: {}", harmless(&alarm.heading(), false))?;
        for (name, said) in alarm.lines() {
            writeln!(out, "  {name}: {}", harmless(&said, false))?;
        }
    }
    writeln!(out, "state: {}", delivery.state.as_str())?;
    if delivery.state == DeliveryState::Waiting {
        writeln!(out, "next attempt: {}", delivery.due_at)?;
    }
    if let Some(order) = &told.order {
        let why = order.signed.why.as_deref().unwrap_or_default();
        let (verb, at) = (order.verb.as_str(), order.signed.at);
        let by = harmless(order.signed.by.as_str(), false);
        writeln!(out, "{verb} by {by} at {at} {}", harmless(why, false))?;
    }
    told.attempts
        .iter()
        .try_for_each(|attempt| writeln!(out, "{}", line(attempt)))?;
    Ok(())
}

fn line(attempt: &Attempt) -> String {
    let code = attempt.reply.code;
    let code = code.map_or_else(String::new, |code| format!(" {code}"));
    let cause = attempt.cause.as_ref();
    let ended = cause.map_or_else(|| "delivered".to_owned(), ToString::to_string);
    let said = attempt.reply.said.as_deref();
    let said = said.map_or_else(String::new, |said| format!(" | {said}"));
    let told = format!("{ended}{code}{said}");
    format!(
        "  {:>3}  {}  {:>6} ms  {}",
        attempt.n,
        attempt.at,
        attempt.took.as_millis(),
        harmless(&told, false)
    )
}

fn json(told: &Told) -> Value {
    let attempts = told.attempts.iter().map(|attempt| {
        json!({
            "n": attempt.n,
            "at": attempt.at,
            "ms": u64::try_from(attempt.took.as_millis()).unwrap_or(u64::MAX),
            "code": attempt.reply.code,
            "said": attempt.reply.said,
            "cause": attempt.cause.as_ref().map(words::cause),
        })
    });
    let mut all = super::told(&told.delivery);
    all["attempt_history"] = Value::from_iter(attempts);
    all["order"] = json!(told.order);
    all
}
