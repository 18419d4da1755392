//! Use cases: edit, discard and undo one entry. Each reads the row, asks `change` what becomes of it, and writes that
//! on the condition that nobody was quicker; then it asks again.

use super::change;
use super::history::{Action, Edit, Line};
use crate::ports::Actions;
use crate::replay::envelope;
use counterfoil_core::entry::{Body, Entry, Head, State};
use counterfoil_core::envelope::MAX_ENCODED;
use counterfoil_core::fault::{CONTENTION, Fault};
use counterfoil_core::form::Forms;
use counterfoil_core::payload::Payload;
use counterfoil_core::ports::{Clock, Entries, Write};
use counterfoil_core::rejection::FieldError;
use counterfoil_core::submission::SubmissionRef;

/// What a deed needs.
pub struct Acting<'a, H, C> {
    /// Where entries are.
    pub home: &'a H,
    /// The time.
    pub clock: &'a C,
    /// The forms of this deployment.
    pub forms: &'a Forms,
}

/// What came of a deed.
#[derive(Clone, Debug, PartialEq)]
pub enum Acted {
    /// It is done, and in the history.
    Done(Box<Head>),
    /// There was nothing to do: it is as it was to become.
    Already(Box<Head>),
    /// There is no such entry.
    Nowhere,
    /// Its state does not permit it.
    NotNow(State),
    /// It is not any more what the edit was made from: who did what since, as its history tells it.
    Changed(Vec<Line>),
    /// What was submitted could not be read, so it cannot be edited.
    Unreadable,
    /// The form is not one of this deployment's, so an edit cannot be checked.
    UnknownForm,
    /// The edited payload breaks the form's rules.
    Invalid(Vec<FieldError>),
    /// The edited payload is larger than a submission may be: bytes of its envelope, and the most.
    TooLarge(usize, usize),
}

/// An edit, and what it was made from.
#[derive(Clone, Copy, Debug)]
pub struct Revision<'a> {
    /// What the entry is to hold.
    pub after: &'a Payload,
    /// The entry's `seq` when it was read to be edited.
    pub based_on: u64,
}

/// Gives a dead letter another payload, unless anything has changed it since it was read: then nobody's work is written
/// over, and [`Acted::Changed`] says whose. The payload before stays in its history, and the ticket stays good.
pub async fn edit_one<H: Actions + Entries, C: Clock>(
    of: &SubmissionRef,
    revision: Revision<'_>,
    deed: &Action,
    with: &Acting<'_, H, C>,
) -> Result<Acted, Fault> {
    let Revision { after, based_on } = revision;
    let change = |entry: &Entry| {
        let Body::Payload(before) = &entry.body else {
            return Err(Acted::Unreadable);
        };
        if entry.head.state == State::Failed && before == after {
            return Err(Acted::Already(Box::new(entry.head.clone())));
        }
        if entry.head.seq != based_on {
            return Err(Acted::Changed(Vec::new()));
        }
        if entry.head.state != State::Failed {
            return Err(Acted::NotNow(entry.head.state));
        }
        fits(&entry.head, after, with.forms)?;
        let next = change::edited(&entry.head, after.hash(), with.clock.now());
        let edit = Edit {
            before: before.clone(),
            after: after.clone(),
        };
        next.map(|next| (next, Some(edit)))
            .ok_or(Acted::NotNow(entry.head.state))
    };
    match act(of, deed, with, change).await? {
        Acted::Changed(_) => Ok(Acted::Changed(since(of, based_on, with.home).await?)),
        acted => Ok(acted),
    }
}

/// What an entry's history tells of after it was at `seq`.
pub async fn since(of: &SubmissionRef, seq: u64, home: &impl Actions) -> Result<Vec<Line>, Fault> {
    let mut lines = home.history(of).await?;
    lines.retain(|line| line.seq > seq);
    Ok(lines)
}

/// Would this payload be accepted as an edit of this entry?
pub fn fits(head: &Head, after: &Payload, forms: &Forms) -> Result<(), Acted> {
    let form = forms.get(&head.of.form).ok_or(Acted::UnknownForm)?;
    let problems = form.refuses(after.fields());
    if !problems.is_empty() {
        return Err(Acted::Invalid(problems));
    }
    let envelope = envelope(head, Body::Payload(after.clone())).ok_or(Acted::Unreadable)?;
    match envelope.encode().len() {
        bytes if bytes > MAX_ENCODED => Err(Acted::TooLarge(bytes, MAX_ENCODED)),
        _ => Ok(()),
    }
}

/// Gives a dead letter or a held submission up. It is kept, and can be taken back, until the form's retention is over; for ever where it
/// has none.
pub async fn discard_one<H: Actions + Entries, C: Clock>(
    of: &SubmissionRef,
    deed: &Action,
    with: &Acting<'_, H, C>,
) -> Result<Acted, Fault> {
    let change = |entry: &Entry| {
        let now = with.clock.now();
        let kept = with
            .forms
            .get(&of.form)
            .and_then(counterfoil_core::Form::retention);
        match entry.head.state {
            State::Discarded => Err(Acted::Already(Box::new(entry.head.clone()))),
            state => change::discarded(&entry.head, kept.map(|kept| now.plus(kept)), now)
                .map(|next| (next, None))
                .ok_or(Acted::NotNow(state)),
        }
    };
    act(of, deed, with, change).await
}

/// Takes a discard back: it is a dead letter, or held, again.
pub async fn undo_one<H: Actions + Entries, C: Clock>(
    of: &SubmissionRef,
    deed: &Action,
    with: &Acting<'_, H, C>,
) -> Result<Acted, Fault> {
    let change = |entry: &Entry| match entry.head.state {
        State::Failed | State::Held => Err(Acted::Already(Box::new(entry.head.clone()))),
        state @ (State::Stored | State::Discarded | State::Erased | State::Expired) => {
            change::undone(&entry.head, with.clock.now())
                .map(|next| (next, None))
                .ok_or(Acted::NotNow(state))
        }
    };
    act(of, deed, with, change).await
}

/// The ladder that all share. `change`: the next row, or why there is none.
async fn act<H: Actions + Entries, C: Clock>(
    of: &SubmissionRef,
    deed: &Action,
    with: &Acting<'_, H, C>,
    change: impl Fn(&Entry) -> Result<(Head, Option<Edit>), Acted>,
) -> Result<Acted, Fault> {
    for _ in 0..CONTENTION {
        let Some(entry) = with.home.entry(of).await? else {
            return Ok(Acted::Nowhere);
        };
        let (next, edit) = match change(&entry) {
            Ok(next) => next,
            Err(acted) => return Ok(acted),
        };
        match with.home.act(&next, deed, edit.as_ref()).await? {
            Write::Done => return Ok(Acted::Done(Box::new(next))),
            Write::Refused(_) => {}
        }
    }
    Err(Fault::contention())
}
