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

use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use aws_sdk_dynamodb::types::AttributeValue;
use counterfoil_core::{Code, Fault, FormId};

use crate::fault::fault;
use crate::item::{Item, VIEWS, string, text};
use crate::ledger::{DynamoLedger, unreadable};
use crate::registry::FORMS;

/// Calls at a time.
const PARALLEL: usize = 16;

impl DynamoLedger {
    /// Asks for the items of one `pk`, as the last finished write left them.
    fn beneath(&self, pk: &str) -> QueryFluentBuilder {
        let query = self
            .client
            .query()
            .table_name(&self.table)
            .consistent_read(true);
        query
            .key_condition_expression("pk = :pk")
            .expression_attribute_values(":pk", text(pk))
    }

    /// Asks for a part of the sparse index.
    fn index(&self, view: &str, limit: usize) -> QueryFluentBuilder {
        let query = self
            .client
            .query()
            .table_name(&self.table)
            .index_name("view");
        // By a place-holder: "view" is a reserved word of DynamoDB.
        let query = query
            .expression_attribute_names("#view", "view")
            .key_condition_expression("#view = :view");
        query
            .expression_attribute_values(":view", text(view))
            .limit(i32::try_from(limit).unwrap_or(i32::MAX))
    }

    /// Every form that ever had something in the sparse index.
    async fn registered(&self) -> Result<Vec<String>, Fault> {
        let items = all(self.beneath(FORMS)).await?;
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

/// Everything that a query finds, page after page.
async fn all(query: QueryFluentBuilder) -> Result<Vec<Item>, Fault> {
    query
        .into_paginator()
        .items()
        .send()
        .try_collect()
        .await
        .map_err(|error| fault(&error))
}

fn key(pk: &str, sk: &str) -> [(String, AttributeValue); 2] {
    [("pk".into(), text(pk)), ("sk".into(), text(sk))]
}

/// What stands as JSON in one attribute.
fn read<T: serde::de::DeserializeOwned>(item: &Item, name: &str) -> Result<T, Fault> {
    string(item, name)
        .and_then(|json| serde_json::from_str(json).ok())
        .ok_or_else(unreadable)
}

/// As JSON, for one attribute.
fn json(value: &impl serde::Serialize) -> Result<AttributeValue, Fault> {
    match serde_json::to_string(value) {
        Ok(json) => Ok(text(&json)),
        Err(error) => Err(Fault::transient(Code::Unwritable, error.to_string())),
    }
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
