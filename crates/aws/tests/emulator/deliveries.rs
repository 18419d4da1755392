//! What receivers are owed, on an emulator's table.

use std::time::Duration;

use counterfoil_telling::delivery::DeliveryId;
use counterfoil_telling::ports::{Deliveries, DeliveryDesk, DeliveryFilter};
use counterfoil_telling::receiver::ReceiverName;
use counterfoil_testkit::build::THEN;
use counterfoil_testkit::contract;
use counterfoil_testkit::contract::deliveries::owed;

use crate::given;

#[tokio::test]
async fn deliveries_keep_their_contract() {
    let Some(emulator) = given::with_all() else {
        return;
    };
    emulator.create_table().await;
    let ledger = emulator.ledger(&emulator.name);
    contract::deliveries::deliveries(&ledger).await;
    contract::deliveries::claims(&ledger).await;
}

#[tokio::test]
async fn more_than_a_page_is_listed_brought_back_and_enabled() {
    let Some(emulator) = given::with_all() else {
        return;
    };
    emulator.create_table().await;
    let desk = emulator.ledger(&emulator.name);
    let born: Vec<_> = (0..60)
        .flat_map(|number| (1..=4).map(move |seq| owed("crm", number, seq, u64::from(number))))
        .collect();
    desk.bear(&born).await.unwrap();
    let (mut ids, mut after) = (Vec::<DeliveryId>::new(), None);
    loop {
        let filter = DeliveryFilter::default();
        let page = desk.list(&filter, after.as_ref(), 77).await.unwrap();
        let Some(last) = page.last() else { break };
        after = Some(last.id.clone());
        ids.extend(page.into_iter().map(|one| one.id));
    }
    let mut expected: Vec<_> = born.iter().map(|one| one.id.clone()).collect();
    expected.sort();
    assert_eq!(ids, expected);

    let crm = ReceiverName::parse("crm").unwrap();
    assert_eq!(desk.standings().await.unwrap()[0].waiting, 240);
    // Of each submission the first alone is due; the later ones wait with it.
    let then = THEN.plus(Duration::from_secs(1000));
    let due = desk.due(&crm, then, &[], 1000).await.unwrap();
    assert_eq!(due.len(), 60);
    let brought = desk.bring_back(&crm, THEN, 150).await.unwrap();
    assert_eq!(brought, 150);
    let late = DeliveryFilter::default();
    let all = desk.list(&late, None, 1000).await.unwrap();
    assert_eq!(all.iter().filter(|one| one.due_at == THEN).count(), 154);
}
