//! Counters on DynamoDB: an item each, in the table beside the entries. Its `pk` starts with `!`, which the stream leaves
//! out, and its time to live removes it.
//!
//! ```text
//! pk  !count#{name}
//! sk  -
//! ```
//!
//! One counter is one item, which takes some 1000 updates a second: a form with a budget of its own settles no more than
//! that many in one.

use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue};
use counterfoil_core::Fault;
use counterfoil_core::ports::{Counter, Counters};

use crate::fault::fault;
use crate::item::{Item, number, text};
use crate::ledger::{DynamoLedger, unreadable};

const COUNT: &str = "amount";

impl Counters for DynamoLedger {
    /// One update; it also asks, so that the worker needs no permission to read.
    async fn add(&self, counter: &Counter, by: i32) -> Result<i64, Fault> {
        let key: Item = [
            ("pk".into(), text(&format!("!count#{}", counter.name))),
            ("sk".into(), text("-")),
        ]
        .into();
        let update = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(key));
        let update = update
            .update_expression("ADD #count :by SET #until = :until")
            .expression_attribute_names("#count", COUNT)
            .expression_attribute_names("#until", "expires_at")
            .expression_attribute_values(":by", number(by))
            .expression_attribute_values(":until", number(counter.until.as_secs()))
            .return_values(ReturnValue::UpdatedNew);
        let answer = update.send().await.map_err(|error| fault(&error))?;
        let count = answer
            .attributes()
            .and_then(|attributes| attributes.get(COUNT));
        let count = count.and_then(|count: &AttributeValue| count.as_n().ok()?.parse().ok());
        count.ok_or_else(unreadable)
    }
}
