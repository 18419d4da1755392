//! The function `ingest` on AWS: forms in, envelopes to SQS. It has no permission on the ledger, and no client for it.

use std::sync::Arc;

use counterfoil_aws::SqsQueue;
use counterfoil_aws::client::{Patience, http};
use counterfoil_lambda::{Function, Service, Settings, forms, http as events, telemetry};
use counterfoil_machine::{OsEntropy, SystemClock};
use ingest::{Ingest, Refusals, function};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), counterfoil_lambda::Error> {
    let settings = Settings::from_env();
    telemetry::start(&settings);
    let door = function::door(&settings, Function::Ingest, SystemClock)?;
    let account = settings.account(Service::Sqs)?;
    let queue = SqsQueue::new(&account, http(), Patience::default(), settings.queue_url()?);
    let ingest = Ingest {
        keys: Arc::new(settings.keys()?),
        id_secret: Arc::new(settings.id_secret()?),
        forms: Arc::new(forms::first_of(settings.forms_directories())?),
        queue,
        clock: SystemClock,
        entropy: OsEntropy,
        status_base_url: settings.status_base_url()?,
        refusals: Refusals::default(),
    };
    ingest.queue.warm().await;
    events::run(|request| ingest.handle(request), door).await
}
