//! Each outage of the guide: what it does to what is measured, and how soon it has to ring.

use super::{HOUR, LONGEST, STREAM_RETRY, Seen, WAKING, counted, gauge, retries};
use crate::stack::{Stack, source};

/// The longest that a call of AWS's may take: `Patience::default()`.
fn patience() -> Result<i64, String> {
    let text = source("crates/aws/src/client.rs");
    let (_, rest) = text
        .split_once("impl Default for Patience")
        .and_then(|(_, rest)| rest.split_once("call: Duration::from_secs("))
        .ok_or("no patience is known")?;
    rest.split(')')
        .next()
        .and_then(|digits| digits.parse().ok())
        .ok_or_else(|| "no patience is known".into())
}

/// More than this many ring.
fn above(stack: &Stack, alarm: &str) -> Result<Seen, String> {
    Ok(counted(stack.number(alarm, "Threshold")? + 1))
}

/// An outage, the alarm that it rings, and from when on the minutes count.
type Row = (
    &'static str,
    &'static str,
    &'static str,
    fn(&Stack, &str) -> Result<Seen, String>,
);

pub(super) const ROWS: [Row; 19] = [
    (
        "The ledger hangs",
        "Retrying",
        "the first submission",
        |stack, _| retries(stack, patience()?),
    ),
    (
        "The ledger refuses, or a permission on it is gone",
        "Retrying",
        "the first submission",
        |stack, _| retries(stack, 0),
    ),
    (
        "The ledger refuses or hangs, seen by polls",
        "FrontDoorFails",
        "the fifth poll",
        |_, _| Ok(counted(5)),
    ),
    (
        "`worker` cannot start: a captcha's secret is missing",
        "WorkerErrors",
        "the first submission",
        above,
    ),
    (
        "`worker` is not called: its mapping or a permission on the queue is gone",
        "Stuck",
        "the first submission",
        |_, _| Ok(gauge(WAKING)),
    ),
    (
        "`bury` cannot start",
        "BuryerErrors",
        "the first message in the dead-letter queue",
        above,
    ),
    (
        "`bury` fails",
        "NotBuried",
        "the first message in the dead-letter queue",
        |_, _| Ok(gauge(0)),
    ),
    (
        "`bury` is not called: its mapping or a permission on the queue is gone",
        "NotBuried",
        "the first message in the dead-letter queue",
        |_, _| Ok(gauge(WAKING)),
    ),
    (
        "`ingest` cannot start: a secret is missing or none",
        "IngestErrors",
        "the first post",
        above,
    ),
    (
        "`status` cannot start: a secret is missing or none",
        "StatusErrors",
        "the first poll",
        above,
    ),
    (
        "The queue refuses or hangs, or the permission to send is gone",
        "IntakeRefuses",
        "the second post",
        above,
    ),
    (
        "The KMS key is off: no function runs",
        "FrontDoorFails",
        "the fifth request",
        |_, _| Ok(counted(5)),
    ),
    (
        "The KMS key is off: what waits stays",
        "Stuck",
        "the first submission that waits",
        |_, _| Ok(gauge(WAKING)),
    ),
    (
        "The API cannot call a function, or not read its answer",
        "FrontDoorFails",
        "the fifth request",
        |_, _| Ok(counted(5)),
    ),
    (
        "The topic refuses or hangs, or the permission to publish is gone",
        "NoticesLate",
        "the first change",
        |stack, alarm| {
            let oldest = stack.number(alarm, "Threshold")? / 1000;
            Ok(Seen {
                at: (1..20).map(|again| oldest + again * STREAM_RETRY).collect(),
                needed: 1,
            })
        },
    ),
    (
        "`notifier` cannot start",
        "NotifierErrors",
        "the first change",
        above,
    ),
    (
        "`notifier` is not called: its mapping or a permission on the stream is gone",
        "NoticesStopped",
        "the first change, with one an hour",
        |_, _| {
            Ok(Seen {
                at: (0..LONGEST / HOUR).map(|hour| hour * HOUR).collect(),
                needed: 1,
            })
        },
    ),
    (
        "A notice cannot be published for good",
        "NoticesGivenUp",
        "its parking",
        |_, _| Ok(gauge(WAKING)),
    ),
    (
        "A submission became a dead letter",
        "FailedEntries",
        "its entry",
        above,
    ),
];
