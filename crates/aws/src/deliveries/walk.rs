//! Finding deliveries: by their keys, and by the index of what is due.

use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use aws_sdk_dynamodb::types::Select;
use counterfoil_core::{Fault, SubmissionRef, Timestamp};
use counterfoil_telling::delivery::{Delivery, DeliveryId, DeliveryState};
use counterfoil_telling::receiver::ReceiverName;

use super::all;
use super::row::{Row, id_of, key, partition, partitions, prefix};
use crate::fault::fault;
use crate::item::{Item, VIEWS, integer, number, text};
use crate::ledger::DynamoLedger;
use crate::query::{every, first};

impl DynamoLedger {
    /// One item. By a query, so that a function's right to it can be bound to its `pk`'s beginning.
    pub(super) async fn one(&self, pk: &str, sk: &str) -> Result<Option<Item>, Fault> {
        let query = self
            .beneath(pk)
            .key_condition_expression("pk = :pk AND sk = :sk")
            .expression_attribute_values(":sk", text(sk));
        let answer = query.send().await.map_err(|error| fault(&error))?;
        Ok(answer.items().first().cloned())
    }

    /// A delivery's item.
    pub(super) async fn row(&self, id: &DeliveryId) -> Result<Option<Row>, Fault> {
        let [(_, pk), (_, sk)] = key(id);
        let (Ok(pk), Ok(sk)) = (pk.as_s(), sk.as_s()) else {
            return Ok(None);
        };
        let item = self.one(pk, sk).await?;
        item.map(|item| Row::read(&item)).transpose()
    }

    /// All deliveries of a submission to a receiver, the oldest change first.
    pub(super) async fn rows_to(
        &self,
        receiver: &ReceiverName,
        of: &SubmissionRef,
    ) -> Result<Vec<Row>, Fault> {
        let query = self
            .beneath(&partition(receiver, of))
            .key_condition_expression("pk = :pk AND begins_with(sk, :of)")
            .expression_attribute_values(":of", text(&prefix(of)));
        rows(query).await
    }

    /// All of a receiver's.
    pub(super) async fn rows_of(&self, receiver: &ReceiverName) -> Result<Vec<Row>, Fault> {
        let parts = partitions(receiver).map(|pk| rows(self.beneath(&pk)));
        Ok(all(parts.collect()).await?.into_iter().flatten().collect())
    }

    /// Of the submission that this delivery is of, the oldest that waits for the receiver.
    pub(super) async fn first_of(&self, id: &DeliveryId) -> Result<Option<Delivery>, Fault> {
        let rows = self.rows_to(&id.receiver, &id.of).await?;
        let mut deliveries = rows.into_iter().map(|row| row.delivery);
        Ok(deliveries.find(|one| one.state == DeliveryState::Waiting))
    }

    /// Those of these that wait.
    pub(super) async fn waiting(&self, ids: &[DeliveryId]) -> Result<Vec<Delivery>, Fault> {
        let found = ids.iter().map(|id| self.row(id));
        let found = all(found.collect()).await?;
        let deliveries = found.into_iter().flatten().map(|row| row.delivery);
        Ok(deliveries
            .filter(|one| one.state == DeliveryState::Waiting)
            .collect())
    }

    /// The `most` that have been due the longest `now`, as the index has it.
    pub(super) async fn due_ids(
        &self,
        receiver: &ReceiverName,
        now: Timestamp,
        most: usize,
    ) -> Result<Vec<DeliveryId>, Fault> {
        self.indexed(receiver, ("received_at <= :at", now), most)
            .await
    }

    /// The `most` that are due the soonest of those due after `then`.
    pub(super) async fn late_ids(
        &self,
        receiver: &ReceiverName,
        then: Timestamp,
        most: usize,
    ) -> Result<Vec<DeliveryId>, Fault> {
        self.indexed(receiver, ("received_at > :at", then), most)
            .await
    }

    async fn indexed(
        &self,
        receiver: &ReceiverName,
        (when, at): (&str, Timestamp),
        most: usize,
    ) -> Result<Vec<DeliveryId>, Fault> {
        let parts = (0..VIEWS).map(|n| {
            let query = self
                .index(&format!("due#{receiver}#{n}"))
                .key_condition_expression(format!("#view = :view AND {when}"))
                .expression_attribute_values(":at", number(at.as_millis()));
            first(query, most)
        });
        let parts = all(parts.collect()).await?;
        let mut found: Vec<(i64, DeliveryId)> = parts
            .iter()
            .flatten()
            .filter_map(|item| Some((integer(item, "received_at")?, id_of(item)?)))
            .collect();
        found.sort();
        let ids = found.into_iter().map(|(_, id)| id);
        Ok(ids.take(most).collect())
    }

    /// How many there are of a kind, `due` or `dead`.
    pub(super) async fn count(&self, kind: &str, receiver: &ReceiverName) -> Result<u64, Fault> {
        let parts = (0..VIEWS).map(|n| async move {
            let query = self
                .index(&format!("{kind}#{receiver}#{n}"))
                .select(Select::Count);
            let mut pages = query.into_paginator().send();
            let mut count = 0;
            while let Some(page) = pages.next().await {
                let page = page.map_err(|error| fault(&error))?;
                count += u64::try_from(page.count()).unwrap_or(0);
            }
            Ok::<_, Fault>(count)
        });
        Ok(all(parts.collect()).await?.into_iter().sum())
    }
}

/// Everything that a query of deliveries finds.
pub(super) async fn rows(query: QueryFluentBuilder) -> Result<Vec<Row>, Fault> {
    let items = every(query).await?;
    items.iter().map(Row::read).collect()
}
