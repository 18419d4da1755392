//! What was submitted, in its one canonical spelling, and the hash that stands for it.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

/// The fields of a submission as RFC 8785 (canonical) JSON text: one object. Prints as `[redacted]`.
#[derive(Clone, PartialEq, Eq)]
pub struct Payload(String);

impl Payload {
    /// The canonical payload of `fields`. The numbers in them must be finite, as [`crate::json`] makes sure.
    #[must_use]
    pub fn from_fields(fields: &Map<String, Value>) -> Self {
        #[allow(
            clippy::expect_used,
            reason = "keys are strings and serde_json's numbers are finite: nothing else can fail"
        )]
        Self(
            serde_json_canonicalizer::to_string(fields)
                .expect("a JSON object has a canonical form"),
        )
    }

    /// From text that [`Payload::as_str`] gave earlier (a ledger row).
    #[must_use]
    pub fn from_stored(text: String) -> Self {
        Self(text)
    }

    /// The canonical JSON text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The fields, parsed again; empty when the stored text is no JSON object.
    #[must_use]
    pub fn fields(&self) -> Map<String, Value> {
        serde_json::from_str(&self.0).unwrap_or_default()
    }

    /// SHA-256 of the canonical text.
    #[must_use]
    pub fn hash(&self) -> ContentHash {
        ContentHash::digest(self.0.as_bytes())
    }
}

impl fmt::Debug for Payload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

/// A SHA-256. Written as 43 characters of base64url. Never shown to a submitter: a small payload could be guessed from it.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct ContentHash([u8; 32]);

impl ContentHash {
    /// The hash of `bytes`.
    #[must_use]
    pub fn digest(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }

    /// From the 32 bytes of a row.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The 32 bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Reads what `Display` writes, and only that.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        Some(Self(bytes.try_into().ok()?))
    }
}

impl fmt::Display for ContentHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&URL_SAFE_NO_PAD.encode(self.0))
    }
}

impl fmt::Debug for ContentHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

impl Serialize for ContentHash {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for ContentHash {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| serde::de::Error::custom("not a SHA-256 in base64url"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn payload(value: Value) -> Payload {
        Payload::from_fields(value.as_object().unwrap())
    }

    #[test]
    fn order_and_spelling_do_not_change_a_payload() {
        let one: Map<String, Value> = serde_json::from_str(r#"{"b":1.0,"a":"\u00e9"}"#).unwrap();
        let two: Map<String, Value> = serde_json::from_str(r#"{ "a": "é", "b": 1 }"#).unwrap();
        assert_eq!(Payload::from_fields(&one), Payload::from_fields(&two));
        assert_eq!(Payload::from_fields(&one).as_str(), r#"{"a":"é","b":1}"#);
    }

    #[test]
    fn a_payload_never_prints_what_it_holds() {
        assert_eq!(
            format!("{:?}", payload(json!({"name": "Ada"}))),
            "[redacted]"
        );
    }

    #[test]
    fn a_hash_has_one_spelling() {
        let hash = ContentHash::digest(b"x");
        assert_eq!(ContentHash::parse(&hash.to_string()), Some(hash));
        assert_eq!(ContentHash::parse(&format!("{hash}=")), None);
        assert_eq!(ContentHash::parse("AAAA"), None);
    }

    proptest! {
        #[test]
        fn canonical_text_reads_back_to_itself(name in ".*", text in ".*", number in prop::num::f64::NORMAL) {
            let first = payload(json!({ name: text, "n": number }));
            prop_assert_eq!(Payload::from_fields(&first.fields()), first);
        }
    }
}
