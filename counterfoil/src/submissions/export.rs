//! `submissions export`: everything, in the order of settling, in bounded memory. What is settled while it
//! runs is left for the next export.

use std::io::{self, IsTerminal, Write};

use counterfoil_core::Entry;
use counterfoil_local::submissions::Filter;

use super::csv::{Columns, Csv};
use super::show::whole;
use super::{Amiss, open, walk};
use crate::cli::{Export, Format};
use crate::exit::configuration;
use crate::forms::checked;
use crate::output::Output;
use crate::progress::bar;
use counterfoil_operations::harmless::json;

pub(crate) fn run(export: &Export) -> anyhow::Result<()> {
    // Before there is a file.
    let columns = match export.format {
        Format::Csv if export.output.is_none() && io::stdout().is_terminal() => return Err(configuration(NOT_HERE)),
        Format::Csv => Some(columns(export)?),
        Format::Jsonl => None,
    };
    let reader = open(&export.local)?;
    let up_to = Some(reader.last_place()?);
    let filter = Filter { form: export.form.clone(), state: Some(export.state), up_to };
    let mut output = Output::to(export.output.as_deref(), &export.local.local)?;
    if columns.is_some() && output.is_terminal() {
        return Err(configuration(NOT_HERE));
    }
    let bar = bar(reader.count(&filter)?, !output.is_terminal());
    let out = io::BufWriter::new(&mut output);
    let each = |see: &mut dyn FnMut(&Entry) -> anyhow::Result<()>| walk(&reader, &filter, see);
    let amiss = match columns {
        None => jsonl(out, &bar, each),
        Some(columns) => csv(out, &bar, columns, each),
    }?;
    output.finish()?;
    bar.finish_and_clear();
    amiss.outcome()
}

/// CSV knows no escape for what steers a terminal.
const NOT_HERE: &str = "CSV has what people sent as they sent it, which may steer a terminal: write it to a file with \
                        --output FILE, or take --format jsonl";

/// Calls a function with every entry.
trait Each: Fn(&mut dyn FnMut(&Entry) -> anyhow::Result<()>) -> anyhow::Result<Amiss> {}
impl<T: Fn(&mut dyn FnMut(&Entry) -> anyhow::Result<()>) -> anyhow::Result<Amiss>> Each for T {}

fn jsonl(mut out: impl Write, bar: &indicatif::ProgressBar, each: impl Each) -> anyhow::Result<Amiss> {
    let amiss = each(&mut |entry| {
        bar.inc(1);
        Ok(writeln!(out, "{}", json(&whole(entry)))?)
    })?;
    out.flush()?;
    Ok(amiss)
}

/// The fields of the forms, so that nobody who posts can add a column.
fn columns(export: &Export) -> anyhow::Result<Columns> {
    let forms = checked(&export.directory.forms).map_err(|why| {
        configuration(format!(
            "the columns of CSV are the fields of the forms: say where they are with --forms, or take --format jsonl, \
             which has no columns; {why}"
        ))
    })?;
    Ok(Columns::of(forms.iter().filter(|form| export.form.as_ref().is_none_or(|one| *one == form.id))))
}

fn csv(out: impl Write, bar: &indicatif::ProgressBar, columns: Columns, each: impl Each) -> anyhow::Result<Amiss> {
    let mut csv = Csv::new(out, columns)?;
    let amiss = each(&mut |entry| {
        bar.inc(1);
        csv.row(entry)
    })?;
    csv.finish()?;
    Ok(amiss)
}
