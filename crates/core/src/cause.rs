//! Why a submission failed, normalised so that a thousand failures of one kind read as one.

mod code;

use std::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

pub use code::Code;

/// Does replaying help?
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Retryable {
    /// Yes, as it is: what failed was passing.
    Yes,
    /// After something was mended: a form, a setting, the payload.
    AfterFix,
    /// No: the payload itself cannot be settled as it is.
    No,
}

impl Retryable {
    /// The verdict where what failed is kept in another place too, or is tried by another way: then it is not for good.
    #[must_use]
    pub(crate) const fn while_kept(self) -> Self {
        match self {
            Self::Yes | Self::No => Self::Yes,
            Self::AfterFix => Self::AfterFix,
        }
    }
}

/// The normalised reason of a failure.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cause {
    /// A short stable name: the word of a [`Code`], or one that a program of another version wrote.
    pub code: String,
    /// What happened, for a person on call. Ids and sizes only, never a submitted value.
    pub detail: String,
    /// Does replaying help?
    pub retryable: Retryable,
}

/// Details are kept to a line; a longer one is cut at a character.
const DETAIL_BYTES: usize = 500;

impl Cause {
    /// A cause of our programs', with the verdict of its code; the detail is cut at 500 bytes.
    pub fn new(code: Code, detail: impl Into<String>) -> Self {
        Self::written(code.as_str(), code.retryable(), detail)
    }

    /// A cause with its parts as somebody else wrote them, whose code need not be one of ours; the detail is cut too.
    pub fn written(
        code: impl Into<String>,
        retryable: Retryable,
        detail: impl Into<String>,
    ) -> Self {
        let mut detail: String = detail.into();
        let end = (0..=DETAIL_BYTES.min(detail.len()))
            .rev()
            .find(|at| detail.is_char_boundary(*at));
        detail.truncate(end.unwrap_or(0));
        Self {
            code: code.into(),
            detail,
            retryable,
        }
    }

    /// The queue gave up on a message that no worker ever finished: it crashed, hung or was starved.
    #[must_use]
    pub fn gave_up(receives: u32) -> Self {
        Self::new(
            Code::GaveUp,
            format!("no worker finished it in {receives} receives"),
        )
    }

    /// The process ended, so often, each time while it had nothing in hand but this one.
    #[must_use]
    pub fn ended_the_process(ends: u32) -> Self {
        Self::new(
            Code::EndedTheProcess,
            format!("the worker ended {ends} times while it had only this one in hand"),
        )
    }

    /// Not an envelope of ours.
    pub fn undecodable(detail: impl Into<String>) -> Self {
        Self::new(Code::Undecodable, detail)
    }

    /// The fields do not match the hash the envelope carries.
    #[must_use]
    pub fn hash_mismatch() -> Self {
        Self::new(
            Code::HashMismatch,
            "the fields differ from the hash beside them",
        )
    }

    /// The queue's bytes are not those that were sent.
    #[must_use]
    pub fn damaged() -> Self {
        let detail = "it was damaged while it was queued; what is left of it is kept as it is";
        Self::new(Code::Damaged, detail)
    }

    /// What this says of a replay or a release whose envelope could not be read: what was submitted is kept all the
    /// same, so sending it again helps.
    #[must_use]
    pub fn of_a_run(&self) -> Self {
        let detail = format!("what was sent again came back unreadable: {}", self.detail);
        Self::written(self.code.clone(), self.retryable.while_kept(), detail)
    }

    /// Another submission with the same idempotency key was settled first.
    #[must_use]
    pub fn key_conflict(with: &crate::SubmissionRef) -> Self {
        Self::new(
            Code::KeyConflict,
            format!("same idempotency key as {with}, other content"),
        )
    }

    /// Is it the caller's doing, who used one key for two contents? Of all causes, only this can be brought about from outside.
    #[must_use]
    pub fn is_key_conflict(&self) -> bool {
        self.code == Code::KeyConflict.as_str()
    }

    /// Groups causes that differ only in ids, numbers and quoted values: 16 hex digits.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        let mut hash = Sha256::new();
        hash.update(self.code.as_bytes());
        hash.update([0]);
        hash.update(normalise(&self.detail).as_bytes());
        hash.finalize()
            .iter()
            .take(8)
            .map(|byte| format!("{byte:02x}"))
            .collect()
    }

    /// Is this what a person means: its code, or its fingerprint's first digits, four at least?
    #[must_use]
    pub fn is_called(&self, name: &str) -> bool {
        self.code == name || (name.len() >= 4 && self.fingerprint().starts_with(name))
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.detail)
    }
}

/// The detail with everything that varies from one failure to the next replaced by `#` or `…`:
/// quoted values, and words that hold a digit.
#[must_use]
pub fn normalise(detail: &str) -> String {
    let mut out = String::with_capacity(detail.len());
    let mut rest = detail;
    while let Some(first) = rest.chars().next() {
        if matches!(first, '"' | '\'' | '`')
            && let Some(len) = rest[1..].find(first)
        {
            out.push('…');
            rest = &rest[len + 2..];
        } else if first.is_alphanumeric() {
            let end = rest
                .find(|c: char| !(c.is_alphanumeric() || "-_".contains(c)))
                .unwrap_or(rest.len());
            let (word, tail) = rest.split_at(end);
            out.push_str(if word.contains(|c: char| c.is_ascii_digit()) {
                "#"
            } else {
                word
            });
            rest = tail;
        } else {
            out.push(first);
            rest = &rest[first.len_utf8()..];
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_varies_does_not_split_a_group() {
        let one = Cause::new(
            Code::AwsError,
            "table 'a' refused 0192f0c1-7d3a after 31 ms",
        );
        let two = Cause::new(
            Code::AwsError,
            "table 'bb' refused 7c92f0c1-7d3b after 7 ms",
        );
        assert_eq!(normalise(&one.detail), "table … refused # after # ms");
        assert_eq!(one.fingerprint(), two.fingerprint());
    }

    #[test]
    fn what_differs_does() {
        let one = Cause::new(Code::DiskError, "disk is full");
        assert_ne!(
            one.fingerprint(),
            Cause::new(Code::DiskError, "disk is slow").fingerprint()
        );
        assert_ne!(
            one.fingerprint(),
            Cause::new(Code::DiskFull, "disk is full").fingerprint()
        );
    }

    #[test]
    fn what_was_asked_for_is_replayed_after_nobody_asks_any_more() {
        assert_eq!(
            crate::Fault::transient(Code::Injected, "at settle")
                .cause()
                .retryable,
            Retryable::AfterFix
        );
        assert_eq!(
            crate::Fault::transient(Code::DiskFull, "at settle")
                .cause()
                .retryable,
            Retryable::Yes
        );
    }

    #[test]
    fn a_code_of_another_version_is_read_as_it_was_written() {
        let written = r#"{"code":"of-tomorrow","detail":"it is not there yet","retryable":"no"}"#;
        let read: Cause = serde_json::from_str(written).unwrap();
        assert_eq!(
            (read.code.as_str(), read.retryable),
            ("of-tomorrow", Retryable::No)
        );
        assert_eq!(serde_json::to_string(&read).unwrap(), written);
        // A verdict that was written stays, though this version would give another.
        let known = written.replace("of-tomorrow", Code::DiskFull.as_str());
        let read: Cause = serde_json::from_str(&known).unwrap();
        assert_eq!(
            (read.retryable, serde_json::to_string(&read).unwrap()),
            (Retryable::No, known)
        );
    }

    #[test]
    fn a_lone_quote_and_other_scripts_survive() {
        assert_eq!(normalise("it's 今日 é7"), "it's 今日 #");
        assert_eq!(Cause::new(Code::Panic, "é".repeat(400)).detail.len(), 500);
    }
}
