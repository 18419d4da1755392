//! What keeps deliveries in memory keeps their contract.

use counterfoil_testkit::contract;
use counterfoil_testkit::deliveries::MemoryDeliveries;

#[test]
fn memory_keeps_the_contract_of_deliveries() {
    let home = MemoryDeliveries::default();
    futures_util::FutureExt::now_or_never(contract::deliveries::deliveries(&home)).unwrap();
    let home = MemoryDeliveries::default();
    futures_util::FutureExt::now_or_never(contract::deliveries::claims(&home)).unwrap();
}
