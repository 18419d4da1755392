//! The first try, right behind the change: within seconds, and of receivers that are up.

use std::collections::BTreeMap;
use std::time::Duration;

use counterfoil_core::ports::Entries;
use counterfoil_telling::audience::Audience;
use counterfoil_telling::delivery::Delivery;
use counterfoil_telling::health::ReceiverState;
use counterfoil_telling::ports::{Claims, Deliveries};
use counterfoil_telling::receiver::ReceiverName;
use counterfoil_telling::send::Sender;
use futures_util::{StreamExt, stream};

use crate::{LEAST, Telling};

/// Letters under way at once.
const AT_ONCE: usize = 16;
/// All first tries of a batch together: a receiver that hangs keeps the stream from nobody for longer. What does not end
/// in it is due again when its claim ends.
const PATIENCE: Duration = Duration::from_secs(5);

impl<H, S, A> Telling<H, S, A>
where
    H: Deliveries + Entries + Claims,
    S: Sender,
    A: Audience,
{
    pub(crate) async fn try_first(&self, born: Vec<Delivery>, left: impl Fn() -> Duration + Sync) {
        let now = self.courier.clock.now();
        if left() < LEAST {
            return;
        }
        let mut of = BTreeMap::<ReceiverName, Vec<Delivery>>::new();
        for delivery in born.into_iter().filter(|one| one.due_at <= now) {
            of.entry(delivery.id.receiver.clone())
                .or_default()
                .push(delivery);
        }
        let known = self.courier.audience.receivers();
        let first = async {
            for (receiver, deliveries) in of {
                // What waits for a digest or a budget, and whoever does not take letters, is the sweep's.
                if !known.contains(&receiver)
                    || self
                        .courier
                        .audience
                        .times(&receiver)
                        .is_some_and(|times| times.per_day.is_some())
                {
                    continue;
                }
                let health = self.courier.home.health(&receiver).await;
                let is_up = health.is_ok_and(|health| {
                    health.state == ReceiverState::Up && health.back_at.is_none()
                });
                if !is_up {
                    continue;
                }
                let letters = stream::iter(first_of_each(deliveries)).map(|one| async move {
                    if let Err(fault) = self
                        .bring(std::slice::from_ref(&one), ReceiverState::Up)
                        .await
                    {
                        tracing::warn!(%fault, delivery = %one.id, "the first try comes later");
                    }
                });
                letters.buffer_unordered(AT_ONCE).collect::<Vec<()>>().await;
            }
        };
        if tokio::time::timeout(PATIENCE, first).await.is_err() {
            tracing::warn!("a receiver is slow; the rest is tried by the next sweeps");
        }
    }
}

/// Of each submission the oldest change: a later one goes when that has gone.
fn first_of_each(deliveries: Vec<Delivery>) -> Vec<Delivery> {
    let mut first = BTreeMap::new();
    for delivery in deliveries {
        let key = delivery.id.of.clone();
        let known: &mut Delivery = first.entry(key).or_insert_with(|| delivery.clone());
        if delivery.id.seq < known.id.seq {
            *known = delivery;
        }
    }
    first.into_values().collect()
}
