//! The reference for the functions that make one call: a bootstrap with the AWS SDK, tuned as ours are, that puts what
//! was posted on the queue as it is. It checks nothing, signs no ticket, knows no form, and warms nothing up.
#![allow(
    clippy::disallowed_methods,
    reason = "a bootstrap is told by its environment whom to call"
)]

use aws_credential_types::Credentials;
use aws_sdk_sqs::Client;
use aws_sdk_sqs::config::{BehaviorVersion, Builder, Region};
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use lambda_runtime::{Error, LambdaEvent, service_fn};

#[derive(serde::Deserialize)]
struct Post {
    body: String,
}

#[derive(serde::Serialize)]
struct Accepted {
    #[serde(rename = "statusCode")]
    status_code: u16,
}

fn client() -> Result<Client, std::env::VarError> {
    let get = |name: &str| std::env::var(name);
    let token = get("AWS_SESSION_TOKEN").ok();
    let credentials = Credentials::new(
        get("AWS_ACCESS_KEY_ID")?,
        get("AWS_SECRET_ACCESS_KEY")?,
        token,
        None,
        "environment",
    );
    let http = aws_smithy_http_client::Builder::new()
        .tls_provider(Provider::Rustls(CryptoMode::Ring))
        .build_https();
    let mut config = Builder::new()
        .behavior_version(BehaviorVersion::v2026_01_12())
        .http_client(http);
    config
        .set_region(Some(Region::new(get("AWS_REGION")?)))
        .set_endpoint_url(get("AWS_ENDPOINT_URL").ok());
    Ok(Client::from_conf(
        config.credentials_provider(credentials).build(),
    ))
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let (client, url) = (client()?, std::env::var("QUEUE_URL")?);
    let (client, url) = (&client, &url);
    let handle = |event: LambdaEvent<Post>| async move {
        client
            .send_message()
            .queue_url(url)
            .message_body(event.payload.body)
            .send()
            .await?;
        Ok::<_, Error>(Accepted { status_code: 202 })
    };
    lambda_runtime::run(service_fn(handle)).await
}
