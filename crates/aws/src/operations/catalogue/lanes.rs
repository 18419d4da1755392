//! One list over several forms: each form is a lane of its own, read on only where the list has come to the end of what is
//! known of it. One place is enough to go on from, because the order of all entries is one.

use std::cmp::Ordering;
use std::collections::VecDeque;

use counterfoil_core::{Fault, FormId};
use counterfoil_operations::catalogue::{Scope, Spot, Turn};
use counterfoil_operations::worklist::SortOrder;
use futures_util::future::try_join_all;

use super::found::Found;
use crate::ledger::DynamoLedger;
use crate::operations::merge::Point;

/// Items read for one page, after which it is given with what there is.
const MOST_READ: u64 = 5_000;

/// What one reading of all partitions of a form gave.
#[derive(Default)]
pub(super) struct Round {
    /// In their order, without a gap.
    pub(super) rows: Vec<(Point, Found)>,
    /// Items that were read.
    pub(super) items: u64,
    /// The form is known up to here; `None`: to its end.
    pub(super) next: Option<Spot>,
}

/// A page before what is elsewhere of it is read.
pub(super) struct Page {
    pub(super) rows: Vec<(Point, Found)>,
    pub(super) next: Option<Spot>,
}

/// One form, as far as it is known.
struct Lane {
    form: FormId,
    rows: VecDeque<(Point, Found)>,
    /// It is known up to here; `None`: nothing is.
    known: Option<Spot>,
    /// Is there more of it?
    is_open: bool,
    /// Rows of its next reading.
    most: usize,
}

impl Lane {
    /// Can the list not go past what is known of it?
    fn is_wanting(&self) -> bool {
        self.rows.is_empty() && self.is_open
    }
}

/// The lanes, and the page that is made of them.
struct Merge<'a> {
    lanes: Vec<Lane>,
    turn: &'a Turn,
    rows: Vec<(Point, Found)>,
    /// Of these, how many stand on the page.
    counted: usize,
}

impl Merge<'_> {
    fn order(&self, one: &Spot, other: &Spot) -> Ordering {
        match self.turn.order {
            SortOrder::OldestFirst => one.cmp(other),
            SortOrder::NewestFirst => other.cmp(one),
        }
    }

    /// The first place that the list cannot pass without reading on.
    fn frontier(&self) -> Option<Spot> {
        let wanting = self.lanes.iter().filter(|lane| lane.is_wanting());
        let places = wanting.filter_map(|lane| lane.known.clone());
        places.min_by(|one, other| self.order(one, other))
    }

    /// Gives every row that comes before the frontier, which is another one wherever a lane is given to its end; `true`: the page
    /// is full.
    fn give(&mut self) -> bool {
        while self.counted < self.turn.most.max(1) {
            let frontier = self.frontier();
            let Some(at) = self.first() else { return false };
            let head = self.lanes[at].rows.front().map(|(point, _)| spot(point));
            let is_known = |head: &Spot| match &frontier {
                Some(end) => self.order(head, end).is_le(),
                None => true,
            };
            if !head.as_ref().is_some_and(is_known) {
                return false;
            }
            let Some(row) = self.lanes[at].rows.pop_front() else {
                return false;
            };
            self.counted += usize::from(!matches!(row.1, Found::Passed));
            self.rows.push(row);
        }
        true
    }

    /// The lane whose first row is the first of all.
    fn first(&self) -> Option<usize> {
        let heads = self.lanes.iter().enumerate();
        let heads = heads.filter_map(|(at, lane)| Some((at, spot(&lane.rows.front()?.0))));
        heads
            .min_by(|(_, one), (_, other)| self.order(one, other))
            .map(|(at, _)| at)
    }

    /// The lanes to be read on: those that nothing can be given without.
    fn wanted(&self) -> Vec<usize> {
        let head = self.first().and_then(|at| self.lanes[at].rows.front());
        let head = head.map(|(point, _)| spot(point));
        let is_before = |known: Option<&Spot>| match (known, &head) {
            (Some(known), Some(head)) => self.order(known, head).is_le(),
            (None, _) | (_, None) => true,
        };
        let lanes = self.lanes.iter().enumerate();
        lanes
            .filter(|(_, lane)| lane.is_wanting() && is_before(lane.known.as_ref()))
            .map(|(at, _)| at)
            .collect()
    }

    fn page(self) -> Page {
        let is_over = self
            .lanes
            .iter()
            .all(|lane| lane.rows.is_empty() && !lane.is_open);
        let last = self.rows.last().map(|(point, _)| spot(point));
        Page {
            next: last.filter(|_| !is_over),
            rows: self.rows,
        }
    }
}

impl DynamoLedger {
    /// One page of these forms. It asks each form's partitions once (64 queries a form, or 8 for each state where only
    /// what waits for people is wanted), and then those again of the forms that the page is full of; a form of which
    /// nothing is on the page is read no further than its share.
    pub(super) async fn page_of(
        &self,
        scope: &Scope,
        forms: Vec<FormId>,
        turn: &Turn,
    ) -> Result<Page, Fault> {
        let most = turn.most.max(1);
        let share = most.div_ceil(forms.len().max(1));
        let lane = |form| Lane {
            form,
            rows: VecDeque::new(),
            known: turn.from.clone(),
            is_open: true,
            most: share,
        };
        let mut merge = Merge {
            lanes: forms.into_iter().map(lane).collect(),
            turn,
            rows: Vec::new(),
            counted: 0,
        };
        let enough = (most - most / 4).max(1);
        let mut items = self.read_on(scope, &mut merge).await?;
        loop {
            let is_full = merge.give();
            let frontier = merge.frontier();
            if is_full || frontier.is_none() {
                return Ok(merge.page());
            }
            if merge.counted >= enough || items >= MOST_READ {
                return Ok(Page {
                    rows: merge.rows,
                    next: frontier,
                });
            }
            items += self.read_on(scope, &mut merge).await?;
        }
    }

    /// Reads on where the list can go no further; gives how many items that were.
    async fn read_on(&self, scope: &Scope, merge: &mut Merge<'_>) -> Result<u64, Fault> {
        let room = merge.turn.most.saturating_sub(merge.counted).max(1);
        let readings = merge.wanted().into_iter().map(|at| {
            let lane = &merge.lanes[at];
            let turn = Turn {
                order: merge.turn.order,
                from: lane.known.clone(),
                most: lane.most.min(room),
            };
            async move {
                let round = self.round((scope, &lane.form), &turn).await?;
                Ok::<_, Fault>((at, round))
            }
        });
        let rounds = try_join_all(readings).await?;
        let mut items = 0;
        for (at, round) in rounds {
            let lane = &mut merge.lanes[at];
            items += round.items;
            lane.rows = round.rows.into();
            lane.is_open = round.next.is_some();
            lane.known = round.next;
            lane.most *= 2;
        }
        Ok(items)
    }
}

fn spot((listed_at, of): &Point) -> Spot {
    Spot {
        listed_at: *listed_at,
        of: of.clone(),
    }
}

#[cfg(test)]
#[path = "lanes_tests.rs"]
mod tests;
