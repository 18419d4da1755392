//! Which submission: its id, and how an idempotency key becomes one without a read or a write.

use std::fmt;

use hmac::Mac;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest, Sha256};
use uuid::{Builder, Uuid};

use crate::form::FormId;
use crate::keys::{IdSecret, framed};
use crate::payload::ContentHash;
use crate::time::Timestamp;

/// The id of one submission: a UUIDv7 when it came without a key, a UUIDv8 derived from its key when it had one.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SubmissionId(Uuid);

/// What a client gave so that sending twice counts once.
#[derive(Clone, PartialEq, Eq)]
pub enum IdempotencyKey {
    /// The header `Idempotency-Key`: the key alone names the submission.
    Header(String),
    /// The hidden field `_idempotency`: the key *and* the content name it, so that a double click is one
    /// submission and an edited resend from the same page is another.
    HiddenField(String),
}

impl fmt::Debug for IdempotencyKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A key is the client's own text.
        f.write_str(match self {
            Self::Header(_) => "Header([redacted])",
            Self::HiddenField(_) => "HiddenField([redacted])",
        })
    }
}

impl SubmissionId {
    /// A fresh id (UUIDv7) from the time and ten random bytes.
    #[must_use]
    pub fn fresh(now: Timestamp, random: [u8; 10]) -> Self {
        let millis = u64::try_from(now.as_millis()).unwrap_or(0);
        Self(Builder::from_unix_timestamp_millis(millis, &random).into_uuid())
    }

    /// The id that `key` names: the same for every resend, to whichever instance it comes.
    #[must_use]
    pub fn from_key(
        secret: &IdSecret,
        form: &FormId,
        key: &IdempotencyKey,
        content: &ContentHash,
    ) -> Self {
        let mut mac = secret.mac();
        let text = match key {
            IdempotencyKey::Header(text) => {
                framed(
                    &mut mac,
                    &[
                        b"counterfoil/id/header/1",
                        form.as_str().as_bytes(),
                        text.as_bytes(),
                    ],
                );
                text
            }
            IdempotencyKey::HiddenField(text) => {
                let parts: [&[u8]; 4] = [
                    b"counterfoil/id/field/1",
                    form.as_str().as_bytes(),
                    text.as_bytes(),
                    content.as_bytes(),
                ];
                framed(&mut mac, &parts);
                text
            }
        };
        let digest: [u8; 32] = mac.finalize().into_bytes().into();
        let time = Uuid::try_parse(text)
            .ok()
            .filter(|uuid| uuid.get_version_num() == 7);
        Self::version_8(time.as_ref().map(Uuid::as_bytes), &digest)
    }

    /// Where the loser of a key conflict is kept: a stable id of its own, so that duplicates of it collapse.
    #[must_use]
    pub fn of_conflict(self, content: &ContentHash) -> Self {
        let mut hash = Sha256::new();
        hash.update(b"counterfoil/conflict/1");
        hash.update(self.as_bytes());
        hash.update(content.as_bytes());
        Self::version_8(Some(self.as_bytes()), &hash.finalize().into())
    }

    /// Where a queue body that is not ours is kept: one body, one id.
    #[must_use]
    pub fn of_unknown_body(body: &[u8]) -> Self {
        Self::version_8(None, &Sha256::digest(body).into())
    }

    /// 48 time bits from `time` (a UUID's bytes) or else from the digest, the rest from the digest.
    fn version_8(time: Option<&[u8; 16]>, digest: &[u8; 32]) -> Self {
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&digest[..16]);
        if let Some(time) = time {
            bytes[..6].copy_from_slice(&time[..6]);
        }
        Self(Builder::from_custom_bytes(bytes).into_uuid())
    }

    /// From the 16 bytes of a ticket or a row.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(Uuid::from_bytes(bytes))
    }

    /// The 16 bytes, big-endian.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 16] {
        self.0.as_bytes()
    }

    /// The time in its first 48 bits. Only an id that was made without a key, or from a key that is a UUIDv7, has a time
    /// there that means anything.
    #[must_use]
    pub fn time(&self) -> Timestamp {
        let bytes = self.as_bytes()[..6].iter();
        Timestamp::from_millis(bytes.fold(0, |millis, byte| millis << 8 | i64::from(*byte)))
    }

    /// Partitions that the entries of a form lie in, for ever.
    pub const SHARDS: u8 = 32;

    /// Which of them its entry lies in: the last bits of SHA-256 of the 16 bytes.
    #[must_use]
    pub fn shard(&self) -> u8 {
        Sha256::digest(self.as_bytes())[31] % Self::SHARDS
    }

    /// Reads the hyphenated form, lower case.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let uuid = Uuid::try_parse(text).ok()?;
        (uuid.hyphenated().to_string() == text).then_some(Self(uuid))
    }
}

impl fmt::Display for SubmissionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.hyphenated().fmt(f)
    }
}

impl fmt::Debug for SubmissionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// `form/id`: how people and commands write a submission.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SubmissionRef {
    /// The form it was sent to.
    pub form: FormId,
    /// Which one.
    pub id: SubmissionId,
}

impl SubmissionRef {
    /// Reads `form/id`; the reserved form `_unknown` is allowed.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (form, id) = text.split_once('/')?;
        Some(Self {
            form: FormId::parse_stored(form)?,
            id: SubmissionId::parse(id)?,
        })
    }
}

impl Serialize for SubmissionRef {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for SubmissionRef {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| D::Error::custom("a submission is written form/id"))
    }
}

impl fmt::Display for SubmissionRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.form, self.id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from_key(form: &str, key: IdempotencyKey, content: &[u8]) -> SubmissionId {
        let secret = IdSecret::parse("local:0123456789abcdef0123456789abcdef").unwrap();
        SubmissionId::from_key(
            &secret,
            &FormId::parse(form).unwrap(),
            &key,
            &ContentHash::digest(content),
        )
    }

    fn header(key: &str) -> IdempotencyKey {
        IdempotencyKey::Header(key.into())
    }

    fn field(key: &str) -> IdempotencyKey {
        IdempotencyKey::HiddenField(key.into())
    }

    #[test]
    fn a_header_key_names_one_submission_whatever_the_content() {
        assert_eq!(
            from_key("a", header("k"), b"1"),
            from_key("a", header("k"), b"2")
        );
        assert_ne!(
            from_key("a", header("k"), b"1"),
            from_key("b", header("k"), b"1")
        );
        assert_ne!(
            from_key("a", header("k"), b"1"),
            from_key("a", header("l"), b"1")
        );
    }

    #[test]
    fn a_hidden_field_names_one_submission_per_content() {
        assert_eq!(
            from_key("a", field("k"), b"1"),
            from_key("a", field("k"), b"1")
        );
        assert_ne!(
            from_key("a", field("k"), b"1"),
            from_key("a", field("k"), b"2")
        );
        assert_ne!(
            from_key("a", field("k"), b"1"),
            from_key("a", header("k"), b"1")
        );
    }

    #[test]
    fn a_uuid_v7_key_gives_its_time_and_nothing_else() {
        let key = "01930000-0000-7abc-8def-0123456789ab";
        let id = from_key("a", header(key), b"1");
        assert!(id.to_string().starts_with("01930000-0000-8"), "{id}");
        assert!(!id.to_string().ends_with("0123456789ab"));
        let v4 = from_key("a", header("01930000-0000-4abc-8def-0123456789ab"), b"1");
        assert!(!v4.to_string().starts_with("01930000"), "{v4}");
    }

    #[test]
    fn only_one_spelling_of_a_reference_is_read() {
        let text = "contact/01930000-0000-7abc-8def-0123456789ab";
        assert_eq!(SubmissionRef::parse(text).unwrap().to_string(), text);
        for bad in [
            "contact/01930000-0000-7ABC-8def-0123456789ab",
            "contact/0193",
            "/0193",
            "contact",
            "",
            "x/",
        ] {
            assert_eq!(SubmissionRef::parse(bad), None, "{bad}");
        }
    }
}
