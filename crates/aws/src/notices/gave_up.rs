//! What Lambda writes of a part of a stream that it gave up on (AWS Lambda, "Retaining discarded batches of events for
//! DynamoDB"): positions, which may be forgotten by now, and when their records came. The times are what helps.

use counterfoil_core::parked::{Origin, Parked, What};
use counterfoil_core::{Cause, Code, Timestamp};
use counterfoil_operations::notices::around;
use serde_json::Value;

/// Reads it; `None`: it is something else.
pub(super) fn read(body: &str) -> Option<Parked> {
    let json: Value = serde_json::from_str(body).ok()?;
    let batch = json.get("DDBStreamBatchInfo")?;
    let time = |name: &str| Timestamp::parse(batch[name].as_str()?);
    let (first, last) = (
        time("approximateArrivalOfFirstRecord")?,
        time("approximateArrivalOfLastRecord")?,
    );
    let (since, until) = around(first.min(last), last.max(first));
    let size = batch["batchSize"].as_u64().unwrap_or(0);
    let why = json["requestContext"]["condition"]
        .as_str()
        .filter(|why| why.bytes().all(|b| b.is_ascii_alphanumeric()));
    let detail = format!(
        "Lambda gave up on {size} changes: {}",
        why.unwrap_or("it does not say why")
    );
    Some(Parked {
        what: What::Span(since, until),
        cause: Cause::new(Code::GaveUp, detail),
        origin: Origin {
            sequence_number: batch["startSequenceNumber"].as_str().map(str::to_owned),
            at: Some(first),
        },
    })
}
