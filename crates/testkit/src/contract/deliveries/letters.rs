//! What letters ask of the port: alarms beside changes, and letters that tell many deliveries at once.

use counterfoil_core::{Cause, FormId, Retryable, SubmissionRef};
use counterfoil_telling::alarms::{AlarmFacts, AlarmKind, AlarmNews, AlarmState};
use counterfoil_telling::delivery::{Delivery, DeliveryState};
use counterfoil_telling::ports::{Acted, Claims, Deliveries, DeliveryDesk};

use super::{at, delivered, found, name, owed, tried};
use crate::build::{THEN, reference};

pub(super) async fn an_alarm_is_kept_as_it_was_raised<H: Deliveries + DeliveryDesk>(home: &H) {
    for (seq, state) in [(1, AlarmState::Raised), (2, AlarmState::Cleared)] {
        let alarm = AlarmNews {
            of: SubmissionRef {
                form: FormId::alarm(),
                id: reference(1).id,
            },
            seq,
            at: at(seq),
            state,
            facts: AlarmFacts {
                alarm: AlarmKind::Receiver,
                subject: "crm".into(),
                since: THEN,
                count: 75,
                detail: "timeout: it did not answer".into(),
            },
        };
        let born = Delivery::born(name("on-call"), alarm, at(seq));
        home.bear(std::slice::from_ref(&born)).await.unwrap();
        assert_eq!(found(home, &born.id).await, born);
    }
}

pub(super) async fn what_is_due_together_is_settled_together<H: Deliveries + DeliveryDesk>(
    home: &H,
) {
    let digest = name("digest");
    let born = [(1, 1, 10), (1, 2, 20), (2, 1, 30), (3, 1, 99)];
    let born = born.map(|(number, seq, seconds)| owed("digest", number, seq, seconds));
    home.bear(&born).await.unwrap();
    let due = home.due_together(&digest, at(50), 9).await.unwrap();
    assert_eq!(due, born[..3], "a later change of one submission, too");
    assert_eq!(
        home.due_together(&digest, at(50), 2).await.unwrap(),
        born[..2]
    );
    let (outcome, then) = (delivered(), at(60));
    let tries: Vec<_> = due.iter().map(|one| tried(one, &outcome, then)).collect();
    let settled = home.settle_letter(&tries, &outcome).await.unwrap();
    let states = settled.iter().map(|one| one.delivery.state);
    assert!(states.eq([DeliveryState::Delivered; 3]));
    // Written down once more, it changes nothing.
    let again = home.settle_letter(&tries, &outcome).await.unwrap();
    assert!(again.is_empty(), "{again:?}");
    assert_eq!(
        home.due_together(&digest, at(999), 9).await.unwrap(),
        born[3..]
    );
    // One letter it was, however much it told.
    let taken = async |since| home.letters_since(&digest, since).await.unwrap();
    assert_eq!((taken(then).await, taken(at(61)).await), (1, 0));
}

pub(super) async fn what_came_back_has_failed<H: Deliveries + DeliveryDesk>(home: &H) {
    let born = owed("returned", 1, 1, 0);
    let cause = Cause::written("bounced", Retryable::AfterFix, "no such user");
    let came_back = async || home.came_back(&born.id, &cause).await.unwrap();
    assert_eq!(came_back().await, Acted::Absent);
    home.bear(std::slice::from_ref(&born)).await.unwrap();
    assert_eq!(came_back().await, Acted::NotIn(DeliveryState::Waiting));
    let tries = tried(&born, &delivered(), at(1));
    home.settle(&tries, &delivered()).await.unwrap();
    assert_eq!(came_back().await, Acted::Done);
    let now = found(home, &born.id).await;
    assert_eq!(
        (now.state, now.cause.as_ref()),
        (DeliveryState::Failed, Some(&cause))
    );
    assert_eq!(now.attempts, 1);
    // Told once more, it changes nothing.
    assert_eq!(came_back().await, Acted::NotIn(DeliveryState::Failed));
    let standing = home.standings().await.unwrap();
    let of = standing.iter().find(|one| one.receiver == born.id.receiver);
    assert_eq!(of.map(|one| one.failed), Some(1));
}

/// The clause of [`Claims`](counterfoil_telling::ports::Claims): of two who claim a delivery, one gets it.
pub(super) async fn what_is_claimed_is_nobody_elses<H: Deliveries + DeliveryDesk + Claims>(
    home: &H,
) {
    let one = owed("claimed", 1, 1, 0);
    let other = owed("claimed", 2, 1, 0);
    home.bear(&[one.clone(), other.clone()]).await.unwrap();
    let letter = [one.clone(), other.clone()];
    let claimed = home.claim(&letter[..1], at(90)).await.unwrap();
    assert_eq!((claimed.len(), claimed[0].due_at), (1, at(90)));
    let rest = home.claim(&letter, at(91)).await.unwrap();
    assert_eq!(
        rest.iter().map(|one| &one.id).collect::<Vec<_>>(),
        [&other.id]
    );
    // Whoever has it writes down what it came to; whoever has not, got nothing to try.
    let tries = tried(&claimed[0], &delivered(), at(2));
    assert!(home.settle(&tries, &delivered()).await.unwrap().is_some());
    assert!(home.claim(&claimed, at(99)).await.unwrap().is_empty());
    // What was claimed and not settled is due again.
    let due = home.due(&name("claimed"), at(91), &[], 9).await.unwrap();
    assert_eq!(
        due.iter().map(|one| &one.id).collect::<Vec<_>>(),
        [&other.id]
    );
}
