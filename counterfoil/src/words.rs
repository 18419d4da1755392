//! What people and programs read of dead letters, in one spelling everywhere.

use std::time::Duration;

use counterfoil_core::{Cause, Timestamp};
use counterfoil_operations::worklist::{Listed, Waiting};
use serde_json::{Value, json};

/// What one of them is called.
pub(crate) const fn waiting(waiting: Waiting) -> &'static str {
    match waiting {
        Waiting::Failed => "dead letter",
        Waiting::Held => "held submission",
        Waiting::Discarded => "discarded submission",
    }
}

/// How long ago, in its largest unit.
pub(crate) fn age(at: Timestamp, now: Timestamp) -> String {
    span(now.since(at))
}

/// A time in its largest unit.
pub(crate) fn span(time: Duration) -> String {
    let secs = time.as_secs();
    match secs {
        0..60 => format!("{secs}s"),
        60..3600 => format!("{}m", secs / 60),
        3600..86_400 => format!("{}h", secs / 3600),
        _ => format!("{}d", secs / 86_400),
    }
}

/// `1 dead letter`, `2 dead letters`.
pub(crate) fn count(number: u64, what: &str) -> String {
    if number == 1 {
        format!("1 {what}")
    } else {
        format!("{number} {what}s")
    }
}

/// A cause, for programs.
pub(crate) fn cause(cause: &Cause) -> Value {
    json!({
        "code": cause.code,
        "detail": cause.detail,
        "retryable": cause.retryable,
        "fingerprint": cause.fingerprint(),
    })
}

/// One of the list, for programs.
pub(crate) fn listed(row: &Listed) -> Value {
    json!({
        "submission": row.of.to_string(),
        "form": row.of.form,
        "id": row.of.id,
        "state": row.state,
        "received_at": row.received_at,
        "updated_at": row.updated_at,
        "attempts": row.attempts,
        "run": row.run,
        "replayed": row.run > 0,
        "under_way": row.is_awaiting(),
        "cause": row.cause.as_ref().map(cause),
        "hold": row.hold,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_age_is_told_in_its_largest_unit() {
        for (secs, told) in [
            (0, "0s"),
            (59, "59s"),
            (60, "1m"),
            (7199, "1h"),
            (86_400, "1d"),
            (8_640_000, "100d"),
        ] {
            assert_eq!(span(Duration::from_secs(secs)), told);
        }
    }
}
