//! A digest and a budget, over days of virtual time: what is due together is one letter, and none is lost or told twice.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use counterfoil_core::Timestamp;
use counterfoil_core::ports::Ledger;
use counterfoil_telling::ports::Deliveries;
use counterfoil_telling::receiver::ReceiverName;
use counterfoil_telling::receivers::{Channel, Receivers};
use counterfoil_telling::send::{Letter, Outcome, Sender};
use counterfoil_telling::times::Times;
use counterfoil_testkit::build::{entry, envelope};
use counterfoil_testkit::contract::deliveries::{delivered, later, owed};
use counterfoil_testkit::deliveries::Everybody;

use crate::place::Place;
use crate::telling::{run_for, until};

/// The times that a mailbox with these keys has.
fn times(keys: &str) -> Times {
    let text = format!(
        "[smtp]\nurl = \"smtps://m.example.org\"\n[receivers.owner]\nkind = \"mail\"\n\
         from = \"a@example.org\"\nto = \"b@example.org\"\n{keys}\n"
    );
    let receivers = Receivers::parse(&text, &|_| None).unwrap();
    let owner = receivers
        .get(&ReceiverName::parse("owner").unwrap())
        .unwrap();
    match &owner.channel {
        Channel::Mail(mail) => mail.times.clone(),
        other => panic!("{other:?}"),
    }
}

/// When each letter came, and what it told; the first of each hundred letters is refused for now.
#[derive(Clone, Default)]
struct Mailbox(Arc<Mutex<Taken>>);

#[derive(Default)]
struct Taken {
    calls: usize,
    letters: Vec<(Timestamp, Vec<String>)>,
}

impl Sender for Mailbox {
    async fn send(&self, letter: &Letter) -> Outcome {
        let mut taken = self.0.lock().unwrap();
        taken.calls += 1;
        if taken.calls == 1 {
            return later();
        }
        let told = letter.items.iter().map(|item| item.id.clone()).collect();
        taken.letters.push((letter.at, told));
        delivered()
    }
}

impl Mailbox {
    fn told(&self) -> usize {
        let taken = self.0.lock().unwrap();
        taken.letters.iter().map(|(_, told)| told.len()).sum()
    }
}

fn everybody(keys: &str) -> Everybody {
    Everybody {
        names: vec![ReceiverName::parse("owner").unwrap()],
        shown: false,
        times: Some(times(keys)),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_came_in_a_day_is_one_letter_after_its_end() {
    let place = Place::new();
    let store = Arc::new(place.open());
    let mailbox = Mailbox::default();
    let audience = everybody("when = \"daily\"\nat = \"08:00\"\ntime_zone = \"Europe/Vienna\"");
    let times = audience.times.clone().unwrap();
    let running = run_for(&place, &store, mailbox.clone(), audience).await;
    for number in 0..30 {
        store
            .insert(&entry(&envelope(number, "m"), None))
            .await
            .unwrap();
    }
    let due = times.due(place.now());
    until(&place, || mailbox.told() == 30).await;
    running.end().await;
    let taken = mailbox.0.lock().unwrap();
    // The first try failed: all of it came together all the same.
    assert_eq!((taken.calls, taken.letters.len()), (2, 1));
    assert!(taken.letters[0].0 >= due && taken.letters[0].0.since(due) < Duration::from_secs(3600));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_goes_beyond_a_budget_comes_together_the_next_day() {
    let place = Place::new();
    let store = Arc::new(place.open());
    let mailbox = Mailbox::default();
    let running = run_for(&place, &store, mailbox.clone(), everybody("per_day = 5")).await;
    for number in 0..30 {
        store
            .insert(&entry(&envelope(number, "m"), None))
            .await
            .unwrap();
    }
    until(&place, || mailbox.told() == 30).await;
    running.end().await;
    let taken = mailbox.0.lock().unwrap();
    let sizes: Vec<_> = taken.letters.iter().map(|(_, told)| told.len()).collect();
    assert_eq!(sizes.iter().sum::<usize>(), 30, "{sizes:?}");
    assert!(sizes.len() <= 6 && sizes.last() >= Some(&25), "{sizes:?}");
    let (first, last) = (taken.letters[0].0, taken.letters[sizes.len() - 1].0);
    assert!(
        last.since(first) > Duration::from_secs(60),
        "{first} {last}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_clock_that_was_ahead_has_put_off_is_told_all_the_same() {
    let place = Place::new();
    let store = Arc::new(place.open());
    let audience = Everybody {
        times: None,
        ..everybody("")
    };
    let year = Duration::from_secs(365 * 24 * 60 * 60);
    let mut late = owed("owner", 1, 1, 0);
    late.due_at = place.now().plus(year);
    store.bear(&[late]).await.unwrap();
    let (mailbox, began) = (Mailbox::default(), place.now());
    let running = run_for(&place, &store, mailbox.clone(), audience).await;
    until(&place, || mailbox.told() == 1).await;
    running.end().await;
    let days = place.now().since(began).as_secs() / (24 * 60 * 60);
    assert!(days < 10, "after {days} days");
}
