//! Every minute: what is due is tried, for each receiver beside the others, for as long as there is time.

use std::time::Duration;

use counterfoil_core::Fault;
use counterfoil_core::ports::Entries;
use counterfoil_telling::attempt::Ask;
use counterfoil_telling::audience::Audience;
use counterfoil_telling::ports::{Claims, Deliveries};
use counterfoil_telling::receiver::ReceiverName;
use counterfoil_telling::send::Sender;
use futures_util::future::join_all;

use crate::{LEAST, Telling};

/// Letters to one receiver that are under way at once.
const AT_ONCE: usize = 8;
/// After a comeback so many are brought back in one go.
const BROUGHT_BACK: usize = 500;

impl<H, S, A> Telling<H, S, A>
where
    H: Deliveries + Entries + Claims,
    S: Sender,
    A: Audience,
{
    /// Tries what is due, until nothing is or `left` says that there is no time.
    pub async fn sweep(&self, left: impl Fn() -> Duration + Sync) {
        let left = &left;
        let receivers = self.courier.audience.receivers();
        let sweeps = receivers.iter().map(|receiver| async move {
            if let Err(fault) = self.sweep_one(receiver, left).await {
                tracing::error!(%receiver, %fault, "what a receiver is owed was not all tried; the next sweep goes on");
            }
        });
        join_all(sweeps).await;
    }

    async fn sweep_one(
        &self,
        receiver: &ReceiverName,
        left: &(impl Fn() -> Duration + Sync),
    ) -> Result<(), Fault> {
        let home = &self.courier.home;
        let health = home.health(receiver).await?;
        let times = self.courier.audience.times(receiver);
        if let Some(back_at) = health.back_at {
            let waits_for_digest = times.as_ref().is_some_and(|times| times.is_digest());
            while !waits_for_digest
                && home.bring_back(receiver, back_at, BROUGHT_BACK).await? == BROUGHT_BACK
            {
                // The next sweep goes on, and says when it is behind no more.
                if left() < LEAST {
                    return Ok(());
                }
            }
        }
        let mut sent = match times.filter(|times| times.per_day.is_some()) {
            Some(times) => {
                let day = times.day_of(self.courier.clock.now());
                home.letters_since(receiver, day).await?
            }
            None => 0,
        };
        while left() >= LEAST {
            let ask = Ask {
                receiver,
                in_hand: &[],
                most: AT_ONCE,
                sent,
            };
            let next = self.courier.next(ask).await?;
            if next.letters.is_empty() {
                break;
            }
            let brought = next
                .letters
                .iter()
                .map(|letter| self.bring(letter, next.health.state));
            let mut is_any = false;
            for settled in join_all(brought).await {
                let settled = settled?;
                is_any |= !settled.is_empty();
                let taken = settled.iter().any(|one| one.delivery.cause.is_none());
                sent = sent.saturating_add(taken.into());
            }
            // Others have claimed all of it.
            if !is_any {
                break;
            }
        }
        if let Some(back_at) = health.back_at {
            home.caught_up(receiver, back_at).await?;
        }
        Ok(())
    }
}
