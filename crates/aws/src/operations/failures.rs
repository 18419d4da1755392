//! Every failure, of whichever entry: history's lines, by way of the sparse index, some partitions at a time.

use aws_sdk_dynamodb::types::AttributeValue;
use counterfoil_core::{Cause, Code, Fault, FormId, SubmissionId, SubmissionRef, Timestamp};
use counterfoil_operations::worklist::{Failure, Failures};
use futures_util::{StreamExt, TryStreamExt, stream};

use crate::fault::fault;
use crate::item::{Item, integer, number, string, text};
use crate::ledger::{DynamoLedger, unreadable};
use crate::line::VERDICT;
use crate::query::{PARALLEL, limit};

/// How far the reading has come, as the caller carries it: the last partition that was begun, and those that were not
/// read to their end.
type Cursor = (Option<String>, Vec<Open>);
/// A partition, and the key of the last line read there: `received_at`, `pk`, `sk`. No key: it is not begun.
type Open = (String, Option<(i64, String, String)>);

impl DynamoLedger {
    pub(super) async fn failed(
        &self,
        from: Option<String>,
        most: usize,
    ) -> Result<Failures, Fault> {
        let (begun, mut open) = match from {
            None => Cursor::default(),
            Some(from) => serde_json::from_str(&from)
                .map_err(|_| Fault::transient(Code::BadCursor, "no cursor of ours"))?,
        };
        let mut fresh = self.partitions(VERDICT, None).await?;
        fresh.retain(|partition| begun.as_ref().is_none_or(|begun| partition > begun));
        let width = most.clamp(1, PARALLEL);
        let mut fresh = fresh
            .into_iter()
            .map(|partition| (partition, None))
            .peekable();
        let mut waiting = open.split_off(open.len().min(width));
        while open.len() < width
            && let Some(partition) = fresh.next()
        {
            open.push(partition);
        }
        let begun = open
            .iter()
            .map(|(partition, _)| partition)
            .max()
            .cloned()
            .max(begun);
        let reads = stream::iter(open).map(|open| self.lines(open, (most / width).max(1)));
        let reads: Vec<(Vec<Failure>, Option<Open>)> =
            reads.buffer_unordered(PARALLEL).try_collect().await?;
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
    async fn lines(
        &self,
        (partition, after): Open,
        most: usize,
    ) -> Result<(Vec<Failure>, Option<Open>), Fault> {
        let start = after.map(|(at, pk, sk)| key(&partition, at, &pk, &sk));
        let answer = self
            .index(&partition)
            .limit(limit(most))
            .set_exclusive_start_key(start)
            .send()
            .await;
        let answer = answer.map_err(|error| fault(&error))?;
        let rows = answer
            .items()
            .iter()
            .map(|item| failure(item).ok_or_else(unreadable))
            .collect::<Result<_, _>>()?;
        let Some(last) = answer.last_evaluated_key else {
            return Ok((rows, None));
        };
        let place = |name| string(&last, name).map(str::to_owned);
        let after = || Some((integer(&last, "received_at")?, place("pk")?, place("sk")?));
        Ok((
            rows,
            Some((partition, Some(after().ok_or_else(unreadable)?))),
        ))
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
    let form = string(item, "pk")?
        .strip_prefix("!history#")?
        .rsplit_once('#')?
        .0;
    let id = string(item, "sk")?.split_once('#')?.0;
    Some(Failure {
        of: SubmissionRef {
            form: FormId::parse_stored(form)?,
            id: SubmissionId::parse(id)?,
        },
        at: Timestamp::from_millis(integer(item, "received_at")?),
        cause: serde_json::from_str::<Cause>(string(item, "cause")?).ok()?,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::testing::{Service, ledger};

    fn last() -> Value {
        json!({
            "view": {"S": "verdict#contact#0"},
            "received_at": {"N": "5"},
            "pk": {"S": "!history#contact#8"},
            "sk": {"S": "01a20552-ef38-7101-8101-010101010101#0000000001"},
        })
    }

    #[tokio::test]
    async fn a_reading_goes_on_where_it_was_and_ends() {
        let forms = r#"{"Items":[{"pk":{"S":"!forms"},"sk":{"S":"contact"}}]}"#;
        let mut line = last();
        line["cause"] = json!({"S": serde_json::to_string(&Cause::gave_up(20)).unwrap()});
        let begun = json!({"Items": [line], "LastEvaluatedKey": last()}).to_string();
        let mut answers = vec![(200, forms), (200, begun.as_str())];
        answers.extend([(200, forms), (200, r#"{"Items":[]}"#)].repeat(8));
        let service = Service::answering(&answers);
        let ledger = ledger(&service);
        let (mut rows, mut from, mut calls) = (Vec::new(), None, 0);
        loop {
            let failures = ledger.failed(from, 1).await.unwrap();
            rows.extend(failures.rows);
            (from, calls) = (failures.next, calls + 1);
            if from.is_none() {
                break;
            }
        }
        assert_eq!(
            (rows.len(), calls),
            (1, 9),
            "one partition twice, seven once"
        );
        assert_eq!(
            (rows[0].at.as_millis(), rows[0].cause.code.as_str()),
            (5, "gave-up")
        );
        let asked: Vec<Value> = service
            .asked()
            .iter()
            .map(|body| serde_json::from_str(body).unwrap())
            .collect();
        assert_eq!(asked[3]["ExclusiveStartKey"], last());
        assert_eq!(
            asked[17]["ExpressionAttributeValues"][":view"]["S"],
            "verdict#contact#7"
        );
        assert!(ledger.failed(Some("garbage".into()), 1).await.is_err());
    }
}
