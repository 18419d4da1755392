//! What the inbox shows, as a file: all pages of it, written while it is read, in bounded memory.

use std::fs::File;
use std::io::{self, Read, Seek, Write};
use std::mem;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use bytes::Bytes;
use counterfoil_core::ports::Clock;
use counterfoil_core::{FormId, Timestamp};
use counterfoil_export::columns::Columns;
use counterfoil_export::csv::Csv;
use counterfoil_export::json::Jsonl;
use counterfoil_export::walk::{Step, Walk, What};
use counterfoil_export::xlsx::Xlsx;
use counterfoil_export::{ExportError, Sink};
use counterfoil_operations::home::Home;
use http::header::{CONTENT_DISPOSITION, CONTENT_TYPE, HeaderValue};
use http::{HeaderMap, Response};
use tokio::sync::mpsc::Sender;

use crate::answer::Trouble;
use crate::outflow::{Content, Cut, Outflow};
use crate::pages::{Format, query};
use crate::{Console, PageRequest};

/// Exports at once. Each holds two pages of entries at most, whoever reads it and however slowly.
pub(crate) const AT_ONCE: usize = 4;
/// Entries in one read from this machine. A far home is asked for the export's own number, since each read costs.
const NEAR: usize = 100;
/// Bytes of a spreadsheet that are sent at once.
const PIECE: usize = 64 * 1024;

impl Console {
    /// Where a spreadsheet is kept until it is whole: a file without a name, for this process alone.
    #[must_use]
    pub fn with_folder(self, folder: PathBuf) -> Self {
        Self { folder, ..self }
    }

    /// What the list shows, as a file. `is_head`: only what would be said of it.
    pub(crate) async fn export(
        &self,
        asked: &PageRequest,
        is_head: bool,
    ) -> Result<Response<Content>, Trouble> {
        let format = query::value(&asked.pairs, "format").and_then(Format::parse);
        let format = format.ok_or_else(|| {
            Trouble::Not("An export is csv, xlsx or jsonl: choose one on the inbox.".into())
        })?;
        let begun = self.ops.clock.now();
        let look = self.look(asked);
        let what = What {
            scope: look.scope(begun).map_err(Trouble::Not)?,
            search: look.wanted(),
            from: None,
            begun,
        };
        let head = head(format, look.form.as_ref(), begun);
        let content = if is_head {
            Content::Whole(Bytes::new())
        } else {
            Content::Flow(self.flow(format, what).await?)
        };
        let mut response = Response::new(content);
        *response.headers_mut() = head;
        Ok(response)
    }

    async fn flow(&self, format: Format, what: What) -> Result<Outflow, Trouble> {
        let place = Arc::clone(&self.exports).try_acquire_owned();
        let place = place.map_err(|_| {
            Trouble::Busy("Several exports are being read already. Try again when one is done.")
        })?;
        let form = what.scope.form.clone();
        let forms = self.ops.forms.iter();
        let ours = forms.filter(|one| form.as_ref().is_none_or(|form| *form == one.id));
        let export = Export {
            home: self.ops.home.clone(),
            columns: Columns::for_forms(ours),
            folder: self.folder.clone(),
            most: (!self.is_far).then_some(NEAR),
            what,
        };
        let flow = Outflow::new(move |out| async move {
            let _place = place;
            match format {
                Format::Csv | Format::Jsonl => export.lines(format, &out).await,
                Format::Xlsx => export.spreadsheet(&out).await,
            }
        });
        flow.begun().await.map_err(|cut| match cut {
            Cut::Export(ExportError::Home(fault)) => Trouble::Fault(fault),
            Cut::Damaged(fault) => Trouble::Not(format!(
                "{fault}. An export that leaves something out would look whole. `counterfoil submissions export` writes what \
                 can be read and says what is missing."
            )),
            Cut::Export(ExportError::Out(_)) | Cut::Disk(_) | Cut::Gone => {
                tracing::warn!(error = %cut, "an export from the console could not be written");
                Trouble::Busy("It could not be written here: is the disk full?")
            }
        })
    }
}

/// A name of plain letters: the form, or that it is all of them, and the day.
fn head(format: Format, form: Option<&FormId>, now: Timestamp) -> HeaderMap {
    let (now, plain) = (now.to_string(), |character: &char| {
        character.is_ascii_alphanumeric() || matches!(character, '-' | '_')
    });
    let of: String = form
        .map_or("submissions", FormId::as_str)
        .chars()
        .filter(plain)
        .collect();
    let day = now.get(..10).unwrap_or(&now);
    let disposition = format!("attachment; filename=\"{of}-{day}.{}\"", format.as_str());
    let mut head = HeaderMap::new();
    head.insert(CONTENT_TYPE, HeaderValue::from_static(format.media_type()));
    if let Ok(disposition) = HeaderValue::from_str(&disposition) {
        head.insert(CONTENT_DISPOSITION, disposition);
    }
    head
}

/// What is exported, and to where on the way.
struct Export {
    home: Home,
    what: What,
    columns: Columns,
    folder: PathBuf,
    /// Entries in one read; `None`: as many as an export reads.
    most: Option<usize>,
}

impl Export {
    fn walk(&self) -> Walk<'_, Home> {
        let walk = Walk::new(&self.home, self.what.clone());
        match self.most {
            Some(most) => walk.in_pages_of(most),
            None => walk,
        }
    }

    /// Each page is sent before the next one is read.
    async fn lines(&self, format: Format, out: &Sender<Bytes>) -> Result<(), Cut> {
        let pipe = Pipe::default();
        let mut sink: Box<dyn Sink> = match format {
            Format::Jsonl => Box::new(Jsonl::new(pipe.clone())),
            Format::Csv | Format::Xlsx => Box::new(Csv::new(pipe.clone(), self.columns.clone())?),
        };
        let mut walk = self.walk();
        while let Some(step) = walk.step(&mut *sink).await? {
            whole(step)?;
            send(out, pipe.take()).await?;
        }
        sink.finish()?;
        send(out, pipe.take()).await
    }

    /// A spreadsheet can only be read as a whole: it is written first, and then sent.
    async fn spreadsheet(&self, out: &Sender<Bytes>) -> Result<(), Cut> {
        let (mut file, wanted) = (tempfile::tempfile_in(&self.folder)?, Arc::new(()));
        let faucet = Faucet {
            file: file.try_clone()?,
            wanted: Arc::downgrade(&wanted),
        };
        let mut sink = Box::new(self.sheets(faucet)?);
        let mut walk = self.walk();
        while let Some(step) = walk.step(&mut *sink).await? {
            whole(step)?;
        }
        let written = blocking(move || sink.finish()).await?;
        if written.cut > 0 {
            tracing::warn!(
                texts = written.cut,
                "texts were cut to what a cell of a spreadsheet holds"
            );
        }
        file.rewind()?;
        loop {
            let (rest, piece) = blocking(move || piece(file)).await?;
            if piece.is_empty() {
                return Ok(());
            }
            send(out, piece).await?;
            file = rest;
        }
    }

    fn sheets(&self, faucet: Faucet) -> io::Result<Xlsx<Faucet>> {
        let folder: &Path = &self.folder;
        Xlsx::new(faucet, self.columns.clone(), folder.to_owned())
    }
}

/// Reads on in a file.
fn piece(file: File) -> io::Result<(File, Bytes)> {
    let mut piece = Vec::new();
    (&file)
        .take(PIECE.try_into().unwrap_or(u64::MAX))
        .read_to_end(&mut piece)?;
    Ok((file, piece.into()))
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> Result<T, Cut> {
    let done = tokio::task::spawn_blocking(work).await;
    Ok(done.map_err(io::Error::other)??)
}

async fn send(out: &Sender<Bytes>, piece: Bytes) -> Result<(), Cut> {
    if piece.is_empty() {
        return Ok(());
    }
    out.send(piece).await.map_err(|_| Cut::Gone)
}

/// What cannot be read is not left out in silence.
fn whole(step: Step) -> Result<(), Cut> {
    match step.damaged.into_iter().next() {
        Some(fault) => Err(Cut::Damaged(fault)),
        None => Ok(()),
    }
}

/// What is written into it is taken out at the other end.
#[derive(Clone, Default)]
struct Pipe(Arc<Mutex<Vec<u8>>>);

impl Pipe {
    fn take(&self) -> Bytes {
        mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner)).into()
    }
}

impl Write for Pipe {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut there = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        there.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A file that takes nothing more when nobody wants it any more: what writes it has a thread of its own.
struct Faucet {
    file: File,
    wanted: Weak<()>,
}

impl Write for Faucet {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.wanted.strong_count() == 0 {
            return Err(io::ErrorKind::BrokenPipe.into());
        }
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

#[cfg(test)]
#[path = "export_tests.rs"]
mod tests;
