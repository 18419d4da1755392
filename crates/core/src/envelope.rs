//! The envelope: the versioned message in the queue that carries a submission. It is a storage format, so
//! newer code reads every older version, and `v`, `id` and `form` stand at the same place in every version.

use std::io;

use serde::{Deserialize, Serialize};
use serde_json::ser::{CharEscape, CompactFormatter, Formatter};
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use crate::form::FormId;
use crate::payload::{ContentHash, Payload};
use crate::submission::{SubmissionId, SubmissionRef};
use crate::time::Timestamp;

/// The version this code writes.
const VERSION: u64 = 1;
/// Most bytes of an encoded envelope at intake.
pub const MAX_ENCODED: usize = 128 * 1024;
/// Most bytes that the queues and the ledger take, whatever sent it: a DynamoDB row stops at 400 KB.
pub const MAX_QUEUED: usize = 160 * 1024;

/// Why an envelope is in the queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// A person sent it.
    Submit,
    /// An operator replays a dead letter.
    Replay,
    /// An operator lets a held one through.
    Release,
}

/// What intake saw and the worker judges. Never kept.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checks {
    /// The field that people do not see was filled in.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub honeypot: bool,
    /// The `Origin` header, where there was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<String>,
    /// The captcha's token, where the form has a captcha and one came. Empty: what came cannot be one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub captcha: Option<String>,
    /// The caller's address, where the form counts by it: as a keyed hash of this day, never the address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
}

/// The message in the queue.
#[derive(Clone, Debug, PartialEq)]
pub struct Envelope {
    /// Which submission.
    pub of: SubmissionRef,
    /// Why it was sent.
    pub kind: Kind,
    /// 0 for the submission itself, raised by each replay or release.
    pub run: u32,
    /// When the submission was accepted.
    pub received_at: Timestamp,
    /// The hash the ticket was made for.
    pub content: ContentHash,
    /// The hash of the payload carried here.
    pub payload_hash: ContentHash,
    /// Fingerprint of the schema it was accepted under.
    pub schema: String,
    /// The fields.
    pub payload: Payload,
    /// What intake saw.
    pub checks: Checks,
}

/// The longest form's name, and all that comes before the kind, are shorter than this.
const KIND_WITHIN: usize = 256;
const KIND: &[u8] = b"\"kind\":\"";
const SENT_AGAIN: [&[u8]; 2] = [b"replay\"", b"release\""];

/// Why a body is no envelope that this code can settle.
#[derive(Clone, Debug, PartialEq)]
pub enum Undecodable {
    /// A version of a newer program: wait for the deploy to finish.
    Version {
        /// Which submission it carries.
        of: SubmissionRef,
        /// The version it names.
        v: u64,
    },
    /// Not ours, or damaged.
    Broken {
        /// Which submission it names, where that much could be read.
        of: Option<SubmissionRef>,
        /// What is wrong; never a value.
        detail: String,
    },
}

/// What every version has.
#[derive(Deserialize)]
struct Address {
    v: u64,
    id: SubmissionId,
    form: FormId,
}

#[derive(Serialize, Deserialize)]
struct V1 {
    v: u64,
    id: SubmissionId,
    form: FormId,
    kind: Kind,
    run: u32,
    received_at: Timestamp,
    content: ContentHash,
    payload_hash: ContentHash,
    schema: String,
    fields: Map<String, Value>,
    #[serde(default)]
    checks: Checks,
}

/// [`V1`] for writing: the fields are already JSON.
#[derive(Serialize)]
struct V1Out<'a> {
    v: u64,
    id: SubmissionId,
    form: &'a FormId,
    kind: Kind,
    run: u32,
    received_at: Timestamp,
    content: &'a ContentHash,
    payload_hash: &'a ContentHash,
    schema: &'a str,
    fields: &'a RawValue,
    checks: &'a Checks,
}

impl Envelope {
    /// JSON in ASCII only, because queues disagree on what they do to other characters.
    #[must_use]
    pub fn encode(&self) -> String {
        #[allow(clippy::expect_used)] // No envelope is as long as that.
        self.encode_within(usize::MAX)
            .expect("an envelope is shorter than memory")
    }

    /// As above; `None` as soon as it is longer than so many bytes, so that one which is refused for its size takes no
    /// more memory than one that fits.
    #[must_use]
    pub fn encode_within(&self, limit: usize) -> Option<String> {
        #[allow(clippy::expect_used)] // A payload is canonical JSON by construction.
        let fields: &RawValue =
            serde_json::from_str(self.payload.as_str()).expect("a payload is JSON");
        let out = V1Out {
            v: VERSION,
            id: self.of.id,
            form: &self.of.form,
            kind: self.kind,
            run: self.run,
            received_at: self.received_at,
            content: &self.content,
            payload_hash: &self.payload_hash,
            schema: &self.schema,
            fields,
            checks: &self.checks,
        };
        let bytes = Vec::with_capacity(limit.min(512 + self.payload.as_str().len()));
        let mut bytes = Limited { bytes, limit };
        let mut serializer =
            serde_json::Serializer::with_formatter(&mut bytes, Ascii(CompactFormatter));
        // Every member serialises: what fails is the limit.
        out.serialize(&mut serializer).ok()?;
        #[allow(clippy::expect_used)] // The formatter escapes everything that is not ASCII.
        Some(String::from_utf8(bytes.bytes).expect("an envelope is ASCII"))
    }

    /// Reads a queue's body.
    pub fn decode(body: &[u8]) -> Result<Self, Undecodable> {
        // The usual case is read once; only what is not of this version is asked whose it is.
        let v1 = match serde_json::from_slice::<V1>(body) {
            Ok(v1) if v1.v == VERSION => v1,
            Ok(V1 { v, form, id, .. }) => {
                return Err(Undecodable::Version {
                    of: SubmissionRef { form, id },
                    v,
                });
            }
            Err(error) => return Err(stranger(body, &error)),
        };
        let of = SubmissionRef {
            form: v1.form,
            id: v1.id,
        };
        Ok(Self {
            of,
            kind: v1.kind,
            run: v1.run,
            received_at: v1.received_at,
            content: v1.content,
            payload_hash: v1.payload_hash,
            schema: v1.schema,
            payload: Payload::from_fields(&v1.fields),
            checks: v1.checks,
        })
    }

    /// Was this body sent again by a person's order (a replay, a release)? Looked up where this program writes it, without
    /// reading the rest: good enough to say who goes first, and whatever is not ours was not.
    #[must_use]
    pub fn was_sent_again(body: &[u8]) -> bool {
        // `v`, `id`, `form` come before it, and none of them can hold a quote.
        let head = &body[..body.len().min(KIND_WITHIN)];
        let at = head.windows(KIND.len()).position(|window| window == KIND);
        at.is_some_and(|at| {
            SENT_AGAIN
                .iter()
                .any(|kind| head[at + KIND.len()..].starts_with(kind))
        })
    }

    /// Has an operator changed the fields since the ticket was made?
    #[must_use]
    pub fn is_edited(&self) -> bool {
        self.content != self.payload_hash
    }

    /// Are the fields those that the hashes beside them were made of?
    #[must_use]
    pub fn is_intact(&self) -> bool {
        let unedited = self.kind != Kind::Submit || self.content == self.payload_hash;
        unedited && self.payload.hash() == self.payload_hash
    }
}

/// What a body is that cannot be read as version 1, for the reason `error`.
fn stranger(body: &[u8], error: &serde_json::Error) -> Undecodable {
    match serde_json::from_slice::<Address>(body) {
        Err(error) => broken(None, &error),
        Ok(Address { v, form, id }) if v != VERSION => Undecodable::Version {
            of: SubmissionRef { form, id },
            v,
        },
        Ok(Address { form, id, .. }) => broken(Some(SubmissionRef { form, id }), error),
    }
}

fn broken(of: Option<SubmissionRef>, error: &serde_json::Error) -> Undecodable {
    // Only the kind and place: serde_json's own text may quote the input.
    let what = match error.classify() {
        serde_json::error::Category::Data => "not an envelope",
        _ => "not JSON",
    };
    let detail = format!(
        "{what}, from line {}, column {} on",
        error.line(),
        error.column()
    );
    Undecodable::Broken { of, detail }
}

/// Memory that takes so many bytes and no more.
struct Limited {
    bytes: Vec<u8>,
    limit: usize,
}

impl io::Write for Limited {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.bytes.len() + bytes.len() > self.limit {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        self.bytes.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Compact JSON with every character beyond ASCII as `\uXXXX` (UTF-16), and DEL too.
struct Ascii(CompactFormatter);

impl Formatter for Ascii {
    fn write_raw_fragment<W: ?Sized + io::Write>(
        &mut self,
        writer: &mut W,
        fragment: &str,
    ) -> io::Result<()> {
        // In JSON text, characters beyond ASCII stand only within strings.
        self.write_string_fragment(writer, fragment)
    }

    fn write_string_fragment<W: ?Sized + io::Write>(
        &mut self,
        writer: &mut W,
        fragment: &str,
    ) -> io::Result<()> {
        let mut rest = fragment;
        while let Some(at) = rest.find(|c: char| !c.is_ascii() || c == '\u{7f}') {
            writer.write_all(&rest.as_bytes()[..at])?;
            let Some(character) = rest[at..].chars().next() else {
                break;
            };
            for unit in character.encode_utf16(&mut [0; 2]) {
                write!(writer, "\\u{unit:04x}")?;
            }
            rest = &rest[at + character.len_utf8()..];
        }
        writer.write_all(rest.as_bytes())
    }

    fn write_char_escape<W: ?Sized + io::Write>(
        &mut self,
        writer: &mut W,
        escape: CharEscape,
    ) -> io::Result<()> {
        self.0.write_char_escape(writer, escape)
    }
}

#[cfg(test)]
#[path = "envelope_tests.rs"]
mod tests;
