//! A courier over days of virtual time, and killed at every step.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use counterfoil_core::ports::Clock;
use counterfoil_core::{Cause, Code, Timestamp};
use counterfoil_telling::attempt::{Ask, Courier};
use counterfoil_telling::delivery::{Delivery, DeliveryState};
use counterfoil_telling::health::ReceiverState;
use counterfoil_telling::ports::{Deliveries, DeliveryDesk, DeliveryFilter};
use counterfoil_telling::receiver::ReceiverName;
use counterfoil_telling::schedule::Jitter;
use counterfoil_telling::send::{Letter, Outcome, Reply, Sender};
use counterfoil_testkit::ManualClock;
use counterfoil_testkit::contract::deliveries::{delivered, later, owed};
use counterfoil_testkit::deliveries::{Everybody, MemoryDeliveries};
use futures_util::FutureExt;

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3600);

/// Answers by the time.
struct ByTime<F> {
    clock: Arc<ManualClock>,
    answer: F,
    sent: Arc<Mutex<Vec<(Timestamp, String)>>>,
}

impl<F: Fn(Timestamp) -> Outcome + Send + Sync> Sender for ByTime<F> {
    async fn send(&self, letter: &Letter) -> Outcome {
        let now = self.clock.now();
        let id = letter.items[0].id.clone();
        self.sent.lock().unwrap().push((now, id));
        (self.answer)(now)
    }
}

struct Days<F> {
    clock: Arc<ManualClock>,
    receiver: ReceiverName,
    courier: Courier<MemoryDeliveries, ByTime<F>, Everybody>,
    sent: Arc<Mutex<Vec<(Timestamp, String)>>>,
}

impl<F: Fn(Timestamp) -> Outcome + Send + Sync> Days<F> {
    fn new(answer: F) -> Self {
        let clock = Arc::new(ManualClock::new());
        let receiver = ReceiverName::parse("crm").unwrap();
        let sent = Arc::default();
        let courier = Courier {
            home: MemoryDeliveries::default(),
            sender: ByTime {
                clock: Arc::clone(&clock),
                answer,
                sent: Arc::clone(&sent),
            },
            audience: Everybody {
                names: vec![receiver.clone()],
                shown: false,
                times: None,
            },
            clock: clock.clone(),
            jitter: Arc::new(|| Jitter::NONE),
        };
        Self {
            clock,
            receiver,
            courier,
            sent,
        }
    }

    fn owe(&self, number: u8, seq: u64) {
        let change = owed("crm", number, seq, 0).news;
        let born = Delivery::born(self.receiver.clone(), change, self.clock.now());
        let bear = self.courier.home.bear(&[born]).now_or_never();
        bear.unwrap().unwrap();
    }

    /// What the loop does in one round.
    fn round(&self) -> usize {
        async {
            let (home, receiver) = (&self.courier.home, &self.receiver);
            let ask = Ask {
                receiver,
                in_hand: &[],
                most: 4,
                sent: 0,
            };
            let next = self.courier.next(ask).await.unwrap();
            for letter in &next.letters {
                let attempt = self.courier.attempt(letter, next.health.state).await;
                let settled = attempt.unwrap().remove(0);
                if let Some(back_at) = settled.health.back_at {
                    home.bring_back(receiver, back_at, usize::MAX)
                        .await
                        .unwrap();
                    home.caught_up(receiver, back_at).await.unwrap();
                }
            }
            next.letters.len()
        }
        .now_or_never()
        .unwrap()
    }

    /// Lets so much time pass, minute by minute.
    fn pass(&self, time: Duration) {
        let end = self.clock.now().plus(time);
        while self.clock.now() < end {
            while self.round() > 0 {}
            self.clock.advance(MINUTE);
        }
    }

    fn all(&self) -> Vec<Delivery> {
        let filter = DeliveryFilter::default();
        let list = self.courier.home.list(&filter, None, usize::MAX);
        list.now_or_never().unwrap().unwrap()
    }

    fn state(&self) -> ReceiverState {
        let health = self.courier.home.health(&self.receiver);
        health.now_or_never().unwrap().unwrap().state
    }
}

fn start() -> Timestamp {
    ManualClock::new().now()
}

#[test]
fn a_receiver_that_is_down_for_a_day_and_a_half_gets_everything_when_it_is_back() {
    let back = start().plus(HOUR * 36);
    let days = Days::new(move |now| if now < back { later() } else { delivered() });
    for number in 0..30 {
        days.owe(number, 1);
        days.owe(number, 2);
        days.pass(HOUR);
    }
    assert_eq!(days.state(), ReceiverState::Failing);
    let before = days.sent.lock().unwrap().len();
    days.pass(HOUR * 6);
    let probes = days
        .sent
        .lock()
        .unwrap()
        .iter()
        .filter(|(at, _)| *at < back)
        .count()
        - before;
    assert!(probes <= 8, "only the oldest, each hour: {probes}");
    days.pass(HOUR * 2);
    let all = days.all();
    let is_there = |one: &Delivery| one.state == DeliveryState::Delivered;
    assert_eq!((all.len(), all.iter().all(is_there)), (60, true));
    assert_eq!(days.state(), ReceiverState::Up);
    // Of each submission, the first change arrived before the second.
    let sent = days.sent.lock().unwrap();
    let arrived: Vec<_> = sent.iter().filter(|(at, _)| *at >= back).collect();
    for number in 0..30 {
        let of = owed("crm", number, 1, 0).id.of.to_string();
        let ids: Vec<_> = arrived
            .iter()
            .filter(|(_, id)| id.starts_with(&of))
            .collect();
        assert!(
            ids[0].1.contains(":1/") && ids[1].1.contains(":2/"),
            "{ids:?}"
        );
    }
}

#[test]
fn a_receiver_that_never_comes_back_is_left_alone_and_owed_everything() {
    let days = Days::new(|_| later());
    days.owe(1, 1);
    days.pass(HOUR * 30);
    days.owe(2, 1);
    days.pass(HOUR * 60);
    assert_eq!(days.state(), ReceiverState::Disabled);
    let tries = days.sent.lock().unwrap().len();
    days.owe(3, 1);
    days.pass(HOUR * 48);
    assert_eq!(days.sent.lock().unwrap().len(), tries, "nothing is tried");
    let states: Vec<_> = days.all().into_iter().map(|one| one.state).collect();
    let (failed, waiting) = (DeliveryState::Failed, DeliveryState::Waiting);
    assert_eq!(states, [failed, waiting, waiting]);
}

#[test]
fn one_letter_that_is_never_taken_holds_nothing_up() {
    let bad = start().plus(MINUTE);
    let never = |cause| Outcome::Never {
        cause,
        reply: Reply::default(),
    };
    let days = Days::new(move |now| {
        if now < bad {
            never(Cause::new(Code::Refused, "400"))
        } else {
            delivered()
        }
    });
    days.owe(1, 1);
    days.pass(MINUTE);
    days.owe(1, 2);
    days.pass(MINUTE);
    let states: Vec<_> = days.all().into_iter().map(|one| one.state).collect();
    assert_eq!(states, [DeliveryState::Failed, DeliveryState::Delivered]);
}

#[test]
fn killed_at_every_step_it_is_told_again_with_the_id_it_had() {
    // 0: before anything; 1: with the letter on its way; 2: the receiver has it, and nothing is written; 3: written.
    for step in 0..=3 {
        let days = Days::new(|_| delivered());
        days.owe(1, 1);
        {
            let courier = &days.courier;
            let one = days.all().remove(0);
            match step {
                0 => {}
                1 => drop(courier.attempt(std::slice::from_ref(&one), ReceiverState::Up)),
                2 => {
                    courier.home.die_before_settling();
                    let attempt = courier.attempt(std::slice::from_ref(&one), ReceiverState::Up);
                    assert!(attempt.now_or_never().unwrap().is_err());
                }
                _ => assert_eq!(days.round(), 1),
            }
        }
        // Started again.
        days.pass(MINUTE);
        let all = days.all();
        assert_eq!(all[0].state, DeliveryState::Delivered);
        let sent = days.sent.lock().unwrap();
        let ids: Vec<&str> = sent.iter().map(|(_, id)| id.as_str()).collect();
        let id = all[0].id.to_string();
        assert_eq!(ids, vec![id.as_str(); if step == 2 { 2 } else { 1 }]);
    }
}
