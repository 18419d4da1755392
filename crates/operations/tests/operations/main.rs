//! Actions and the replay job, on fakes: whatever is done twice, half or by two at once, nothing is lost, nothing is
//! there twice, and `stored` stays.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "tests: a panic is a failed test"
)]

mod causes;
mod deeds;
mod job;
mod late;
mod model;
mod notices;

use counterfoil_testkit::{COUNTED, MemoryLedger, contract};
use futures_util::FutureExt;

#[test]
fn the_fake_keeps_the_contract_of_operations() {
    contract::operations::operations(&MemoryLedger::default())
        .now_or_never()
        .expect("the fake never waits");
}

#[test]
fn the_fake_keeps_the_contract_of_the_catalogue() {
    let checked = async {
        contract::catalogue::catalogue(&MemoryLedger::default()).await;
        contract::catalogue::of_every_form(&MemoryLedger::default()).await;
        contract::catalogue::counting(&MemoryLedger::default(), COUNTED).await;
        let home = MemoryLedger::default();
        contract::catalogue::damaged(&home, async |of| home.damage(of)).await;
    };
    checked.now_or_never().expect("the fake never waits");
}

#[test]
fn the_fake_keeps_the_contract_of_marks() {
    let checked = async {
        contract::marks::marks(&MemoryLedger::default()).await;
        contract::marks::shown(&MemoryLedger::default()).await;
    };
    checked.now_or_never().expect("the fake never waits");
}
