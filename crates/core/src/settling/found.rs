//! What a delivery says to the settling table: as an envelope, or as bytes that failed for good, with all that can be read
//! of them.

use std::time::Duration;

use super::Delivery;
use crate::cause::Cause;
use crate::entry::Body;
use crate::envelope::{Envelope, Kind, Undecodable};
use crate::settle::{Incoming, Verdict, apart_from};
use crate::submission::{SubmissionId, SubmissionRef};

/// A delivery that failed for good, with all that can be read of it.
#[must_use]
pub fn buried(delivery: &Delivery, cause: Cause) -> (Incoming, Body) {
    if let Some(damage) = &delivery.damage {
        let of = damage.of.clone().unwrap_or_else(|| unknown(delivery));
        return raw(of, delivery, Cause::damaged());
    }
    match Envelope::decode(&delivery.body) {
        Ok(envelope) if envelope.is_intact() => {
            incoming(envelope, delivery, Verdict::Failed(cause), None)
        }
        Ok(Envelope { of, .. })
        | Err(Undecodable::Version { of, .. } | Undecodable::Broken { of: Some(of), .. }) => {
            raw(of, delivery, cause)
        }
        Err(Undecodable::Broken { of: None, .. }) => buried_unread(delivery, cause),
    }
}

/// A delivery that failed for good, with nothing of it read.
#[must_use]
pub fn buried_unread(delivery: &Delivery, cause: Cause) -> (Incoming, Body) {
    raw(unknown(delivery), delivery, cause)
}

/// Where a body is kept that names no submission.
fn unknown(delivery: &Delivery) -> SubmissionRef {
    SubmissionRef {
        form: crate::FormId::unknown(),
        id: SubmissionId::of_unknown_body(&delivery.body),
    }
}

/// What an envelope says to the table, and its body.
pub(super) fn incoming(
    envelope: Envelope,
    delivery: &Delivery,
    verdict: Verdict,
    kept: Option<Duration>,
) -> (Incoming, Body) {
    let apart = apart_from(&envelope.of, Some(&envelope.content), &delivery.body);
    let incoming = Incoming {
        of: envelope.of,
        kind: envelope.kind,
        run: envelope.run,
        content: Some(envelope.content),
        payload_hash: Some(envelope.payload_hash),
        schema: envelope.schema,
        received_at: envelope.received_at,
        attempts: delivery.receives,
        verdict,
        kept,
        apart,
    };
    (incoming, Body::Payload(envelope.payload))
}

fn raw(of: SubmissionRef, delivery: &Delivery, cause: Cause) -> (Incoming, Body) {
    let apart = apart_from(&of, None, &delivery.body);
    let incoming = Incoming {
        of,
        kind: Kind::Submit,
        run: 0,
        content: None,
        payload_hash: None,
        schema: String::new(),
        received_at: delivery.sent_at,
        attempts: delivery.receives,
        verdict: Verdict::Failed(cause),
        kept: None,
        apart,
    };
    (incoming, Body::Raw(delivery.body.clone()))
}
