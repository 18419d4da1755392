//! The ports of operations: what a person on call reads and writes, beside what the functions do.

mod catalogue;
mod deeds;
mod failures;
mod jobs;
mod keys;
mod late;
mod marks;
mod merge;
mod notes;
mod worklist;

pub use late::BackFill;

use std::time::{Duration, SystemTime};

use aws_sdk_dynamodb::types::AttributeValue;
use counterfoil_core::{Fault, FormId};

use crate::item::{VIEWS, string, text};
use crate::ledger::{DynamoLedger, unreadable};
use crate::query::every;
use crate::registry::FORMS;

impl DynamoLedger {
    /// Every form that ever had something in the sparse index.
    async fn registered(&self) -> Result<Vec<String>, Fault> {
        let items = every(self.beneath(FORMS)).await?;
        let names = items
            .iter()
            .map(|item| string(item, "sk").map(str::to_owned).ok_or_else(unreadable));
        names.collect()
    }

    /// The index's partitions of a kind: those of one form, or of every form that ever had something in it, sorted.
    async fn partitions(&self, kind: &str, form: Option<&FormId>) -> Result<Vec<String>, Fault> {
        let forms = match form {
            Some(form) => vec![form.to_string()],
            None => self.registered().await?,
        };
        let partition = |form: &String| {
            (0..VIEWS)
                .map(|n| format!("{kind}#{form}#{n}"))
                .collect::<Vec<_>>()
        };
        let mut partitions: Vec<_> = forms.iter().flat_map(partition).collect();
        partitions.sort_unstable();
        Ok(partitions)
    }
}

fn key(pk: &str, sk: &str) -> [(String, AttributeValue); 2] {
    [("pk".into(), text(pk)), ("sk".into(), text(sk))]
}

#[allow(
    clippy::disallowed_methods,
    reason = "when DynamoDB may tidy up, and where a list may begin; no rule asks for it"
)]
fn since_1970() -> Duration {
    SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or_default()
}
