//! The contract of the ports of operations, clause by clause. Submissions 100 to 199 are theirs.

use std::collections::BTreeSet;
use std::time::Duration;

use counterfoil_core::ports::{Entries, Ledger, Polls, Write};
use counterfoil_core::{Body, Cause, Code, Entry, FormId, Payload, Retryable, State, SubmissionId};
use counterfoil_operations::causes::{Mark, Note};
use counterfoil_operations::change;
use counterfoil_operations::history::{Action, Actor, Edit, Verb};
use counterfoil_operations::job::{self, Candidate, Job, JobId, JobState, Manner, Selection};
use counterfoil_operations::ports::{Actions, Jobs, Notes, Worklist};
use counterfoil_operations::worklist::{Filter, Listed, Paging, SortOrder, Waiting};

use crate::build::{THEN, entry, envelope, fields, reference};

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

/// Follows the pages to the last.
pub async fn all(
    home: &impl Worklist,
    filter: &Filter,
    order: SortOrder,
    most: usize,
) -> Vec<Listed> {
    let (mut rows, mut paging) = (Vec::new(), Paging::first(order, most));
    loop {
        let page = home.page(filter, &paging).await.unwrap();
        assert!(page.rows.len() <= most);
        rows.extend(page.rows);
        let Some(next) = page.next else { return rows };
        paging = paging.after(next);
    }
}

async fn the_worklist_gives_everything_once_in_its_order<H: Ledger + Worklist>(home: &H) {
    for number in 110..140 {
        let form = if number % 3 == 0 { "orders" } else { "letters" };
        home.insert(&dead(
            number,
            form,
            Cause::new(Code::DatabaseBusy, "it was busy"),
        ))
        .await
        .unwrap();
    }
    for (form, expected) in [
        (Some("letters"), 20),
        (Some("orders"), 10),
        (Some("none-such"), 0),
    ] {
        let filter = Filter {
            form: form.map(|form| FormId::parse(form).unwrap()),
            ..Filter::default()
        };
        for most in [1, 7, 500] {
            let oldest = all(home, &filter, SortOrder::OldestFirst, most).await;
            assert_eq!(oldest.len(), expected, "{form:?} in pages of {most}");
            assert!(oldest.is_sorted_by_key(Listed::place));
            let mut newest = all(home, &filter, SortOrder::NewestFirst, most).await;
            newest.reverse();
            assert_eq!(newest, oldest);
        }
    }
    let whole: BTreeSet<_> = all(home, &Filter::default(), SortOrder::OldestFirst, 7)
        .await
        .iter()
        .map(Listed::place)
        .collect();
    assert!(
        whole.len() >= 30
            && whole
                .iter()
                .any(|place| place.of.form.as_str() == "contact")
    );
}

async fn every_filter_takes_what_it_says<H: Ledger + Worklist>(home: &H) {
    let form = Some(FormId::parse("filtered").unwrap());
    for number in 150..160 {
        let mut row = dead(
            number,
            "filtered",
            Cause::new(Code::DatabaseBusy, format!("took {number} ms")),
        );
        row.head.attempts = u32::from(number) - 150;
        if number == 150 {
            row.head.cause = Some(Cause::hash_mismatch());
        }
        if number > 156 {
            row.head.run = 2;
        }
        if number == 159 {
            row.head.state = State::Discarded;
        }
        home.insert(&row).await.unwrap();
    }
    let at = |number: u8| Some(THEN.plus(Duration::from_secs(number.into())));
    let base = || Filter {
        form: form.clone(),
        ..Filter::default()
    };
    let fingerprint = Cause::new(Code::DatabaseBusy, "took 9 ms").fingerprint();
    let cases = [
        (base(), 9),
        (
            Filter {
                waiting: Waiting::Discarded,
                ..base()
            },
            1,
        ),
        (
            Filter {
                waiting: Waiting::Held,
                ..base()
            },
            0,
        ),
        (
            Filter {
                cause: Some("database-busy".into()),
                ..base()
            },
            8,
        ),
        (
            Filter {
                cause: Some(fingerprint[..6].into()),
                ..base()
            },
            8,
        ),
        (
            Filter {
                cause: Some("bus".into()),
                ..base()
            },
            0,
        ),
        (
            Filter {
                retryable: Some(Retryable::No),
                ..base()
            },
            1,
        ),
        (
            Filter {
                retryable: Some(Retryable::Yes),
                ..base()
            },
            8,
        ),
        (
            Filter {
                since: at(153),
                ..base()
            },
            6,
        ),
        (
            Filter {
                until: at(153),
                ..base()
            },
            3,
        ),
        (
            Filter {
                since: at(152),
                until: at(154),
                ..base()
            },
            2,
        ),
        (
            Filter {
                attempts: Some(3..=5),
                ..base()
            },
            3,
        ),
        (
            Filter {
                replayed: Some(true),
                ..base()
            },
            2,
        ),
        (
            Filter {
                replayed: Some(false),
                ..base()
            },
            7,
        ),
    ];
    for (filter, expected) in cases {
        let rows = all(home, &filter, SortOrder::NewestFirst, 4).await;
        assert_eq!(rows.len(), expected, "{filter:?}");
        assert!(rows.iter().all(|row| filter.takes(row)));
    }
    let listed = all(home, &base(), SortOrder::OldestFirst, 100).await;
    let mut row = dead(150, "filtered", Cause::hash_mismatch());
    row.head.attempts = 0;
    assert_eq!(
        listed[0],
        Listed::from_head(&row.head).unwrap(),
        "all of it survives"
    );
}

async fn every_failure_is_told_once<H: Ledger + Worklist>(home: &H) {
    let row = dead(170, "failing", Cause::gave_up(20));
    home.insert(&row).await.unwrap();
    let mut next = row.head.clone();
    (next.seq, next.run, next.verdict_run, next.cause) =
        (2, 1, 1, Some(Cause::new(Code::DatabaseBusy, "again")));
    home.update(&next).await.unwrap();
    (next.seq, next.state, next.cause) = (3, State::Stored, None);
    home.update(&next).await.unwrap();
    for most in [1, 3, 500] {
        let (mut told, mut from) = (Vec::new(), None);
        loop {
            let failures = home.failures(from, most).await.unwrap();
            told.extend(
                failures
                    .rows
                    .into_iter()
                    .filter(|row| row.of.form.as_str() == "failing"),
            );
            from = failures.next;
            if from.is_none() {
                break;
            }
        }
        let mut codes: Vec<_> = told
            .iter()
            .map(|failure| failure.cause.code.as_str())
            .collect();
        codes.sort_unstable();
        assert_eq!(codes, ["database-busy", "gave-up"], "in pages of {most}");
    }
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

/// A job that has only been thought of.
#[must_use]
pub fn job(number: u8, what: Selection) -> Job {
    let manner = Manner {
        rate: None,
        canary: Some(false),
        stop_at: 0.2,
    };
    let order = job::Order {
        verb: Verb::Replay,
        who: who(),
        why: None,
        what,
        manner,
    };
    Job::ordered(order, JobId::fresh(THEN, [number; 10]), THEN)
}

async fn of_two_writers_of_a_job_one_wins<H: Jobs>(home: &H) {
    let mut mine = Job {
        version: 1,
        ..job(
            1,
            Selection::All(Filter {
                cause: Some("database-busy".into()),
                ..Filter::default()
            }),
        )
    };
    assert_eq!(home.job(&mine.id).await.unwrap(), None);
    assert!(
        !home
            .save(&Job {
                version: 2,
                ..mine.clone()
            })
            .await
            .unwrap(),
        "there is no first"
    );
    assert!(home.save(&mine).await.unwrap());
    assert!(!home.save(&mine).await.unwrap(), "again");
    (mine.version, mine.state, mine.total) = (2, JobState::Running, 7);
    let theirs = Job {
        state: JobState::Cancelled,
        ..mine.clone()
    };
    let (first, second) = futures_util::join!(home.save(&mine), home.save(&theirs));
    assert_eq!(u8::from(first.unwrap()) + u8::from(second.unwrap()), 1);
    assert_eq!(home.job(&mine.id).await.unwrap().unwrap().total, 7);
    let later = Job {
        version: 1,
        ..job(2, Selection::Some(vec![reference(9)]))
    };
    assert!(home.save(&later).await.unwrap());
    assert_eq!(home.jobs(1).await.unwrap(), [later]);
    assert_eq!(home.jobs(10).await.unwrap().len(), 2);
}

async fn the_parts_of_a_job_are_kept_and_forgotten<H: Jobs>(home: &H) {
    let job = Job {
        version: 1,
        ..job(9, Selection::All(Filter::default()))
    };
    let id = job.id;
    assert!(home.save(&job).await.unwrap());
    let candidates: Vec<_> = (0..=255)
        .map(|n| Candidate {
            of: crate::build::reference(n),
            run: u32::from(n),
        })
        .collect();
    assert!(home.put_part(&job, 0, &candidates).await.unwrap());
    assert!(home.put_part(&job, 1, &candidates[..3]).await.unwrap());
    assert!(home.put_part(&job, 1, &candidates[..2]).await.unwrap());
    assert_eq!(home.part(&id, 0).await.unwrap(), candidates);
    assert_eq!(home.part(&id, 1).await.unwrap(), candidates[..2]);
    assert_eq!(home.part(&id, 2).await.unwrap(), []);
    home.forget_parts(&id, 2).await.unwrap();
    assert_eq!(home.part(&id, 0).await.unwrap(), []);
}

async fn a_part_is_its_jobs_latest_writers<H: Jobs>(home: &H) {
    let old = Job {
        version: 1,
        ..job(8, Selection::All(Filter::default()))
    };
    let candidates = [
        Candidate {
            of: reference(1),
            run: 0,
        },
        Candidate {
            of: reference(2),
            run: 0,
        },
    ];
    assert!(
        !home.put_part(&old, 0, &candidates).await.unwrap(),
        "there is no such job"
    );
    assert!(home.save(&old).await.unwrap());
    let new = Job {
        version: 2,
        ..old.clone()
    };
    assert!(
        !home.put_part(&new, 0, &candidates).await.unwrap(),
        "not written yet"
    );
    assert!(home.save(&new).await.unwrap());
    assert!(home.put_part(&new, 0, &candidates).await.unwrap());
    for part in [0, 1] {
        assert!(
            !home.put_part(&old, part, &candidates[..1]).await.unwrap(),
            "somebody has resumed it"
        );
    }
    assert_eq!(home.part(&new.id, 0).await.unwrap(), candidates);
    assert_eq!(home.part(&new.id, 1).await.unwrap(), []);
}
