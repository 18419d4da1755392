//! Entries by the time of their last change, for which there is no index: all of one form's partitions are read through,
//! or the whole table, a page at a time. Each page costs what it reads, however little of it is asked for.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use counterfoil_core::{Code, Fault, SubmissionId};
use counterfoil_operations::notices::{Heads, Range};

use crate::DynamoLedger;
use crate::fault::fault;
use crate::item::{HEAD, Item, head, number, string, text};
use crate::ledger::unreadable;

/// Partitions of a form.
const SHARDS: u8 = SubmissionId::SHARDS;

/// Changed since, and no item that is none of an entry's.
const FILTER: &str = "updated_at >= :since AND NOT begins_with(pk, :other)";
/// Those of one partition, whose key a filter may not name.
const FILTER_OF_FORM: &str = "updated_at >= :since";

/// Where the reading is: a partition, and the last key that was read in it.
type Cursor = (u8, Option<(String, String)>);

impl DynamoLedger {
    /// Some heads of entries that have changed since.
    pub(super) async fn changed(
        &self,
        range: &Range,
        from: Option<String>,
    ) -> Result<Heads, Fault> {
        let (shard, after): Cursor = match from {
            None => Cursor::default(),
            Some(from) => serde_json::from_str(&from)
                .map_err(|_| Fault::transient(Code::BadCursor, "no cursor of ours"))?,
        };
        let start =
            after.map(|(pk, sk)| Item::from([("pk".into(), text(&pk)), ("sk".into(), text(&sk))]));
        let (items, last) = match &range.form {
            Some(form) => {
                self.of_partition(&format!("{form}#{shard}"), range, start)
                    .await?
            }
            None => self.of_table(range, start).await?,
        };
        let next = match last.as_ref().map(place).transpose()? {
            Some(after) => Some((shard, Some(after))),
            None => (range.form.is_some() && shard + 1 < SHARDS).then_some((shard + 1, None)),
        };
        let mut heads = Heads {
            next: next.and_then(|next: Cursor| serde_json::to_string(&next).ok()),
            ..Heads::default()
        };
        let is_entry = |item: &&Item| !string(item, "pk").is_some_and(|pk| pk.starts_with('!'));
        for item in items.iter().filter(is_entry) {
            match head(item) {
                Some(head) => heads.rows.push(head),
                None => heads.unreadable.push(of_key(item)),
            }
        }
        Ok(heads)
    }

    async fn of_partition(
        &self,
        pk: &str,
        range: &Range,
        start: Option<Item>,
    ) -> Result<(Vec<Item>, Option<Item>), Fault> {
        let (names, projection) = projection();
        let query = self.beneath(pk).set_exclusive_start_key(start);
        let query = query.filter_expression(FILTER_OF_FORM);
        let query = query.expression_attribute_values(":since", number(range.since.as_millis()));
        let query = query
            .set_expression_attribute_names(Some(names))
            .projection_expression(projection);
        let answer = query.send().await.map_err(|error| fault(&error))?;
        Ok((answer.items.unwrap_or_default(), answer.last_evaluated_key))
    }

    async fn of_table(
        &self,
        range: &Range,
        start: Option<Item>,
    ) -> Result<(Vec<Item>, Option<Item>), Fault> {
        let (names, projection) = projection();
        let scan = self
            .client
            .scan()
            .table_name(&self.table)
            .consistent_read(true)
            .set_exclusive_start_key(start);
        let scan = scan
            .filter_expression(FILTER)
            .expression_attribute_values(":other", text("!"));
        let scan = scan.expression_attribute_values(":since", number(range.since.as_millis()));
        let scan = scan
            .set_expression_attribute_names(Some(names))
            .projection_expression(projection);
        let answer = scan.send().await.map_err(|error| fault(&error))?;
        Ok((answer.items.unwrap_or_default(), answer.last_evaluated_key))
    }
}

/// A head's attributes, by place-holders: some are reserved words of DynamoDB.
fn projection() -> (HashMap<String, String>, String) {
    let names: Vec<String> = (0..HEAD.len()).map(|n| format!("#{n}")).collect();
    let projection = names.join(",");
    (
        names.into_iter().zip(HEAD.map(str::to_owned)).collect(),
        projection,
    )
}

fn place(key: &HashMap<String, AttributeValue>) -> Result<(String, String), Fault> {
    let part = |name| string(key, name).map(str::to_owned).ok_or_else(unreadable);
    Ok((part("pk")?, part("sk")?))
}

fn of_key(item: &Item) -> Fault {
    let key = place(item).map_or_else(
        |_| "an item".to_owned(),
        |(pk, sk)| format!("the item {pk} {sk}"),
    );
    Fault::transient(
        Code::UnreadableRow,
        format!("{key} cannot be read; a newer program may have written it"),
    )
}
