//! The function `status` on AWS: polls in, answers from the ledger. It reads one row by its key, or what is
//! left of it, and nothing else.

use std::sync::Arc;

use counterfoil_aws::DynamoLedger;
use counterfoil_aws::client::{Account, Patience, http};
use counterfoil_lambda::http::Door;
use counterfoil_lambda::{
    Access, Function, Meter, Service, Settings, forms, http as events, telemetry,
};
use counterfoil_machine::{OsEntropy, SystemClock};
use ingest::Status;
use ingest::function::REFUSALS;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), counterfoil_lambda::Error> {
    let settings = Settings::from_env();
    telemetry::start(&settings);
    let meter = Meter::new(&settings, Function::Status, SystemClock);
    let door = Door {
        edge: settings.edge()?,
        refusals: REFUSALS,
        meter,
    };
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
    let polls = DynamoLedger::new(
        &account,
        http(),
        Patience::default(),
        settings.table_name()?,
    );
    let status = Status {
        keys: Arc::new(settings.keys()?),
        forms: Arc::new(forms::first_of(settings.forms_directories())?),
        polls,
        clock: SystemClock,
        entropy: OsEntropy,
        buries: settings.buries()?,
    };
    status.polls.warm().await;
    events::run(|request| status.handle(request), door).await
}
