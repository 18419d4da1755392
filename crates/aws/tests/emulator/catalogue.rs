//! What an owner reads, and the marks that people make, on DynamoDB.

use aws_sdk_dynamodb::types::AttributeValue;
use counterfoil_aws::client::http;
use counterfoil_core::SubmissionRef;
use counterfoil_testkit::contract;

use crate::given::{self, Emulator, own_client};

#[tokio::test]
async fn the_catalogue_keeps_its_contract() {
    let Some(emulator) = given::with_all() else { return };
    emulator.create_table().await;
    contract::catalogue::catalogue(&emulator.ledger(&emulator.name)).await;
}

#[tokio::test]
async fn entries_are_counted_to_a_thousand() {
    let Some(emulator) = given::with_all() else { return };
    emulator.create_table().await;
    contract::catalogue::counting(&emulator.ledger(&emulator.name), 1_000).await;
}

#[tokio::test]
async fn what_is_damaged_is_told_and_hides_nothing_else() {
    let Some(emulator) = given::with_all() else { return };
    emulator.create_table().await;
    let damage = async |of: &SubmissionRef| damage(&emulator, of).await;
    contract::catalogue::damaged(&emulator.ledger(&emulator.name), damage).await;
}

/// What was submitted is another text than what its hash was made of.
async fn damage(emulator: &Emulator, of: &SubmissionRef) {
    let update = own_client!(aws_sdk_dynamodb, emulator).update_item().table_name(&emulator.name);
    let update = update.key("pk", AttributeValue::S(format!("{}#{}", of.form, of.id.shard())));
    let update = update.key("sk", AttributeValue::S(of.id.to_string())).update_expression("SET payload = :other");
    update.expression_attribute_values(":other", AttributeValue::S("{}".into())).send().await.unwrap();
}

#[tokio::test]
async fn marks_keep_their_contract() {
    let Some(emulator) = given::with_all() else { return };
    emulator.create_table().await;
    let ledger = emulator.ledger(&emulator.name);
    contract::marks::marks(&ledger).await;
    contract::marks::shown(&ledger).await;
}
