//! Brings out again, and removes only what is out.

use std::collections::HashSet;

use crate::notices::{Found, Range, announced};
use crate::ports::{Actions, Notices};
use counterfoil_core::Code;
use counterfoil_core::cause::Cause;
use counterfoil_core::fault::Fault;
use counterfoil_core::notice::{Change, Notice};
use counterfoil_core::parked::What;
use counterfoil_core::ports::Polls;
use counterfoil_core::publish::Publishing;
use counterfoil_core::submission::SubmissionRef;
use counterfoil_core::time::Timestamp;

/// Set aside ones in one read.
const PAGE: usize = 100;
/// Notices handed to a publisher at once, where it takes any number.
const AT_ONCE: usize = 256;
/// Refusals that are told one by one.
const TOLD: usize = 20;

/// Which of those that are set aside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Resending {
    /// All.
    All,
    /// Those that are called so, by what lists call them or by their submission.
    Named(Vec<String>),
}

/// What came of it.
#[derive(Debug, Default)]
pub struct Tally {
    /// So many that were set aside are out again, and set aside no more.
    pub resent: u64,
    /// So many notices were made again from entries, and are out.
    pub rebuilt: u64,
    /// So many stay as they are.
    pub refused: u64,
    /// The first of those: which, and why.
    pub told: Vec<(String, String)>,
    /// What kept all the rest from being tried.
    pub stopped: Option<Cause>,
}

impl Tally {
    fn refuse(&mut self, name: String, why: impl Into<String>) {
        self.refused += 1;
        if self.told.len() < TOLD {
            self.told.push((name, why.into()));
        }
    }
}

/// Brings out what is set aside, with the ids it had, and removes each when it is out. What only says that something has
/// changed between two moments is made good by notices of all that did.
///
/// `Err`: what there is could not be read; what is out by then is removed.
pub async fn resend<H: Notices + Polls + Actions>(
    home: &H,
    which: &Resending,
) -> Result<Tally, Fault> {
    let mut work = Work {
        home,
        tally: Tally::default(),
        spans: Vec::new(),
        kept: Vec::new(),
    };
    let done = work.pages(which).await;
    let done = match done {
        Ok(()) if work.tally.stopped.is_none() => work.spans().await,
        other => other,
    };
    let kept = work
        .spans
        .into_iter()
        .map(|(found, _)| found)
        .chain(work.kept)
        .collect::<Vec<_>>();
    // Where they cannot be given back, they come back by themselves.
    let _ = home.give_back(&kept).await;
    done.map(|()| work.tally)
}

/// Makes notices again of every change in `range` that head and history of its entry tell, and brings them out. `Err`:
/// entries could not be read; what is out stays out.
pub async fn rebuild<H: Notices + Polls + Actions>(
    home: &H,
    range: &Range,
) -> Result<Tally, Fault> {
    let mut work = Work {
        home,
        tally: Tally::default(),
        spans: Vec::new(),
        kept: Vec::new(),
    };
    let is_in = |at: Timestamp| range.since <= at && at < range.until;
    work.rebuild(range, &is_in).await?;
    Ok(work.tally)
}

struct Work<'a, H> {
    home: &'a H,
    tally: Tally,
    /// What is to be made good by all that changed between two moments.
    spans: Vec<(Found, (Timestamp, Timestamp))>,
    /// What stays as it is.
    kept: Vec<Found>,
}

impl<H: Notices + Polls + Actions> Work<'_, H> {
    async fn pages(&mut self, which: &Resending) -> Result<(), Fault> {
        let (mut from, mut seen, mut missing) = (None, HashSet::new(), names(which));
        loop {
            let page = self.home.parked(from, PAGE).await?;
            let (mut chosen, before) = (Vec::new(), seen.len());
            for found in page.rows {
                missing.retain(|name| !found.is_called(name));
                match which {
                    _ if !seen.insert(found.id.clone()) => self.kept.push(found),
                    Resending::Named(names) if !names.iter().any(|name| found.is_called(name)) => {
                        self.kept.push(found)
                    }
                    Resending::All | Resending::Named(_) => chosen.push(found),
                }
            }
            self.some(chosen).await?;
            // What was given long ago comes again: that is the end, too.
            if page.next.is_none() || seen.len() == before || self.tally.stopped.is_some() {
                break;
            }
            from = page.next;
        }
        if self.tally.stopped.is_none() {
            missing.into_iter().for_each(|name| {
                self.tally
                    .refuse(name, "nothing that is set aside is called so")
            });
        }
        Ok(())
    }

    /// Brings some out.
    async fn some(&mut self, chosen: Vec<Found>) -> Result<(), Fault> {
        let (mut ready, mut notices) = (Vec::new(), Vec::new());
        let mut chosen = chosen.into_iter();
        while let Some(found) = chosen.next() {
            if let Some(span) = found.span() {
                self.spans.push((found, span));
                continue;
            }
            match self.notice(&found).await {
                Ok(Ok(notice)) => {
                    notices.push(notice);
                    ready.push(found);
                }
                Ok(Err(why)) => {
                    self.tally.refuse(found.name(), why);
                    self.kept.push(found);
                }
                Err(fault) => {
                    self.kept
                        .extend(ready.into_iter().chain([found]).chain(chosen));
                    return Err(fault);
                }
            }
        }
        let mut results = self.publish(&notices).await.into_iter();
        for found in ready {
            match results.next() {
                Some(Ok(())) => self.out(found).await,
                Some(Err(Fault::Permanent(cause))) => {
                    self.tally.refuse(found.name(), cause.to_string());
                    self.kept.push(found);
                }
                Some(Err(Fault::Transient { .. })) | None => self.kept.push(found),
            }
        }
        Ok(())
    }

    async fn out(&mut self, found: Found) {
        match self.home.remove(&found).await {
            Ok(()) => self.tally.resent += 1,
            Err(fault) => {
                let why = format!("it is out, and is still set aside: {}", fault.cause());
                self.tally.refuse(found.name(), why);
                self.kept.push(found);
            }
        }
    }

    /// The notice, or why there is none.
    async fn notice(&self, found: &Found) -> Result<Result<Notice, String>, Fault> {
        let (of, seq) = match &found.parked.what {
            What::Notice(notice) => return Ok(Ok((**notice).clone())),
            What::Change(of, seq) => (of, seq),
            What::Span(..) | What::Nothing => {
                return Ok(Err(
                    "it cannot be read here; a newer program may have written it".into(),
                ));
            }
        };
        let changes = match self.changes(of).await {
            // What is damaged or unreadable keeps nobody else waiting.
            Err(fault)
                if fault.is_damage()
                    || matches!(
                        fault,
                        Fault::Transient {
                            code: Code::UnreadableRow,
                            ..
                        }
                    ) =>
            {
                return Ok(Err(fault.to_string()));
            }
            changes => changes?,
        };
        let found = changes
            .iter()
            .find(|change| Some(change.seq) == *seq)
            .or(changes.last());
        Ok(found
            .map(|change| Notice::new(change, self.home.stage()))
            .ok_or_else(|| "its entry is gone".into()))
    }

    async fn changes(&self, of: &SubmissionRef) -> Result<Vec<Change>, Fault> {
        let Some(head) = self.home.head(of).await? else {
            return Ok(Vec::new());
        };
        let history = if head.seq > 1 {
            self.home.history(of).await?
        } else {
            Vec::new()
        };
        Ok(announced(&head, &history))
    }

    /// Publishes as far as it goes, one result for each that was tried; notes what stopped it.
    async fn publish(&mut self, notices: &[Notice]) -> Vec<Result<(), Fault>> {
        let publishing = Publishing {
            stage: self.home.stage(),
            publisher: self.home,
            is_time: || true,
        };
        let mut all = Vec::with_capacity(notices.len());
        for some in notices.chunks(H::AT_ONCE.min(AT_ONCE)) {
            if self.tally.stopped.is_some() {
                break;
            }
            let results = publishing.notices(some).await;
            let passing = results.iter().find_map(|result| match result {
                Err(fault @ Fault::Transient { .. }) => Some(fault.cause()),
                Ok(()) | Err(Fault::Permanent(_)) => None,
            });
            let short = (results.len() < some.len())
                .then(|| Cause::new(Code::ShortAnswer, "not all were answered for"));
            self.tally.stopped = passing.or(short);
            all.extend(results);
        }
        all
    }

    /// Makes good what only says when: of every change in any of those spans.
    async fn spans(&mut self) -> Result<(), Fault> {
        let spans: Vec<_> = self.spans.iter().map(|(_, span)| *span).collect();
        let bounds = (
            spans.iter().map(|span| span.0).min(),
            spans.iter().map(|span| span.1).max(),
        );
        let (Some(since), Some(until)) = bounds else {
            return Ok(());
        };
        let refused = self.tally.refused;
        let is_in = |at: Timestamp| {
            spans
                .iter()
                .any(|(since, until)| *since <= at && at < *until)
        };
        self.rebuild(
            &Range {
                since,
                until,
                form: None,
            },
            &is_in,
        )
        .await?;
        if self.tally.stopped.is_some() || self.tally.refused > refused {
            return Ok(());
        }
        for (found, _) in std::mem::take(&mut self.spans) {
            self.out(found).await;
        }
        Ok(())
    }

    async fn rebuild(
        &mut self,
        range: &Range,
        is_in: &(dyn Fn(Timestamp) -> bool + Sync),
    ) -> Result<(), Fault> {
        let mut from = None;
        while self.tally.stopped.is_none() {
            let page = self.home.changed(range, from).await?;
            page.unreadable
                .iter()
                .for_each(|fault| self.tally.refuse("an entry".into(), fault.to_string()));
            let mut notices = Vec::new();
            for head in page.rows {
                let history = if head.seq > 1 {
                    self.home.history(&head.of).await?
                } else {
                    Vec::new()
                };
                let changes = announced(&head, &history)
                    .into_iter()
                    .filter(|change| is_in(change.at));
                notices.extend(changes.map(|change| Notice::new(&change, self.home.stage())));
            }
            let results = self.publish(&notices).await;
            for (notice, result) in notices.iter().zip(results) {
                match result {
                    Ok(()) => self.tally.rebuilt += 1,
                    Err(Fault::Permanent(cause)) => {
                        self.tally.refuse(notice.id.clone(), cause.to_string())
                    }
                    Err(Fault::Transient { .. }) => {}
                }
            }
            match page.next {
                Some(next) => from = Some(next),
                None => break,
            }
        }
        Ok(())
    }
}

fn names(which: &Resending) -> Vec<String> {
    match which {
        Resending::All => Vec::new(),
        Resending::Named(names) => names.clone(),
    }
}
