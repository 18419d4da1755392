//! Gives up what is set aside and will not come out: it is removed, and nobody is told of it any more.

use std::collections::HashSet;

use counterfoil_core::fault::Fault;

use crate::notices::Found;
use crate::ports::Notices;

/// Set aside ones in one read.
const PAGE: usize = 100;

/// What came of it.
#[derive(Debug, Default)]
pub struct GivenUp {
    /// These are set aside no more.
    pub gone: Vec<Found>,
    /// These stay: which, and why.
    pub told: Vec<(String, String)>,
}

/// What is set aside and called so, and the names that nothing is called by. It is given back: whoever asks a person first
/// keeps it from nobody meanwhile.
///
/// `Err`: what there is could not be read.
pub async fn called<H: Notices>(
    home: &H,
    names: &[String],
) -> Result<(Vec<Found>, Vec<String>), Fault> {
    let found = some(home, |found| names.iter().any(|name| found.is_called(name))).await?;
    // Where they cannot be given back, they come back by themselves.
    let _ = home.give_back(&found).await;
    let missing = names
        .iter()
        .filter(|name| !found.iter().any(|found| found.is_called(name)))
        .cloned()
        .collect();
    Ok((found, missing))
}

/// Removes these and nothing else.
///
/// `Err`: what there is could not be read; nothing is removed then.
pub async fn give_up<H: Notices>(home: &H, named: &[Found]) -> Result<GivenUp, Fault> {
    let ids: HashSet<_> = named.iter().map(|found| found.id.as_str()).collect();
    let mut done = GivenUp::default();
    let mut kept = Vec::new();
    for found in some(home, |found| ids.contains(found.id.as_str())).await? {
        match home.remove(&found).await {
            Ok(()) => done.gone.push(found),
            Err(fault) => {
                done.told.push((found.name(), fault.cause().to_string()));
                kept.push(found);
            }
        }
    }
    let _ = home.give_back(&kept).await;
    let is_there = |named: &&Found| {
        done.gone
            .iter()
            .chain(&kept)
            .any(|found| found.id == named.id)
    };
    let away = named.iter().filter(|named| !is_there(named));
    let away: Vec<_> = away
        .map(|found| {
            (
                found.name(),
                "it is out by now, or in somebody else's hands".into(),
            )
        })
        .collect();
    done.told.extend(away);
    Ok(done)
}

/// Those of what is set aside; the others are given back.
async fn some<H: Notices>(home: &H, is_one: impl Fn(&Found) -> bool) -> Result<Vec<Found>, Fault> {
    let (mut chosen, mut others) = (Vec::new(), Vec::new());
    let read = all(home, |found| {
        if is_one(&found) {
            chosen.push(found)
        } else {
            others.push(found)
        }
    })
    .await;
    if read.is_err() {
        others.append(&mut chosen);
    }
    let _ = home.give_back(&others).await;
    read.map(|()| chosen)
}

/// Follows the pages.
async fn all<H: Notices>(home: &H, mut take: impl FnMut(Found)) -> Result<(), Fault> {
    let (mut from, mut seen) = (None, HashSet::new());
    loop {
        let page = home.parked(from, PAGE).await?;
        let before = seen.len();
        page.rows
            .into_iter()
            .filter(|found| seen.insert(found.id.clone()))
            .for_each(&mut take);
        // What was given long ago comes again: that is the end, too.
        if page.next.is_none() || seen.len() == before {
            return Ok(());
        }
        from = page.next;
    }
}
