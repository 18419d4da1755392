//! The reference for the worker: a bootstrap with the AWS SDK, tuned as ours are, that writes each message of a batch as
//! it is, all at once, each on the condition that it is not there. It reads no envelope and warms nothing up.
#![allow(
    clippy::disallowed_methods,
    reason = "a bootstrap is told by its environment whom to call"
)]

use aws_credential_types::Credentials;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::{BehaviorVersion, Builder, Region};
use aws_sdk_dynamodb::types::AttributeValue;
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use futures_util::future::join_all;
use lambda_runtime::{Error, LambdaEvent, service_fn};

#[derive(serde::Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Batch {
    records: Vec<Record>,
}

#[derive(serde::Deserialize)]
#[serde(rename_all = "camelCase")]
struct Record {
    message_id: String,
    body: String,
}

#[derive(serde::Serialize)]
#[serde(rename_all = "camelCase")]
struct Answer {
    batch_item_failures: [(); 0],
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
    let (client, table) = (client()?, std::env::var("TABLE_NAME")?);
    let (client, table) = (&client, &table);
    let handle = |event: LambdaEvent<Batch>| async move {
        let puts = event.payload.records.into_iter().map(|record| {
            let put = client
                .put_item()
                .table_name(table)
                .item("pk", AttributeValue::S("contact#0".into()));
            let put = put.item("sk", AttributeValue::S(record.message_id));
            let put = put.item("payload", AttributeValue::S(record.body));
            put.condition_expression("attribute_not_exists(pk)").send()
        });
        for put in join_all(puts).await {
            put?;
        }
        Ok::<_, Error>(Answer {
            batch_item_failures: [],
        })
    };
    lambda_runtime::run(service_fn(handle)).await
}
