//! Dead letters put into a home's data directory while nobody serves it.

use std::sync::Arc;

use counterfoil_core::ports::{Ledger, Queue};
use counterfoil_core::{
    Cause, Entry, FormId, Payload, Retryable, SubmissionId, SubmissionRef, Timestamp,
};
use counterfoil_local::{DataDir, Store};
use counterfoil_machine::SystemClock;
use counterfoil_testkit::build::{THEN, entry, envelope};
use futures_util::{StreamExt, stream};
use serde_json::json;

use crate::server::Machine;

/// The `number`-th submission to a form, a second after the one before.
pub(crate) fn reference(form: &str, number: u32) -> SubmissionRef {
    let mut random = [0; 10];
    random[..4].copy_from_slice(&number.to_be_bytes());
    SubmissionRef {
        form: FormId::parse(form).unwrap(),
        id: SubmissionId::fresh(accepted_at(number), random),
    }
}

/// When it was accepted.
pub(crate) fn accepted_at(number: u32) -> Timestamp {
    Timestamp::from_millis(THEN.as_millis() - 1_000_000_000 + i64::from(number) * 1000)
}

/// What a person mends before they replay.
pub(crate) fn mended() -> Cause {
    Cause::written(
        "schema-changed",
        Retryable::AfterFix,
        "the form changed at /message",
    )
}

/// Puts `count` dead letters of the form `contact` there, each with its number as the message.
pub(crate) fn dead_letters(home: &Machine, count: u32) {
    let letters =
        (0..count).map(|number| (reference("contact", number), number.to_string(), mended()));
    put(home, letters.collect());
}

/// Puts these there: which, its message, and why it failed.
pub(crate) fn put(home: &Machine, letters: Vec<(SubmissionRef, String, Cause)>) {
    let template = envelope(1, "");
    let rows = letters.into_iter().map(|(of, message, cause)| {
        let fields = json!({"name": "Ada", "email": "ada@example.org", "message": message});
        let mut envelope = template.clone();
        envelope.payload = Payload::from_fields(fields.as_object().unwrap());
        (envelope.content, envelope.payload_hash) =
            (envelope.payload.hash(), envelope.payload.hash());
        envelope.received_at = Timestamp::from_millis(envelope_time(&of));
        envelope.of = of;
        entry(&envelope, Some(cause))
    });
    put_rows(home, rows);
}

/// Writes rows into a home that no server has.
pub(crate) fn put_rows(home: &Machine, rows: impl Iterator<Item = Entry>) {
    put_all(home, rows, async |store, row| {
        drop(store.insert(&row).await.unwrap())
    });
}

/// Puts submissions on the queue of a home that no server has: to which form, and with which message.
#[allow(dead_code, reason = "shared; not every target queues")]
pub(crate) fn queued(home: &Machine, submissions: impl Iterator<Item = (&'static str, String)>) {
    let template = envelope(1, "");
    let envelopes = submissions.zip(0..).map(|((form, message), number)| {
        let fields = json!({"name": "Ada", "email": "ada@example.org", "message": message});
        let mut envelope = template.clone();
        envelope.payload = Payload::from_fields(fields.as_object().unwrap());
        (envelope.content, envelope.payload_hash) =
            (envelope.payload.hash(), envelope.payload.hash());
        (envelope.of, envelope.received_at) = (reference(form, number), accepted_at(number));
        envelope
    });
    put_all(home, envelopes, async |store, sent| {
        store.send(&sent.of, sent.encode()).await.unwrap()
    });
}

fn put_all<T>(home: &Machine, what: impl Iterator<Item = T>, put: impl AsyncFn(&Store, T)) {
    let directory = DataDir::create(&home.data()).unwrap();
    let _lock = directory.lock().unwrap();
    directory.secrets().unwrap();
    let store = Store::open(&directory.database(), Arc::new(SystemClock)).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    runtime.block_on(async {
        let put = stream::iter(what).map(async |one| put(&store, one).await);
        put.buffer_unordered(512).for_each(async |_| {}).await;
    });
}

/// The time in its id.
fn envelope_time(of: &SubmissionRef) -> i64 {
    let mut millis = [0; 8];
    millis[2..].copy_from_slice(&of.id.as_bytes()[..6]);
    i64::from_be_bytes(millis)
}
