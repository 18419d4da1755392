//! Items by their keys, many in one call.

use std::time::Duration;

use aws_sdk_dynamodb::types::KeysAndAttributes;
use counterfoil_core::{Code, Fault};
use futures_util::{StreamExt, TryStreamExt, stream};

use crate::fault::fault;
use crate::item::{Item, Key};
use crate::ledger::{DynamoLedger, unbuildable};
use crate::query::PARALLEL;

/// Most keys of one call.
const MOST: usize = 100;
/// Calls that get no further.
const TRIES: u32 = 6;
/// Wait after the first of them; twice as long after each further one.
const FIRST_WAIT: Duration = Duration::from_millis(25);

impl DynamoLedger {
    /// The items with these keys, each of them named once, as the last finished write left them. In no order, and
    /// without those that are not there.
    pub(super) async fn items(&self, keys: Vec<Key>) -> Result<Vec<Item>, Fault> {
        let parts: Vec<Vec<Key>> = keys.chunks(MOST).map(<[Key]>::to_vec).collect();
        let calls = stream::iter(parts)
            .map(|keys| self.some_items(keys))
            .buffer_unordered(PARALLEL);
        let items: Vec<Vec<Item>> = calls.try_collect().await?;
        Ok(items.into_iter().flatten().collect())
    }

    /// DynamoDB brings 16 MB at once, and less where it is throttled: what it leaves out is asked for again.
    async fn some_items(&self, keys: Vec<Key>) -> Result<Vec<Item>, Fault> {
        let keys = keys.into_iter().map(Item::from);
        let wanted = KeysAndAttributes::builder()
            .consistent_read(true)
            .set_keys(Some(keys.collect()));
        let mut wanted = wanted.build().map_err(|error| unbuildable(&error))?;
        let (mut items, mut tries) = (Vec::new(), 0);
        while tries < TRIES {
            let asked = wanted.keys().len();
            let call = self
                .client
                .batch_get_item()
                .request_items(&self.table, wanted);
            let answer = call.send().await.map_err(|error| fault(&error))?;
            items.extend(
                answer
                    .responses
                    .into_iter()
                    .flatten()
                    .flat_map(|(_, items)| items),
            );
            let left = answer
                .unprocessed_keys
                .into_iter()
                .flatten()
                .map(|(_, left)| left);
            let Some(left) = left.filter(|left| !left.keys().is_empty()).last() else {
                return Ok(items);
            };
            if left.keys().len() >= asked {
                tries += 1;
                wait(FIRST_WAIT * (1 << tries)).await;
            }
            wanted = left;
        }
        Err(Fault::transient(
            Code::AwsThrottled,
            "items were left out again and again",
        ))
    }
}

#[allow(
    clippy::disallowed_methods,
    reason = "this is the adapter that waits, as the SDK does between its tries"
)]
async fn wait(how_long: Duration) {
    tokio::time::sleep(how_long).await;
}
