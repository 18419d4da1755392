//! The bill as a table for people.

use std::fmt::Write;

use rust_decimal::Decimal;

use super::prices::Price;
use super::report::Report;
use super::section::Section;
use counterfoil_operations::harmless::harmless;

pub(super) fn text(report: &Report) -> String {
    let mut text = head(report);
    section(&mut text, &report.submissions);
    sum(&mut text, "submissions", report.submissions.dollars);
    text.push_str("\nwhat the stack costs by itself\n");
    section(&mut text, &report.standing);
    sum(&mut text, "by itself", report.standing.dollars);
    text.push_str("\nwhat came in a month, in every month that it is kept\n");
    section(&mut text, &report.kept);
    sum(&mut text, "kept", report.kept.dollars);
    sum(
        &mut text,
        "in all, with the first month kept",
        report.total(),
    );
    millions(&mut text, report);
    forms(&mut text, report);
    notes(&mut text, report);
    text
}

/// Writing to memory cannot fail: `let _` says so, here and below.
fn head(report: &Report) -> String {
    let Report {
        traffic, prices, ..
    } = report;
    let region = harmless(&prices.region, false);
    let mut text = format!(
        "AWS in {region} at the list prices of {}, without free allowances\n",
        prices.as_of
    );
    let batch = traffic.batch().round_sf(3).unwrap_or_default().normalize();
    let _ = writeln!(
        text,
        "{}, {}; {} submissions a month of {} bytes, {}, {batch} at a time\n",
        report.front_door,
        report.architecture,
        traffic.submissions,
        traffic.of.payload,
        match traffic.polls {
            1 => "1 poll each".into(),
            polls => format!("{polls} polls each"),
        },
    );
    let _ = writeln!(
        text,
        "{:<17}{:<12}{:>13}{:>14}  {:<18}{:>13}",
        "", "", "a submission", "a month", "dollars", "$ a month"
    );
    text
}

fn section(text: &mut String, section: &Section) {
    for charge in &section.charges {
        let line = &charge.line;
        let each = charge.each.map(short).unwrap_or_default();
        let row = format!(
            "{:<17}{:<12}{each:>13}{:>14}  {:<18}{:>13}  {}",
            line.service,
            line.unit,
            units(line.units),
            price(&charge.price),
            charge.dollars,
            line.why
        );
        let _ = writeln!(text, "{}", row.trim_end());
    }
}

fn sum(text: &mut String, what: &str, dollars: Decimal) {
    let _ = writeln!(text, "{what:<76}{dollars:>13}");
}

fn millions(text: &mut String, report: &Report) {
    text.push('\n');
    let mut line = |what: &str, dollars: Decimal| _ = writeln!(text, "{what:<76}{dollars:>13}");
    line("a million submissions like these", report.per_million);
    line(
        "a million when 100 come in a second, in full batches",
        report.in_full_batches,
    );
    for (what, dollars) in &report.more {
        line(&format!("more for a million times: {what}"), *dollars);
    }
}

fn forms(text: &mut String, report: &Report) {
    if report.forms.is_empty() {
        return;
    }
    let _ = writeln!(
        text,
        "\n{:<60}{:>16}{:>13}",
        "a million submissions to a form", "for what it has", "in all"
    );
    for form in &report.forms {
        let has = if form.has.is_empty() {
            "nothing that costs".into()
        } else {
            form.has.join(", ")
        };
        let what = format!("{}: {has}", form.form);
        let _ = writeln!(text, "{what:<60}{:>16}{:>13}", form.more, form.per_million);
    }
}

fn notes(text: &mut String, report: &Report) {
    let _ = write!(
        text,
        "\nDurations: {}, {}, with services that take 5 ms, and 300 ms for a\ncaptcha's provider. Not counted: starts of \
         functions, metrics of what\ngoes wrong while it does, subscribers of the topic, a domain, tax.\nOne machine costs what the machine costs, however many come.\n",
        harmless(&report.measured_from, false),
        harmless(&report.measured_on, false)
    );
    let unseen: Vec<_> = report.prices.unseen().map(|good| good.path()).collect();
    if !unseen.is_empty() {
        let _ = writeln!(
            text,
            "Prices that were seen nowhere, and want checking: {}.",
            unseen.join(", ")
        );
    }
}

/// Four digits that matter.
fn short(units: Decimal) -> String {
    units.round_sf(4).unwrap_or(units).normalize().to_string()
}

/// Whole ones where there are many.
fn units(units: Decimal) -> String {
    if units >= Decimal::ONE_HUNDRED {
        units.round().normalize().to_string()
    } else {
        short(units)
    }
}

fn price(price: &Price) -> String {
    let dollars = price.dollars;
    if price.per == Decimal::ONE {
        dollars.to_string()
    } else {
        format!("{dollars} for {}", price.per.normalize())
    }
}
