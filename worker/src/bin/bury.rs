//! The function `bury` on AWS: what the queue gave up on becomes a dead letter in DynamoDB. It needs no form.

use counterfoil_aws::DynamoLedger;
use counterfoil_aws::client::{Patience, http};
use counterfoil_core::Cause;
use counterfoil_core::settling::Delivery;
use counterfoil_lambda::{Function, Meter, Service, Settings, batch, telemetry};
use counterfoil_machine::SystemClock;
use worker::Worker;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), counterfoil_lambda::Error> {
    let settings = Settings::from_env();
    telemetry::start(&settings);
    let (account, table) = (settings.account(Service::DynamoDb)?, settings.table_name()?);
    let ledger = DynamoLedger::new(&account, http(), Patience::default(), table);
    let worker = Worker::burying(ledger, SystemClock);
    worker.ledger.warm().await;
    let (worker, meter) = (&worker, Meter::new(&settings, Function::Bury, SystemClock));
    let gave_up = |delivery: &Delivery| Cause::gave_up(delivery.receives);
    batch::run_each(
        async |delivery, calls| worker.bury(&delivery, gave_up(&delivery), calls).await,
        &meter,
    )
    .await
}
