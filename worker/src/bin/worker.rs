//! The function `worker` on AWS: batches of SQS to rows of DynamoDB. What is to be tried again it hides on the queue.

use counterfoil_aws::client::{Patience, http};
use counterfoil_aws::{DynamoLedger, SqsQueue};
use counterfoil_lambda::{Function, Meter, Service, Settings, batch, telemetry};
use counterfoil_machine::SystemClock;

#[path = "../on_aws/guarded.rs"]
mod guarded;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), counterfoil_lambda::Error> {
    let settings = Settings::from_env();
    telemetry::start(&settings);
    let http = http();
    let (sqs, url) = (settings.account(Service::Sqs)?, settings.queue_url()?);
    let queue = SqsQueue::new(&sqs, http.clone(), Patience::HIDING, url);
    let (dynamodb, table) = (settings.account(Service::DynamoDb)?, settings.table_name()?);
    let ledger = DynamoLedger::new(&dynamodb, http, Patience::default(), table);
    let worker = guarded::worker(&settings, ledger)?;
    worker.ledger.warm().await;
    let meter = Meter::new(&settings, Function::Worker, SystemClock);
    let (worker, queue) = (&worker, &queue);
    batch::run(
        |batch: Vec<_>, deadline| async move { worker.handle(&batch, &deadline).await },
        |receipt, seconds| async move { queue.hide(&receipt, seconds).await },
        &meter,
    )
    .await
}
