//! The table: what of it the code relies on and no emulator applies.

use serde_json::json;

use crate::stack::{Stack, Verdict, ensure, hold};

const TABLE: &str = "Table";

fn is_protected(stack: &Stack) -> Verdict {
    let recovery = stack.property(
        TABLE,
        "PointInTimeRecoverySpecification/PointInTimeRecoveryEnabled",
    );
    ensure(*recovery == true, || "no point-in-time recovery".into())?;
    ensure(
        *stack.property(TABLE, "DeletionProtectionEnabled") == true,
        || "no deletion protection".into(),
    )
}

/// The notifier compares the old state with the new.
fn announces_both_images(stack: &Stack) -> Verdict {
    let images = stack.property(TABLE, "StreamSpecification/StreamViewType");
    ensure(images == "NEW_AND_OLD_IMAGES", || {
        format!("the stream carries {images}")
    })
}

fn forgets_on_time(stack: &Stack) -> Verdict {
    let wanted = json!({"AttributeName": "expires_at", "Enabled": true});
    ensure(
        *stack.property(TABLE, "TimeToLiveSpecification") == wanted,
        || "nothing expires".into(),
    )
}

/// One index, on attributes that only what a person must look at has: so a stored submission is one write unit.
fn has_one_sparse_index(stack: &Stack) -> Verdict {
    let key = |hash: &str, range: &str| json!([{"AttributeName": hash, "KeyType": "HASH"}, {"AttributeName": range, "KeyType": "RANGE"}]);
    ensure(
        *stack.property(TABLE, "KeySchema") == key("pk", "sk"),
        || "the key is another".into(),
    )?;
    let indexes = stack
        .property(TABLE, "GlobalSecondaryIndexes")
        .as_array()
        .ok_or("there is no index")?;
    ensure(indexes.len() == 1, || {
        format!("there are {} indexes", indexes.len())
    })?;
    ensure(
        indexes[0]["KeySchema"] == key("view", "received_at"),
        || "the index has another key".into(),
    )?;
    // What the worklist shows, and nothing that was submitted.
    let listed = [
        "state",
        "cause",
        "attempts",
        "run",
        "verdict_run",
        "updated_at",
        "hold",
    ];
    let carried = json!({"ProjectionType": "INCLUDE", "NonKeyAttributes": listed});
    ensure(indexes[0]["Projection"] == carried, || {
        "the index carries something else".into()
    })
}

fn costs_by_use(stack: &Stack) -> Verdict {
    ensure(
        stack.property(TABLE, "BillingMode") == "PAY_PER_REQUEST",
        || "the table is not on demand".into(),
    )
}

fn place(name: &str) -> String {
    format!("/Resources/Table/Properties/{name}")
}

#[test]
fn the_table_can_be_brought_back() {
    let mutants = [
        Stack::ours().with(
            &place("PointInTimeRecoverySpecification/PointInTimeRecoveryEnabled"),
            false,
        ),
        Stack::ours().without(&place("DeletionProtectionEnabled")),
    ];
    hold(is_protected, &mutants);
}

#[test]
fn the_stream_carries_old_and_new() {
    hold(
        announces_both_images,
        &[Stack::ours().with(&place("StreamSpecification/StreamViewType"), "NEW_IMAGE")],
    );
}

#[test]
fn what_has_a_time_to_live_expires() {
    hold(
        forgets_on_time,
        &[Stack::ours().with(&place("TimeToLiveSpecification/AttributeName"), "ttl")],
    );
}

#[test]
fn the_one_index_is_sparse() {
    let index = place("GlobalSecondaryIndexes/0");
    let mutants = [
        Stack::ours().without(&place("GlobalSecondaryIndexes")),
        Stack::ours().with(&format!("{index}/KeySchema/0/AttributeName"), "state"),
        Stack::ours().with(
            &format!("{index}/Projection"),
            json!({"ProjectionType": "ALL"}),
        ),
        Stack::ours().adding(&format!("{index}/Projection/NonKeyAttributes"), "payload"),
        Stack::ours().adding(
            &place("GlobalSecondaryIndexes"),
            json!({"IndexName": "by-state"}),
        ),
    ];
    hold(has_one_sparse_index, &mutants);
}

#[test]
fn an_idle_table_costs_nothing() {
    hold(
        costs_by_use,
        &[Stack::ours().with(&place("BillingMode"), "PROVISIONED")],
    );
}
