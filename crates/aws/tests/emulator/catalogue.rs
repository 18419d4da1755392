//! What an owner reads, and the marks that people make, on DynamoDB.

use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use counterfoil_aws::client::http;
use counterfoil_core::ports::Ledger;
use counterfoil_core::{FormId, SubmissionRef};
use counterfoil_operations::catalogue::{Scope, Spot};
use counterfoil_operations::worklist::SortOrder;
use counterfoil_testkit::build::{THEN, entry, envelope};
use counterfoil_testkit::contract;

use crate::given::{self, Emulator, own_client};

#[tokio::test]
async fn the_catalogue_keeps_its_contract() {
    let Some(emulator) = given::with_all() else {
        return;
    };
    emulator.create_table().await;
    contract::catalogue::catalogue(&emulator.ledger(&emulator.name)).await;
}

#[tokio::test]
async fn all_forms_are_one_list() {
    let Some(emulator) = given::with_all() else {
        return;
    };
    emulator.create_table().await;
    let forms = ["shelf-a", "shelf-b", "shelf-c"].map(|form| FormId::parse(form).unwrap());
    let ledger = emulator.ledger(&emulator.name).with_forms(forms);
    contract::catalogue::of_every_form(&ledger).await;
}

#[tokio::test]
async fn entries_are_counted_to_a_thousand() {
    let Some(emulator) = given::with_all() else {
        return;
    };
    emulator.create_table().await;
    contract::catalogue::counting(&emulator.ledger(&emulator.name), 1_000).await;
}

#[tokio::test]
async fn what_is_damaged_is_told_and_hides_nothing_else() {
    let Some(emulator) = given::with_all() else {
        return;
    };
    emulator.create_table().await;
    let damage = async |of: &SubmissionRef| damage(&emulator, of).await;
    contract::catalogue::damaged(&emulator.ledger(&emulator.name), damage).await;
}

/// What was submitted is another text than what its hash was made of.
async fn damage(emulator: &Emulator, of: &SubmissionRef) {
    change(emulator, of, "SET payload = :other", Some("{}")).await;
}

async fn change(emulator: &Emulator, of: &SubmissionRef, how: &str, other: Option<&str>) {
    let update = own_client!(aws_sdk_dynamodb, emulator)
        .update_item()
        .table_name(&emulator.name);
    let update = update.key(
        "pk",
        AttributeValue::S(format!("{}#{}", of.form, of.id.shard())),
    );
    let update = update
        .key("sk", AttributeValue::S(of.id.to_string()))
        .update_expression(how);
    let update = if how.contains("#view") {
        update.expression_attribute_names("#view", "view")
    } else {
        update
    };
    let values =
        other.map(|other| [(":other".to_owned(), AttributeValue::S(other.to_owned()))].into());
    update
        .set_expression_attribute_values(values)
        .send()
        .await
        .unwrap();
}

#[tokio::test]
async fn what_a_former_version_wrote_is_found_after_the_back_fill() {
    let Some(emulator) = given::with_all() else {
        return;
    };
    emulator.create_table().await;
    let ledger = emulator.ledger(&emulator.name);
    let mut rows: Vec<_> = (0..20)
        .map(|number| entry(&envelope(number, "m"), None))
        .collect();
    for row in rows.iter_mut().step_by(2) {
        row.head.received_at = THEN.plus(Duration::from_secs(3600));
    }
    for row in &rows {
        ledger.insert(row).await.unwrap();
        change(&emulator, &row.head.of, "REMOVE #view", None).await;
    }
    let of_form = Scope {
        form: Some(rows[0].head.of.form.clone()),
        ..Scope::default()
    };
    let listed =
        async || contract::catalogue::all(&ledger, &of_form, SortOrder::OldestFirst, 50).await;
    assert_eq!(listed().await.len(), 10, "the others are at no place");
    let (mut placed, mut from) = (0, None);
    loop {
        let done = ledger.back_fill(from).await.unwrap();
        assert!(done.unreadable.is_empty());
        placed += done.placed;
        from = done.next;
        if from.is_none() {
            break;
        }
    }
    let mut expected: Vec<Spot> = rows.iter().map(Spot::from_entry).collect();
    expected.sort();
    assert_eq!((placed, listed().await), (10, expected));
}

#[tokio::test]
async fn marks_keep_their_contract() {
    let Some(emulator) = given::with_all() else {
        return;
    };
    emulator.create_table().await;
    let ledger = emulator.ledger(&emulator.name);
    Box::pin(contract::marks::marks(&ledger)).await;
    contract::marks::shown(&ledger).await;
}
