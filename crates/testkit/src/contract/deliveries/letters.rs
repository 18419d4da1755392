//! What letters ask of the port: alarms beside changes, and letters that tell many deliveries at once.

use counterfoil_core::{FormId, SubmissionRef};
use counterfoil_telling::alarms::{AlarmFacts, AlarmKind, AlarmNews, AlarmState};
use counterfoil_telling::delivery::{Delivery, DeliveryState};
use counterfoil_telling::ports::{Deliveries, DeliveryDesk};

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
