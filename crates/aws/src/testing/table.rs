//! A table that answers queries, gets by key and what the back-fill asks as DynamoDB does: for lists of many partitions, which
//! no script of answers could follow.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use aws_smithy_http_client::test_util::infallible_client_fn;
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use counterfoil_core::Entry;
use serde_json::{Value, json};

use super::{account, told};
use crate::DynamoLedger;
use crate::client::Patience;
use crate::item::item;

type Items = BTreeMap<(String, String), Value>;

/// The items of one table.
#[derive(Clone, Default)]
pub(crate) struct Table {
    /// So many items are read or got at once, as if they were large; 0: as many as may be.
    pub(crate) at_once: usize,
    pub(crate) items: Arc<Mutex<Items>>,
    /// What was asked for, and how often.
    pub(crate) calls: Arc<Mutex<BTreeMap<String, usize>>>,
}

impl Table {
    pub(crate) fn with(entries: &[Entry]) -> Self {
        let table = Self::default();
        entries
            .iter()
            .for_each(|entry| table.put(told(&item(entry))));
        table
    }

    pub(crate) fn put(&self, item: Value) {
        self.items.lock().unwrap().insert(place(&item), item);
    }

    /// Changes the entry's item.
    pub(crate) fn change(&self, entry: &Entry, change: impl FnOnce(&mut Value)) {
        let place = place(&told(&item(entry)));
        change(self.items.lock().unwrap().get_mut(&place).unwrap());
    }

    pub(crate) fn ledger(&self) -> DynamoLedger {
        let table = self.clone();
        let answer = move |request: http::Request<aws_smithy_types::body::SdkBody>| {
            let target = request.headers()["x-amz-target"].to_str().unwrap();
            let name = target.rsplit_once('.').unwrap().1.to_owned();
            let asked: Value = serde_json::from_slice(request.body().bytes().unwrap()).unwrap();
            *table.calls.lock().unwrap().entry(name.clone()).or_default() += 1;
            let (status, body) = table.answer(&name, &asked);
            http::Response::builder()
                .status(status)
                .body(body.to_string())
                .unwrap()
        };
        DynamoLedger::new(
            &account(),
            self.http(answer),
            Patience::default(),
            "entries".into(),
        )
    }

    #[allow(clippy::unused_self, reason = "as the scripted service has it")]
    fn http(
        &self,
        answer: impl Fn(http::Request<aws_smithy_types::body::SdkBody>) -> http::Response<String>
        + Send
        + Sync
        + 'static,
    ) -> SharedHttpClient {
        infallible_client_fn(answer)
    }

    fn answer(&self, name: &str, asked: &Value) -> (u16, Value) {
        match name {
            "Query" => (200, self.query(asked)),
            "BatchGetItem" => (200, self.get(asked)),
            "Scan" => (200, self.scan(asked)),
            "UpdateItem" => self.update(asked),
            other => panic!("no table of these tests is asked for {other}"),
        }
    }

    fn query(&self, asked: &Value) -> Value {
        let values = &asked["ExpressionAttributeValues"];
        if values[":pk"]["S"] == "!forms" {
            let items = self.items.lock().unwrap();
            let there = items.values().filter(|item| item["pk"] == values[":pk"]);
            return page(there, asked, false);
        }
        let is_index = asked["IndexName"] == "view";
        assert!(
            !is_index || asked["ConsistentRead"] != true,
            "DynamoDB refuses it"
        );
        let names = if is_index {
            ["view", ":view"]
        } else {
            ["pk", ":pk"]
        };
        let bounds = if is_index {
            [":low", ":high"]
        } else {
            [":first", ":last"]
        };
        let [low, high] = bounds.map(|name| sort(&values[name]));
        assert!(low <= high, "DynamoDB refuses it");
        let items = self.items.lock().unwrap();
        let in_it = items
            .values()
            .filter(|item| item.get(names[0]) == Some(&values[names[1]]));
        let mut rows: Vec<(String, &Value)> = in_it
            .map(|item| {
                (
                    sort(&item[if is_index { "received_at" } else { "sk" }]),
                    item,
                )
            })
            .filter(|(sort, _)| (&low..=&high).contains(&sort))
            .collect();
        rows.sort_by_key(|(sort, item)| (sort.clone(), place(item)));
        if asked["ScanIndexForward"] == false {
            rows.reverse();
        }
        page(rows.into_iter().map(|(_, item)| item), asked, is_index)
    }

    fn scan(&self, asked: &Value) -> Value {
        let asked =
            json!({"Limit": self.most(), "ExclusiveStartKey": asked.get("ExclusiveStartKey")});
        let mut answer = page(self.items.lock().unwrap().values(), &asked, false);
        answer["ScannedCount"] = answer["Count"].clone();
        answer
    }

    const fn most(&self) -> usize {
        if self.at_once == 0 { 100 } else { self.at_once }
    }

    fn get(&self, asked: &Value) -> Value {
        let (table, wanted) = asked["RequestItems"]
            .as_object()
            .unwrap()
            .iter()
            .next()
            .unwrap();
        let keys = wanted["Keys"].as_array().unwrap();
        let places: BTreeSet<_> = keys.iter().map(place).collect();
        assert!(
            places.len() == keys.len() && keys.len() <= 100 && !keys.is_empty(),
            "DynamoDB refuses it"
        );
        let items = self.items.lock().unwrap();
        let came: Vec<_> = keys
            .iter()
            .take(self.most())
            .filter_map(|key| items.get(&place(key)))
            .collect();
        let mut left = wanted.clone();
        left["Keys"] = keys.iter().skip(self.most()).cloned().collect();
        let unprocessed = if keys.len() > self.most() {
            json!({ table: left })
        } else {
            json!({})
        };
        json!({"Responses": { table: came }, "UnprocessedKeys": unprocessed})
    }

    /// Of the back-fill: a `view`, where there is none and `seq` is as it was.
    fn update(&self, asked: &Value) -> (u16, Value) {
        let mut items = self.items.lock().unwrap();
        let values = &asked["ExpressionAttributeValues"];
        match items.get_mut(&place(&asked["Key"])) {
            Some(item) if item["seq"] == values[":seq"] && item.get("view").is_none() => {
                item["view"] = values[":view"].clone();
                (200, json!({}))
            }
            _ => (
                400,
                json!({"__type": "com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException"}),
            ),
        }
    }
}

fn place(item: &Value) -> (String, String) {
    let part = |name: &str| item[name]["S"].as_str().unwrap().to_owned();
    (part("pk"), part("sk"))
}

/// What an attribute sorts by.
fn sort(value: &Value) -> String {
    let number = |digits: &str| format!("{:020}", digits.parse::<i128>().unwrap());
    value["N"]
        .as_str()
        .map_or_else(|| value["S"].as_str().unwrap().to_owned(), number)
}

/// So many as are asked for, after the key that is given; and the key of the last, where there may be more.
fn page<'a>(items: impl Iterator<Item = &'a Value>, asked: &Value, is_index: bool) -> Value {
    let limit = asked["Limit"]
        .as_u64()
        .map_or(usize::MAX, |limit| usize::try_from(limit).unwrap());
    let start = asked
        .get("ExclusiveStartKey")
        .filter(|key| !key.is_null())
        .map(place);
    let mut items: Vec<&Value> = items.collect();
    if let Some(start) = start {
        let at = items.iter().position(|item| place(item) == start).unwrap();
        items.drain(..=at);
    }
    let is_cut = items.len() >= limit;
    items.truncate(limit);
    let mut answer = json!({"Items": items, "Count": items.len()});
    if let Some(last) = items.last().filter(|_| is_cut) {
        let names: &[&str] = if is_index {
            &["pk", "sk", "view", "received_at"]
        } else {
            &["pk", "sk"]
        };
        answer["LastEvaluatedKey"] = names
            .iter()
            .map(|name| ((*name).to_owned(), last[*name].clone()))
            .collect();
    }
    answer
}
