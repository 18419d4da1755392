//! The function `status` on AWS: polls in, answers from the ledger. It reads one row by its key, or what is left of it, and
//! the times at which it was seen and answered where its form shows them; and nothing else.

use std::sync::Arc;

use counterfoil_aws::DynamoLedger;
use counterfoil_aws::client::{Patience, http};
use counterfoil_lambda::{Function, Service, Settings, forms, http as events, telemetry};
use counterfoil_machine::{OsEntropy, SystemClock};
use ingest::{Status, function};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), counterfoil_lambda::Error> {
    let settings = Settings::from_env();
    telemetry::start(&settings);
    let door = function::door(&settings, Function::Status, SystemClock)?;
    let (account, table) = (settings.account(Service::DynamoDb)?, settings.table_name()?);
    let status = Status {
        keys: Arc::new(settings.keys()?),
        forms: Arc::new(forms::first_of(settings.forms_directories())?),
        polls: DynamoLedger::new(&account, http(), Patience::default(), table),
        clock: SystemClock,
        entropy: OsEntropy,
        buries: settings.buries()?,
    };
    status.polls.warm().await;
    events::run(|request| status.handle(request), door).await
}
