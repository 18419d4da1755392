//! The contract of deliveries, clause by clause. The receivers named after their clauses are its own.

mod letters;

use std::time::Duration;

use counterfoil_core::notice::Change;
use counterfoil_core::{Cause, Code, FormId, State, SubmissionRef, Timestamp};
use counterfoil_operations::history::Actor;
use counterfoil_telling::courier::{KEPT_ATTEMPTS, Moment, Tried, judge};
use counterfoil_telling::delivery::{Delivery, DeliveryId, DeliveryState};
use counterfoil_telling::health::{Health, ReceiverState, Warning};
use counterfoil_telling::orders::{DeliveryVerb, Order, Signed};
use counterfoil_telling::ports::{Acted, Claims, Deliveries, DeliveryDesk, DeliveryFilter};
use counterfoil_telling::receiver::ReceiverName;
use counterfoil_telling::schedule::Jitter;
use counterfoil_telling::send::{Outcome, Reply};

use crate::build::{THEN, reference};

/// Every clause of [`Deliveries`] and [`DeliveryDesk`]. `home` is empty at the start.
pub async fn deliveries<H: Deliveries + DeliveryDesk>(home: &H) {
    nothing_is_owed_at_first(home).await;
    what_is_born_twice_is_owed_once(home).await;
    every_attribute_survives(home).await;
    letters::an_alarm_is_kept_as_it_was_raised(home).await;
    of_one_submission_the_older_change_goes_first(home).await;
    the_longest_due_goes_first_and_what_is_in_hand_is_left_out(home).await;
    letters::what_is_due_together_is_settled_together(home).await;
    of_two_attempts_at_once_one_counts(home).await;
    the_newest_attempts_are_kept(home).await;
    what_was_discarded_under_way_stays_so_unless_it_arrived(home).await;
    retry_and_resend_are_two(home).await;
    letters::what_came_back_has_failed(home).await;
    a_receiver_comes_back_with_all_that_waits(home).await;
    who_is_enabled_begins_anew(home).await;
    a_list_is_in_the_order_of_its_ids(home).await;
}

/// The clause of [`Claims`], for homes that several processes tell from. `home` is empty at the start.
pub async fn claims<H: Deliveries + DeliveryDesk + Claims>(home: &H) {
    letters::what_is_claimed_is_nobody_elses(home).await;
}

fn name(name: &str) -> ReceiverName {
    ReceiverName::parse(name).unwrap()
}

fn at(seconds: u64) -> Timestamp {
    THEN.plus(Duration::from_secs(seconds))
}

/// A delivery of a change of the `number`-th submission, born so many seconds after the first.
#[must_use]
pub fn owed(receiver: &str, number: u8, seq: u64, seconds: u64) -> Delivery {
    let change = Change {
        of: reference(number),
        seq,
        state: State::Failed,
        run: 1,
        cause: Some("gave-up".into()),
        at: THEN,
    };
    Delivery::born(name(receiver), change, at(seconds))
}

/// A receiver that may take it later.
#[must_use]
pub fn later() -> Outcome {
    Outcome::Later {
        cause: Cause::new(Code::Timeout, "no answer within 15 s"),
        reply: Reply {
            code: Some(503),
            said: Some("busy".into()),
        },
        after: None,
    }
}

/// A receiver that has it.
#[must_use]
pub fn delivered() -> Outcome {
    Outcome::Delivered(Reply {
        code: Some(204),
        said: None,
    })
}

fn tried(delivery: &Delivery, outcome: &Outcome, at: Timestamp) -> Tried {
    let moment = Moment {
        at,
        took: Duration::from_millis(1250),
        jitter: Jitter::NONE,
        shown: false,
    };
    judge(delivery, ReceiverState::Up, outcome, moment)
}

fn order(verb: DeliveryVerb, seconds: u64) -> Order {
    Order {
        verb,
        signed: signed(seconds),
    }
}

fn signed(seconds: u64) -> Signed {
    Signed {
        by: Actor::parse("Ada").unwrap(),
        at: at(seconds),
        why: Some("it was down".into()),
    }
}

async fn found<H: DeliveryDesk>(home: &H, id: &DeliveryId) -> Delivery {
    home.told(id).await.unwrap().unwrap().delivery
}

async fn nothing_is_owed_at_first<H: Deliveries + DeliveryDesk>(home: &H) {
    let nobody = name("nobody");
    assert_eq!(home.health(&nobody).await.unwrap(), Health::default());
    assert!(home.due(&nobody, at(9), &[], 9).await.unwrap().is_empty());
    assert_eq!(home.oldest(&nobody).await.unwrap(), None);
    assert!(home.standings().await.unwrap().is_empty());
    let absent = owed("nobody", 1, 1, 0);
    assert_eq!(home.told(&absent.id).await.unwrap(), None);
    let acted = home.act(&absent.id, &order(DeliveryVerb::Retry, 0)).await;
    assert_eq!(acted.unwrap(), Acted::Absent);
    let tried = tried(&absent, &delivered(), THEN);
    assert_eq!(home.settle(&tried, &delivered()).await.unwrap(), None);
}

async fn what_is_born_twice_is_owed_once<H: Deliveries + DeliveryDesk>(home: &H) {
    let first = owed("twice", 1, 1, 0);
    home.bear(std::slice::from_ref(&first)).await.unwrap();
    let done = tried(&first, &delivered(), at(1));
    home.settle(&done, &delivered()).await.unwrap().unwrap();
    home.bear(&[owed("twice", 1, 1, 7)]).await.unwrap();
    assert_eq!(found(home, &first.id).await, done.delivery);
}

async fn every_attribute_survives<H: Deliveries + DeliveryDesk>(home: &H) {
    let born = owed("whole", 2, 3, 0);
    home.bear(std::slice::from_ref(&born)).await.unwrap();
    assert_eq!(found(home, &born.id).await, born);
    let first = tried(&born, &later(), at(1));
    let settled = home.settle(&first, &later()).await.unwrap().unwrap();
    assert_eq!(settled.delivery, first.delivery);
    assert_eq!(settled.health.failures, 1);
    assert_eq!(
        home.health(&born.id.receiver).await.unwrap(),
        settled.health
    );
    let told = home.told(&born.id).await.unwrap().unwrap();
    assert_eq!(
        (told.delivery, told.attempts),
        (first.delivery, vec![first.attempt])
    );
    let of: Vec<_> = home.told_of(&born.id.of).await.unwrap();
    assert!(of.iter().all(|told| told.delivery.id.of == born.id.of));
    assert!(of.iter().any(|told| told.delivery.id == born.id));
}

async fn of_one_submission_the_older_change_goes_first<H: Deliveries + DeliveryDesk>(home: &H) {
    let order: Vec<_> = (1..=3).map(|seq| owed("order", 3, seq, 0)).collect();
    home.bear(&[order[2].clone(), order[0].clone(), order[1].clone()])
        .await
        .unwrap();
    let receiver = name("order");
    for next in &order {
        let due = home.due(&receiver, at(60), &[], 9).await.unwrap();
        assert_eq!(due, std::slice::from_ref(next), "one at a time");
        // In hand, it is still before the others.
        let in_hand = [next.id.clone()];
        let due = home.due(&receiver, at(60), &in_hand, 9).await.unwrap();
        assert!(due.is_empty());
        assert_eq!(home.oldest(&receiver).await.unwrap().as_ref(), Some(next));
        let done = tried(next, &delivered(), at(1));
        home.settle(&done, &delivered()).await.unwrap().unwrap();
    }
    assert!(
        home.due(&receiver, at(60), &[], 9)
            .await
            .unwrap()
            .is_empty()
    );
}

async fn the_longest_due_goes_first_and_what_is_in_hand_is_left_out<
    H: Deliveries + DeliveryDesk,
>(
    home: &H,
) {
    let born = [(4, 30), (5, 10), (6, 20), (7, 50)].map(|(number, at)| owed("due", number, 1, at));
    home.bear(&born).await.unwrap();
    let receiver = name("due");
    let due =
        async |but: &[DeliveryId], most| home.due(&receiver, at(40), but, most).await.unwrap();
    let [third, first, second, _] = &born;
    assert_eq!(due(&[], 9).await, [first, second, third].map(Clone::clone));
    let but = [first.id.clone()];
    assert_eq!(due(&but, 1).await, std::slice::from_ref(second));
    assert_eq!(home.oldest(&receiver).await.unwrap().as_ref(), Some(first));
}

async fn of_two_attempts_at_once_one_counts<H: Deliveries + DeliveryDesk>(home: &H) {
    let born = owed("race", 8, 1, 0);
    home.bear(std::slice::from_ref(&born)).await.unwrap();
    let (one, two) = (
        tried(&born, &later(), at(1)),
        tried(&born, &delivered(), at(2)),
    );
    assert!(home.settle(&one, &later()).await.unwrap().is_some());
    assert_eq!(home.settle(&two, &delivered()).await.unwrap(), None);
    assert_eq!(found(home, &born.id).await, one.delivery);
}

async fn the_newest_attempts_are_kept<H: Deliveries + DeliveryDesk>(home: &H) {
    let mut last = owed("many", 9, 1, 0);
    home.bear(std::slice::from_ref(&last)).await.unwrap();
    for second in 1..=u64::from(KEPT_ATTEMPTS) + 5 {
        let again = order(DeliveryVerb::Retry, second);
        home.act(&last.id, &again).await.unwrap();
        let tried = tried(&found(home, &last.id).await, &later(), at(second));
        let settled = home.settle(&tried, &later()).await.unwrap();
        last = settled.unwrap().delivery;
    }
    let told = home.told(&last.id).await.unwrap().unwrap();
    let kept: Vec<u32> = told.attempts.iter().map(|attempt| attempt.n).collect();
    assert_eq!(kept, (6..=KEPT_ATTEMPTS + 5).collect::<Vec<_>>());
}

async fn what_was_discarded_under_way_stays_so_unless_it_arrived<H: Deliveries + DeliveryDesk>(
    home: &H,
) {
    let ends = [
        (10, later(), DeliveryState::Discarded),
        (11, delivered(), DeliveryState::Delivered),
    ];
    for (number, outcome, state) in ends {
        let born = owed("under-way", number, 1, 0);
        home.bear(std::slice::from_ref(&born)).await.unwrap();
        let acted = home.act(&born.id, &order(DeliveryVerb::Discard, 1)).await;
        assert_eq!(acted.unwrap(), Acted::Done);
        let tried = tried(&born, &outcome, at(2));
        let settled = home.settle(&tried, &outcome).await.unwrap().unwrap();
        assert_eq!(settled.delivery.state, state);
        let told = home.told(&born.id).await.unwrap().unwrap();
        assert_eq!((told.delivery.state, told.attempts.len()), (state, 1));
        assert_eq!(told.order, Some(order(DeliveryVerb::Discard, 1)));
    }
}

async fn retry_and_resend_are_two<H: Deliveries + DeliveryDesk>(home: &H) {
    let born = owed("verbs", 12, 1, 0);
    home.bear(std::slice::from_ref(&born)).await.unwrap();
    let act = async |verb, second| home.act(&born.id, &order(verb, second)).await.unwrap();
    let waiting = DeliveryState::Waiting;
    assert_eq!(act(DeliveryVerb::Resend, 1).await, Acted::NotIn(waiting));
    let done = tried(&born, &delivered(), at(2));
    home.settle(&done, &delivered()).await.unwrap().unwrap();
    let there = DeliveryState::Delivered;
    assert_eq!(act(DeliveryVerb::Retry, 3).await, Acted::NotIn(there));
    assert_eq!(act(DeliveryVerb::Discard, 3).await, Acted::NotIn(there));
    assert_eq!(act(DeliveryVerb::Resend, 4).await, Acted::Done);
    let again = found(home, &born.id).await;
    assert_eq!(
        (again.state, again.due_at, again.tries),
        (waiting, at(4), 0)
    );
    assert_eq!(
        (again.attempts, &again.id),
        (1, &born.id),
        "with the id it had"
    );
    assert_eq!(act(DeliveryVerb::Discard, 5).await, Acted::Done);
    assert_eq!(act(DeliveryVerb::Retry, 6).await, Acted::Done);
    assert_eq!(found(home, &born.id).await.state, waiting);
}

async fn a_receiver_comes_back_with_all_that_waits<H: Deliveries + DeliveryDesk>(home: &H) {
    let receiver = name("back");
    let born: Vec<_> = (13..16).map(|number| owed("back", number, 1, 0)).collect();
    home.bear(&born).await.unwrap();
    for one in &born {
        let tried = tried(one, &later(), at(1));
        home.settle(&tried, &later()).await.unwrap().unwrap();
    }
    let back = at(3);
    assert!(home.due(&receiver, back, &[], 9).await.unwrap().is_empty());
    assert_eq!(home.bring_back(&receiver, back, 2).await.unwrap(), 2);
    assert_eq!(home.bring_back(&receiver, back, 2).await.unwrap(), 1);
    let due = home.due(&receiver, back, &[], 9).await.unwrap();
    assert_eq!(due.len(), 3);
    for one in &due {
        assert!(!home.caught_up(&receiver, back).await.unwrap());
        let tried = tried(one, &later(), at(4));
        home.settle(&tried, &later()).await.unwrap().unwrap();
    }
    assert!(home.caught_up(&receiver, back).await.unwrap());
}

async fn who_is_enabled_begins_anew<H: Deliveries + DeliveryDesk>(home: &H) {
    let receiver = name("gone");
    let born = [owed("gone", 17, 1, 0), owed("gone", 18, 1, 0)];
    home.bear(&born).await.unwrap();
    let cause = Cause::new(Code::Refused, "410");
    let gone = Outcome::Gone {
        cause: cause.clone(),
        reply: Reply::default(),
    };
    let tried = tried(&born[0], &gone, at(1));
    let settled = home.settle(&tried, &gone).await.unwrap().unwrap();
    assert_eq!(settled.warning, Some(Warning::Gone { cause }));
    let standing = async || {
        let all = home.standings().await.unwrap();
        all.into_iter()
            .find(|standing| standing.receiver == receiver)
            .unwrap()
    };
    let before = standing().await;
    assert_eq!(before.health.state, ReceiverState::Disabled);
    assert_eq!((before.waiting, before.failed), (2, 0));
    home.enable(&receiver, &signed(9)).await.unwrap();
    let after = standing().await;
    assert_eq!(after.enabled, Some(signed(9)));
    assert_eq!(
        (after.health.state, after.health.back_at),
        (ReceiverState::Up, Some(at(9)))
    );
    let due = home.due(&receiver, at(9), &[], 9).await.unwrap();
    assert!(due.iter().all(|one| (one.tries, one.since) == (0, at(9))));
    assert_eq!(due.len(), 2);
}

async fn a_list_is_in_the_order_of_its_ids<H: Deliveries + DeliveryDesk>(home: &H) {
    let everything = async |filter: &DeliveryFilter| {
        let (mut all, mut after) = (Vec::<Delivery>::new(), None);
        loop {
            let page = home.list(filter, after.as_ref(), 3).await.unwrap();
            after = page.last().map(|last| last.id.clone());
            all.extend(page);
            if after.is_none() {
                return all;
            }
        }
    };
    let all = everything(&DeliveryFilter::default()).await;
    assert!(all.is_sorted_by(|one, next| one.id < next.id) && all.len() > 9);
    let of = |submission: SubmissionRef| Some(submission.form);
    let filters = [
        DeliveryFilter {
            receiver: Some(name("due")),
            since: Some(at(20)),
            until: Some(at(50)),
            ..DeliveryFilter::default()
        },
        DeliveryFilter {
            state: Some(DeliveryState::Waiting),
            cause: Some(Code::Timeout.as_str().into()),
            form: of(reference(1)),
            ..DeliveryFilter::default()
        },
        DeliveryFilter {
            form: FormId::parse("another"),
            ..DeliveryFilter::default()
        },
    ];
    for filter in filters {
        let fit = all.iter().filter(|one| filter.takes(one)).cloned();
        assert_eq!(everything(&filter).await, fit.collect::<Vec<_>>());
    }
}
