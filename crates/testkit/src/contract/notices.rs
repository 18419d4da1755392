//! The contract of what is set aside of notices, clause by clause. Submissions 60 to 79 are theirs.

use std::collections::BTreeSet;
use std::time::Duration;

use counterfoil_core::notice::{Change, Notice};
use counterfoil_core::parked::What;
use counterfoil_core::ports::{Ledger, Polls, Write};
use counterfoil_core::{Cause, Entry, FormId, State, SubmissionRef, Timestamp};
use counterfoil_operations::change;
use counterfoil_operations::history::Verb;
use counterfoil_operations::notices::{Found, Range, Resending, called, give_up, rebuild, resend};
use counterfoil_operations::ports::{Actions, Notices};

use crate::build::{THEN, deed, entry, envelope};

/// How a test has entries, sets aside, and sees what came out.
pub struct Ways<'a, L, P, O> {
    /// The home's ledger.
    pub ledger: &'a L,
    /// Has the notice of this change set aside; its entry is there.
    pub park: P,
    /// The ids of so many notices, as they came out since it was asked last; no more than these may come.
    pub out: O,
}

/// Every clause. Nothing is set aside at the start, and no entry is there.
pub async fn notices<H, L, P, O>(home: &H, ways: &Ways<'_, L, P, O>)
where
    H: Notices + Polls + Actions,
    L: Ledger + Polls + Actions,
    P: AsyncFn(&Change),
    O: AsyncFn(usize) -> BTreeSet<String>,
{
    assert!(
        all(home).await.is_empty(),
        "nothing is set aside at the start"
    );
    looking_takes_nothing_away(home, ways).await;
    what_is_brought_out_has_its_id_and_is_set_aside_no_more(home, ways).await;
    what_is_given_up_is_gone_and_never_comes_out(home, ways).await;
    what_a_time_range_changed_is_made_again(home, ways).await;
}

/// Everything that is set aside, given back.
async fn all<H: Notices>(home: &H) -> Vec<Found> {
    let (mut found, mut from, mut seen) = (Vec::new(), None, BTreeSet::new());
    loop {
        let page = home.parked(from, 2).await.unwrap();
        found.extend(
            page.rows
                .into_iter()
                .filter(|row| seen.insert(row.id.clone())),
        );
        if page.next.is_none() {
            home.give_back(&found).await.unwrap();
            return found;
        }
        from = page.next;
    }
}

fn names(found: &[Found]) -> BTreeSet<String> {
    found.iter().map(Found::name).collect()
}

fn ids<'a>(changes: impl IntoIterator<Item = &'a Change>) -> BTreeSet<String> {
    changes
        .into_iter()
        .map(|change| Notice::new(change, "any").id)
        .collect()
}

/// An entry that was stored so many seconds after the first.
async fn stored<L: Ledger>(ledger: &L, number: u8, form: &str) -> Change {
    let mut sent = envelope(number, "what was submitted");
    sent.of.form = FormId::parse(form).unwrap();
    insert(ledger, entry(&sent, None), u64::from(number)).await
}

async fn insert<L: Ledger>(ledger: &L, mut entry: Entry, seconds: u64) -> Change {
    entry.head.updated_at = after(seconds);
    assert_eq!(ledger.insert(&entry).await.unwrap(), Write::Done);
    Change::from_head(&entry.head)
}

fn after(seconds: u64) -> Timestamp {
    THEN.plus(Duration::from_secs(seconds))
}

async fn looking_takes_nothing_away<H, L, P, O>(home: &H, ways: &Ways<'_, L, P, O>)
where
    H: Notices,
    L: Ledger,
    P: AsyncFn(&Change),
    O: AsyncFn(usize) -> BTreeSet<String>,
{
    let mut changes = Vec::new();
    for number in 60..65 {
        let change = stored(ways.ledger, number, "contact").await;
        (ways.park)(&change).await;
        changes.push(change);
    }
    (ways.out)(0).await;
    for time in ["once", "and again"] {
        let found = all(home).await;
        assert_eq!((names(&found), found.len()), (ids(&changes), 5), "{time}");
        assert!(
            found
                .iter()
                .all(|found| matches!(&found.parked.what, What::Notice(notice) if changes.contains(&notice.change())))
        );
    }
}

async fn what_is_brought_out_has_its_id_and_is_set_aside_no_more<H, L, P, O>(
    home: &H,
    ways: &Ways<'_, L, P, O>,
) where
    H: Notices + Polls + Actions,
    L: Ledger + Polls + Actions,
    P: AsyncFn(&Change),
    O: AsyncFn(usize) -> BTreeSet<String>,
{
    let before = names(&all(home).await);
    let one = before.first().unwrap().clone();
    let (two, _) = before.last().unwrap().rsplit_once(':').unwrap();
    let named = Resending::Named(vec![one.clone(), two.to_owned(), "contact/none".into()]);
    let tally = resend(home, &named).await.unwrap();
    assert_eq!(
        (tally.resent, tally.refused, tally.stopped),
        (2, 1, None),
        "{:?}",
        tally.told
    );
    assert_eq!(tally.told[0].0, "contact/none");
    let out = (ways.out)(2).await;
    assert_eq!(
        out,
        BTreeSet::from([one, format!("{two}:1")]),
        "by its id, and by its submission"
    );
    let left: BTreeSet<String> = before.difference(&out).cloned().collect();
    assert_eq!(names(&all(home).await), left);
    let tally = resend(home, &Resending::All).await.unwrap();
    assert_eq!((tally.resent, tally.refused, tally.stopped), (3, 0, None));
    assert_eq!((ways.out)(3).await, left);
    assert!(all(home).await.is_empty());
}

async fn what_is_given_up_is_gone_and_never_comes_out<H, L, P, O>(
    home: &H,
    ways: &Ways<'_, L, P, O>,
) where
    H: Notices + Polls + Actions,
    L: Ledger,
    P: AsyncFn(&Change),
    O: AsyncFn(usize) -> BTreeSet<String>,
{
    let mut changes = Vec::new();
    for number in 65..68 {
        let change = stored(ways.ledger, number, "contact").await;
        (ways.park)(&change).await;
        changes.push(change);
    }
    (ways.out)(0).await;
    let (dropped, left) = (ids(&changes[1..2]), ids([&changes[0], &changes[2]]));
    let named: Vec<String> = dropped
        .iter()
        .cloned()
        .chain(["contact/none".into()])
        .collect();
    let (found, missing) = called(home, &named).await.unwrap();
    assert_eq!(
        (names(&found), missing),
        (dropped.clone(), vec!["contact/none".to_owned()])
    );
    assert_eq!(
        names(&all(home).await),
        ids(&changes),
        "to ask takes nothing away"
    );
    let done = give_up(home, &found).await.unwrap();
    assert_eq!((names(&done.gone), done.told), (dropped, Vec::new()));
    assert_eq!(names(&all(home).await), left);
    let again = give_up(home, &found).await.unwrap();
    assert_eq!(
        (again.gone.len(), again.told.len()),
        (0, 1),
        "there is nothing left to give up"
    );
    let tally = resend(home, &Resending::All).await.unwrap();
    assert_eq!((tally.resent, tally.refused, tally.stopped), (2, 0, None));
    assert_eq!((ways.out)(2).await, left);
    assert!(all(home).await.is_empty());
}

async fn what_a_time_range_changed_is_made_again<H, L, P, O>(home: &H, ways: &Ways<'_, L, P, O>)
where
    H: Notices + Polls + Actions,
    L: Ledger + Polls + Actions,
    O: AsyncFn(usize) -> BTreeSet<String>,
{
    let early = stored(ways.ledger, 70, "contact").await;
    let other = stored(ways.ledger, 71, "other").await;
    let replayed = replayed(ways.ledger).await;
    let range = |since: u64, until: u64, form: Option<&str>| Range {
        since: after(since),
        until: after(until),
        form: form.map(|form| FormId::parse(form).unwrap()),
    };
    let [failed, again] = [1, 3].map(|seq| format!("{replayed}:{seq}"));
    let check = async |range: Range, expected: &[String]| {
        let tally = rebuild(home, &range).await.unwrap();
        assert_eq!(
            (tally.rebuilt, tally.refused, tally.stopped),
            (expected.len() as u64, 0, None),
            "{:?}",
            tally.told
        );
        assert_eq!(
            (ways.out)(expected.len()).await,
            expected.iter().cloned().collect(),
            "{range:?}"
        );
    };
    let [early, other] = [early, other].map(|change| format!("{}:1", change.of));
    check(range(70, 71, None), std::slice::from_ref(&early)).await;
    check(range(70, 72, None), &[early, other.clone()]).await;
    check(range(70, 72, Some("other")), &[other]).await;
    // The order of a run was never announced, and what was failed before its verdict is told by the history.
    check(range(72, 73, None), &[failed]).await;
    check(range(73, 74, None), &[]).await;
    check(range(74, 75, None), &[again]).await;
    check(range(80, 90, None), &[]).await;
}

/// A dead letter, failed at 72 seconds, replayed at 73 and stored at 74.
async fn replayed<L: Ledger + Polls + Actions>(ledger: &L) -> SubmissionRef {
    let dead = entry(
        &envelope(72, "what was submitted"),
        Some(Cause::gave_up(20)),
    );
    let of = insert(ledger, dead, 72).await.of;
    let head = ledger.head(&of).await.unwrap().unwrap();
    let ordered = change::ordered(&head, after(73)).unwrap();
    assert_eq!(
        ledger
            .act(&ordered, &deed(Verb::Replay), None)
            .await
            .unwrap(),
        Write::Done
    );
    let mut verdict = ordered;
    (
        verdict.seq,
        verdict.verdict_run,
        verdict.state,
        verdict.cause,
    ) = (3, 1, State::Stored, None);
    verdict.updated_at = after(74);
    assert_eq!(ledger.update(&verdict).await.unwrap(), Write::Done);
    of
}
