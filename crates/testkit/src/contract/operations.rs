//! The contract of the ports of operations, clause by clause. Submissions 100 to 199 are theirs.

mod jobs;
mod worklist;

use std::time::Duration;

use counterfoil_core::ports::{Entries, Ledger, Polls, Write};
use counterfoil_core::{Body, Cause, Entry, FormId, Payload, State, SubmissionId};
use counterfoil_operations::causes::{Mark, Note};
use counterfoil_operations::change;
use counterfoil_operations::history::{Action, Actor, Edit, Verb};
use counterfoil_operations::ports::{Actions, Jobs, Notes, Worklist};

use crate::build::{THEN, entry, envelope, fields};
pub use jobs::job;
use jobs::{
    a_part_is_its_jobs_latest_writers, of_two_writers_of_a_job_one_wins,
    the_parts_of_a_job_are_kept_and_forgotten,
};
pub use worklist::all;
use worklist::{
    every_failure_is_told_once, every_filter_takes_what_it_says,
    the_worklist_gives_everything_once_in_its_order,
};

/// Every clause of the ports of operations. The home is empty at the start.
pub async fn operations<H: Ledger + Polls + Entries + Actions + Worklist + Notes + Jobs>(home: &H) {
    a_deed_is_in_the_history(home).await;
    an_edit_replaces_the_body_and_history_keeps_the_one_before(home).await;
    a_refused_deed_leaves_no_trace(home).await;
    a_first_failure_is_in_the_history_and_a_first_success_is_not(home).await;
    a_good_copy_has_a_line_of_its_own(home).await;
    the_worklist_gives_everything_once_in_its_order(home).await;
    every_filter_takes_what_it_says(home).await;
    every_failure_is_told_once(home).await;
    the_latest_note_stands(home).await;
    of_two_writers_of_a_job_one_wins(home).await;
    the_parts_of_a_job_are_kept_and_forgotten(home).await;
    a_part_is_its_jobs_latest_writers(home).await;
}

fn who() -> Actor {
    Actor::parse("ada").unwrap()
}

/// A dead letter, `number` seconds after the first, of this form.
fn dead(number: u8, form: &str, cause: Cause) -> Entry {
    let mut sent = envelope(number, &format!("message {number}"));
    sent.of.form = FormId::parse(form).unwrap();
    sent.received_at = THEN.plus(Duration::from_secs(number.into()));
    sent.of.id = SubmissionId::fresh(sent.received_at, [number; 10]);
    entry(&sent, Some(cause))
}

async fn a_deed_is_in_the_history<H: Ledger + Actions + Polls>(home: &H) {
    let row = dead(100, "contact", Cause::gave_up(20));
    home.insert(&row).await.unwrap();
    let next = change::ordered(&row.head, THEN.plus(Duration::from_secs(200))).unwrap();
    let deed = Action {
        why: Some("é \u{1f600}".into()),
        job: Some("j".into()),
        ..Action::new(Verb::Replay, who())
    };
    assert_eq!(home.act(&next, &deed, None).await.unwrap(), Write::Done);
    assert_eq!(home.head(&next.of).await.unwrap(), Some(next.clone()));
    let mut verdict = next.clone();
    (
        verdict.seq,
        verdict.verdict_run,
        verdict.state,
        verdict.cause,
    ) = (3, 1, State::Stored, None);
    home.update(&verdict).await.unwrap();
    let history = home.history(&next.of).await.unwrap();
    let told: Vec<_> = history
        .iter()
        .map(|line| (line.seq, line.state, line.run, line.deed.clone()))
        .collect();
    let expected = [
        (1, State::Failed, 0, None),
        (2, State::Failed, 1, Some(deed)),
        (3, State::Stored, 1, None),
    ];
    assert_eq!(told, expected);
    assert_eq!(
        (history[1].at, history[0].cause.clone()),
        (next.updated_at, row.head.cause)
    );
}

async fn an_edit_replaces_the_body_and_history_keeps_the_one_before<
    H: Ledger + Actions + Entries,
>(
    home: &H,
) {
    let row = dead(101, "contact", Cause::gave_up(20));
    home.insert(&row).await.unwrap();
    let Body::Payload(before) = row.body.clone() else {
        panic!("it has a payload")
    };
    let after = Payload::from_fields(fields("edited \u{2028}").as_object().unwrap());
    let next = change::edited(&row.head, after.hash(), THEN).unwrap();
    let edit = Edit {
        before: before.clone(),
        after: after.clone(),
    };
    assert_eq!(
        home.act(&next, &Action::new(Verb::Edit, who()), Some(&edit))
            .await
            .unwrap(),
        Write::Done
    );
    assert_eq!(
        home.entry(&next.of).await.unwrap(),
        Some(Entry {
            head: next.clone(),
            body: Body::Payload(after)
        })
    );
    let history = home.history(&next.of).await.unwrap();
    assert_eq!(
        (
            history.len(),
            history[0].before.clone(),
            history[1].before.clone()
        ),
        (2, None, Some(before))
    );
}

async fn a_refused_deed_leaves_no_trace<H: Ledger + Actions + Entries>(home: &H) {
    let row = dead(102, "contact", Cause::gave_up(20));
    home.insert(&row).await.unwrap();
    let Body::Payload(before) = row.body.clone() else {
        panic!("it has a payload")
    };
    let after = Payload::from_fields(fields("never").as_object().unwrap());
    let mut late = change::edited(&row.head, after.hash(), THEN).unwrap();
    late.seq = 7;
    let written = home
        .act(
            &late,
            &Action::new(Verb::Edit, who()),
            Some(&Edit { before, after }),
        )
        .await
        .unwrap();
    assert_eq!(written, Write::Refused(Some(Box::new(row.head.clone()))));
    assert_eq!(home.entry(&row.head.of).await.unwrap(), Some(row.clone()));
    assert_eq!(home.history(&row.head.of).await.unwrap().len(), 1);
    late.of.id = SubmissionId::fresh(THEN, [255; 10]);
    assert_eq!(
        home.act(&late, &Action::new(Verb::Discard, who()), None)
            .await
            .unwrap(),
        Write::Refused(None)
    );
}

async fn a_first_failure_is_in_the_history_and_a_first_success_is_not<H: Ledger + Actions>(
    home: &H,
) {
    let mut stored = dead(103, "contact", Cause::gave_up(20));
    (stored.head.state, stored.head.cause) = (State::Stored, None);
    home.insert(&stored).await.unwrap();
    assert_eq!(home.history(&stored.head.of).await.unwrap(), []);
    let mut held = dead(104, "contact", Cause::gave_up(20));
    (held.head.state, held.head.cause, held.head.hold) =
        (State::Held, None, Some("honeypot".into()));
    home.insert(&held).await.unwrap();
    let history = home.history(&held.head.of).await.unwrap();
    assert_eq!(
        (history.len(), history[0].state, history[0].hold.as_deref()),
        (1, State::Held, Some("honeypot"))
    );
}

async fn a_good_copy_has_a_line_of_its_own<H: Ledger + Actions>(home: &H) {
    let mut mended = dead(105, "contact", Cause::gave_up(20));
    let mut broken = mended.clone();
    (broken.head.content, broken.head.payload_hash, broken.body) =
        (None, None, Body::Raw(b"{".to_vec()));
    home.insert(&broken).await.unwrap();
    (mended.head.seq, mended.head.state, mended.head.cause) = (2, State::Stored, None);
    assert_eq!(home.mend(&mended).await.unwrap(), Write::Done);
    let history = home.history(&mended.head.of).await.unwrap();
    let told: Vec<_> = history.iter().map(|line| (line.seq, line.state)).collect();
    assert_eq!(told, [(1, State::Failed), (2, State::Stored)]);
}

async fn the_latest_note_stands<H: Notes>(home: &H) {
    for (fingerprint, mark) in [
        ("00aa", Mark::Acknowledged),
        ("00bb", Mark::Resolved),
        ("00aa", Mark::Open),
    ] {
        home.note(&Note {
            fingerprint: fingerprint.into(),
            mark,
            who: who(),
            at: THEN,
        })
        .await
        .unwrap();
    }
    let mut notes = home.notes().await.unwrap();
    notes.sort_by(|a, b| a.fingerprint.cmp(&b.fingerprint));
    let told: Vec<_> = notes
        .iter()
        .map(|note| (note.fingerprint.as_str(), note.mark))
        .collect();
    assert_eq!(told, [("00aa", Mark::Open), ("00bb", Mark::Resolved)]);
}
