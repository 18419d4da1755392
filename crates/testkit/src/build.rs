//! Builders of what tests need: keys, forms, envelopes, deliveries, rows.

use std::sync::LazyLock;

use counterfoil_core::calls::Endless;
use counterfoil_core::settle::{Decision, Verdict, decide};
use counterfoil_core::settling::{Delivery, RetryPolicy, Settling, buried};
use counterfoil_core::suspicion::Unguarded;
use counterfoil_core::{
    Body, Cause, Checks, Entry, Envelope, Form, FormId, Forms, IdSecret, Keyring, Kind, Payload,
    SubmissionId, SubmissionRef, Timestamp,
};
use counterfoil_operations::history::{Action, Actor, Verb};
use serde_json::{Value, json};

/// When everything here happened.
pub const THEN: Timestamp = Timestamp::from_millis(1_795_385_651_000);

/// A keyring of one key of the stage `local`.
#[must_use]
pub fn keyring() -> Keyring {
    Keyring::parse("1:local:0123456789abcdefghijklmnopqrstuv").unwrap()
}

/// An id secret of the stage `local`.
#[must_use]
pub fn id_secret() -> IdSecret {
    IdSecret::parse("local:vutsrqponmlkjihgfedcba9876543210").unwrap()
}

/// What settles without guards, without an end, and with the policy that nobody has changed.
#[must_use]
pub fn settling<'a, L, C>(
    ledger: &'a L,
    clock: &'a C,
    forms: &'a Forms,
) -> Settling<'a, L, C, Unguarded> {
    let (retry, parallel) = (RetryPolicy::default(), 10);
    Settling {
        ledger,
        clock,
        forms,
        guard: &Unguarded,
        retry,
        parallel,
        time: &Endless,
    }
}

/// The shipped contact form.
#[must_use]
pub fn contact() -> Form {
    let text = include_str!("../../../forms/contact.toml");
    Form::parse(FormId::parse("contact").unwrap(), text).unwrap()
}

/// A deployment with the contact form.
#[must_use]
pub fn forms() -> Forms {
    [contact()].into_iter().collect()
}

/// The `number`-th submission to the contact form.
#[must_use]
pub fn reference(number: u8) -> SubmissionRef {
    let id = SubmissionId::fresh(THEN, [number; 10]);
    SubmissionRef {
        form: FormId::parse("contact").unwrap(),
        id,
    }
}

/// Compiling a schema takes milliseconds, and tests build thousands of envelopes.
static FINGERPRINT: LazyLock<String> = LazyLock::new(|| contact().schema.fingerprint().to_owned());

/// Good fields for the contact form.
#[must_use]
pub fn fields(message: &str) -> Value {
    json!({"name": "Ada", "email": "ada@example.org", "message": message})
}

/// What `ingest` would send for the `number`-th submission.
#[must_use]
pub fn envelope(number: u8, message: &str) -> Envelope {
    let payload = Payload::from_fields(fields(message).as_object().unwrap());
    Envelope {
        of: reference(number),
        kind: Kind::Submit,
        run: 0,
        received_at: THEN,
        content: payload.hash(),
        payload_hash: payload.hash(),
        schema: FINGERPRINT.clone(),
        payload,
        checks: Checks::default(),
    }
}

/// A first delivery of a body.
#[must_use]
pub fn delivery(body: impl Into<Vec<u8>>) -> Delivery {
    Delivery {
        body: body.into(),
        receives: 1,
        sent_at: THEN,
        damage: None,
    }
}

/// The row that a first delivery of `envelope` becomes: stored, or failed with `cause`.
#[must_use]
pub fn entry(envelope: &Envelope, cause: Option<Cause>) -> Entry {
    let none = Cause::gave_up(1);
    let (mut incoming, body): (_, Body) = buried(&delivery(envelope.encode()), none);
    incoming.verdict = cause.map_or(Verdict::Stored, Verdict::Failed);
    let Decision::Insert(head) = decide(None, &incoming, THEN) else {
        panic!("no row yet, so it is an insert")
    };
    Entry { head: *head, body }
}

/// Ada's deed.
#[must_use]
pub fn deed(verb: Verb) -> Action {
    Action::new(verb, Actor::parse("Ada").expect("a name"))
}
