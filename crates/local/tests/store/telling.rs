//! The loop that tells receivers: a dead one delays nobody, nothing is lost or told out of order, and the end has a bound.

mod kills;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use counterfoil_core::notice::Change;
use counterfoil_core::ports::Ledger;
use counterfoil_core::{FormId, State, SubmissionId, SubmissionRef};
use counterfoil_local::Store;
use counterfoil_local::deliveries::DELIVERIES;
use counterfoil_local::loops::{TellPace, Telling, start_telling};
use counterfoil_telling::attempt::Courier;
use counterfoil_telling::delivery::{Delivery, DeliveryState};
use counterfoil_telling::ports::{Deliveries, DeliveryDesk, DeliveryFilter};
use counterfoil_telling::receiver::ReceiverName;
use counterfoil_telling::schedule::Jitter;
use counterfoil_telling::send::{Letter, Outcome, Sender};
use counterfoil_testkit::build::{entry, envelope};
use counterfoil_testkit::contract::deliveries::{delivered, later};
use counterfoil_testkit::deliveries::Everybody;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::place::Place;

/// Longer than anything here takes, on whatever machine.
const DEADLINE: Duration = Duration::from_secs(240);
const PACE: TellPace = TellPace {
    at_once: 128,
    patience: Duration::from_secs(60),
    gap: Duration::from_millis(1),
    look: Duration::from_millis(5),
    last: Duration::from_millis(50),
};

/// One that hangs for `dead`, and fails three of ten letters to anybody else.
#[derive(Clone, Default)]
struct Moody {
    calls: Arc<AtomicU64>,
    under_way: Arc<AtomicUsize>,
    arrived: Arc<Mutex<Vec<(String, u64)>>>,
}

impl Sender for Moody {
    async fn send(&self, letter: &Letter) -> Outcome {
        self.under_way.fetch_add(1, Ordering::SeqCst);
        if letter.receiver.as_str() == "dead" {
            std::future::pending::<()>().await;
        }
        let call = self.calls.fetch_add(1, Ordering::SeqCst);
        tokio::task::yield_now().await;
        if call.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 32 & 0xff < 77 {
            return later();
        }
        let item = &letter.items[0];
        let told = (item.id.clone(), item.news.seq());
        self.arrived.lock().unwrap().push(told);
        delivered()
    }
}

pub(crate) struct Running {
    stop: watch::Sender<bool>,
    loops: JoinSet<()>,
}

impl Running {
    pub(crate) async fn end(mut self) {
        self.stop.send(true).unwrap();
        while let Some(ended) = self.loops.join_next().await {
            ended.unwrap();
        }
    }
}

async fn run<S: Sender + 'static>(
    place: &Place,
    store: &Arc<Store>,
    sender: S,
    receivers: &[&str],
) -> Running {
    let names = receivers.iter().map(|name| ReceiverName::parse(name));
    let audience = Everybody {
        names: names.map(Option::unwrap).collect(),
        shown: false,
        times: None,
    };
    run_for(place, store, sender, audience).await
}

/// Tells this audience.
pub(crate) async fn run_for<S: Sender + 'static>(
    place: &Place,
    store: &Arc<Store>,
    sender: S,
    audience: Everybody,
) -> Running {
    store.begin_deliveries().await.unwrap();
    let publishers = vec![DELIVERIES.to_owned()];
    store.register_publishers(publishers).await.unwrap();
    let (stop, stopping) = watch::channel(false);
    let mut loops = JoinSet::new();
    let courier = Courier {
        home: Arc::clone(store),
        sender,
        audience,
        clock: place.clock(),
        jitter: Arc::new(|| Jitter::NONE),
    };
    let telling = Telling {
        courier,
        pace: PACE,
    };
    start_telling(&mut loops, telling, &stopping);
    Running { stop, loops }
}

/// Waits until it is so, while time passes on the place's clock.
#[allow(clippy::disallowed_methods, reason = "tests run in real time")]
pub(crate) async fn until(place: &Place, mut done: impl FnMut() -> bool) {
    let start = Instant::now();
    // The place's days must not outrun what is done in them.
    let mut looks = tokio::time::interval(Duration::from_millis(2));
    while !done() {
        assert!(start.elapsed() < DEADLINE, "never");
        place.clock().advance(Duration::from_secs(60));
        looks.tick().await;
    }
}

fn in_state(store: &Store, receiver: &str, state: DeliveryState) -> Vec<Delivery> {
    let filter = DeliveryFilter {
        receiver: ReceiverName::parse(receiver),
        state: Some(state),
        ..DeliveryFilter::default()
    };
    store
        .reader()
        .deliveries(&filter, None, usize::MAX)
        .unwrap()
}

fn change(number: u64, seq: u64) -> Change {
    let mut id = [7; 16];
    id[8..].copy_from_slice(&number.to_be_bytes());
    Change {
        of: SubmissionRef {
            form: FormId::parse("contact").unwrap(),
            id: SubmissionId::from_bytes(id),
        },
        seq,
        state: State::Stored,
        run: 0,
        cause: None,
        at: counterfoil_testkit::build::THEN,
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_changes_reach_a_receiver_that_fails_three_of_ten() {
    let place = Place::new();
    let store = Arc::new(place.open());
    let crm = ReceiverName::parse("crm").unwrap();
    let born: Vec<_> = (0..2500)
        .flat_map(|number| (1..=4).map(move |seq| change(number, seq)))
        .map(|change| Delivery::born(crm.clone(), change, place.now()))
        .collect();
    store.bear(&born).await.unwrap();
    let sender = Moody::default();
    let running = run(&place, &store, sender.clone(), &["crm"]).await;
    until(&place, || {
        store.reader().standings().unwrap()[0].waiting == 0
    })
    .await;
    running.end().await;
    assert_eq!(in_state(&store, "crm", DeliveryState::Failed), []);
    let arrived = sender.arrived.lock().unwrap();
    let distinct: BTreeSet<_> = arrived.iter().map(|(id, _)| id).collect();
    let owed: BTreeSet<_> = born.iter().map(|one| one.id.to_string()).collect();
    assert!(
        distinct.into_iter().eq(&owed),
        "each change, and nothing else"
    );
    let mut order = BTreeMap::<&str, Vec<u64>>::new();
    for (id, seq) in arrived.iter() {
        let of = id.split_once(':').unwrap().0;
        order.entry(of).or_default().push(*seq);
    }
    assert!(
        order.values().all(|seqs| seqs.is_sorted()),
        "of each submission in order"
    );
    assert!(sender.calls.load(Ordering::SeqCst) > 13_000, "it did fail");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_receiver_that_hangs_delays_no_other_and_not_the_end() {
    let place = Place::new();
    let store = Arc::new(place.open());
    let sender = Moody::default();
    let running = run(&place, &store, sender.clone(), &["dead", "crm"]).await;
    for number in 0..100 {
        let row = entry(&envelope(number, "m"), None);
        store.insert(&row).await.unwrap();
    }
    until(&place, || {
        in_state(&store, "crm", DeliveryState::Delivered).len() == 100
    })
    .await;
    assert_eq!(in_state(&store, "dead", DeliveryState::Waiting).len(), 100);
    let begun = sender.under_way.load(Ordering::SeqCst) - 100;
    assert!(begun >= PACE.at_once.min(100));
    let end = tokio::time::timeout(Duration::from_secs(7), running.end());
    end.await.unwrap();
    // What was under way is owed still, as it was.
    let dead = in_state(&store, "dead", DeliveryState::Waiting);
    assert!(dead.len() == 100 && dead.iter().all(|one| one.attempts == 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_another_process_orders_is_noticed() {
    let place = Place::new();
    let store = Arc::new(place.open());
    let running = run(&place, &store, Moody::default(), &["crm"]).await;
    let row = entry(&envelope(1, "m"), None);
    store.insert(&row).await.unwrap();
    until(&place, || {
        !in_state(&store, "crm", DeliveryState::Delivered).is_empty()
    })
    .await;
    let before = in_state(&store, "crm", DeliveryState::Delivered).remove(0);
    let visiting = Store::visit(&place.database(), place.clock()).unwrap();
    let order = counterfoil_telling::orders::Order {
        verb: counterfoil_telling::orders::DeliveryVerb::Resend,
        signed: counterfoil_telling::orders::Signed {
            by: counterfoil_operations::history::Actor::parse("Ada").unwrap(),
            at: place.now(),
            why: None,
        },
    };
    visiting.act(&before.id, &order).await.unwrap();
    until(&place, || {
        let now = in_state(&store, "crm", DeliveryState::Delivered);
        now.first()
            .is_some_and(|now| now.attempts > before.attempts)
    })
    .await;
    running.end().await;
}
