//! Deliveries as people see them, and what they do to them.

use counterfoil_core::{Cause, Fault, SubmissionRef, Timestamp};
use counterfoil_telling::delivery::{Delivery, DeliveryId, DeliveryState};
use counterfoil_telling::orders::{Order, Signed, anew, ordered, returned};
use counterfoil_telling::ports::{Acted, DeliveryDesk, DeliveryFilter, Standing, Told};
use counterfoil_telling::receiver::ReceiverName;

use super::all;
use super::row::{Row, key, partitions};
use crate::item::{Item, text};
use crate::ledger::DynamoLedger;
use crate::query::first;

/// Behind every `sk` of a delivery.
const LAST: &str = "~";
/// Deliveries that are begun anew in one go.
const SOME: usize = 500;

impl DeliveryDesk for DynamoLedger {
    async fn list(
        &self,
        filter: &DeliveryFilter,
        after: Option<&DeliveryId>,
        most: usize,
    ) -> Result<Vec<Delivery>, Fault> {
        let receivers = match &filter.receiver {
            Some(receiver) => vec![receiver.clone()],
            None => {
                let all = self.receivers().await?.into_iter();
                all.map(|one| one.name).collect()
            }
        };
        let mut found = Vec::new();
        for receiver in receivers {
            if after.is_some_and(|after| receiver < after.receiver) {
                continue;
            }
            let after = after.filter(|after| after.receiver == receiver);
            let left = most - found.len();
            found.extend(self.some_of(&receiver, filter, (after, left)).await?);
            if found.len() == most {
                break;
            }
        }
        Ok(found)
    }

    async fn told(&self, id: &DeliveryId) -> Result<Option<Told>, Fault> {
        Ok(self.row(id).await?.map(told))
    }

    async fn told_of(&self, of: &SubmissionRef) -> Result<Vec<Told>, Fault> {
        let receivers = self.receivers().await?;
        let rows = receivers.iter().map(|one| self.rows_to(&one.name, of));
        let rows = all(rows.collect()).await?;
        Ok(rows.into_iter().flatten().map(told).collect())
    }

    async fn act(&self, id: &DeliveryId, order: &Order) -> Result<Acted, Fault> {
        let now = order.signed.at;
        self.judged(id, |row| {
            let next = ordered(&row.delivery, order.verb, now)?;
            row.order = Some(order.clone());
            Some((next, now))
        })
        .await
    }

    async fn came_back(&self, id: &DeliveryId, cause: &Cause) -> Result<Acted, Fault> {
        self.judged(id, |row| {
            Some((returned(&row.delivery, cause)?, row.delivery.due_at))
        })
        .await
    }

    async fn standings(&self) -> Result<Vec<Standing>, Fault> {
        let receivers = self.receivers().await?;
        let standings = receivers.into_iter().map(|one| async move {
            Ok(Standing {
                waiting: self.count("due", &one.name).await?,
                failed: self.count("dead", &one.name).await?,
                receiver: one.name,
                health: one.health,
                enabled: one.enabled,
            })
        });
        all(standings.collect()).await
    }

    /// The receiver first: what is not begun anew by then, when this ends half-way, is by the order given once more.
    async fn enable(&self, receiver: &ReceiverName, signed: &Signed) -> Result<(), Fault> {
        self.change_receiver(receiver, |one| {
            one.health.is_enabled(signed.at);
            one.enabled = Some(signed.clone());
        })
        .await?;
        let mut from = Timestamp::default();
        loop {
            let ids = self.late_ids(receiver, from, SOME).await?;
            let begin = |row: &mut Row| {
                let due_at = row.delivery.due_at;
                if row.delivery.state == DeliveryState::Waiting {
                    anew(&mut row.delivery, signed.at);
                }
                Some(due_at)
            };
            let begun = ids.iter().map(|id| self.change_delivery(id, begin));
            let begun = all(begun.collect()).await?;
            match begun.into_iter().flatten().max() {
                Some(last) if ids.len() == SOME => from = last,
                Some(_) | None => return Ok(()),
            }
        }
    }
}

impl DynamoLedger {
    /// Changes a delivery to what `judge` makes of it, and says what came of that.
    async fn judged(
        &self,
        id: &DeliveryId,
        judge: impl Fn(&mut Row) -> Option<(Delivery, Timestamp)> + Send + Sync,
    ) -> Result<Acted, Fault> {
        let change = |row: &mut Row| {
            let (next, now) = judge(row)?;
            row.becomes(next, now);
            Some(())
        };
        if self.change_delivery(id, change).await?.is_some() {
            return Ok(Acted::Done);
        }
        let row = self.row(id).await?;
        Ok(row.map_or(Acted::Absent, |row| Acted::NotIn(row.delivery.state)))
    }

    /// Up to `most` of a receiver's that fit, in the order of their ids, after one.
    async fn some_of(
        &self,
        receiver: &ReceiverName,
        filter: &DeliveryFilter,
        (after, most): (Option<&DeliveryId>, usize),
    ) -> Result<Vec<Delivery>, Fault> {
        let begin = filter
            .form
            .as_ref()
            .map_or_else(String::new, |form| format!("{form}#"));
        let end = filter
            .form
            .as_ref()
            .map_or_else(|| LAST.to_owned(), |form| format!("{form}$"));
        let (mut place, mut found) = (after.cloned(), Vec::new());
        while found.len() < most {
            let from = place.as_ref().and_then(|id| {
                let [_, (_, sk)] = key(id);
                sk.as_s().ok().cloned()
            });
            let from = from.map_or_else(|| begin.clone(), |from| from.max(begin.clone()));
            let page = self
                .next_of(receiver, (&from, &end), place.as_ref())
                .await?;
            let Some(last) = page.last() else { break };
            place = Some(last.id.clone());
            found.extend(page.into_iter().filter(|one| filter.takes(one)));
        }
        found.truncate(most);
        Ok(found)
    }

    /// The next of all partitions, in the order of their ids: as far as each of them was read.
    async fn next_of(
        &self,
        receiver: &ReceiverName,
        (from, end): (&str, &str),
        after: Option<&DeliveryId>,
    ) -> Result<Vec<Delivery>, Fault> {
        if from > end {
            return Ok(Vec::new());
        }
        let parts = partitions(receiver).map(|pk| {
            let query = self
                .beneath(&pk)
                .key_condition_expression("pk = :pk AND sk BETWEEN :from AND :end")
                .expression_attribute_values(
                    ":from",
                    text(if from.is_empty() { " " } else { from }),
                )
                .expression_attribute_values(":end", text(end));
            // One more: it may be the one that is left out.
            first(query, SOME + 1)
        });
        let parts: Vec<Vec<Item>> = all(parts.collect()).await?;
        let (mut page, mut upto) = (Vec::new(), None::<DeliveryId>);
        for part in &parts {
            let rows: Vec<Row> = part.iter().map(Row::read).collect::<Result<_, _>>()?;
            let last = rows.last().map(|row| row.delivery.id.clone());
            if let Some(last) = last.filter(|_| rows.len() > SOME) {
                upto = Some(upto.map_or(last.clone(), |upto| upto.min(last)));
            }
            page.extend(rows.into_iter().map(|row| row.delivery));
        }
        page.retain(|one| {
            after.is_none_or(|after| one.id > *after)
                && upto.as_ref().is_none_or(|upto| one.id <= *upto)
        });
        page.sort_by(|one, other| one.id.cmp(&other.id));
        Ok(page)
    }
}

fn told(row: Row) -> Told {
    Told {
        delivery: row.delivery,
        attempts: row.attempts,
        order: row.order,
    }
}
