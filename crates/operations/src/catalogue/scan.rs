//! Search for a home that has no index of words: it reads the catalogue, so many entries for each page and no more.

use counterfoil_core::Fault;

use super::words::Wanted;
use super::{Catalogue, Scope, Search, Sheet, Shown, Spot, Turn};

/// Entries in one read.
const AT_ONCE: usize = 200;

/// What is looked for, and where.
#[derive(Clone, Copy)]
pub struct Sought<'a> {
    /// Where.
    pub scope: &'a Scope,
    /// What.
    pub search: &'a Search,
}

/// One page of what has the text in it, after reading `most_read` entries or a few more. What is damaged on the way is
/// told, perhaps with the next page once more.
pub async fn scan(
    home: &impl Catalogue,
    wanted: Sought<'_>,
    turn: &Turn,
    most_read: u64,
) -> Result<Sheet, Fault> {
    let Sought { scope, search } = wanted;
    let mut found = Sheet {
        is_read_through: true,
        ..Sheet::default()
    };
    let Some(wanted) = Wanted::parse(search) else {
        return Ok(found);
    };
    let mut reading = Turn {
        most: AT_ONCE,
        ..turn.clone()
    };
    loop {
        let page = home.list(scope, &reading).await?;
        found.damaged.extend(page.damaged);
        found.read += page.read;
        found.next = page.next;
        let has = |shown: &Shown| wanted.is_in(&shown.entry);
        let left = turn.most.saturating_sub(found.rows.len());
        found
            .rows
            .extend(page.rows.into_iter().filter(has).take(left));
        if found.rows.len() >= turn.most {
            // There may be more on this page of the catalogue: it is read again from here.
            found.next = found.rows.last().map(|row| Spot::from_entry(&row.entry));
            return Ok(found);
        }
        match &found.next {
            Some(next) if found.read < most_read => reading = reading.after(next.clone()),
            Some(_) | None => return Ok(found),
        }
    }
}
