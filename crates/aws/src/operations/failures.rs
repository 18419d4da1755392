//! Every failure, of whichever entry: history's lines, by way of the sparse index, some partitions at a time.

use aws_sdk_dynamodb::types::AttributeValue;
use counterfoil_core::operations::worklist::{Failure, Failures};
use counterfoil_core::{Cause, Fault, FormId, SubmissionId, SubmissionRef, Timestamp};
use futures_util::{StreamExt, TryStreamExt, stream};

use super::PARALLEL;
use crate::fault::fault;
use crate::item::{Item, integer, number, string, text};
use crate::ledger::{DynamoLedger, unreadable};
use crate::line::VERDICT;

/// How far the reading has come, as the caller carries it: the last partition that was begun, and those that were not
/// read to their end.
type Cursor = (Option<String>, Vec<Open>);
/// A partition, and the key of the last line read there: `received_at`, `pk`, `sk`. No key: it is not begun.
type Open = (String, Option<(i64, String, String)>);

impl DynamoLedger {
    pub(super) async fn failed(&self, from: Option<String>, most: usize) -> Result<Failures, Fault> {
        let (begun, mut open) = match from {
            None => Cursor::default(),
            Some(from) => {
                serde_json::from_str(&from).map_err(|_| Fault::transient("bad-cursor", "no cursor of ours"))?
            }
        };
        let mut fresh = self.partitions(VERDICT, None).await?;
        fresh.retain(|partition| begun.as_ref().is_none_or(|begun| partition > begun));
        let width = most.clamp(1, PARALLEL);
        let mut fresh = fresh.into_iter().map(|partition| (partition, None)).peekable();
        let mut waiting = open.split_off(open.len().min(width));
        while open.len() < width
            && let Some(partition) = fresh.next()
        {
            open.push(partition);
        }
        let begun = open.iter().map(|(partition, _)| partition).max().cloned().max(begun);
        let reads = stream::iter(open).map(|open| self.lines(open, (most / width).max(1)));
        let reads: Vec<(Vec<Failure>, Option<Open>)> = reads.buffer_unordered(PARALLEL).try_collect().await?;
        let mut rows = Vec::new();
        for (some, open) in reads {
            rows.extend(some);
            waiting.extend(open);
        }
        let is_last = waiting.is_empty() && fresh.peek().is_none();
        let next = (!is_last).then(|| serde_json::to_string(&(begun, waiting)).unwrap_or_default());
        Ok(Failures { rows, next })
    }

    /// Some lines of a partition, and where it goes on.
    async fn lines(&self, (partition, after): Open, limit: usize) -> Result<(Vec<Failure>, Option<Open>), Fault> {
        let start = after.map(|(at, pk, sk)| key(&partition, at, &pk, &sk));
        let answer = self.index(&partition, limit).set_exclusive_start_key(start).send().await;
        let answer = answer.map_err(|error| fault(&error))?;
        let rows = answer.items().iter().map(|item| failure(item).ok_or_else(unreadable)).collect::<Result<_, _>>()?;
        let Some(last) = answer.last_evaluated_key else { return Ok((rows, None)) };
        let place = |name| string(&last, name).map(str::to_owned);
        let after = || Some((integer(&last, "received_at")?, place("pk")?, place("sk")?));
        Ok((rows, Some((partition, Some(after().ok_or_else(unreadable)?)))))
    }
}

/// A key of the index and the table, as DynamoDB gave it.
fn key(partition: &str, at: i64, pk: &str, sk: &str) -> Item {
    let parts: [(String, AttributeValue); 4] = [
        ("view".into(), text(partition)),
        ("received_at".into(), number(at)),
        ("pk".into(), text(pk)),
        ("sk".into(), text(sk)),
    ];
    parts.into()
}

/// Reads what the index holds of a line.
fn failure(item: &Item) -> Option<Failure> {
    let form = string(item, "pk")?.strip_prefix("!history#")?.rsplit_once('#')?.0;
    let id = string(item, "sk")?.split_once('#')?.0;
    Some(Failure {
        of: SubmissionRef { form: FormId::parse_stored(form)?, id: SubmissionId::parse(id)? },
        at: Timestamp::from_millis(integer(item, "received_at")?),
        cause: serde_json::from_str::<Cause>(string(item, "cause")?).ok()?,
    })
}
