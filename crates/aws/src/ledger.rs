//! The ledger on DynamoDB: one conditional write settles a submission, and a refused one brings the row.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{
    CancellationReason, Put, ReturnValuesOnConditionCheckFailure, TransactWriteItem, Update,
};
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use counterfoil_core::ports::{Entries, Ledger, Polls, Write};
use counterfoil_core::{Entry, Fault, Head, SubmissionRef};

use crate::client::{Account, Patience, configured};
use crate::fault::{fault, refused};
use crate::item::{HEAD, Item, attributes, entry, head, item, key, number, text};
use crate::warm::{self, Knock};

/// One table.
#[derive(Clone, Debug)]
pub struct DynamoLedger {
    client: Client,
    table: String,
}

impl DynamoLedger {
    /// The table called `table`.
    #[must_use]
    pub fn new(account: &Account, http: SharedHttpClient, patience: Patience, table: String) -> Self {
        Self { client: configured!(aws_sdk_dynamodb, account, http, patience), table }
    }

    /// Opens the connection before the first submission or poll needs it; at most a second.
    pub async fn warm(&self) {
        // DynamoDB refuses an empty item, should this call ever go out as it is.
        let call = self.client.put_item().table_name(&self.table).set_item(Some(Item::new()));
        warm::open(call.customize().interceptor(Knock).send()).await;
    }
}

impl Ledger for DynamoLedger {
    async fn insert(&self, entry: &Entry) -> Result<Write, Fault> {
        let put = self.client.put_item().table_name(&self.table).set_item(Some(item(entry)));
        let put = put.condition_expression("attribute_not_exists(pk)");
        let put = put.return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        match put.send().await {
            Ok(_) => Ok(Write::Done),
            Err(error) => match error.as_service_error() {
                Some(PutItemError::ConditionalCheckFailedException(old)) => there(old.item()),
                _ => Err(fault(&error)),
            },
        }
    }

    /// The row and its line of history in one transaction: a verdict that nobody can see later is half a verdict.
    async fn update(&self, next: &Head) -> Result<Write, Fault> {
        let writes = [self.change(next)?, self.line(next)?];
        match self.client.transact_write_items().set_transact_items(Some(writes.to_vec())).send().await {
            Ok(_) => Ok(Write::Done),
            Err(error) => match error.as_service_error() {
                Some(TransactWriteItemsError::TransactionCanceledException(why)) => {
                    canceled(why.cancellation_reasons()).unwrap_or_else(|| Err(fault(&error)))
                }
                _ => Err(fault(&error)),
            },
        }
    }
}

impl Polls for DynamoLedger {
    async fn head(&self, of: &SubmissionRef) -> Result<Option<Head>, Fault> {
        // By place-holders: "state" and others are reserved words of DynamoDB.
        let names: Vec<String> = (0..HEAD.len()).map(|n| format!("#{n}")).collect();
        let key = key(of).into_iter().collect();
        let mut get = self.client.get_item().table_name(&self.table).consistent_read(true).set_key(Some(key));
        for (short, full) in names.iter().zip(HEAD) {
            get = get.expression_attribute_names(short, full);
        }
        let answer = get.projection_expression(names.join(",")).send().await.map_err(|error| fault(&error))?;
        answer.item().map(|item| head(item).ok_or_else(unreadable)).transpose()
    }
}

impl Entries for DynamoLedger {
    async fn entry(&self, of: &SubmissionRef) -> Result<Option<Entry>, Fault> {
        let key = key(of).into_iter().collect();
        let get = self.client.get_item().table_name(&self.table).consistent_read(true).set_key(Some(key));
        let answer = get.send().await.map_err(|error| fault(&error))?;
        answer.item().map(|item| entry(item).ok_or_else(unreadable)).transpose()
    }
}

impl DynamoLedger {
    fn change(&self, next: &Head) -> Result<TransactWriteItem, Fault> {
        let (mut set, mut remove) = (Vec::new(), Vec::new());
        let mut update = Update::builder().table_name(&self.table).set_key(Some(key(&next.of).into_iter().collect()));
        for (name, value) in attributes(next) {
            update = update.expression_attribute_names(format!("#{name}"), name);
            match value {
                Some(value) => {
                    set.push(format!("#{name} = :{name}"));
                    update = update.expression_attribute_values(format!(":{name}"), value);
                }
                None => remove.push(format!("#{name}")),
            }
        }
        let removed = if remove.is_empty() { String::new() } else { format!(" REMOVE {}", remove.join(", ")) };
        let update = update
            .update_expression(format!("SET {}{removed}", set.join(", ")))
            .expression_attribute_values(":before", number(next.seq - 1))
            .condition_expression("#seq = :before")
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        let update = update.build().map_err(|error| unbuildable(&error))?;
        Ok(TransactWriteItem::builder().update(update).build())
    }

    /// One line of history: an item of its own, whose `pk` starts with `!`, which the stream's filter leaves out.
    fn line(&self, next: &Head) -> Result<TransactWriteItem, Fault> {
        let mut item = Item::new();
        item.insert("pk".into(), text(&format!("!history#{}#{}", next.of.form, next.of.id.shard())));
        item.insert("sk".into(), text(&format!("{}#{:010}", next.of.id, next.seq)));
        let kept = ["state", "seq", "verdict_run", "updated_at", "attempts", "cause", "hold"];
        let values = attributes(next).into_iter().filter(|(name, _)| kept.contains(name));
        item.extend(values.filter_map(|(name, value)| Some((name.to_owned(), value?))));
        let put = Put::builder().table_name(&self.table).set_item(Some(item)).build();
        Ok(TransactWriteItem::builder().put(put.map_err(|error| unbuildable(&error))?).build())
    }
}

/// Why a transaction was cancelled: `None` when no reason says so.
fn canceled(reasons: &[CancellationReason]) -> Option<Result<Write, Fault>> {
    let reason = reasons.iter().find(|reason| reason.code().is_some_and(|code| code != "None"))?;
    match reason.code() {
        Some("ConditionalCheckFailed") => Some(there(reason.item())),
        // A conflicting write is under way, or a throttle: both pass.
        code => Some(Err(refused(code, reason.message()))),
    }
}

/// The row that stood in the way. An empty one: there is none.
fn there(old: Option<&Item>) -> Result<Write, Fault> {
    match old.filter(|item| !item.is_empty()) {
        None => Ok(Write::Refused(None)),
        Some(item) => head(item).map(|head| Write::Refused(Some(Box::new(head)))).ok_or_else(unreadable),
    }
}

fn unreadable() -> Fault {
    Fault::transient("unreadable-row", "the row cannot be read as an entry; a newer program may have written it")
}

fn unbuildable(error: &dyn std::fmt::Display) -> Fault {
    Fault::transient("aws-request", error.to_string())
}

#[cfg(test)]
#[path = "ledger_tests.rs"]
mod tests;
