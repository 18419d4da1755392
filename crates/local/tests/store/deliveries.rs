//! Deliveries on SQLite: their contract, and what only this home has: their birth behind the outbox, damage, and the end
//! of what is done with.

use std::time::Duration;

use counterfoil_core::Timestamp;
use counterfoil_core::notice::Notice;
use counterfoil_core::ports::{Ledger, Publisher};
use counterfoil_local::Store;
use counterfoil_local::deliveries::DELIVERIES;
use counterfoil_operations::history::Actor;
use counterfoil_telling::courier::{Moment, judge};
use counterfoil_telling::delivery::Delivery;
use counterfoil_telling::health::ReceiverState;
use counterfoil_telling::orders::{DeliveryVerb, Order, Signed};
use counterfoil_telling::ports::{Acted, Deliveries, DeliveryDesk, DeliveryFilter};
use counterfoil_telling::receiver::ReceiverName;
use counterfoil_telling::schedule::Jitter;
use counterfoil_testkit::build::{entry, envelope};
use counterfoil_testkit::contract;
use counterfoil_testkit::contract::deliveries::{delivered, later, owed};

use crate::place::Place;

#[tokio::test]
async fn sqlite_keeps_the_contract_of_deliveries() {
    contract::deliveries::deliveries(&Place::new().open()).await;
}

const DAY: Duration = Duration::from_secs(24 * 3600);

fn crm() -> ReceiverName {
    ReceiverName::parse("crm").unwrap()
}

async fn begin(store: &Store) {
    store.begin_deliveries().await.unwrap();
    let names = ["log", DELIVERIES].map(str::to_owned);
    store.register_publishers(names.into()).await.unwrap();
}

async fn settle(store: &Store, number: u8) {
    let row = entry(&envelope(number, "m"), None);
    store.insert(&row).await.unwrap();
}

fn waiting(store: &Store) -> usize {
    store.announced(DELIVERIES, 100).unwrap().len()
}

/// Writes down what is owed of everything that waits.
async fn bear(store: &Store) {
    let batch = store.announced(DELIVERIES, 100).unwrap();
    let born = batch
        .iter()
        .map(|one| Delivery::born(crm(), one.change.clone(), one.change.at))
        .collect();
    let position = batch.last().unwrap().position;
    store.bear_up_to(position, born).await.unwrap();
}

fn all(store: &Store) -> Vec<Delivery> {
    let filter = DeliveryFilter::default();
    store.reader().deliveries(&filter, None, 1000).unwrap()
}

#[tokio::test]
async fn who_is_added_is_owed_what_comes_then() {
    let place = Place::new();
    let store = place.open();
    let log = vec!["log".to_owned()];
    store.register_publishers(log.clone()).await.unwrap();
    settle(&store, 1).await;
    begin(&store).await;
    assert_eq!(waiting(&store), 0);
    settle(&store, 2).await;
    begin(&store).await;
    assert_eq!(waiting(&store), 1, "a restart leaves nothing out");
    bear(&store).await;
    assert_eq!(all(&store).len(), 1);
    // Taken out of the configuration, it holds nothing back, and what it was owed stays.
    settle(&store, 3).await;
    store.register_publishers(log).await.unwrap();
    begin(&store).await;
    assert_eq!((waiting(&store), all(&store).len()), (0, 1));
}

#[tokio::test]
async fn what_was_announced_again_is_owed_once() {
    let place = Place::new();
    let store = place.open();
    begin(&store).await;
    settle(&store, 1).await;
    let again = store.announced(DELIVERIES, 9).unwrap();
    let notice = Notice::new(&again[0].change, "local");
    store.publish(&[notice]).await.pop().unwrap().unwrap();
    assert_eq!(waiting(&store), 2);
    bear(&store).await;
    assert_eq!((waiting(&store), all(&store).len()), (0, 1));
}

/// Two deliveries, the first of which was tried once.
async fn one_tried(store: &Store) -> Delivery {
    let born = [owed("crm", 1, 1, 0), owed("crm", 2, 1, 0)];
    store.bear(&born[..1]).await.unwrap();
    let tried = judge(
        &born[0],
        ReceiverState::Up,
        &later(),
        moment(born[0].due_at),
    );
    store.settle(&tried, &later()).await.unwrap().unwrap();
    store.bear(&born[1..]).await.unwrap();
    born[0].clone()
}

fn moment(at: Timestamp) -> Moment {
    Moment {
        at,
        took: Duration::ZERO,
        jitter: Jitter::NONE,
        shown: false,
    }
}

#[tokio::test]
async fn what_is_damaged_can_be_given_up() {
    let place = Place::new();
    let born = one_tried(&place.open()).await;
    let connection = rusqlite::Connection::open(place.database()).unwrap();
    let sql = "UPDATE deliveries SET due_at = due_at - 1 WHERE attempts = 1";
    assert_eq!(connection.execute(sql, []).unwrap(), 1);
    drop(connection);
    let store = place.open();
    let order = |verb| Order {
        verb,
        signed: Signed {
            by: Actor::parse("Ada").unwrap(),
            at: place.now(),
            why: None,
        },
    };
    let retried = store.act(&born.id, &order(DeliveryVerb::Retry)).await;
    assert!(retried.unwrap_err().is_damage());
    let given_up = store.act(&born.id, &order(DeliveryVerb::Discard)).await;
    assert_eq!(given_up.unwrap(), Acted::Done);
    assert_eq!(store.told(&born.id).await.unwrap(), None);
}

#[tokio::test]
async fn what_is_damaged_is_told_and_not_sent_and_holds_nothing_up() {
    let changes = [
        ("deliveries", "seq = seq + 1"),
        ("deliveries", "entry_state = 'stored'"),
        ("deliveries", "due_at = due_at - 1"),
        ("deliveries", "state = 'waitinG'"),
        ("deliveries", "cause = 'x'"),
        ("attempts", "code = 200"),
        ("receivers", "state = 'disabled'"),
    ];
    for (table, change) in changes {
        let place = Place::new();
        let store = place.open();
        let born = one_tried(&store).await;
        drop(store);
        let connection = rusqlite::Connection::open(place.database()).unwrap();
        let only = if table == "deliveries" {
            "WHERE attempts = 1"
        } else {
            ""
        };
        let sql = format!("UPDATE {table} SET {change} {only}");
        assert_eq!(connection.execute(&sql, []).unwrap(), 1);
        drop(connection);
        let store = place.open();
        let mut found = Vec::new();
        store
            .reader()
            .verify(&mut |finding| {
                found.push(finding);
                true
            })
            .unwrap();
        assert_eq!(found.len(), 1, "{table} {change}: {found:?}");
        let due = store
            .due(&crm(), born.due_at.plus(DAY), &[], 9)
            .await
            .unwrap();
        let expected = if table == "deliveries" { 1 } else { 2 };
        assert_eq!(due.len(), expected, "{table} {change}");
        assert_eq!(
            store.standings().await.unwrap()[0].health.state,
            ReceiverState::Up
        );
    }
}

#[tokio::test]
async fn what_is_done_with_goes_after_a_month_and_what_is_not_stays() {
    let place = Place::new();
    let store = place.open();
    let born =
        [1, 2].map(|number| Delivery::born(crm(), owed("crm", number, 1, 0).news, place.now()));
    store.bear(&born).await.unwrap();
    let tried = judge(
        &born[0],
        ReceiverState::Up,
        &delivered(),
        moment(place.now()),
    );
    store.settle(&tried, &delivered()).await.unwrap().unwrap();
    let mut days = 0;
    while store.reader().told(&born[0].id).unwrap().is_some() {
        place.clock().advance(DAY / 4);
        store.sweep().await.unwrap();
        days += 1;
    }
    assert!((30 * 4..33 * 4).contains(&days), "{days}");
    assert_eq!(all(&store), [born[1].clone()]);
    let connection = rusqlite::Connection::open(place.database()).unwrap();
    let attempts: i64 = connection
        .query_row("SELECT count(*) FROM attempts", [], |row| row.get(0))
        .unwrap();
    assert_eq!(attempts, 0);
}

#[tokio::test]
async fn a_page_of_what_is_due_is_found_by_an_index() {
    let place = Place::new();
    drop(place.open());
    let connection = rusqlite::Connection::open(place.database()).unwrap();
    let plan = |condition: &str| {
        let sql = format!("EXPLAIN QUERY PLAN SELECT * FROM deliveries WHERE {condition}");
        let mut select = connection.prepare(&sql).unwrap();
        let lines = select.query_map([], |row| row.get::<_, String>(3)).unwrap();
        lines.collect::<Result<Vec<_>, _>>().unwrap().join("\n")
    };
    for (condition, index) in [
        (
            "receiver = 'a' AND state = 'waiting' AND due_at <= 5 ORDER BY due_at",
            "deliveries_due",
        ),
        (
            "receiver = 'a' AND state = 'waiting' ORDER BY born_at",
            "deliveries_born",
        ),
        ("id = x'00' AND form = 'a'", "deliveries_of"),
        (
            "done_at IS NOT NULL AND done_at <= 5 ORDER BY done_at",
            "deliveries_done",
        ),
    ] {
        let plan = plan(condition);
        assert!(
            plan.contains(index) && !plan.contains("TEMP B-TREE"),
            "{plan}"
        );
    }
}
