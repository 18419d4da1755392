//! An edit: checked before it is kept, refused where somebody was quicker, and judged again when it is replayed.
use counterfoil_core::{Body, Form, FormId, Forms, Payload, State};
use counterfoil_operations::act::{Acted, Acting, Revision, edit_one};
use counterfoil_operations::history::Verb;
use counterfoil_operations::ports::Actions;
use counterfoil_operations::rehearse::Foreseen;
use counterfoil_operations::replay::Replayed;
use counterfoil_testkit::build::{forms, reference};
use counterfoil_testkit::{ManualClock, MemoryLedger, MemoryQueue};

use super::{dead, deed, edit, edited, foreseen, now, replay, row, settle};

pub(super) fn edit_of(ledger: &MemoryLedger, revision: Revision<'_>, forms: &Forms) -> Acted {
    let with = Acting {
        home: ledger,
        clock: &ManualClock::new(),
        forms,
    };
    now(edit_one(&reference(1), revision, &deed(Verb::Edit), &with)).unwrap()
}

#[test]
fn an_edited_dead_letter_is_stored_as_edited_and_its_ticket_stays_good() {
    let (ledger, queue) = (dead(), MemoryQueue::default());
    let content = row(&ledger).head.content;
    assert!(matches!(
        edit(&ledger, &edited("mended"), &forms()),
        Acted::Done(_)
    ));
    assert_eq!(replay(&ledger, &queue), Replayed::Sent { run: 1 });
    settle(&ledger, &queue, &forms());
    let row = row(&ledger);
    assert_eq!(
        (row.head.state, row.head.content, row.body),
        (State::Stored, content, Body::Payload(edited("mended")))
    );
    let history = now(ledger.history(&reference(1))).unwrap();
    let verbs: Vec<_> = history
        .iter()
        .map(|line| line.deed.as_ref().map(|deed| deed.verb))
        .collect();
    assert_eq!(verbs, [None, Some(Verb::Edit), Some(Verb::Replay), None]);
    assert_eq!(
        history[1].before,
        Some(edited("hello")),
        "the original stays"
    );
}

#[test]
fn an_edit_of_what_somebody_has_changed_since_is_refused_and_says_who() {
    let (ledger, queue) = (dead(), MemoryQueue::default());
    let mine = edited("mine");
    let of_the_first = Revision {
        after: &mine,
        based_on: 1,
    };
    assert!(matches!(
        edit(&ledger, &edited("theirs"), &forms()),
        Acted::Done(_)
    ));
    replay(&ledger, &queue);
    let before = row(&ledger);
    let Acted::Changed(lines) = edit_of(&ledger, of_the_first, &forms()) else {
        panic!("it was written over")
    };
    let told: Vec<_> = lines
        .iter()
        .map(|line| (line.seq, line.deed.as_ref().unwrap().verb))
        .collect();
    assert_eq!(told, [(2, Verb::Edit), (3, Verb::Replay)]);
    assert!(
        lines
            .iter()
            .all(|line| line.deed.as_ref().unwrap().who.as_str() == "ada")
    );
    assert_eq!(row(&ledger), before, "nothing was written");
    settle(&ledger, &queue, &forms());
    let Acted::Changed(lines) = edit_of(&ledger, of_the_first, &forms()) else {
        panic!("it was written over")
    };
    assert_eq!(
        lines.last().map(|line| line.state),
        Some(State::Stored),
        "the worker's verdict is told too"
    );
}

#[test]
fn an_edit_that_is_there_already_is_no_conflict() {
    let (ledger, mine) = (dead(), edited("mine"));
    for _ in 0..2 {
        // Its answer may have been lost.
        let acted = edit_of(
            &ledger,
            Revision {
                after: &mine,
                based_on: 1,
            },
            &forms(),
        );
        assert!(
            matches!(acted, Acted::Done(_) | Acted::Already(_)),
            "{acted:?}"
        );
    }
    assert_eq!(row(&ledger).head.seq, 2);
}

#[test]
fn what_was_on_its_way_before_an_edit_is_dropped() {
    let (ledger, queue) = (dead(), MemoryQueue::default());
    replay(&ledger, &queue);
    edit(&ledger, &edited("mended"), &forms());
    settle(&ledger, &queue, &forms());
    let head = row(&ledger).head;
    assert_eq!(
        (head.state, head.is_awaiting()),
        (State::Failed, false),
        "nothing is waited for"
    );
}

#[test]
fn an_edit_is_checked_before_it_is_kept() {
    let ledger = dead();
    let no_email = Payload::from_fields(
        serde_json::json!({"name": "Ada", "message": "m"})
            .as_object()
            .unwrap(),
    );
    assert!(
        matches!(edit(&ledger, &no_email, &forms()), Acted::Invalid(problems) if problems[0].pointer == "/email")
    );
    assert!(matches!(
        edit(&ledger, &edited("m"), &Forms::default()),
        Acted::UnknownForm
    ));
    assert!(matches!(
        edit(&ledger, &edited("hello"), &forms()),
        Acted::Already(_)
    ));
    let open = r#"
        title = "Open"
        [schema]
        type = "object"
        properties.message.type = "string"
        properties.name.type = "string"
        properties.email.type = "string"
    "#;
    let open: Forms = [Form::parse(FormId::parse("contact").unwrap(), open).unwrap()]
        .into_iter()
        .collect();
    assert!(
        matches!(edit(&ledger, &edited(&"x".repeat(140_000)), &open), Acted::TooLarge(bytes, most) if bytes > most)
    );
    assert_eq!(row(&ledger).head.seq, 1, "nothing was written");
}

#[test]
fn an_edit_that_breaks_the_rules_of_the_day_it_is_replayed_fails_for_good() {
    let (ledger, queue) = (dead(), MemoryQueue::default());
    edit(&ledger, &edited("mended"), &forms());
    let strict = r#"
        title = "Contact"
        [schema]
        type = "object"
        required = ["telephone"]
        properties.telephone.type = "string"
    "#;
    let strict: Forms = [Form::parse(FormId::parse("contact").unwrap(), strict).unwrap()]
        .into_iter()
        .collect();
    assert!(
        matches!(foreseen(&ledger, &strict), Foreseen::Fails { rule, .. } if rule == "invalid-edit")
    );
    replay(&ledger, &queue);
    settle(&ledger, &queue, &strict);
    assert_eq!(row(&ledger).head.cause.unwrap().code, "invalid-edit");
}
