//! `submissions export`: everything, the longest there first, in bounded memory. What is accepted or settled while it runs is
//! left for the next export. On AWS, where a table may be long to read, one that is interrupted says where to go on.

use std::io::{self, IsTerminal};
use std::path::PathBuf;

use counterfoil_core::State;
use counterfoil_export::columns::Columns;
use counterfoil_export::csv::Csv;
use counterfoil_export::json::Jsonl;
use counterfoil_export::walk::{Walk, What};
use counterfoil_export::xlsx::Xlsx;
use counterfoil_export::{ExportError, Sink};
use counterfoil_local::submissions::Filter;
use counterfoil_operations::catalogue::{Catalogue, Scope};
use counterfoil_operations::home::Home;
use counterfoil_operations::place::{Ops, Place};
use indicatif::ProgressBar;

use super::{forms_are_known, forms_directory, is_here};
use crate::cli::submissions::{Export, Format};
use crate::entries::{Amiss, open};
use crate::exit::{Failure, configuration};
use crate::forms::checked;
use crate::output::{Output, directory};
use crate::progress::{bar, counting};
use crate::say;
use crate::shutdown;
use crate::words::count;

pub(crate) async fn run(export: &Export, place: &dyn Place) -> anyhow::Result<()> {
    // Before there is a file.
    if export.format != Format::Jsonl && export.file().is_none() && io::stdout().is_terminal() {
        return Err(configuration(NOT_HERE));
    }
    if export.format == Format::Xlsx && export.from.is_some() {
        return Err(configuration(
            "a spreadsheet is written from its beginning: take --format csv to go on with --from",
        ));
    }
    forms_are_known(&export.which, &export.at)?;
    let columns = columns(export)?;
    let mut output = output(export)?;
    if export.format != Format::Jsonl && output.is_terminal() {
        return Err(configuration(NOT_HERE));
    }
    let ops = place.look()?;
    let mut amiss = Amiss::default();
    if is_here(&export.at) {
        amiss.look(&open(&export.at.data)?)?;
    }
    let mut walk = Walk::new(&ops.home, what(export, &ops));
    let bar = if output.is_terminal() {
        ProgressBar::hidden()
    } else {
        progress(export, &walk, &ops.home).await?
    };
    let sink = sink(export, columns, &mut output)?;
    let written = written(
        sink,
        &mut walk,
        Way {
            bar: &bar,
            amiss: &mut amiss,
            is_kept: is_kept(export),
        },
    )
    .await;
    bar.finish_and_clear();
    match written {
        Ok(()) => output.finish()?,
        Err(Halt::Failed(error)) => {
            output.forget();
            return Err(error);
        }
        Err(Halt::Interrupted(why)) => {
            if walk.place().is_none() {
                output.forget();
            }
            return Err(interrupted(export, &walk, &why));
        }
    }
    amiss.outcome()
}

/// Neither CSV nor a spreadsheet knows an escape for what steers a terminal.
const NOT_HERE: &str = "CSV has what people sent as they sent it, which may steer a terminal, and a spreadsheet is no text: write \
                        it to a file with --output FILE, or take --format jsonl";

/// What is asked for. Without a state it is what is stored.
fn what(export: &Export, ops: &Ops) -> What {
    let begun = ops.clock.now();
    let mut scope: Scope = export.which.scope(begun);
    if scope.states.is_empty() {
        scope.states = vec![State::Stored];
    }
    What {
        scope,
        search: export.which.search(),
        from: export.from.clone(),
        begun,
    }
}

/// The fields of the forms, so that nobody who posts can add a column. JSON Lines have none.
fn columns(export: &Export) -> anyhow::Result<Columns> {
    if export.format == Format::Jsonl {
        return Ok(Columns::for_forms([]));
    }
    let forms = forms_directory(&export.at).and_then(|directory| checked(&directory)).map_err(|why| {
        configuration(format!(
            "the columns are the fields of the forms: say where they are with --forms, or take --format jsonl, which has no \
             columns; {why}"
        ))
    })?;
    let form = export.which.form.as_ref();
    Ok(Columns::for_forms(
        forms
            .iter()
            .filter(|one| form.is_none_or(|form| *form == one.id)),
    ))
}

/// Does what is written so far stay where it is, to be gone on with? On one machine the whole is soon written again.
fn is_kept(export: &Export) -> bool {
    !is_here(&export.at) && export.format != Format::Xlsx
}

fn output(export: &Export) -> anyhow::Result<Output> {
    let (path, data) = (
        export.file(),
        is_here(&export.at).then_some(&*export.at.data),
    );
    if is_kept(export) || export.from.is_some() {
        return Output::in_parts(path, data, export.from.is_some());
    }
    Output::to(path, data)
}

fn sink<'a>(
    export: &Export,
    columns: Columns,
    output: &'a mut Output,
) -> anyhow::Result<Box<dyn Sink + 'a>> {
    Ok(match export.format {
        Format::Jsonl => Box::new(Jsonl::new(output)),
        Format::Csv if export.from.is_some() => Box::new(Csv::going_on(output, columns)),
        Format::Csv => Box::new(Csv::new(output, columns)?),
        Format::Xlsx => Box::new(Xlsx::new(output, columns, folder(export))?),
    })
}

/// Where a spreadsheet's temporary files lie.
fn folder(export: &Export) -> PathBuf {
    quiet_about_spreadsheets();
    match export.file() {
        Some(path) => directory(path).to_owned(),
        None if is_here(&export.at) => export.at.data.clone(),
        None => std::env::temp_dir(),
    }
}

/// The crate that writes spreadsheets panics where a disk is full, which is said as an error. Every other panic is told as
/// before.
fn quiet_about_spreadsheets() {
    let told = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        if !panic
            .location()
            .is_some_and(|place| place.file().contains("rust_xlsxwriter"))
        {
            told(panic);
        }
    }));
}

/// How far it is, where somebody sees it: with an end where the home counts that far, or this machine can.
async fn progress(
    export: &Export,
    walk: &Walk<'_, Home>,
    home: &Home,
) -> anyhow::Result<ProgressBar> {
    if !io::stderr().is_terminal() {
        return Ok(ProgressBar::hidden());
    }
    let there = home.count(walk.scope()).await?;
    let which = &export.which;
    let is_all = which.since.is_none() && which.until.is_none() && export.from.is_none();
    match (
        which.search.is_some(),
        there.is_more,
        &walk.scope().states[..],
    ) {
        (false, false, _) => Ok(bar(there.number, true)),
        (false, true, [state]) if is_all && is_here(&export.at) => {
            let filter = Filter {
                form: which.form.clone(),
                state: Some(*state),
                up_to: None,
            };
            Ok(bar(open(&export.at.data)?.count(&filter)?, true))
        }
        (false, true, _) | (true, _, _) => Ok(counting()),
    }
}

/// What an export meets on its way.
struct Way<'a> {
    bar: &'a ProgressBar,
    amiss: &'a mut Amiss,
    is_kept: bool,
}

/// Why it did not come to its end.
enum Halt {
    /// What is written cannot be gone on with.
    Failed(anyhow::Error),
    /// It can.
    Interrupted(String),
}

impl From<ExportError> for Halt {
    fn from(error: ExportError) -> Self {
        match error {
            ExportError::Home(fault) => Self::Interrupted(fault.to_string()),
            ExportError::Out(error) => Self::Failed(error.into()),
        }
    }
}

async fn written(
    mut sink: Box<dyn Sink + '_>,
    walk: &mut Walk<'_, Home>,
    way: Way<'_>,
) -> Result<(), Halt> {
    let mut stop = std::pin::pin!(stop(way.is_kept).map_err(|error| Halt::Failed(error.into()))?);
    loop {
        let step = tokio::select! {
            biased;
            () = &mut stop => return Err(Halt::Interrupted("it was interrupted".to_owned())),
            step = walk.step(&mut *sink) => step?,
        };
        let Some(step) = step else { break };
        way.bar.inc(step.written);
        way.amiss.tell(&step.damaged);
    }
    let whole = sink.finish().map_err(|error| Halt::Failed(error.into()))?;
    if whole.cut > 0 {
        let texts = count(whole.cut, "text");
        say::note(format_args!(
            "{texts} cut to what a cell holds; --format csv has all of them"
        ));
    }
    Ok(())
}

/// Done when somebody wants it to stop, and what is written is of use then. Else whatever ends a process ends it.
fn stop(is_kept: bool) -> io::Result<impl Future<Output = ()>> {
    let asked = if is_kept {
        Some(shutdown::stop_requested()?)
    } else {
        None
    };
    Ok(async move {
        match asked {
            Some(asked) => asked.await,
            None => std::future::pending().await,
        }
    })
}

/// Says how far it came, and how to go on.
fn interrupted(export: &Export, walk: &Walk<'_, Home>, why: &str) -> anyhow::Error {
    let from_here = walk
        .place()
        .filter(|_| is_kept(export) || export.file().is_none());
    let Some(place) = from_here else {
        return Failure::Partly(format!("{why}; nothing is kept of it: begin again")).into();
    };
    let how = match export.file() {
        Some(path) => format!("what it has so far is in {}.part", path.display()),
        None => "put what comes then behind what there is".to_owned(),
    };
    Failure::Partly(format!(
        "{why}; go on with the same command and --from {place} ({how})"
    ))
    .into()
}
