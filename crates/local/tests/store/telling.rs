//! The loop that tells receivers: a dead one delays nobody, nothing is lost or told out of order, and the end has a bound.

mod kills;

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use counterfoil_core::ports::Ledger;
use counterfoil_core::{Cause, Envelope, FormId, SubmissionId, SubmissionRef};
use counterfoil_local::Store;
use counterfoil_local::deliveries::DELIVERIES;
use counterfoil_local::loops::{SLOWED_BY, TellPace, Telling, start_telling};
use counterfoil_operations::act::{Acted, Acting, discard_one};
use counterfoil_operations::history::Verb;
use counterfoil_telling::attempt::Courier;
use counterfoil_telling::delivery::{Delivery, DeliveryState};
use counterfoil_telling::ports::{DeliveryDesk, DeliveryFilter};
use counterfoil_telling::receiver::ReceiverName;
use counterfoil_telling::schedule::Jitter;
use counterfoil_telling::send::{Letter, Outcome, Sender};
use counterfoil_testkit::ManualClock;
use counterfoil_testkit::build::{deed, entry, envelope, forms};
use counterfoil_testkit::contract::deliveries::{delivered, later};
use counterfoil_testkit::deliveries::Everybody;
use futures_util::StreamExt;
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
    rest: 0,
};

/// One that hangs for `dead`, fails each try for `bad`, and fails three of ten tries for anybody else.
#[derive(Clone, Default)]
struct Moody {
    under_way: Arc<AtomicUsize>,
    bad_tries: Arc<AtomicUsize>,
    tries: Arc<Mutex<BTreeMap<String, u64>>>,
    arrived: Arc<Mutex<Vec<(String, u64)>>>,
}

impl Moody {
    /// Whether a try fails is settled by its letter and number, whichever comes first: no run has one that fails each time.
    fn fails(&self, id: &str) -> bool {
        let mut tries = self.tries.lock().unwrap();
        let n = tries.entry(id.to_owned()).or_default();
        *n += 1;
        let mut hash = DefaultHasher::new();
        (id, *n).hash(&mut hash);
        *n < 9 && hash.finish() % 10 < 3
    }

    fn all_tries(&self) -> u64 {
        self.tries.lock().unwrap().values().sum()
    }
}

impl Sender for Moody {
    async fn send(&self, letter: &Letter) -> Outcome {
        self.under_way.fetch_add(1, Ordering::SeqCst);
        if letter.receiver.as_str() == "dead" {
            std::future::pending::<()>().await;
        }
        tokio::task::yield_now().await;
        let item = &letter.items[0];
        if letter.receiver.as_str() == "bad" {
            self.bad_tries.fetch_add(1, Ordering::SeqCst);
            return later();
        }
        if self.fails(&item.id) {
            return later();
        }
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
    run_for(place, store, sender, everybody(receivers)).await
}

fn everybody(receivers: &[&str]) -> Everybody {
    let names = receivers.iter().map(|name| ReceiverName::parse(name));
    Everybody {
        names: names.map(Option::unwrap).collect(),
        shown: false,
        times: None,
    }
}

/// Tells this audience.
pub(crate) async fn run_for<S: Sender + 'static>(
    place: &Place,
    store: &Arc<Store>,
    sender: S,
    audience: Everybody,
) -> Running {
    let how = How {
        pace: PACE,
        audience,
    };
    run_at(place, store, sender, how).await
}

/// Whom to tell, and how fast.
struct How {
    pace: TellPace,
    audience: Everybody,
}

async fn run_at<S: Sender + 'static>(
    place: &Place,
    store: &Arc<Store>,
    sender: S,
    How { pace, audience }: How,
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
    let telling = Telling { courier, pace };
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

fn submission(number: u64) -> SubmissionRef {
    let mut id = [7; 16];
    id[8..].copy_from_slice(&number.to_be_bytes());
    SubmissionRef {
        form: FormId::parse("contact").unwrap(),
        id: SubmissionId::from_bytes(id),
    }
}

/// A submission fails and is discarded: two changes, each announced with its commit.
async fn change_twice(acting: &Acting<'_, Store, ManualClock>, of: SubmissionRef) {
    let sent = Envelope {
        of: of.clone(),
        ..envelope(1, "m")
    };
    let row = entry(&sent, Some(Cause::gave_up(20)));
    acting.home.insert(&row).await.unwrap();
    let acted = discard_one(&of, &deed(Verb::Discard), acting).await;
    assert!(matches!(acted, Ok(Acted::Done(_))), "{acted:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_changes_reach_a_receiver_that_fails_three_of_ten() {
    let place = Place::new();
    let store = Arc::new(place.open());
    let sender = Moody::default();
    let running = run(&place, &store, sender.clone(), &["crm"]).await;
    let acting = Acting {
        home: &*store,
        clock: &*place.clock(),
        forms: &forms(),
    };
    let changes = (0..5000).map(|number| change_twice(&acting, submission(number)));
    let changes = futures_util::stream::iter(changes).buffer_unordered(256);
    changes.collect::<()>().await;
    until(&place, || {
        // In this order: what is announced no more is born.
        let is_born = store.announced(DELIVERIES, 1).unwrap().is_empty();
        let standings = store.reader().standings().unwrap();
        is_born && standings.iter().all(|one| one.waiting == 0)
    })
    .await;
    running.end().await;
    assert_eq!(in_state(&store, "crm", DeliveryState::Failed), []);
    let arrived = sender.arrived.lock().unwrap();
    let distinct: BTreeSet<_> = arrived.iter().map(|(id, _)| id.clone()).collect();
    let owed =
        (0..5000).flat_map(|number| [1, 2].map(|seq| format!("{}:{seq}/crm", submission(number))));
    assert!(
        distinct == owed.collect(),
        "each change, and nothing else: {}",
        distinct.len()
    );
    assert_eq!(
        arrived.len(),
        distinct.len(),
        "nothing twice without an end"
    );
    let mut order = BTreeMap::<&str, Vec<u64>>::new();
    for (id, seq) in arrived.iter() {
        let of = id.split_once(':').unwrap().0;
        order.entry(of).or_default().push(*seq);
    }
    assert!(
        order.values().all(|seqs| *seqs == [1, 2]),
        "of each submission in order"
    );
    assert!(sender.all_tries() > 13_000, "it did fail");
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

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_receiver_that_fails_again_and_again_is_tried_slowly() {
    let place = Place::new();
    let store = Arc::new(place.open());
    let sender = Moody::default();
    let pace = TellPace {
        at_once: 8,
        gap: Duration::from_secs(3600),
        ..PACE
    };
    let how = How {
        pace,
        audience: everybody(&["bad", "crm"]),
    };
    let running = run_at(&place, &store, sender.clone(), how).await;
    for number in 0..100 {
        let row = entry(&envelope(number, "m"), None);
        store.insert(&row).await.unwrap();
    }
    let tries = || sender.bad_tries.load(Ordering::SeqCst);
    // As long as another takes to get everything.
    until(&place, || {
        let told = in_state(&store, "crm", DeliveryState::Delivered).len();
        told == 100 && tries() >= SLOWED_BY as usize
    })
    .await;
    running.end().await;
    assert_eq!(in_state(&store, "bad", DeliveryState::Waiting).len(), 100);
    // What was under way before it was seen to fail, and the one of this hour.
    let most = SLOWED_BY as usize - 1 + pace.at_once + 1;
    assert!(tries() <= most, "{}", tries());
}
