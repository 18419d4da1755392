//! What a ticket may tell of the people behind its form.

use std::future::Future;
use std::sync::Arc;

use serde::Serialize;

use crate::fault::Fault;
use crate::submission::SubmissionRef;
use crate::time::Timestamp;

/// When people have seen and answered a submission. By whom is nothing for a ticket.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Seen {
    /// When it was marked as seen, or all of its form up to it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seen_at: Option<Timestamp>,
    /// When it was marked as answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub answered_at: Option<Timestamp>,
}

/// The marks of people, as a poll reads them.
pub trait SeenMarks: Sync {
    /// What an entry that is listed at this time is marked as; no entry has to be there. Where it has no mark of its own as
    /// seen and its form was seen up to it or beyond, it was seen when that was said.
    fn seen(
        &self,
        of: &SubmissionRef,
        listed_at: Timestamp,
    ) -> impl Future<Output = Result<Seen, Fault>> + Send;
}

impl<T: SeenMarks + Send> SeenMarks for Arc<T> {
    async fn seen(&self, of: &SubmissionRef, listed_at: Timestamp) -> Result<Seen, Fault> {
        T::seen(self, of, listed_at).await
    }
}
