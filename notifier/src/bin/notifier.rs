//! The function `notifier` on AWS: the table's stream to notices on SNS.

use counterfoil_aws::SnsTopic;
use counterfoil_aws::client::{Account, Patience, http};
use counterfoil_core::notice::Change;
use counterfoil_lambda::{Access, Service, Settings, stream, telemetry};
use notifier::Notifier;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), counterfoil_lambda::Error> {
    let settings = Settings::from_env();
    telemetry::start(&settings);
    let Access { region, key_id, secret, session_token, endpoint } = settings.access(Service::Sns)?;
    let account = Account { region, key_id, secret, session_token, endpoint };
    let publisher = SnsTopic::new(&account, http(), Patience::default(), settings.topic_arn()?);
    let notifier = Notifier { publisher, stage: settings.stage() };
    notifier.publisher.warm().await;
    let notifier = &notifier;
    stream::run(|changes: Vec<Change>| async move { notifier.handle(&changes).await }).await
}
