//! Queries of the table and of its sparse index, and JSON in an attribute: what lists of any kind are read and kept with.

use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use aws_sdk_dynamodb::types::AttributeValue;
use counterfoil_core::{Code, Fault};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::fault::fault;
use crate::item::{Item, string, text};
use crate::ledger::{DynamoLedger, unreadable};

/// Calls at a time.
pub(crate) const PARALLEL: usize = 16;

impl DynamoLedger {
    /// Asks for the items of one `pk`, as the last finished write left them.
    pub(crate) fn beneath(&self, pk: &str) -> QueryFluentBuilder {
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
    pub(crate) fn index(&self, view: &str) -> QueryFluentBuilder {
        let query = self
            .client
            .query()
            .table_name(&self.table)
            .index_name("view");
        // By a place-holder: "view" is a reserved word of DynamoDB.
        query
            .expression_attribute_names("#view", "view")
            .key_condition_expression("#view = :view")
            .expression_attribute_values(":view", text(view))
    }
}

/// Everything that a query finds, page after page.
pub(crate) async fn every(query: QueryFluentBuilder) -> Result<Vec<Item>, Fault> {
    let items = query.into_paginator().items().send();
    items.try_collect().await.map_err(|error| fault(&error))
}

/// The first `most` items that a query finds.
pub(crate) async fn first(query: QueryFluentBuilder, most: usize) -> Result<Vec<Item>, Fault> {
    let mut items = query.limit(limit(most)).into_paginator().items().send();
    let mut found = Vec::new();
    while found.len() < most
        && let Some(item) = items.next().await
    {
        found.push(item.map_err(|error| fault(&error))?);
    }
    Ok(found)
}

/// So many items, as DynamoDB counts them: it takes no zero.
pub(crate) fn limit(most: usize) -> i32 {
    i32::try_from(most).unwrap_or(i32::MAX).max(1)
}

/// As JSON, for one attribute.
pub(crate) fn json(value: &impl Serialize) -> Result<AttributeValue, Fault> {
    match serde_json::to_string(value) {
        Ok(json) => Ok(text(&json)),
        Err(error) => Err(Fault::transient(Code::Unwritable, error.to_string())),
    }
}

/// What stands as JSON in one attribute. `None`: the item has no such attribute.
pub(crate) fn parsed<T: DeserializeOwned>(item: &Item, name: &str) -> Result<Option<T>, Fault> {
    let written = string(item, name).map(serde_json::from_str);
    written.transpose().map_err(|_| unreadable())
}

/// What stands as JSON in an attribute that every such item has.
pub(crate) fn read<T: DeserializeOwned>(item: &Item, name: &str) -> Result<T, Fault> {
    parsed(item, name)?.ok_or_else(unreadable)
}

/// Did the condition of a write not hold?
pub(crate) fn is_refusal<R>(error: &SdkError<PutItemError, R>) -> bool {
    error
        .as_service_error()
        .is_some_and(PutItemError::is_conditional_check_failed_exception)
}
