//! The function `worker` on AWS: batches of SQS to rows of DynamoDB. What is to be tried again it hides on the queue.

use std::sync::Arc;

use counterfoil_aws::client::{Account, Patience, http};
use counterfoil_aws::{DynamoLedger, Providers, SqsQueue};
use counterfoil_core::suspicion::Guards;
use counterfoil_lambda::{Access, Function, Meter, Service, Settings, batch, forms, telemetry};
use counterfoil_machine::SystemClock;
use worker::Worker;

fn account(access: Access) -> Account {
    let Access {
        region,
        key_id,
        secret,
        session_token,
        endpoint,
    } = access;
    Account {
        region,
        key_id,
        secret,
        session_token,
        endpoint,
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), counterfoil_lambda::Error> {
    let settings = Settings::from_env();
    telemetry::start(&settings);
    let (http, patience) = (http(), Patience::default());
    let (sqs, dynamodb) = (
        account(settings.access(Service::Sqs)?),
        account(settings.access(Service::DynamoDb)?),
    );
    let queue = SqsQueue::new(&sqs, http.clone(), Patience::HIDING, settings.queue_url()?);
    let forms = Arc::new(forms::first_of(settings.forms_directories())?);
    let ledger = DynamoLedger::new(&dynamodb, http, patience, settings.table_name()?);
    let secrets = settings.captcha_secrets(&forms)?;
    let guard = Guards::new(
        ledger.clone(),
        Providers::new(settings.captcha_url()),
        secrets,
    );
    let worker = Worker {
        guard,
        ledger,
        clock: SystemClock,
        forms,
        retry: settings.retry()?,
        parallel: 10, // as many as a batch has: it takes as long as its slowest write
    };
    worker.ledger.warm().await;
    let (worker, queue, meter) = (
        &worker,
        &queue,
        Meter::new(&settings, Function::Worker, SystemClock),
    );
    let settle = |batch: Vec<_>, deadline| async move { worker.handle(&batch, &deadline).await };
    batch::run(
        settle,
        |receipt, seconds| async move { queue.hide(&receipt, seconds).await },
        &meter,
    )
    .await
}
