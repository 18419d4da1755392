//! The inbox: what is listed, counted, searched and marked of what people wrote.

use std::future::ready;

use bytes::Bytes;
use counterfoil_core::ports::Clock;
use counterfoil_core::{Entry, Fault, FormId, SubmissionRef};
use counterfoil_operations::catalogue::{Catalogue, Count, Scope, Sheet, Spot, Turn};
use counterfoil_operations::history::Verb;
use counterfoil_operations::job::{Job, Manner, Order as JobOrder, Selection};
use counterfoil_operations::marks::{Made, Mark, Marking, Marks, Watermark};
use counterfoil_operations::place::Begin;
use counterfoil_operations::worklist::SortOrder;
use futures_util::{StreamExt, TryStreamExt, stream};
use http::Response;

use crate::answer::{Trouble, fragment, page, redirect};
use crate::pages::{Beside, InboxPage, Look, Tally, Tray, fresh_fragment, inbox_page, query, spot};
use crate::views::said;
use crate::{Console, PageRequest};

/// Rows of a page.
const ROWS: usize = 50;
/// New ones are counted up to here.
const FRESH: usize = 99;
/// Forms that are counted one by one.
const COUNTED: usize = 12;
/// Marks under way at once.
const PARALLEL: usize = 16;

impl Console {
    pub(crate) async fn inbox(&self, asked: &PageRequest) -> Result<Response<Bytes>, Trouble> {
        let look = self.look(asked);
        let from = query::value(&asked.pairs, "from")
            .map(|text| {
                spot(text).ok_or_else(|| {
                    Trouble::Not("This is no place in the list to go on from.".into())
                })
            })
            .transpose()?;
        let (scope, problem) = match look.scope(self.ops.clock.now()) {
            Ok(scope) => (scope, None),
            Err(problem) => (
                Scope {
                    form: look.form.clone(),
                    states: look.tray.states().to_vec(),
                    ..Scope::default()
                },
                Some(problem),
            ),
        };
        let is_newer = query::value(&asked.pairs, "turn") == Some("newer");
        let (sheet, is_first) = self.sheet(&look, &scope, (from, is_newer)).await?;
        let tally = self.tally(&look, &scope).await?;
        let shown = InboxPage {
            look: &look,
            sheet: &sheet,
            is_first,
            tally: &tally,
            forms: &self.ops.forms,
            is_near: !self.is_far,
            front: self.front.as_deref(),
            problem: problem.as_deref(),
            said: query::value(&asked.pairs, "done").and_then(said),
        };
        Ok(page(inbox_page(&self.frame(&asked.csrf), &shown)))
    }

    /// What is asked for.
    pub(crate) fn look(&self, asked: &PageRequest) -> Look {
        Look::read(&asked.pairs)
    }

    /// A page, newest first, and whether it is the first.
    async fn sheet(
        &self,
        look: &Look,
        scope: &Scope,
        (from, is_newer): (Option<Spot>, bool),
    ) -> Result<(Sheet, bool), Fault> {
        if is_newer && let Some(from) = &from {
            let turn = Turn::first(SortOrder::OldestFirst, ROWS).after(from.clone());
            let mut sheet = self.looked(look, scope, &turn).await?;
            // Where the newest are reached, the page is a full one from there.
            if sheet.next.is_some() {
                sheet.rows.reverse();
                sheet.next = sheet
                    .rows
                    .last()
                    .map(|shown| Spot::from_entry(&shown.entry));
                return Ok((sheet, false));
            }
        }
        let from = from.filter(|_| !is_newer);
        let is_first = from.is_none();
        let sheet = self
            .looked(
                look,
                scope,
                &Turn {
                    order: SortOrder::NewestFirst,
                    from,
                    most: ROWS,
                },
            )
            .await?;
        Ok((sheet, is_first))
    }

    async fn looked(&self, look: &Look, scope: &Scope, turn: &Turn) -> Result<Sheet, Fault> {
        match look.wanted() {
            Some(wanted) => self.ops.home.search(scope, &wanted, turn).await,
            None => self.ops.home.list(scope, turn).await,
        }
    }

    /// How much lies where: of each tray, and of each form in this tray; each form's states are counted once.
    async fn tally(&self, look: &Look, scope: &Scope) -> Result<Tally, Fault> {
        let count = async |form: Option<FormId>, tray: Tray| {
            let scope = Scope {
                form,
                ..scope.clone()
            };
            let at = (&self.ops.home, &self.ops.clock);
            self.tallies.count(at, &scope, tray.states()).await
        };
        let mut trays = [Count::default(); Tray::ALL.len()];
        for (number, tray) in trays.iter_mut().zip(Tray::ALL) {
            *number = count(look.form.clone(), tray).await?;
        }
        let known = self.ops.forms.iter().map(|form| form.id.clone());
        let other = look
            .form
            .iter()
            .filter(|id| self.ops.forms.get(id).is_none())
            .cloned();
        let ids: Vec<FormId> = known.chain(other).collect();
        let counts = !self.is_far && ids.len() <= COUNTED;
        let mut forms = Vec::new();
        for id in ids {
            let number = if counts {
                Some(count(Some(id.clone()), look.tray).await?)
            } else {
                None
            };
            forms.push((id, number));
        }
        Ok(Tally { trays, forms })
    }

    /// How many came since the list was looked at.
    pub(crate) async fn fresh(&self, asked: &PageRequest) -> Result<Response<Bytes>, Trouble> {
        let look = self.look(asked);
        let scope = look.scope(self.ops.clock.now()).map_err(Trouble::Not)?;
        let from = query::value(&asked.pairs, "after").and_then(spot);
        let turn = Turn {
            order: SortOrder::OldestFirst,
            from,
            most: FRESH,
        };
        let sheet = self.ops.home.list(&scope, &turn).await?;
        let html = fresh_fragment(&look, sheet.rows.len(), sheet.next.is_some());
        Ok(fragment(html, asked.known.as_deref()))
    }

    /// What an entry is marked as; `None`: the home does not say, and the entry is shown all the same.
    pub(crate) async fn marks_of(&self, entry: &Entry) -> Option<Marks> {
        self.ops
            .home
            .marks(&[Spot::from_entry(entry)])
            .await
            .ok()?
            .pop()
    }

    /// What stands before and after an entry in the list it was opened from.
    pub(crate) async fn beside(
        &self,
        entry: &Entry,
        asked: &PageRequest,
    ) -> Result<Beside, Trouble> {
        let look = self.look(asked);
        let scope = look.scope(self.ops.clock.now()).map_err(Trouble::Not)?;
        let next = async |order| {
            let turn = Turn::first(order, 1).after(Spot::from_entry(entry));
            let sheet = self.looked(&look, &scope, &turn).await?;
            Ok::<_, Fault>(
                sheet
                    .rows
                    .into_iter()
                    .next()
                    .map(|shown| shown.entry.head.of),
            )
        };
        let (newer, older) = (
            next(SortOrder::OldestFirst).await?,
            next(SortOrder::NewestFirst).await?,
        );
        Ok(Beside { look, newer, older })
    }

    pub(crate) async fn mark_ticked(
        &self,
        asked: &PageRequest,
    ) -> Result<Response<Bytes>, Trouble> {
        match query::selection(&asked.pairs, self.ops.clock.now()).map_err(Trouble::Not)? {
            Selection::Some(of) => self.mark(&of, asked).await,
            Selection::All(_) => Err(Trouble::Not("Tick what you mean.".into())),
        }
    }

    /// Marks these, or takes the mark away.
    pub(crate) async fn mark(
        &self,
        of: &[SubmissionRef],
        asked: &PageRequest,
    ) -> Result<Response<Bytes>, Trouble> {
        let (mark, is_on) = match query::value(&asked.pairs, "as") {
            Some("seen") => (Mark::Seen, true),
            Some("not-seen") => (Mark::Seen, false),
            Some("answered") => (Mark::Answered, true),
            Some("not-answered") => (Mark::Answered, false),
            _ => {
                return Err(Trouble::Not(
                    "A submission is marked as seen or answered, or as not so.".into(),
                ));
            }
        };
        let made = Made {
            at: self.ops.clock.now(),
            by: self.ops.who.clone(),
        };
        let made = is_on.then_some(&made);
        let marked = stream::iter(of.to_vec())
            .map(|of| async move { self.ops.home.mark(&of, mark, made).await });
        marked
            .buffer_unordered(PARALLEL)
            .try_for_each(|()| ready(Ok(())))
            .await?;
        let Some(first) = of.first() else {
            return Ok(redirect("/"));
        };
        Ok(back_to(asked, first, "marked"))
    }

    /// Everything of a form, up to the newest that the list showed.
    pub(crate) async fn see_all(&self, asked: &PageRequest) -> Result<Response<Bytes>, Trouble> {
        let nowhere = || Trouble::Not("This is no place in the list.".into());
        let upto = query::value(&asked.pairs, "upto")
            .and_then(spot)
            .ok_or_else(nowhere)?;
        let (form, of) = (upto.of.form.clone(), upto.of.clone());
        let made = Made {
            at: self.ops.clock.now(),
            by: self.ops.who.clone(),
        };
        self.ops
            .home
            .see_all(&form, &Watermark { upto, made })
            .await?;
        Ok(back_to(asked, &of, "seen"))
    }

    /// Lets one held submission through, as a job of one.
    pub(crate) async fn release(
        &self,
        of: &SubmissionRef,
        asked: &PageRequest,
    ) -> Result<Response<Bytes>, Trouble> {
        let entry = self.found(of).await?;
        if entry.head.state != counterfoil_core::State::Held {
            return Ok(back_to(asked, of, "already"));
        }
        let (who, what) = (self.ops.who.clone(), Selection::Some(vec![of.clone()]));
        let manner = Manner {
            canary: Some(false),
            ..Manner::default()
        };
        let order = JobOrder {
            verb: Verb::Release,
            who,
            why: crate::edit::why(asked),
            what,
            manner,
        };
        self.runs.start(
            Job::ordered(order, self.fresh_job(), self.ops.clock.now()),
            Begin::Fresh,
        );
        Ok(back_to(asked, of, "released"))
    }
}

/// Back to where the button was, which says what was done: a list or an entry of ours, and nowhere else.
pub(crate) fn back_to(asked: &PageRequest, of: &SubmissionRef, done: &str) -> Response<Bytes> {
    let is_ours = |back: &&str| {
        let path = back.split('?').next().unwrap_or_default();
        matches!(path, "/" | "/entries")
            || path
                .strip_prefix("/entries/")
                .and_then(SubmissionRef::parse)
                .is_some()
    };
    let own = format!("/entries/{of}");
    let back = query::value(&asked.pairs, "back")
        .filter(is_ours)
        .unwrap_or(&own);
    let joint = if back.contains('?') { '&' } else { '?' };
    redirect(&format!("{back}{joint}done={done}"))
}
