//! What is published about a change of state: a CloudEvents 1.0 event in JSON. No field of a submission.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::entry::{Head, State};
use crate::form::FormId;
use crate::submission::{SubmissionId, SubmissionRef};
use crate::time::Timestamp;

/// One change of state, as the ledger's own feed (outbox or stream) tells it.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// Which submission.
    pub of: SubmissionRef,
    /// Which change of it.
    pub seq: u64,
    /// The state after it.
    pub state: State,
    /// The run it is the verdict of; above 0 after a replay or release.
    pub run: u32,
    /// The cause's code, where it failed.
    pub cause: Option<String>,
    /// When.
    pub at: Timestamp,
}

impl Change {
    /// The change that made an entry what it is.
    #[must_use]
    pub fn from_head(head: &Head) -> Self {
        Self {
            of: head.of.clone(),
            seq: head.seq,
            state: head.state,
            run: head.verdict_run,
            cause: head.cause.as_ref().map(|cause| cause.code.clone()),
            at: head.updated_at,
        }
    }
}

/// The event, as published. Its `id` is what subscribers dedupe on.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Notice {
    /// CloudEvents version.
    pub specversion: &'static str,
    /// `{form}/{id}:{seq}`: the same however often it is published.
    pub id: String,
    /// `urn:counterfoil:{stage}`.
    pub source: String,
    /// `counterfoil.submission.{state}`.
    #[serde(rename = "type")]
    pub kind: String,
    /// `form/id`.
    pub subject: String,
    /// When the state changed.
    pub time: Timestamp,
    /// Always JSON.
    pub datacontenttype: &'static str,
    /// The change.
    pub data: Data,
}

/// The change itself.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Data {
    /// The form.
    pub form: FormId,
    /// The submission.
    pub id: SubmissionId,
    /// The state after the change.
    pub state: State,
    /// Which change of it.
    pub seq: u64,
    /// Did a replay or release lead to it?
    pub replay: bool,
    /// The cause's code, where it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cause: Option<String>,
}

/// A notice's members that say more than its data does.
#[derive(Deserialize)]
struct Read {
    source: String,
    time: Timestamp,
    data: ReadData,
}

#[derive(Deserialize)]
struct ReadData {
    form: FormId,
    id: SubmissionId,
    state: State,
    seq: u64,
    replay: bool,
    #[serde(default)]
    cause: Option<String>,
}

/// What a notice's `source` begins with, before the stage.
const SOURCE: &str = "urn:counterfoil:";

impl Notice {
    /// Reads a notice as this version publishes it; `None`: it is none, or says what this version does not know.
    #[must_use]
    pub fn read(json: Value) -> Option<Self> {
        let Read { source, time, data } = serde_json::from_value(json.clone()).ok()?;
        let change = Change {
            of: SubmissionRef {
                form: data.form,
                id: data.id,
            },
            seq: data.seq,
            state: data.state,
            // Which run it was, a notice does not tell.
            run: data.replay.into(),
            cause: data.cause,
            at: time,
        };
        let read = Self::new(&change, source.strip_prefix(SOURCE)?);
        (serde_json::to_value(&read).ok()? == json).then_some(read)
    }

    /// The change that it tells of. Which run led to it, it does not tell: 1 stands for any.
    #[must_use]
    pub fn change(&self) -> Change {
        let Data {
            form,
            id,
            state,
            seq,
            replay,
            cause,
        } = self.data.clone();
        Change {
            of: SubmissionRef { form, id },
            seq,
            state,
            run: replay.into(),
            cause,
            at: self.time,
        }
    }

    /// The notice of `change`, from the home whose stage is `stage`.
    #[must_use]
    pub fn new(change: &Change, stage: &str) -> Self {
        Self {
            specversion: "1.0",
            id: format!("{}:{}", change.of, change.seq),
            source: format!("{SOURCE}{stage}"),
            kind: format!("counterfoil.submission.{}", change.state),
            subject: change.of.to_string(),
            time: change.at,
            datacontenttype: "application/json",
            data: Data {
                form: change.of.form.clone(),
                id: change.of.id,
                state: change.state,
                seq: change.seq,
                replay: change.run > 0,
                cause: change.cause.clone(),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_notice_is_a_cloud_event_with_a_stable_id() {
        let change = Change {
            of: SubmissionRef::parse("contact/01930000-0000-7abc-8def-0123456789ab").unwrap(),
            seq: 2,
            state: State::Stored,
            run: 1,
            cause: None,
            at: Timestamp::from_millis(1_795_385_651_007),
        };
        let json = serde_json::to_string(&Notice::new(&change, "local")).unwrap();
        assert_eq!(
            json,
            r#"{"specversion":"1.0","id":"contact/01930000-0000-7abc-8def-0123456789ab:2","source":"urn:counterfoil:local","type":"counterfoil.submission.stored","subject":"contact/01930000-0000-7abc-8def-0123456789ab","time":"2026-11-22T22:14:11.007Z","datacontenttype":"application/json","data":{"form":"contact","id":"01930000-0000-7abc-8def-0123456789ab","state":"stored","seq":2,"replay":true}}"#
        );
    }
}
