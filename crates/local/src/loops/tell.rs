//! Tells receivers what they are owed: one task writes deliveries down behind the outbox, and each receiver has a task of
//! its own, so that a slow or dead one delays nobody.
//!
//! A letter that is out and not written down is written down before another goes to its receiver. Ended at any step, the
//! delivery still waits, and goes out again with the id it had.

use std::sync::Arc;
use std::time::Duration;

use counterfoil_core::{Fault, Timestamp};
use counterfoil_telling::attempt::{Ask, Courier};
use counterfoil_telling::audience::Audience;
use counterfoil_telling::delivery::{Delivery, DeliveryId, DeliveryState};
use counterfoil_telling::health::{Health, ReceiverState, Warning};
use counterfoil_telling::ports::{Deliveries, Settled};
use counterfoil_telling::receiver::ReceiverName;
use counterfoil_telling::schedule;
use counterfoil_telling::send::{Patient, Sender};
use counterfoil_telling::times::{self, Times};
use futures_util::future::BoxFuture;
use futures_util::stream::FuturesUnordered;
use futures_util::{FutureExt, StreamExt};
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::bear::Births;
use super::{PAUSE, Stop, complain};
use crate::store::Store;

/// How letters go out.
#[derive(Clone, Copy, Debug)]
pub struct TellPace {
    /// So many letters to one receiver are under way at once.
    pub at_once: usize,
    /// A letter that takes longer has failed, whatever its sender does.
    pub patience: Duration,
    /// Between two letters to a receiver that has come back, as long as it is behind, or that fails again and again.
    pub gap: Duration,
    /// How soon what is due, and what another process ordered, is noticed.
    pub look: Duration,
    /// What is under way at the end gets so long.
    pub last: Duration,
    /// After what is owed was written down, so many times as long is left to whoever submits.
    pub rest: u32,
}

impl Default for TellPace {
    fn default() -> Self {
        Self {
            at_once: 4,
            patience: Duration::from_secs(60),
            gap: Duration::from_millis(50),
            look: Duration::from_secs(1),
            last: Duration::from_secs(3),
            rest: 9,
        }
    }
}

/// Between two looks for what waits too long.
const BOUND_EVERY: Duration = Duration::from_secs(60 * 60);
/// A receiver that has failed so often since its last success is tried no faster than one that has come back: more tries
/// would only take from others what it takes to write them down.
pub const SLOWED_BY: u32 = 4;
/// Deliveries that are brought back in one transaction.
const BROUGHT_BACK: usize = 500;

/// What telling takes.
pub struct Telling<S, A> {
    /// Who brings letters, on this store.
    pub courier: Courier<Arc<Store>, S, A>,
    /// How.
    pub pace: TellPace,
}

/// Starts all of it. The publisher [`DELIVERIES`](crate::deliveries::DELIVERIES) is registered.
pub fn start_telling<S, A>(loops: &mut JoinSet<()>, telling: Telling<S, A>, stop: &Stop)
where
    S: Sender + 'static,
    A: Audience + Clone + 'static,
{
    let Telling { courier, pace } = telling;
    let (store, audience) = (Arc::clone(&courier.home), courier.audience.clone());
    let courier = Arc::new(Courier {
        home: courier.home,
        sender: Patient {
            inner: courier.sender,
            patience: pace.patience,
        },
        audience: courier.audience,
        clock: courier.clock,
        jitter: courier.jitter,
    });
    let mut wakes = Vec::new();
    for receiver in audience.receivers() {
        let wake = Arc::new(Notify::new());
        wakes.push(Arc::clone(&wake));
        let round = Round {
            courier: Arc::clone(&courier),
            receiver,
            pace,
            stop: stop.clone(),
            in_hand: Vec::new(),
            under_way: FuturesUnordered::new(),
            brought_back: None,
            next_at: Instant::now(),
            sent: Sent::default(),
            bound_at: None,
        };
        loops.spawn(round.tell(wake));
    }
    let births = Births {
        store,
        audience,
        wakes,
        rest: pace.rest,
    };
    loops.spawn(births.bear(stop.clone()));
}

/// How an attempt at a letter ended: with what was written of it, or with nothing sent.
type Ended = (Vec<DeliveryId>, Result<Vec<Settled>, Fault>);

/// One receiver's task.
struct Round<S, A> {
    courier: Arc<Courier<Arc<Store>, Patient<S>, A>>,
    receiver: ReceiverName,
    pace: TellPace,
    stop: Stop,
    in_hand: Vec<DeliveryId>,
    under_way: FuturesUnordered<BoxFuture<'static, Ended>>,
    /// The comeback after which everything that waited was made due.
    brought_back: Option<Timestamp>,
    /// When the next letter may begin, after a comeback.
    next_at: Instant,
    /// The mails of its day, where it has a budget of them.
    sent: Sent,
    /// When it was last seen to that nothing waits for ever.
    bound_at: Option<Timestamp>,
}

/// How many letters a mailbox has taken in its day.
#[derive(Default)]
struct Sent {
    day: Option<Timestamp>,
    count: u32,
}

impl<S: Sender + 'static, A: Audience + 'static> Round<S, A> {
    async fn tell(mut self, wake: Arc<Notify>) {
        let mut stop = self.stop.clone();
        while !*stop.borrow() {
            let wait = match self.begin().await {
                Ok(wait) => wait,
                Err(fault) => {
                    complain("read what a receiver is owed", &fault, &mut stop).await;
                    PAUSE
                }
            };
            tokio::select! {
                Some(ended) = self.under_way.next() => self.end_all(ended, &mut stop).await,
                // Without room, only the end of an attempt is worth a look.
                _ = tokio::time::timeout(wait, wake.notified()), if self.has_room() => {}
                _ = stop.changed() => {}
            }
        }
        // What does not end now goes out again, with the id it had.
        let last = async { while self.under_way.next().await.is_some() {} };
        let _ = tokio::time::timeout(self.pace.last, last).await;
    }

    fn has_room(&self) -> bool {
        self.under_way.len() < self.pace.at_once
    }

    /// Begins what is due and there is room for; gives how long to wait before the next look.
    async fn begin(&mut self) -> Result<Duration, Fault> {
        // What cannot be written down is not sent.
        self.courier.home.readiness()?;
        let room = self.pace.at_once.saturating_sub(self.under_way.len());
        if room == 0 {
            return Ok(self.pace.look);
        }
        self.bound_waits().await?;
        let health = self.courier.home.health(&self.receiver).await?;
        if let Some(back_at) = health.back_at {
            // What waits for its digest goes on waiting for it.
            let times = self.courier.audience.times(&self.receiver);
            if !times.is_some_and(|times| times.is_digest()) {
                self.bring_back(back_at).await?;
            }
        }
        let mut most = room;
        if is_slowed(&health) {
            let early = self.next_at.saturating_duration_since(Instant::now());
            if !early.is_zero() {
                return Ok(early);
            }
            most = 1;
        }
        let sent = self.sent_today().await?;
        let ask = Ask {
            receiver: &self.receiver,
            in_hand: &self.in_hand,
            most,
            sent,
        };
        let next = self.courier.next(ask).await?;
        let began = next.letters.len();
        for letter in next.letters {
            self.start(letter, next.health.state);
        }
        self.look_after(&health, began).await
    }

    /// How long until the next letter; is a receiver that came back behind no more, that is noted.
    async fn look_after(&mut self, health: &Health, began: usize) -> Result<Duration, Fault> {
        if began > 0 && is_slowed(health) {
            self.next_at = Instant::now() + self.pace.gap;
            return Ok(self.pace.gap);
        }
        if began == 0
            && let Some(back_at) = health.back_at
        {
            let home = &self.courier.home;
            home.caught_up(&self.receiver, back_at).await?;
        }
        Ok(self.pace.look)
    }

    /// Nothing waits longer than anything can: what a clock that was ahead has put off goes out all the same.
    async fn bound_waits(&mut self) -> Result<(), Fault> {
        let now = self.courier.clock.now();
        let is_new = |then: Timestamp| then <= now && now.since(then) < BOUND_EVERY;
        if self.bound_at.is_some_and(is_new) {
            return Ok(());
        }
        let times = self.courier.audience.times(&self.receiver);
        let longest = match times.filter(Times::is_digest) {
            Some(_) => times::LONGEST + schedule::LONGEST,
            None => schedule::LONGEST * 2,
        };
        let (home, latest) = (&self.courier.home, now.plus(longest));
        while home
            .bring_back(&self.receiver, latest, BROUGHT_BACK)
            .await?
            == BROUGHT_BACK
        {}
        self.bound_at = Some(now);
        Ok(())
    }

    /// Makes everything due that waits, once after a comeback.
    async fn bring_back(&mut self, back_at: Timestamp) -> Result<(), Fault> {
        if self.brought_back == Some(back_at) {
            return Ok(());
        }
        let home = &self.courier.home;
        while home
            .bring_back(&self.receiver, back_at, BROUGHT_BACK)
            .await?
            == BROUGHT_BACK
        {
            if *self.stop.borrow() {
                return Ok(());
            }
        }
        self.brought_back = Some(back_at);
        Ok(())
    }

    /// How many letters it took in its present day, where it has a budget: asked of the store once a day, then counted.
    async fn sent_today(&mut self) -> Result<u32, Fault> {
        let times = self.courier.audience.times(&self.receiver);
        let Some(times) = times.filter(|times| times.per_day.is_some()) else {
            return Ok(0);
        };
        let day = times.day_of(self.courier.clock.now());
        if self.sent.day != Some(day) {
            let home = &self.courier.home;
            let count = home.letters_since(&self.receiver, day).await?;
            self.sent = Sent {
                day: Some(day),
                count,
            };
        }
        Ok(self.sent.count)
    }

    fn start(&mut self, letter: Vec<Delivery>, state: ReceiverState) {
        let ids: Vec<_> = letter.iter().map(|one| one.id.clone()).collect();
        self.in_hand.extend(ids.iter().cloned());
        let (courier, stop) = (Arc::clone(&self.courier), self.stop.clone());
        let attempt = async move {
            let settled = attempt(&courier, &letter, state, stop).await;
            (ids, settled)
        };
        self.under_way.push(Box::pin(attempt));
    }

    /// Ends an attempt, and those that ended with it: they are written in one transaction as a rule.
    async fn end_all(&mut self, first: Ended, stop: &mut Stop) {
        let mut next = Some(first);
        while let Some(ended) = next {
            self.end(ended, stop).await;
            next = self.under_way.next().now_or_never().flatten();
        }
    }

    async fn end(&mut self, (ids, settled): Ended, stop: &mut Stop) {
        self.in_hand.retain(|other| !ids.contains(other));
        match settled {
            Err(fault) => complain("tell a receiver", &fault, stop).await,
            Ok(settled) => {
                let is_delivered = |one: &Settled| one.delivery.state == DeliveryState::Delivered;
                if settled.iter().any(is_delivered) {
                    self.sent.count = self.sent.count.saturating_add(1);
                }
                settled.iter().for_each(|one| self.say(one));
            }
        }
    }

    /// Ids, receivers and causes only.
    fn say(&self, settled: &Settled) {
        let (receiver, delivery) = (&self.receiver, &settled.delivery);
        if delivery.state == DeliveryState::Failed {
            let cause = delivery.cause.as_ref().map(|cause| cause.code.as_str());
            tracing::error!(delivery = %delivery.id, cause, "a delivery has failed for good");
        }
        let Some(warning) = &settled.warning else {
            return;
        };
        match warning {
            Warning::Fails {
                percent,
                since,
                cause,
            } if *percent == 100 => {
                tracing::error!(%receiver, %since, cause = cause.code, "{DISABLED}");
            }
            Warning::Fails {
                percent,
                since,
                cause,
            } => tracing::warn!(%receiver, percent, %since, cause = cause.code, "{FAILS}"),
            Warning::Gone { cause } => {
                tracing::error!(%receiver, cause = cause.code, "{GONE}");
            }
            Warning::Back => tracing::info!(%receiver, "{BACK}"),
        }
    }
}

/// Is it told no more than a letter each gap?
const fn is_slowed(health: &Health) -> bool {
    health.back_at.is_some() || health.failures >= SLOWED_BY
}

const DISABLED: &str = "a receiver has failed for three days and is disabled: what it is owed waits for `receivers enable`";
const FAILS: &str =
    "a receiver fails: so much of the time until it is disabled, in hundredths, is over";
const GONE: &str = "a receiver wants no more letters and is disabled: what it is owed waits for `receivers enable`";
const BACK: &str = "a receiver takes letters again: what waited for it goes out";

/// One attempt. What was sent is written down, however long the store takes for it.
async fn attempt<S: Sender, A: Audience>(
    courier: &Courier<Arc<Store>, S, A>,
    letter: &[Delivery],
    state: ReceiverState,
    mut stop: Stop,
) -> Result<Vec<Settled>, Fault> {
    let (tried, outcome) = courier.try_once(letter, state).await?;
    loop {
        match courier.home.settle_letter(&tried, &outcome).await {
            Err(fault) if !*stop.borrow() && !fault.is_damage() => {
                complain("write down what a receiver was told", &fault, &mut stop).await;
            }
            settled => return settled,
        }
    }
}
