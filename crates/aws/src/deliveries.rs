//! What is owed to receivers, on DynamoDB. Every write of a delivery needs the one before, so that of two who try one at
//! once, one counts. Where deliveries stand says `row.rs`.
//!
//! The index is a moment behind: what it shows is read anew before anything is done with it.

mod desk;
mod receivers;
mod row;
mod walk;

use counterfoil_core::{Fault, Timestamp};
use counterfoil_telling::courier::{KEPT_ATTEMPTS, Tried, merge, note};
use counterfoil_telling::delivery::{Delivery, DeliveryId, DeliveryState};
use counterfoil_telling::health::Health;
use counterfoil_telling::ports::{Claims, Deliveries, Settled};
use counterfoil_telling::receiver::ReceiverName;
use counterfoil_telling::send::Outcome;
use futures_util::{StreamExt, TryStreamExt, stream};

use crate::fault::fault;
use crate::item::{Item, number};
use crate::ledger::DynamoLedger;
use crate::query::{PARALLEL, is_refusal};
use row::Row;

/// How often a write is tried anew when another was quicker.
const TURNS: usize = 8;
/// Of each partition, among how many of the first due the oldest is looked for.
const OLDEST_OF: usize = 25;

impl Deliveries for DynamoLedger {
    async fn bear(&self, born: &[Delivery]) -> Result<(), Fault> {
        let mut receivers: Vec<_> = born.iter().map(|one| &one.id.receiver).collect();
        receivers.sort_unstable();
        receivers.dedup();
        for receiver in receivers {
            self.register_receiver(receiver).await?;
        }
        // One that is there stays as it is.
        let writes = born.iter().map(|one| self.put_delivery(Row::born(one)));
        all(writes.collect()).await.map(drop)
    }

    async fn due(
        &self,
        receiver: &ReceiverName,
        now: Timestamp,
        but: &[DeliveryId],
        most: usize,
    ) -> Result<Vec<Delivery>, Fault> {
        let mut due = Vec::new();
        for id in self.due_ids(receiver, now, most + but.len()).await? {
            if due.len() == most {
                break;
            }
            if but.contains(&id) {
                continue;
            }
            match self.first_of(&id).await? {
                Some(first) if first.id == id => due.push(first),
                // It waits as long as the one before it does, and is looked at no sooner.
                Some(first) => self.wait_with(&id, &first).await?,
                None => {}
            }
        }
        due.retain(|one| one.due_at <= now);
        Ok(due)
    }

    async fn due_together(
        &self,
        receiver: &ReceiverName,
        now: Timestamp,
        most: usize,
    ) -> Result<Vec<Delivery>, Fault> {
        let ids = self.due_ids(receiver, now, most).await?;
        let mut due = self.waiting(&ids).await?;
        due.retain(|one| one.due_at <= now);
        due.sort_by_key(|one| (one.due_at, one.born_at, one.id.seq));
        Ok(due)
    }

    /// The oldest among the first due of each partition: their births are in no index.
    async fn oldest(&self, receiver: &ReceiverName) -> Result<Option<Delivery>, Fault> {
        let end = Timestamp::from_millis(i64::MAX);
        let ids = self.due_ids(receiver, end, OLDEST_OF).await?;
        let mut waiting = self.waiting(&ids).await?;
        waiting.sort_by_key(|one| (one.born_at, one.id.seq));
        match waiting.into_iter().next() {
            Some(oldest) => self.first_of(&oldest.id).await,
            None => Ok(None),
        }
    }

    async fn settle(&self, tried: &Tried, outcome: &Outcome) -> Result<Option<Settled>, Fault> {
        let tried = std::slice::from_ref(tried);
        Ok(self.settle_letter(tried, outcome).await?.pop())
    }

    async fn settle_letter(
        &self,
        tried: &[Tried],
        outcome: &Outcome,
    ) -> Result<Vec<Settled>, Fault> {
        let writes = tried.iter().map(|one| self.settle_one(one));
        let settled = all(writes.collect()).await?;
        let settled: Vec<Delivery> = settled.into_iter().flatten().collect();
        let (Some(first), Some(tried)) = (settled.first(), tried.first()) else {
            return Ok(Vec::new());
        };
        let now = tried.attempt.at.plus(tried.attempt.took);
        let heal = |health: &mut Health| note(health, outcome, now);
        let (health, mut warning) = self.change_health(&first.id.receiver, heal).await?;
        let told = settled.into_iter().map(|delivery| Settled {
            delivery,
            health: health.clone(),
            warning: warning.take(),
        });
        Ok(told.collect())
    }

    /// Walks through all that there still is of the receiver's.
    async fn letters_since(&self, receiver: &ReceiverName, since: Timestamp) -> Result<u32, Fault> {
        let mut times = std::collections::BTreeSet::new();
        for row in self.rows_of(receiver).await? {
            let taken = row.attempts.iter();
            let taken = taken.filter(|one| one.cause.is_none() && one.at >= since);
            times.extend(taken.map(|one| one.at));
        }
        Ok(u32::try_from(times.len()).unwrap_or(u32::MAX))
    }

    async fn health(&self, receiver: &ReceiverName) -> Result<Health, Fault> {
        Ok(self.receiver(receiver).await?.health)
    }

    async fn bring_back(
        &self,
        receiver: &ReceiverName,
        back_at: Timestamp,
        most: usize,
    ) -> Result<usize, Fault> {
        let ids = self.late_ids(receiver, back_at, most).await?;
        let change = |row: &mut Row| {
            let waits = row.delivery.state == DeliveryState::Waiting;
            waits.then(|| row.delivery.due_at = back_at)
        };
        let writes = ids.iter().map(|id| self.change_delivery(id, change));
        let changed = all(writes.collect()).await?;
        Ok(changed.into_iter().flatten().count())
    }

    async fn caught_up(&self, receiver: &ReceiverName, back_at: Timestamp) -> Result<bool, Fault> {
        let ids = self.due_ids(receiver, back_at, 1).await?;
        if !self.waiting(&ids).await?.is_empty() {
            return Ok(false);
        }
        let forget = |health: &mut Health| {
            health.back_at = health.back_at.filter(|then| *then != back_at);
        };
        self.change_health(receiver, forget).await?;
        Ok(true)
    }
}

impl Claims for DynamoLedger {
    async fn claim(&self, letter: &[Delivery], until: Timestamp) -> Result<Vec<Delivery>, Fault> {
        let claims = letter.iter().map(|one| async move {
            self.change_delivery(&one.id, |row| {
                let is_free = row.delivery == *one && one.state == DeliveryState::Waiting;
                is_free.then(|| {
                    row.delivery.due_at = until;
                    row.delivery.clone()
                })
            })
            .await
        });
        let claimed = all(claims.collect()).await?;
        Ok(claimed.into_iter().flatten().collect())
    }
}

impl DynamoLedger {
    /// Writes a delivery over the write before; `false`: another write was quicker, or it is new and is there already.
    async fn put_delivery(&self, row: Row) -> Result<bool, Fault> {
        self.put_over(row.item()?, row.rev).await
    }

    /// Writes an item that counts its writes over the write before.
    async fn put_over(&self, item: Item, rev: u64) -> Result<bool, Fault> {
        let put = self
            .client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(item));
        let put = if rev == 0 {
            put.condition_expression("attribute_not_exists(pk)")
        } else {
            put.condition_expression("rev = :before")
                .expression_attribute_values(":before", number(rev))
        };
        match put.send().await {
            Ok(_) => Ok(true),
            Err(error) if is_refusal(&error) => Ok(false),
            Err(error) => Err(fault(&error)),
        }
    }

    /// Changes a delivery that is there, as it is by then. `None`: it is not there, or `change` wants nothing of it.
    async fn change_delivery<T: Send>(
        &self,
        id: &DeliveryId,
        change: impl Fn(&mut Row) -> Option<T> + Send + Sync,
    ) -> Result<Option<T>, Fault> {
        for _ in 0..TURNS {
            let Some(mut row) = self.row(id).await? else {
                return Ok(None);
            };
            let Some(done) = change(&mut row) else {
                return Ok(None);
            };
            if self.put_delivery(row).await? {
                return Ok(Some(done));
            }
        }
        Err(receivers::contended())
    }

    async fn settle_one(&self, tried: &Tried) -> Result<Option<Delivery>, Fault> {
        let now = tried.attempt.at.plus(tried.attempt.took);
        self.change_delivery(&tried.delivery.id, |row| {
            let next = merge(&row.delivery, tried)?;
            row.becomes(next, now);
            row.attempts.push(tried.attempt.clone());
            let many = row.attempts.len().saturating_sub(KEPT_ATTEMPTS as usize);
            row.attempts.drain(..many);
            Some(row.delivery.clone())
        })
        .await
    }

    /// A later change of a submission waits with the earlier one.
    async fn wait_with(&self, id: &DeliveryId, first: &Delivery) -> Result<(), Fault> {
        let until = first.due_at;
        let change = |row: &mut Row| {
            let waits = row.delivery.state == DeliveryState::Waiting;
            (waits && row.delivery.due_at < until).then(|| row.delivery.due_at = until)
        };
        self.change_delivery(id, change).await.map(drop)
    }
}

/// Does all of it, some at a time.
async fn all<T>(
    calls: Vec<impl Future<Output = Result<T, Fault>> + Send>,
) -> Result<Vec<T>, Fault> {
    stream::iter(calls).buffered(PARALLEL).try_collect().await
}
