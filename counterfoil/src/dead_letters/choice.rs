//! Which dead letters a verb is about: named ones, or everything that a filter takes.

use std::collections::{BTreeMap, VecDeque};

use counterfoil_core::ports::Polls;
use counterfoil_core::{Cause, Fault, Retryable, SubmissionRef, Timestamp, cause::normalise};
use counterfoil_operations::grammar::Word;
use counterfoil_operations::job::Selection;
use counterfoil_operations::ports::Worklist;
use counterfoil_operations::worklist::{Filter, Listed, Page, Paging, SortOrder, Waiting};

use crate::cli::dead_letters::{Chosen, Which};
use crate::exit::configuration;
use crate::say;
use crate::words;
use counterfoil_operations::harmless::harmless;

/// Rows in one read.
pub(crate) const PAGE: usize = 500;
/// Named ones in one job: its row holds their names.
pub(crate) const NAMED: usize = 2000;

/// The filter that the arguments ask for.
pub(crate) fn filter(which: &Which, waiting: Waiting, now: Timestamp) -> Filter {
    Filter {
        waiting,
        form: which.form.clone(),
        cause: which.cause.clone(),
        retryable: which.retryable,
        since: which.since.map(|moment| moment.resolve(now)),
        until: which.until.map(|moment| moment.resolve(now)),
        attempts: which.attempts.clone().map(|attempts| attempts.0),
        replayed: (which.replayed || which.not_replayed).then_some(which.replayed),
    }
}

/// What a verb is about.
pub(crate) enum Choice {
    Named(Vec<SubmissionRef>),
    /// Everything that is there when the verb begins, and no more.
    Matching(Filter),
}

impl Choice {
    /// Reads the arguments. Where nothing is chosen, that is everything, for a verb that harms nothing.
    pub(crate) fn parse(
        chosen: &Chosen,
        waiting: Waiting,
        now: Timestamp,
        harmless: bool,
    ) -> anyhow::Result<Self> {
        let everything = chosen.which.is_everything();
        if !chosen.submissions.is_empty() {
            let both = "give submissions or a filter, not both";
            let named = || distinct(&chosen.submissions);
            return if everything && !chosen.all {
                Ok(Self::Named(named()))
            } else {
                Err(configuration(both))
            };
        }
        if everything && !chosen.all && !harmless {
            let none = "say which: form/id, a filter such as --cause or --form, or --all";
            return Err(configuration(none));
        }
        Ok(Self::Matching(
            filter(&chosen.which, waiting, now).so_far(now),
        ))
    }

    /// As a job keeps it.
    pub(crate) fn selection(&self) -> Selection {
        match self {
            Self::Named(named) => Selection::Some(named.clone()),
            Self::Matching(filter) => Selection::All(filter.clone()),
        }
    }

    /// All of them, page by page.
    pub(crate) fn walk(&self) -> Walk<'_> {
        match self {
            Self::Named(named) => Walk::Named(named.iter().cloned().collect()),
            Self::Matching(filter) => {
                Walk::Matching(filter, Some(Paging::first(SortOrder::OldestFirst, PAGE)))
            }
        }
    }
}

/// Each once, in the order given.
fn distinct(named: &[SubmissionRef]) -> Vec<SubmissionRef> {
    let mut seen = std::collections::BTreeSet::new();
    named
        .iter()
        .filter(|of| seen.insert(*of))
        .cloned()
        .collect()
}

/// On the way through a choice.
pub(crate) enum Walk<'a> {
    Named(VecDeque<SubmissionRef>),
    Matching(&'a Filter, Option<Paging>),
}

impl Walk<'_> {
    /// The next ones; `None`: these were all. An empty page is not the end.
    pub(crate) async fn next(
        &mut self,
        home: &impl Worklist,
    ) -> Result<Option<Vec<SubmissionRef>>, Fault> {
        match self {
            Self::Named(named) => {
                let next: Vec<_> = named.drain(..named.len().min(PAGE)).collect();
                Ok(Some(next).filter(|next| !next.is_empty()))
            }
            Self::Matching(filter, paging) => {
                let Some(page) = page(home, filter, paging).await? else {
                    return Ok(None);
                };
                Ok(Some(page.rows.into_iter().map(|row| row.of).collect()))
            }
        }
    }
}

/// The page that `paging` is at, which moves on.
pub(crate) async fn page(
    home: &impl Worklist,
    filter: &Filter,
    paging: &mut Option<Paging>,
) -> Result<Option<Page>, Fault> {
    let Some(here) = paging.take() else {
        return Ok(None);
    };
    let page = home.page(filter, &here).await?;
    *paging = page.next.clone().map(|next| here.after(next));
    Ok(Some(page))
}

/// How many there are, and why they failed.
#[derive(Default)]
pub(crate) struct Summary {
    pub(crate) count: u64,
    /// By code and what does not vary.
    causes: BTreeMap<(String, String), (Option<Retryable>, u64)>,
    /// Named ones that are not there, or in another state: each with a word on it.
    pub(crate) amiss: Vec<String>,
}

impl Summary {
    pub(crate) async fn gather(
        choice: &Choice,
        waiting: Waiting,
        home: &(impl Worklist + Polls),
    ) -> Result<Self, Fault> {
        let mut summary = Self::default();
        match choice {
            Choice::Named(named) => {
                for of in named {
                    let row = home
                        .head(of)
                        .await?
                        .as_ref()
                        .and_then(|head| Some((Listed::from_head(head)?, head.state)));
                    match row.filter(|(_, state)| *state == waiting.state()) {
                        Some((row, _)) => summary.add(&row),
                        None => summary.amiss.push(amiss(of, home).await?),
                    }
                }
            }
            Choice::Matching(filter) => {
                let mut paging = Some(Paging::first(SortOrder::OldestFirst, PAGE));
                while let Some(page) = page(home, filter, &mut paging).await? {
                    page.rows.iter().for_each(|row| summary.add(row));
                }
            }
        }
        Ok(summary)
    }

    fn add(&mut self, row: &Listed) {
        self.count += 1;
        let unknown = || {
            (
                "unknown".to_owned(),
                "no cause is known".to_owned(),
                Some(Retryable::Yes),
            )
        };
        let known = |cause: &Cause| {
            (
                cause.code.clone(),
                normalise(&cause.detail),
                Some(cause.retryable),
            )
        };
        let held = |hold: &String| ("held for".to_owned(), hold.clone(), None);
        let cause = row
            .cause
            .as_ref()
            .map(known)
            .or_else(|| row.hold.as_ref().map(held));
        let (code, detail, retryable) = cause.unwrap_or_else(unknown);
        self.causes
            .entry((code, detail))
            .or_insert((retryable, 0))
            .1 += 1;
    }

    /// Says what is about to be done to them: `what` is the word for one of them.
    pub(crate) fn announce(&self, what: &str, to_do: &str) {
        let lines = self.lines();
        say::note(format_args!(
            "{} to {to_do}:\n{}",
            words::count(self.count, what),
            lines.trim_end_matches('\n')
        ));
    }

    /// For people: a line for each cause, those with most first.
    fn lines(&self) -> String {
        let mut causes: Vec<_> = self.causes.iter().collect();
        causes.sort_by_key(|(_, (_, count))| std::cmp::Reverse(*count));
        let line =
            |((code, detail), (verdict, count)): (&(String, String), &(Option<Retryable>, u64))| {
                let cause = harmless(&format!("{code}: {detail}"), false);
                let verdict = verdict
                    .map_or_else(String::new, |it| format!(" (retryable: {})", it.as_word()));
                format!("  {count:>6}  {cause}{verdict}\n")
            };
        causes.into_iter().map(line).collect()
    }

    /// How many will fail again as they are.
    pub(crate) fn hopeless(&self) -> u64 {
        self.causes
            .values()
            .filter(|(verdict, _)| *verdict == Some(Retryable::No))
            .map(|(_, count)| count)
            .sum()
    }
}

/// Why a named one is not among those that a verb is for.
async fn amiss(of: &SubmissionRef, home: &impl Polls) -> Result<String, Fault> {
    Ok(match home.head(of).await? {
        None => format!("there is no entry {of}"),
        Some(head) => format!("{of} is {}", head.state),
    })
}
