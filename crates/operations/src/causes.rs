//! Causes: a thousand failures of one kind read as one, with how many are dead now, how many ever were, and what
//! people have said of it.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use serde::{Deserialize, Serialize};

use super::history::Actor;
use super::worklist::{Failure, Filter, Listed, Paging, SortOrder};
pub use crate::notes::{Mark, Note};
use crate::ports::{Notes, Worklist};
use counterfoil_core::cause::{Cause, Retryable, normalise};
use counterfoil_core::fault::Fault;
use counterfoil_core::form::FormId;
use counterfoil_core::submission::SubmissionRef;
use counterfoil_core::time::Timestamp;

/// Where a cause stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Standing {
    /// It needs somebody.
    Open,
    /// Somebody is at it.
    Acknowledged,
    /// Said to be mended, or nothing of it is dead any more.
    Resolved,
    /// It came back after it was resolved.
    Reopened,
}

impl Standing {
    /// The word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Acknowledged => "acknowledged",
            Self::Resolved => "resolved",
            Self::Reopened => "reopened",
        }
    }

    /// From the latest note, how many are dead now, and when one last failed.
    #[must_use]
    pub fn judge(note: Option<&Note>, dead: u64, last_seen: Timestamp) -> Self {
        match note.map(|note| (note.mark, note.at)) {
            Some((Mark::Resolved, at)) if last_seen > at && dead > 0 => Self::Reopened,
            Some((Mark::Resolved, _)) => Self::Resolved,
            _ if dead == 0 => Self::Resolved,
            Some((Mark::Acknowledged, _)) => Self::Acknowledged,
            Some((Mark::Open, _)) | None => Self::Open,
        }
    }
}

/// One kind of failure.
#[derive(Clone, Debug, PartialEq)]
pub struct Group {
    /// What it is called: 16 hex digits.
    pub fingerprint: String,
    /// Its short stable name.
    pub code: String,
    /// What happened, without what varies.
    pub detail: String,
    /// Does replaying help?
    pub retryable: Retryable,
    /// Entries that are dead of it now.
    pub count: u64,
    /// Entries that ever were, of those that there still are.
    pub total: u64,
    /// When one first failed of it.
    pub first_seen: Timestamp,
    /// When one last did.
    pub last_seen: Timestamp,
    /// The forms it touched.
    pub forms: BTreeSet<FormId>,
    /// Failures by the hour they came in (hours since 1970), for a chart.
    pub hours: BTreeMap<i64, u64>,
    /// Where it stands.
    pub standing: Standing,
    /// What was last said of it.
    pub note: Option<Note>,
}

/// Rows of the ledger in one read.
const PAGE: usize = 500;
/// Milliseconds of an hour.
const HOUR: i64 = 60 * 60 * 1000;

/// Every cause there is, those with most dead letters first. Takes memory by causes, and 16 bytes or so for each
/// submission that ever failed.
pub async fn causes<H: Worklist + Notes>(
    home: &H,
    form: Option<&FormId>,
) -> Result<Vec<Group>, Fault> {
    let mut gathered = Gathered::default();
    let of_form = |of: &SubmissionRef| form.is_none_or(|form| *form == of.form);
    let filter = Filter {
        form: form.cloned(),
        ..Filter::default()
    };
    let mut paging = Paging::first(SortOrder::OldestFirst, PAGE);
    loop {
        let page = home.page(&filter, &paging).await?;
        page.rows.iter().for_each(|row| gathered.dead(row));
        let Some(next) = page.next else { break };
        paging = paging.after(next);
    }
    let mut from = None;
    loop {
        let failures = home.failures(from, PAGE).await?;
        failures
            .rows
            .iter()
            .filter(|row| of_form(&row.of))
            .for_each(|row| gathered.failed(row));
        from = failures.next;
        if from.is_none() {
            break;
        }
    }
    Ok(gathered.groups(home.notes().await?))
}

#[derive(Default)]
struct Gathered {
    groups: BTreeMap<String, (Group, HashSet<[u8; 16]>)>,
    /// The cause before, and its fingerprint: failures of one kind come in runs, and hashing is most of the work.
    last: Option<(Cause, String)>,
}

impl Gathered {
    /// One that is dead now. Its failure may not be told by any history: that of an older program.
    fn dead(&mut self, row: &Listed) {
        let Some(cause) = &row.cause else { return };
        let group = self.seen(cause, &row.of, row.received_at);
        group.count += 1;
    }

    fn failed(&mut self, failure: &Failure) {
        let group = self.seen(&failure.cause, &failure.of, failure.at);
        // The first that history tells says when; what the worklist said was only when it was accepted.
        let told = !group.hours.is_empty();
        group.first_seen = if told {
            group.first_seen.min(failure.at)
        } else {
            failure.at
        };
        group.last_seen = if told {
            group.last_seen.max(failure.at)
        } else {
            failure.at
        };
        *group
            .hours
            .entry(failure.at.as_millis() / HOUR)
            .or_default() += 1;
    }

    fn seen(&mut self, cause: &Cause, of: &SubmissionRef, at: Timestamp) -> &mut Group {
        let fingerprint = match self.last.take() {
            Some((last, fingerprint)) if last == *cause => fingerprint,
            _ => cause.fingerprint(),
        };
        self.last = Some((cause.clone(), fingerprint.clone()));
        let new = || (Group::begin(cause, fingerprint.clone(), at), HashSet::new());
        let (group, ids) = self.groups.entry(fingerprint.clone()).or_insert_with(new);
        if ids.insert(*of.id.as_bytes()) {
            group.total += 1;
        }
        if !group.forms.contains(&of.form) {
            group.forms.insert(of.form.clone());
        }
        group
    }

    fn groups(self, notes: Vec<Note>) -> Vec<Group> {
        let mut notes: BTreeMap<String, Note> = notes
            .into_iter()
            .map(|note| (note.fingerprint.clone(), note))
            .collect();
        let noted = |(mut group, _): (Group, _)| {
            group.note = notes.remove(&group.fingerprint);
            group.standing = Standing::judge(group.note.as_ref(), group.count, group.last_seen);
            group
        };
        let mut groups: Vec<Group> = self.groups.into_values().map(noted).collect();
        groups.sort_by(|a, b| {
            (b.count, b.last_seen)
                .cmp(&(a.count, a.last_seen))
                .then(a.fingerprint.cmp(&b.fingerprint))
        });
        groups
    }
}

impl Group {
    fn begin(cause: &Cause, fingerprint: String, at: Timestamp) -> Self {
        Self {
            fingerprint,
            code: cause.code.clone(),
            detail: normalise(&cause.detail),
            retryable: cause.retryable,
            count: 0,
            total: 0,
            first_seen: at,
            last_seen: at,
            forms: BTreeSet::new(),
            hours: BTreeMap::new(),
            standing: Standing::Open,
            note: None,
        }
    }
}

/// Notes as resolved every cause of which nothing is dead any more, so that it reads `reopened` when it comes back.
/// Called when a replay is done. Gives how many were noted.
pub async fn note_resolved<H: Worklist + Notes>(
    home: &H,
    who: &Actor,
    at: Timestamp,
) -> Result<usize, Fault> {
    let over = |group: &Group| {
        group.count == 0
            && group
                .note
                .as_ref()
                .is_none_or(|note| note.mark != Mark::Resolved || note.at < group.last_seen)
    };
    let mut noted = 0;
    for group in causes(home, None).await?.into_iter().filter(over) {
        home.note(&Note {
            fingerprint: group.fingerprint,
            mark: Mark::Resolved,
            who: who.clone(),
            at,
        })
        .await?;
        noted += 1;
    }
    Ok(noted)
}
