//! A dry run for a page: as much of it as a person waits for, and the truth about how much that was.

use counterfoil_operations::ports::Worklist;
use std::collections::BTreeMap;
use std::time::Duration;

use crate::pages::{Looked, Sending};
use counterfoil_core::ports::{Clock, Entries};
use counterfoil_core::{Fault, State, SubmissionRef};
use counterfoil_operations::job::Selection;
use counterfoil_operations::rehearse::{Forecast, rehearse};
use counterfoil_operations::worklist::{Filter, Paging, SortOrder};
use futures_util::{StreamExt, stream};

use counterfoil_operations::place::Ops;

/// Entries judged at most.
const JUDGED: u64 = 1000;
/// Entries counted at most.
const COUNTED: u64 = 100_000;
/// Judging takes no longer, and counting not twice as long.
const TIME: Duration = Duration::from_secs(2);
/// Rows in one read, and entries read at once.
const PAGE: usize = 250;
const PARALLEL: usize = 32;

/// What a dry run has seen.
pub(crate) struct Seen {
    pub(crate) forecast: Forecast,
    /// What those that were judged are held for.
    pub(crate) holds: BTreeMap<String, u64>,
    pub(crate) looked: Looked,
    /// What would be sent.
    state: State,
}

/// What would come of a replay or a release.
pub(crate) async fn dry_run(ops: &Ops, sending: Sending, what: &Selection) -> Result<Seen, Fault> {
    let looked = Looked {
        judged: 0,
        found: 0,
        counted_all: true,
    };
    let state = sending.waiting().state();
    let mut seen = Seen {
        forecast: Forecast::default(),
        holds: BTreeMap::new(),
        looked,
        state,
    };
    match what {
        Selection::Some(of) => {
            let count = of.len() as u64;
            judge(ops, of.clone(), &mut seen).await?;
            seen.looked = Looked {
                judged: count,
                found: count,
                counted_all: true,
            };
        }
        Selection::All(filter) => seen.looked = all(ops, filter, &mut seen).await?,
    }
    Ok(seen)
}

async fn all(ops: &Ops, filter: &Filter, seen: &mut Seen) -> Result<Looked, Fault> {
    let start = ops.clock.now();
    let mut looked = Looked {
        judged: 0,
        found: 0,
        counted_all: true,
    };
    let mut paging = Paging::first(SortOrder::OldestFirst, PAGE);
    loop {
        let page = ops.home.page(filter, &paging).await?;
        looked.found += page.rows.len() as u64;
        let so_far = ops.clock.now().since(start);
        if looked.judged < JUDGED
            && so_far < TIME
            && looked.found - page.rows.len() as u64 == looked.judged
        {
            looked.judged += page.rows.len() as u64;
            judge(ops, page.rows.into_iter().map(|row| row.of).collect(), seen).await?;
        }
        let Some(next) = page.next else {
            return Ok(looked);
        };
        if looked.found >= COUNTED || so_far > 2 * TIME {
            return Ok(Looked {
                counted_all: false,
                ..looked
            });
        }
        paging = paging.after(next);
    }
}

/// How many a choice takes, and whether there are more.
pub(crate) async fn count(ops: &Ops, what: &Selection) -> Result<(u64, bool), Fault> {
    let filter = match what {
        Selection::Some(of) => return Ok((of.len() as u64, false)),
        Selection::All(filter) => filter,
    };
    let mut paging = Paging::first(SortOrder::OldestFirst, PAGE);
    let mut found = 0;
    loop {
        let page = ops.home.page(filter, &paging).await?;
        found += page.rows.len() as u64;
        match page.next {
            None => return Ok((found, false)),
            Some(_) if found >= COUNTED => return Ok((found, true)),
            Some(next) => paging = paging.after(next),
        }
    }
}

async fn judge(ops: &Ops, of: Vec<SubmissionRef>, seen: &mut Seen) -> Result<(), Fault> {
    let (now, state) = (ops.clock.now(), seen.state);
    let mut judged = stream::iter(of)
        .map(|of| async move {
            let entry = ops.home.entry(&of).await?;
            let hold = entry
                .as_ref()
                .filter(|entry| entry.head.state == state)
                .and_then(|it| it.head.hold.clone());
            Ok::<_, Fault>((rehearse(entry, state, &ops.forms, now), hold, of))
        })
        .buffered(PARALLEL);
    while let Some(one) = judged.next().await {
        let (foreseen, hold, of) = one?;
        seen.forecast.add(&of, foreseen);
        if let Some(hold) = hold {
            *seen.holds.entry(hold).or_default() += 1;
        }
    }
    Ok(())
}
