//! The bill as one JSON object. Amounts are numbers with the digits of the table.

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use serde_json::{Value, json};

use super::form::FormCost;
use super::report::Report;
use super::section::{Charge, Section};

pub(super) fn value(report: &Report) -> Value {
    let Report {
        traffic, prices, ..
    } = report;
    json!({
        "as_of": prices.as_of,
        "region": prices.region,
        "measured_on": report.measured_on,
        "measured_from": report.measured_from,
        "front_door": report.front_door,
        "architecture": report.architecture,
        "submissions": traffic.submissions,
        "polls": traffic.polls,
        "size": traffic.of.payload,
        "row_bytes": traffic.of.row(),
        "batch": number(traffic.batch().round_sf(4).unwrap_or_default()),
        "dollars": number(report.total()),
        "per_million": number(report.per_million),
        "per_million_in_full_batches": number(report.in_full_batches),
        "usage": section(&report.submissions),
        "standing": section(&report.standing),
        "kept": section(&report.kept),
        "per_million_more": report.more.iter().map(|(what, dollars)| json!({"what": what, "dollars": number(*dollars)})).collect::<Vec<_>>(),
        "forms": report.forms.iter().map(form).collect::<Vec<_>>(),
        "unseen_prices": prices.unseen().map(|good| good.path()).collect::<Vec<_>>(),
    })
}

fn section(section: &Section) -> Value {
    json!({"dollars": number(section.dollars), "lines": section.charges.iter().map(charge).collect::<Vec<_>>()})
}

fn charge(charge: &Charge) -> Value {
    let Charge {
        line,
        each,
        price,
        dollars,
    } = charge;
    json!({
        "service": line.service,
        "unit": line.unit,
        "why": line.why,
        "a_submission": each.map(|each| number(each.round_sf(6).unwrap_or(each))),
        "units": number(line.units.round_dp(6)),
        "price": {"name": line.good.path(), "dollars": number(price.dollars), "per": number(price.per), "source": price.source},
        "dollars": number(*dollars),
    })
}

fn form(form: &FormCost) -> Value {
    json!({
        "form": form.form,
        "has": form.has,
        "per_million_more": number(form.more),
        "per_million": number(form.per_million),
    })
}

/// A float of so few digits prints as they are.
fn number(decimal: Decimal) -> Value {
    let decimal = decimal.normalize();
    decimal
        .to_u64()
        .filter(|_| decimal.is_integer())
        .map_or_else(|| json!(decimal.to_f64()), |whole| json!(whole))
}
