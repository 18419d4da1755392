//! `submissions export`: everything, in the order of settling, in bounded memory. What is settled while it
//! runs is left for the next export.

use std::fs::{File, OpenOptions};
use std::io::{self, IsTerminal, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use counterfoil_core::Entry;
use counterfoil_local::submissions::Filter;

use super::csv::{Columns, Csv};
use super::show::whole;
use super::{Amiss, open, walk};
use crate::cli::{Export, Format};
use crate::exit::configuration;
use crate::forms::checked;
use crate::progress::bar;
use crate::terminal::json;

pub(crate) fn run(export: &Export) -> anyhow::Result<()> {
    let elsewhere = export.output.is_some() || !io::stdout().is_terminal();
    // Before there is a file.
    let columns = match export.format {
        Format::Csv if !elsewhere => return Err(configuration(NOT_HERE)),
        Format::Csv => Some(columns(export)?),
        Format::Jsonl => None,
    };
    let reader = open(&export.local)?;
    let up_to = Some(reader.last_place()?);
    let filter = Filter { form: export.form.clone(), state: Some(export.state), up_to };
    let out: Box<dyn Write> = match &export.output {
        Some(path) => Box::new(create(path).map_err(|error| anyhow::anyhow!("{}: {error}", path.display()))?),
        None => Box::new(io::stdout().lock()),
    };
    let bar = bar(reader.count(&filter)?, elsewhere);
    let out = io::BufWriter::new(out);
    let each = |see: &mut dyn FnMut(&Entry) -> anyhow::Result<()>| walk(&reader, &filter, see);
    let amiss = match columns {
        None => jsonl(out, &bar, each),
        Some(columns) => csv(out, &bar, columns, each),
    }?;
    bar.finish_and_clear();
    amiss.outcome()
}

/// CSV knows no escape for what steers a terminal.
const NOT_HERE: &str = "CSV has what people sent as they sent it, which may steer a terminal: write it to a file with \
                        --output FILE, or take --format jsonl";

/// What people sent is for whoever asked for it.
fn create(path: &Path) -> io::Result<File> {
    OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)
}

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
