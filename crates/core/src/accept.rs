//! Use case of `ingest`: make a ticket of what was posted. It reads and writes nothing but the queue.

// A value, and no network: `core` has the same type as `std`.
use core::net::IpAddr;

use crate::address;
use crate::coerce::{coerce, trim};
use crate::entry::Body;
use crate::envelope::{Checks, Envelope, Kind, MAX_ENCODED};
use crate::fault::Fault;
use crate::forgive::forgive;
use crate::form::{Form, Mode};
use crate::keys::{IdSecret, Keyring};
use crate::payload::Payload;
use crate::ports::{Clock, Entropy, Queue};
use crate::rejection::{FieldError, Oversize, Rejection};
use crate::submission::{IdempotencyKey, SubmissionId, SubmissionRef};
use crate::suspicion::MAX_TOKEN;
use crate::ticket::Ticket;
use crate::time::Timestamp;
use serde_json::{Map, Value};

/// The name of our hidden field for the idempotency key.
pub const KEY_FIELD: &str = "_idempotency";

const TOO_LARGE: Rejection = Rejection::TooLarge {
    what: Oversize::Envelope,
    limit: MAX_ENCODED,
};

/// What a post holds, before the form's rules.
#[derive(Clone)]
pub enum Posted {
    /// A JSON object, types as sent.
    Json(Map<String, Value>),
    /// Pairs of text in their order, as HTML forms send them.
    Pairs(Vec<(String, String)>),
}

/// One post to one form.
pub struct Post<'a> {
    /// The form.
    pub form: &'a Form,
    /// What was posted.
    pub posted: Posted,
    /// The header `Idempotency-Key`.
    pub key: Option<String>,
    /// The header `Origin`, kept for the worker's verdict.
    pub origin: Option<String>,
    /// Where it came from, as far as that can be trusted.
    pub address: Option<IpAddr>,
}

/// What acceptance needs.
pub struct Accepting<'a, Q, C, E> {
    /// Signs tickets.
    pub keys: &'a Keyring,
    /// Makes ids of keys.
    pub id_secret: &'a IdSecret,
    /// Where the envelope goes.
    pub queue: &'a Q,
    /// The time.
    pub clock: &'a C,
    /// For ids without a key.
    pub entropy: &'a E,
}

/// The proof of acceptance.
#[derive(Clone, Debug)]
pub struct Accepted {
    /// Which submission it became.
    pub of: SubmissionRef,
    /// The proof.
    pub ticket: Ticket,
    /// When, to the second.
    pub submitted_at: Timestamp,
    /// What the form would have refused, did it not only observe.
    pub observed: Vec<FieldError>,
}

/// Why there is no ticket. Nothing was accepted.
#[derive(Debug)]
pub enum Refused {
    /// The caller's mistake.
    Rejected(Rejection),
    /// Ours: try again. (The message may have been queued all the same; a resend with the same key is safe.)
    Unavailable(Fault),
}

/// Checks a post, queues it, and answers with its ticket.
///
/// `Ok` only after the queue has promised durability.
pub async fn accept<Q: Queue, C: Clock, E: Entropy>(
    post: Post<'_>,
    with: &Accepting<'_, Q, C, E>,
) -> Result<Accepted, Refused> {
    let now = with.clock.now();
    let (envelope, ticket, observed) = prepare(post, with, now).map_err(Refused::Rejected)?;
    let body = envelope
        .encode_within(MAX_ENCODED)
        .ok_or(Refused::Rejected(TOO_LARGE))?;
    with.queue
        .send(&envelope.of, body)
        .await
        .map_err(Refused::Unavailable)?;
    // To the second, as the ticket will say it ever after.
    let submitted_at = ticket.issued_at();
    Ok(Accepted {
        of: envelope.of,
        ticket,
        submitted_at,
        observed,
    })
}

fn prepare<Q, C, E: Entropy>(
    post: Post<'_>,
    with: &Accepting<'_, Q, C, E>,
    now: Timestamp,
) -> Result<(Envelope, Ticket, Vec<FieldError>), Rejection> {
    let mut sorted = sort(post.form, post.posted)?;
    let key = choose_key(post.key, sorted.key)?;
    let schema = &post.form.schema;
    let fields = &mut sorted.fields;
    let check = |fields: &mut Map<String, Value>| {
        if sorted.by_html {
            schema.check_as_shown(fields)
        } else {
            schema.check_lent(fields)
        }
    };
    let mut wrong = check(fields);
    if !wrong.is_empty() && forgive(post.form, fields, &wrong) {
        wrong = check(fields);
    }
    if !wrong.is_empty() && post.form.mode == Mode::Enforce {
        return Err(Rejection::Invalid(wrong));
    }
    // What cannot fit is not spelled out first: that takes four times the memory.
    if sorted
        .fields
        .iter()
        .map(|(name, value)| name.len() + text_in(value))
        .sum::<usize>()
        > MAX_ENCODED
    {
        return Err(TOO_LARGE);
    }
    let payload = Payload::from_fields(&sorted.fields);
    let content = payload.hash();
    let id = match &key {
        Some(key) => SubmissionId::from_key(with.id_secret, &post.form.id, key, &content),
        None => SubmissionId::fresh(now, with.entropy.ten_bytes()),
    };
    let of = SubmissionRef {
        form: post.form.id.clone(),
        id,
    };
    let ticket = Ticket::mint(with.keys, &of, now, &content);
    let caller = post
        .address
        .filter(|_| post.form.budget.per_address.is_some());
    let address = caller.map(|caller| address::hashed(with.id_secret, &post.form.id, caller, now));
    let envelope = Envelope {
        of,
        kind: Kind::Submit,
        run: 0,
        received_at: now,
        content,
        payload_hash: content,
        schema: post.form.schema.fingerprint().to_owned(),
        payload,
        checks: Checks {
            honeypot: sorted.honeypot,
            origin: post.origin,
            captcha: sorted.token,
            address,
        },
    };
    Ok((envelope, ticket, wrong))
}

/// Bytes of all text in it. However it is spelled, it is no shorter.
fn text_in(value: &Value) -> usize {
    match value {
        Value::String(text) => text.len(),
        Value::Array(values) => values.iter().map(text_in).sum(),
        Value::Object(members) => members
            .iter()
            .map(|(name, value)| name.len() + text_in(value))
            .sum(),
        Value::Null | Value::Bool(_) | Value::Number(_) => 0,
    }
}

/// A post with what is not the form's own taken out of it.
struct Sorted {
    fields: Map<String, Value>,
    key: Option<String>,
    honeypot: bool,
    token: Option<String>,
    by_html: bool,
}

/// Takes `_` names, the honeypot and the captcha's fields out, and gives the rest the schema's types.
fn sort(form: &Form, posted: Posted) -> Result<Sorted, Rejection> {
    let captcha = form.captcha.as_ref().map(|captcha| captcha.provider);
    let is_captcha = |name: &str| captcha.is_some_and(|provider| provider.adds(name));
    let is_token =
        |name: &str| captcha.is_some_and(|provider| provider.record().token_field == name);
    match posted {
        Posted::Json(mut fields) => {
            let key = match fields.shift_remove(KEY_FIELD) {
                None => None,
                Some(Value::String(key)) => Some(key),
                Some(_) => return Err(Rejection::BadIdempotencyKey("_idempotency must be text")),
            };
            let trap = form
                .honeypot
                .as_ref()
                .and_then(|name| fields.shift_remove(name));
            let honeypot = trap.is_some_and(|value| !matches!(value, Value::Null) && value != "");
            let token = captcha.and_then(|provider| {
                match fields.shift_remove(provider.record().token_field) {
                    None | Some(Value::Null) => None,
                    Some(Value::String(text)) => token(text),
                    Some(_) => Some(String::new()),
                }
            });
            fields.retain(|name, _| {
                !name.starts_with('_') && !is_captcha(name) && !form.ignores(name)
            });
            trim(&form.schema, &mut fields);
            Ok(Sorted {
                fields,
                key,
                honeypot,
                token,
                by_html: false,
            })
        }
        Posted::Pairs(mut pairs) => {
            let mut keys = pairs
                .extract_if(.., |(name, _)| name == KEY_FIELD)
                .map(|(_, key)| key)
                .filter(|k| !k.is_empty());
            let key = keys.next();
            if keys
                .next()
                .is_some_and(|second| Some(&second) != key.as_ref())
            {
                return Err(Rejection::BadIdempotencyKey("_idempotency was sent twice"));
            }
            drop(keys);
            let is_trap = |name: &str| form.honeypot.as_deref() == Some(name);
            let honeypot = pairs
                .iter()
                .any(|(name, text)| is_trap(name) && !text.is_empty());
            let token = pairs
                .iter()
                .filter(|(name, _)| is_token(name))
                .find_map(|(_, text)| token(text.clone()));
            pairs.retain(|(name, _)| {
                !name.starts_with('_') && !is_trap(name) && !is_captcha(name) && !form.ignores(name)
            });
            Ok(Sorted {
                fields: coerce(&form.schema, pairs)?,
                key,
                honeypot,
                token,
                by_html: true,
            })
        }
    }
}

/// A token as it is carried: nothing for none, the empty text for what is too long to be one. It is no reason to refuse a
/// post, which the worker will hold.
fn token(text: String) -> Option<String> {
    match text.len() {
        0 => None,
        1..=MAX_TOKEN => Some(text),
        _ => Some(String::new()),
    }
}

fn choose_key(
    header: Option<String>,
    field: Option<String>,
) -> Result<Option<IdempotencyKey>, Rejection> {
    let visible =
        |key: &String| (1..=255).contains(&key.len()) && key.bytes().all(|b| b.is_ascii_graphic());
    if [&header, &field]
        .into_iter()
        .flatten()
        .any(|key| !visible(key))
    {
        return Err(Rejection::BadIdempotencyKey(
            "an idempotency key is 1 to 255 visible ASCII characters",
        ));
    }
    match (header, field) {
        (Some(header), Some(field)) if header != field => Err(Rejection::BadIdempotencyKey(
            "the header Idempotency-Key and the field _idempotency differ",
        )),
        (Some(key), _) => Ok(Some(IdempotencyKey::Header(key))),
        (None, Some(key)) => Ok(Some(IdempotencyKey::HiddenField(key))),
        (None, None) => Ok(None),
    }
}

impl From<Payload> for Body {
    fn from(payload: Payload) -> Self {
        Self::Payload(payload)
    }
}
