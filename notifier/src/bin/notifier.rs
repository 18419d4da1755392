//! The function `notifier` on AWS: the table's stream to notices on SNS.

use counterfoil_aws::client::{Account, Patience, http};
use counterfoil_aws::{NoticeFailures, SnsTopic};
use counterfoil_core::ports::TimeLeft;
use counterfoil_core::publish::Record;
use counterfoil_lambda::{Access, Deadline, Service, Settings, stream, telemetry};
use notifier::{Notifier, Time};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), counterfoil_lambda::Error> {
    let settings = Settings::from_env();
    telemetry::start(&settings);
    let (http, patience) = (http(), Patience::default());
    let publisher = SnsTopic::new(
        &account(settings.access(Service::Sns)?),
        http.clone(),
        patience,
        settings.topic_arn()?,
    );
    let queue = settings.notice_failures_url()?;
    let aside = NoticeFailures::new(
        &account(settings.access(Service::Sqs)?),
        http,
        patience,
        queue,
    );
    let notifier = Notifier {
        publisher,
        stage: settings.stage(),
    };
    notifier.publisher.warm().await;
    let (notifier, aside) = (&notifier, &aside);
    stream::run(|records: Vec<Record>, deadline: Deadline| async move {
        let time = Time {
            left: || deadline.left(),
            call: patience.call,
        };
        notifier.feed(&records, aside, &time).await
    })
    .await
}

fn account(
    Access {
        region,
        key_id,
        secret,
        session_token,
        endpoint,
    }: Access,
) -> Account {
    Account {
        region,
        key_id,
        secret,
        session_token,
        endpoint,
    }
}
