//! The function over deliveries in memory: what is owed is written down, tried at once, and swept; and nothing hangs on a
//! receiver that hangs.

use std::sync::Arc;
use std::time::Duration;

use counterfoil_core::State;
use counterfoil_core::notice::Change;
use counterfoil_core::parked::Origin;
use counterfoil_telling::delivery::DeliveryState;
use counterfoil_telling::ports::{DeliveryDesk, DeliveryFilter};
use counterfoil_telling::receiver::ReceiverName;
use counterfoil_telling::schedule::Jitter;
use counterfoil_telling::send::{Letter, Outcome};
use counterfoil_testkit::ManualClock;
use counterfoil_testkit::build::reference;
use counterfoil_testkit::contract::deliveries::{delivered, later};
use counterfoil_testkit::deliveries::{Everybody, MemoryDeliveries};

use super::*;

/// `dead` hangs; `bad` takes nothing now; everybody else takes all.
struct Receivers;

impl Sender for Receivers {
    async fn send(&self, letter: &Letter) -> Outcome {
        match letter.receiver.as_str() {
            "dead" => std::future::pending().await,
            "bad" => later(),
            _ => delivered(),
        }
    }
}

struct Function {
    telling: Telling<MemoryDeliveries, Receivers, Everybody>,
    clock: Arc<ManualClock>,
}

impl Function {
    fn of(names: &[&str]) -> Self {
        let clock = Arc::new(ManualClock::new());
        let names = names.iter().map(|name| ReceiverName::parse(name).unwrap());
        let courier = Courier {
            home: MemoryDeliveries::default(),
            sender: Receivers,
            audience: Everybody {
                names: names.collect(),
                shown: false,
                times: None,
            },
            clock: Arc::clone(&clock) as _,
            jitter: Arc::new(|| Jitter::NONE),
        };
        Self {
            telling: Telling::new(courier),
            clock,
        }
    }

    async fn feed(&self, numbers: std::ops::Range<u8>, seconds: u64) -> usize {
        let record = |number| {
            let change = Change {
                of: reference(number),
                seq: 1,
                state: State::Stored,
                run: 0,
                cause: None,
                at: counterfoil_core::ports::Clock::now(&*self.clock),
            };
            Record::Change(Box::new(change), Origin::default())
        };
        let records: Vec<_> = numbers.map(record).collect();
        let left = || Duration::from_secs(seconds);
        self.telling.feed(&records, left).await.done
    }

    async fn count(&self, receiver: &str, state: DeliveryState) -> usize {
        let filter = DeliveryFilter {
            receiver: ReceiverName::parse(receiver),
            state: Some(state),
            ..DeliveryFilter::default()
        };
        let home = &self.telling.courier.home;
        home.list(&filter, None, usize::MAX).await.unwrap().len()
    }
}

#[tokio::test(start_paused = true)]
async fn what_changed_is_told_at_once_and_a_receiver_that_hangs_keeps_it_from_nobody() {
    let function = Function::of(&["crm", "dead"]);
    assert_eq!(function.feed(0..20, 60).await, 20);
    assert_eq!(function.count("crm", DeliveryState::Delivered).await, 20);
    // What is with the one that hangs is claimed, and due again later.
    assert_eq!(function.count("dead", DeliveryState::Waiting).await, 20);
    // The stream gives them once more: nobody is told twice.
    assert_eq!(function.feed(0..20, 60).await, 20);
    assert_eq!(function.count("crm", DeliveryState::Delivered).await, 20);
}

#[tokio::test(start_paused = true)]
async fn what_there_was_no_time_for_is_swept() {
    let function = Function::of(&["crm"]);
    assert_eq!(function.feed(0..50, 10).await, 50);
    assert_eq!(function.count("crm", DeliveryState::Waiting).await, 50);
    function.telling.sweep(|| Duration::from_secs(10)).await;
    assert_eq!(function.count("crm", DeliveryState::Waiting).await, 50);
    function.telling.sweep(|| Duration::from_secs(60)).await;
    assert_eq!(function.count("crm", DeliveryState::Delivered).await, 50);
}

#[tokio::test(start_paused = true)]
async fn what_is_refused_is_tried_as_the_schedule_says() {
    let function = Function::of(&["bad"]);
    function.feed(0..3, 60).await;
    let tries = async || {
        let (home, filter) = (&function.telling.courier.home, DeliveryFilter::default());
        let all = home.list(&filter, None, 9).await.unwrap();
        all.iter().map(|one| one.attempts).sum::<u32>()
    };
    assert_eq!(tries().await, 3);
    function.telling.sweep(|| Duration::from_secs(60)).await;
    assert_eq!(tries().await, 3, "it is not due");
    function.clock.advance(Duration::from_secs(6));
    function.telling.sweep(|| Duration::from_secs(60)).await;
    assert_eq!(tries().await, 6);
    assert_eq!(function.telling.take_untold(), 0, "it will be told yet");
    // Three days of minutes would take long: what is left of its tries is used up in a few.
    for _ in 0..40 {
        function.clock.advance(Duration::from_secs(12 * 60 * 60));
        function.telling.sweep(|| Duration::from_secs(60)).await;
    }
    assert!(function.telling.take_untold() > 0, "a person is told");
    assert_eq!(function.telling.take_untold(), 0, "once");
}
