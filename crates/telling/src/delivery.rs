//! A delivery: one telling of one change or alarm, owed to one receiver until it is delivered, has failed for good, or is discarded.

use std::fmt::{self, Display};

use counterfoil_core::{Cause, SubmissionRef, Timestamp};

use crate::news::News;
use crate::receiver::ReceiverName;

/// Which delivery: no receiver is owed one change twice.
///
/// In their order, those of one submission stand together, the oldest change first.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DeliveryId {
    /// Who is told.
    pub receiver: ReceiverName,
    /// Of which submission; of an alarm, `_alarm` and its id.
    pub of: SubmissionRef,
    /// Of which change of it.
    pub seq: u64,
}

/// `{form}/{id}:{seq}/{receiver}`: the `webhook-id`, which never changes however often it is sent.
impl Display for DeliveryId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}/{}", self.of, self.seq, self.receiver)
    }
}

impl DeliveryId {
    /// Reads what [`Display`] writes. `None`: it is none.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (change, receiver) = text.rsplit_once('/')?;
        let (of, seq) = change.rsplit_once(':')?;
        Some(Self {
            receiver: ReceiverName::parse(receiver)?,
            of: SubmissionRef::parse(of)?,
            seq: seq.parse().ok()?,
        })
    }
}

/// What may become of a delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DeliveryState {
    /// It is owed, and is tried when it is due.
    Waiting,
    /// The receiver has it.
    Delivered,
    /// Its tries are used up, or the receiver refuses it for good.
    Failed,
    /// An operator gave it up.
    Discarded,
}

impl DeliveryState {
    /// All of them.
    pub const ALL: [Self; 4] = [
        Self::Waiting,
        Self::Delivered,
        Self::Failed,
        Self::Discarded,
    ];

    /// The word for it, as stored and shown.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Delivered => "delivered",
            Self::Failed => "failed",
            Self::Discarded => "discarded",
        }
    }

    /// Reads the word. `None`: it is none of ours.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == word)
    }
}

/// A delivery as it is kept.
#[derive(Clone, Debug, PartialEq)]
pub struct Delivery {
    /// Which one.
    pub id: DeliveryId,
    /// What is told. No field of a submission: what a letter shows of them is read from the entry at each attempt.
    pub news: News,
    /// Where it stands.
    pub state: DeliveryState,
    /// When it was written down.
    pub born_at: Timestamp,
    /// When it is tried next, while it waits.
    pub due_at: Timestamp,
    /// How often it was tried.
    pub attempts: u32,
    /// How often in its present course of tries, which a person's retry begins anew.
    pub tries: u32,
    /// When its present course began.
    pub since: Timestamp,
    /// Why the last attempt failed.
    pub cause: Option<Cause>,
}

impl Delivery {
    /// A delivery that is owed from `at` on.
    #[must_use]
    pub fn born(receiver: ReceiverName, news: impl Into<News>, at: Timestamp) -> Self {
        let news = news.into();
        Self {
            id: DeliveryId {
                receiver,
                of: news.of().clone(),
                seq: news.seq(),
            },
            news,
            state: DeliveryState::Waiting,
            born_at: at,
            due_at: at,
            attempts: 0,
            tries: 0,
            since: at,
            cause: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_reads_back() {
        let text = "contact/01930000-0000-7abc-8def-0123456789ab:12/crm";
        let id = DeliveryId::parse(text).unwrap();
        assert_eq!((id.seq, id.to_string().as_str()), (12, text));
        for bad in [
            "",
            "contact/01930000-0000-7abc-8def-0123456789ab:12",
            "contact/01930000-0000-7abc-8def-0123456789ab:x/crm",
            "contact/01930000-0000-7abc-8def-0123456789ab/crm",
            "contact/nothing:1/crm",
        ] {
            assert_eq!(DeliveryId::parse(bad), None, "{bad}");
        }
    }
}
