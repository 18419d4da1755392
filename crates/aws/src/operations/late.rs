//! Rows of a former version: those whose id does not tell when they came have no place in the index, and no list would
//! find them. One reading of the whole table gives them theirs, some at a time.

use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use counterfoil_core::{Code, Fault, FormId, State, SubmissionId, SubmissionRef, Timestamp};
use futures_util::{StreamExt, TryStreamExt, stream};

use super::key;
use crate::fault::fault;
use crate::item::{self, Item, integer, number, string, text};
use crate::ledger::DynamoLedger;
use crate::query::PARALLEL;

/// What one call of the back-fill did.
#[derive(Clone, Debug, Default)]
pub struct BackFill {
    /// So many items were read.
    pub read: u64,
    /// So many entries got their place.
    pub placed: u64,
    /// What cannot be read, and so has none; each fault names it.
    pub unreadable: Vec<Fault>,
    /// Give this to go on; `None`: this was the last call.
    pub next: Option<String>,
}

/// Has no place yet, and is an entry.
const FILTER: &str = "attribute_not_exists(#view) AND NOT begins_with(pk, :other)";

impl DynamoLedger {
    /// Reads a megabyte of the table, gives each entry in it that lists would not find its place in the index, and says where
    /// to go on. It is to be run once when no function of a former version is left, from `None` to the last call; it may be
    /// broken off, gone on with elsewhere and run again. What changes meanwhile is left as it is: the change gives it its
    /// place. No change of state, and so none that is published.
    pub async fn back_fill(&self, from: Option<String>) -> Result<BackFill, Fault> {
        let start = from
            .map(|from| serde_json::from_str::<(String, String)>(&from))
            .transpose();
        let start = start.map_err(|_| Fault::transient(Code::BadCursor, "no cursor of ours"))?;
        let start = start.map(|(pk, sk)| Item::from(key(&pk, &sk)));
        let scan = self
            .client
            .scan()
            .table_name(&self.table)
            .set_exclusive_start_key(start);
        let scan = scan
            .filter_expression(FILTER)
            .expression_attribute_values(":other", text("!"));
        let names = [("#view", "view"), ("#state", "state"), ("#seq", "seq")];
        let scan = names.into_iter().fold(scan, |scan, (short, full)| {
            scan.expression_attribute_names(short, full)
        });
        let scan = scan.projection_expression("pk, sk, #state, received_at, #seq, #view");
        let answer = scan.send().await.map_err(|error| fault(&error))?;
        let mut done = BackFill {
            read: answer.scanned_count().try_into().unwrap_or(0),
            ..BackFill::default()
        };
        let mut unplaced = Vec::new();
        for item in answer
            .items()
            .iter()
            .filter(|item| is_entry(item) && !item.contains_key("view"))
        {
            match Unplaced::from_item(item) {
                Some(one) => unplaced.extend(one.view().map(|view| (one, view))),
                None => done.unreadable.push(unreadable(item)),
            }
        }
        let writes = stream::iter(unplaced)
            .map(|(one, view)| self.give_place(one, view))
            .buffer_unordered(PARALLEL);
        done.placed = writes
            .try_fold(0, |sum, placed| async move { Ok(sum + u64::from(placed)) })
            .await?;
        let next = answer.last_evaluated_key.as_ref().and_then(place);
        done.next = next.and_then(|next| serde_json::to_string(&next).ok());
        Ok(done)
    }

    /// `false`: it has changed meanwhile.
    async fn give_place(&self, one: Unplaced, view: String) -> Result<bool, Fault> {
        let update = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(item::key(&one.of).into()));
        let update = update
            .update_expression("SET #view = :view")
            .expression_attribute_names("#view", "view");
        let update = update.condition_expression("#seq = :seq AND attribute_not_exists(#view)");
        let update = update.expression_attribute_names("#seq", "seq");
        let update = update.expression_attribute_values(":seq", number(one.seq));
        match update
            .expression_attribute_values(":view", text(&view))
            .send()
            .await
        {
            Ok(_) => Ok(true),
            Err(error) => match error.as_service_error() {
                Some(UpdateItemError::ConditionalCheckFailedException(_)) => Ok(false),
                _ => Err(fault(&error)),
            },
        }
    }
}

/// An entry without a place.
struct Unplaced {
    of: SubmissionRef,
    state: State,
    received_at: Timestamp,
    seq: u64,
}

impl Unplaced {
    fn from_item(item: &Item) -> Option<Self> {
        let (form, _) = string(item, "pk")?.rsplit_once('#')?;
        Some(Self {
            of: SubmissionRef {
                form: FormId::parse_stored(form)?,
                id: SubmissionId::parse(string(item, "sk")?)?,
            },
            state: State::parse(string(item, "state")?)?,
            received_at: Timestamp::from_millis(integer(item, "received_at")?),
            seq: integer(item, "seq")?,
        })
    }

    /// The place that it ought to have, if any.
    fn view(&self) -> Option<String> {
        item::view_of(&self.of, self.state, self.received_at)
    }
}

fn is_entry(item: &Item) -> bool {
    !string(item, "pk").is_some_and(|pk| pk.starts_with('!'))
}

fn place(item: &Item) -> Option<(String, String)> {
    Some((
        string(item, "pk")?.to_owned(),
        string(item, "sk")?.to_owned(),
    ))
}

fn unreadable(item: &Item) -> Fault {
    let (pk, sk) = place(item).unwrap_or_default();
    Fault::transient(
        Code::UnreadableRow,
        format!("the item {pk} {sk} cannot be read; it may be damaged"),
    )
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use counterfoil_testkit::build::{THEN, entry, envelope};
    use serde_json::json;

    use super::*;
    use crate::testing::table::Table;
    use crate::testing::{Service, ledger, told};

    /// As a former version wrote them: every third one's id does not tell when it came.
    fn former(table: &Table, number: u8) {
        let mut row = entry(&envelope(number, "m"), None);
        if number.is_multiple_of(3) {
            row.head.received_at = THEN.plus(Duration::from_secs(3600));
        }
        let mut item = told(&item::item(&row));
        item.as_object_mut().unwrap().remove("view");
        table.put(item);
    }

    fn views(table: &Table) -> usize {
        table
            .items
            .lock()
            .unwrap()
            .values()
            .filter(|item| item.get("view").is_some())
            .count()
    }

    #[tokio::test]
    async fn every_row_of_a_former_version_gets_its_place_once() {
        let table = Table {
            at_once: 10,
            ..Table::default()
        };
        (0..40).for_each(|number| former(&table, number));
        table.put(json!({"pk": {"S": "!mark#contact"}, "sk": {"S": "upto"}}));
        table.put(json!({"pk": {"S": "contact#1"}, "sk": {"S": "what?"}}));
        let (mut from, mut calls, mut all) = (None, 0, BackFill::default());
        loop {
            let done = table.ledger().back_fill(from).await.unwrap();
            (all.read, all.placed, calls) =
                (all.read + done.read, all.placed + done.placed, calls + 1);
            all.unreadable.extend(done.unreadable);
            from = done.next;
            if from.is_none() {
                break;
            }
        }
        assert_eq!(
            (all.read, all.placed, views(&table), calls),
            (42, 14, 14, 5)
        );
        assert!(
            all.unreadable[0].to_string().contains("contact#1 what?") && all.unreadable.len() == 1
        );
        let items = table.items.lock().unwrap().clone();
        assert!(items.values().all(|item| {
            item.get("view")
                .is_none_or(|view| view["S"].as_str().unwrap().starts_with("late#contact#"))
        }));
        assert_eq!(
            Table {
                at_once: 100,
                ..table
            }
            .ledger()
            .back_fill(None)
            .await
            .unwrap()
            .placed,
            0,
            "again"
        );
    }

    #[tokio::test]
    async fn what_changes_meanwhile_is_left_to_the_change() {
        let mut row = entry(&envelope(1, "m"), None);
        row.head.received_at = THEN.plus(Duration::from_secs(3600));
        let mut old = told(&item::item(&row));
        old.as_object_mut().unwrap().remove("view");
        let page = json!({"Items": [old], "Count": 1, "ScannedCount": 7}).to_string();
        let refused =
            r#"{"__type":"com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException"}"#;
        let service = Service::answering(&[(200, &page), (400, refused)]);
        let ledger = ledger(&service);
        let done = ledger.back_fill(None).await.unwrap();
        assert_eq!((done.read, done.placed, done.next), (7, 0, None));
        let asked: serde_json::Value = serde_json::from_str(&service.asked()[1]).unwrap();
        assert_eq!(
            asked["ConditionExpression"],
            "#seq = :seq AND attribute_not_exists(#view)"
        );
        assert_eq!(
            asked["ExpressionAttributeValues"][":view"]["S"],
            "late#contact#7"
        );
        assert!(ledger.back_fill(Some("garbage".into())).await.is_err());
    }
}
