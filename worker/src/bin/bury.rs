//! The function `bury` on AWS: what the queue gave up on becomes a dead letter in DynamoDB. It needs no form.

use std::sync::Arc;

use counterfoil_aws::DynamoLedger;
use counterfoil_aws::client::{Account, Patience, http};
use counterfoil_core::Cause;
use counterfoil_core::settling::{Delivery, RetryPolicy};
use counterfoil_core::suspicion::Unguarded;
use counterfoil_lambda::{Access, Function, Meter, Service, Settings, batch, telemetry};
use counterfoil_machine::SystemClock;
use worker::Worker;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), counterfoil_lambda::Error> {
    let settings = Settings::from_env();
    telemetry::start(&settings);
    let Access {
        region,
        key_id,
        secret,
        session_token,
        endpoint,
    } = settings.access(Service::DynamoDb)?;
    let account = Account {
        region,
        key_id,
        secret,
        session_token,
        endpoint,
    };
    let worker = Worker {
        ledger: DynamoLedger::new(
            &account,
            http(),
            Patience::default(),
            settings.table_name()?,
        ),
        clock: SystemClock,
        forms: Arc::default(),
        // It judges nothing.
        guard: Unguarded,
        retry: RetryPolicy::default(),
        parallel: 1,
    };
    worker.ledger.warm().await;
    let (worker, meter) = (&worker, Meter::new(&settings, Function::Bury, SystemClock));
    let gave_up = |delivery: &Delivery| Cause::gave_up(delivery.receives);
    batch::run_each(
        async |delivery, calls| worker.bury(&delivery, gave_up(&delivery), calls).await,
        &meter,
    )
    .await
}
