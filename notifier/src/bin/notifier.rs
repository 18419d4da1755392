//! The function `notifier` on AWS: the table's stream to notices on SNS.

use counterfoil_aws::client::{Patience, http};
use counterfoil_aws::{NoticeFailures, SnsTopic};
use counterfoil_core::ports::TimeLeft;
use counterfoil_core::publish::Record;
use counterfoil_lambda::{Deadline, Service, Settings, stream, telemetry};
use notifier::{Notifier, Time};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), counterfoil_lambda::Error> {
    let settings = Settings::from_env();
    telemetry::start(&settings);
    let (http, patience) = (http(), Patience::default());
    let sns = settings.account(Service::Sns)?;
    let publisher = SnsTopic::new(&sns, http.clone(), patience, settings.topic_arn()?);
    let sqs = settings.account(Service::Sqs)?;
    let aside = NoticeFailures::new(&sqs, http, patience, settings.notice_failures_url()?);
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
