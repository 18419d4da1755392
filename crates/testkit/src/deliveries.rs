//! Deliveries in memory, and a sender that says what it is told to.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use counterfoil_core::notice::Change;
use counterfoil_core::ports::Entries;
use counterfoil_core::{Cause, Code, Entry, Fault, FormId, SubmissionRef, Timestamp};
use counterfoil_telling::alarms::AlarmKey;
use counterfoil_telling::audience::Audience;
use counterfoil_telling::courier::{KEPT_ATTEMPTS, Tried, merge, note};
use counterfoil_telling::delivery::{Delivery, DeliveryId, DeliveryState};
use counterfoil_telling::health::Health;
use counterfoil_telling::orders::{Order, Signed, anew, ordered, returned};
use counterfoil_telling::ports::{
    Acted, Claims, Deliveries, DeliveryDesk, DeliveryFilter, Settled, Standing, Told,
};
use counterfoil_telling::receiver::ReceiverName;
use counterfoil_telling::send::{Letter, Outcome, Reply, Sender};
use counterfoil_telling::times::Times;

/// Deliveries in memory, beside entries that are gone.
#[derive(Debug, Default)]
pub struct MemoryDeliveries(Mutex<Kept>);

#[derive(Debug, Default)]
struct Kept {
    /// Does the process end before it writes down its next attempt?
    dies: bool,
    told: BTreeMap<DeliveryId, Told>,
    receivers: BTreeMap<ReceiverName, (Health, Option<Signed>)>,
}

impl Kept {
    fn waiting(&self, receiver: &ReceiverName) -> Vec<&Delivery> {
        let deliveries = self.told.values().map(|told| &told.delivery);
        let mut first = Vec::<&Delivery>::new();
        for delivery in deliveries.filter(|delivery| is_waiting(delivery, receiver)) {
            // They are in the order of their ids: the older change of a submission came before.
            if first.last().is_none_or(|last| last.id.of != delivery.id.of) {
                first.push(delivery);
            }
        }
        first
    }
}

fn is_waiting(delivery: &Delivery, receiver: &ReceiverName) -> bool {
    delivery.id.receiver == *receiver && delivery.state == DeliveryState::Waiting
}

impl MemoryDeliveries {
    fn kept(&self) -> std::sync::MutexGuard<'_, Kept> {
        self.0.lock().unwrap()
    }

    /// The next attempt is written nowhere.
    pub fn die_before_settling(&self) {
        self.kept().dies = true;
    }

    /// When the next waiting one is due, of those that come behind none.
    #[must_use]
    pub fn next_due(&self, receiver: &ReceiverName) -> Option<Timestamp> {
        let kept = self.kept();
        kept.waiting(receiver)
            .iter()
            .map(|first| first.due_at)
            .min()
    }
}

/// No entry is left of anything.
impl Entries for MemoryDeliveries {
    async fn entry(&self, _of: &SubmissionRef) -> Result<Option<Entry>, Fault> {
        Ok(None)
    }
}

impl Deliveries for MemoryDeliveries {
    async fn bear(&self, born: &[Delivery]) -> Result<(), Fault> {
        let mut kept = self.kept();
        for delivery in born {
            let told = Told {
                delivery: delivery.clone(),
                attempts: Vec::new(),
                order: None,
            };
            kept.told.entry(delivery.id.clone()).or_insert(told);
        }
        Ok(())
    }

    async fn due(
        &self,
        receiver: &ReceiverName,
        now: Timestamp,
        but: &[DeliveryId],
        most: usize,
    ) -> Result<Vec<Delivery>, Fault> {
        let kept = self.kept();
        let mut due: Vec<&Delivery> = kept.waiting(receiver);
        due.retain(|delivery| delivery.due_at <= now && !but.contains(&delivery.id));
        due.sort_by_key(|delivery| delivery.due_at);
        Ok(due.into_iter().take(most).cloned().collect())
    }

    async fn due_together(
        &self,
        receiver: &ReceiverName,
        now: Timestamp,
        most: usize,
    ) -> Result<Vec<Delivery>, Fault> {
        let kept = self.kept();
        let deliveries = kept.told.values().map(|told| &told.delivery);
        let mut due: Vec<&Delivery> = deliveries
            .filter(|one| is_waiting(one, receiver) && one.due_at <= now)
            .collect();
        due.sort_by_key(|one| (one.due_at, one.born_at, one.id.seq));
        Ok(due.into_iter().take(most).cloned().collect())
    }

    async fn letters_since(&self, receiver: &ReceiverName, since: Timestamp) -> Result<u32, Fault> {
        let kept = self.kept();
        let told = kept
            .told
            .values()
            .filter(|told| told.delivery.id.receiver == *receiver);
        let attempts = told.flat_map(|told| &told.attempts);
        let taken = attempts.filter(|one| one.cause.is_none() && one.at >= since);
        let times: BTreeSet<Timestamp> = taken.map(|one| one.at).collect();
        Ok(u32::try_from(times.len()).unwrap_or(u32::MAX))
    }

    async fn oldest(&self, receiver: &ReceiverName) -> Result<Option<Delivery>, Fault> {
        let kept = self.kept();
        let waiting = kept.waiting(receiver);
        Ok(waiting
            .into_iter()
            .min_by_key(|delivery| delivery.born_at)
            .cloned())
    }

    async fn settle(&self, tried: &Tried, outcome: &Outcome) -> Result<Option<Settled>, Fault> {
        let mut kept = self.kept();
        if std::mem::take(&mut kept.dies) {
            return Err(Fault::transient(Code::WriterGone, "killed"));
        }
        let Some(told) = kept.told.get_mut(&tried.delivery.id) else {
            return Ok(None);
        };
        let Some(next) = merge(&told.delivery, tried) else {
            return Ok(None);
        };
        told.delivery = next.clone();
        told.attempts.push(tried.attempt.clone());
        if told.attempts.len() > KEPT_ATTEMPTS as usize {
            told.attempts.remove(0);
        }
        let (health, _) = kept.receivers.entry(next.id.receiver.clone()).or_default();
        let now = tried.attempt.at.plus(tried.attempt.took);
        let warning = note(health, outcome, now);
        let health = health.clone();
        Ok(Some(Settled {
            delivery: next,
            health,
            warning,
        }))
    }

    async fn health(&self, receiver: &ReceiverName) -> Result<Health, Fault> {
        let kept = self.kept();
        let known = kept.receivers.get(receiver);
        Ok(known.map(|(health, _)| health.clone()).unwrap_or_default())
    }

    async fn bring_back(
        &self,
        receiver: &ReceiverName,
        back_at: Timestamp,
        most: usize,
    ) -> Result<usize, Fault> {
        let mut kept = self.kept();
        let late = kept.told.values_mut().map(|told| &mut told.delivery);
        let late =
            late.filter(|delivery| is_waiting(delivery, receiver) && delivery.due_at > back_at);
        Ok(late
            .take(most)
            .map(|delivery| delivery.due_at = back_at)
            .count())
    }

    async fn caught_up(&self, receiver: &ReceiverName, back_at: Timestamp) -> Result<bool, Fault> {
        let mut kept = self.kept();
        let mut deliveries = kept.told.values().map(|told| &told.delivery);
        let is_behind =
            deliveries.any(|delivery| is_waiting(delivery, receiver) && delivery.due_at <= back_at);
        if let Some((health, _)) = kept.receivers.get_mut(receiver)
            && !is_behind
            && health.back_at == Some(back_at)
        {
            health.back_at = None;
        }
        Ok(!is_behind)
    }
}

impl Claims for MemoryDeliveries {
    async fn claim(&self, letter: &[Delivery], until: Timestamp) -> Result<Vec<Delivery>, Fault> {
        let mut kept = self.kept();
        let claimed = letter.iter().filter_map(|one| {
            let told = kept.told.get_mut(&one.id)?;
            let is_free = told.delivery == *one && one.state == DeliveryState::Waiting;
            is_free.then(|| {
                told.delivery.due_at = until;
                told.delivery.clone()
            })
        });
        Ok(claimed.collect())
    }
}

impl DeliveryDesk for MemoryDeliveries {
    async fn list(
        &self,
        filter: &DeliveryFilter,
        after: Option<&DeliveryId>,
        most: usize,
    ) -> Result<Vec<Delivery>, Fault> {
        let kept = self.kept();
        let fits = kept.told.values().filter(|told| {
            filter.takes(&told.delivery) && after.is_none_or(|after| told.delivery.id > *after)
        });
        Ok(fits.take(most).map(|told| told.delivery.clone()).collect())
    }

    async fn told(&self, id: &DeliveryId) -> Result<Option<Told>, Fault> {
        Ok(self.kept().told.get(id).cloned())
    }

    async fn told_of(&self, of: &SubmissionRef) -> Result<Vec<Told>, Fault> {
        let kept = self.kept();
        let of_it = kept.told.values().filter(|told| told.delivery.id.of == *of);
        Ok(of_it.cloned().collect())
    }

    async fn act(&self, id: &DeliveryId, order: &Order) -> Result<Acted, Fault> {
        let mut kept = self.kept();
        let Some(told) = kept.told.get_mut(id) else {
            return Ok(Acted::Absent);
        };
        let Some(next) = ordered(&told.delivery, order.verb, order.signed.at) else {
            return Ok(Acted::NotIn(told.delivery.state));
        };
        told.delivery = next;
        told.order = Some(order.clone());
        Ok(Acted::Done)
    }

    async fn came_back(&self, id: &DeliveryId, cause: &Cause) -> Result<Acted, Fault> {
        let mut kept = self.kept();
        let Some(told) = kept.told.get_mut(id) else {
            return Ok(Acted::Absent);
        };
        let Some(next) = returned(&told.delivery, cause) else {
            return Ok(Acted::NotIn(told.delivery.state));
        };
        told.delivery = next;
        Ok(Acted::Done)
    }

    async fn standings(&self) -> Result<Vec<Standing>, Fault> {
        let kept = self.kept();
        let owed = kept.told.keys().map(|id| &id.receiver);
        let names: std::collections::BTreeSet<_> =
            owed.chain(kept.receivers.keys()).cloned().collect();
        let standing = |receiver: ReceiverName| {
            let count = |state| {
                let deliveries = kept.told.values().map(|told| &told.delivery);
                let counted = deliveries
                    .filter(|delivery| delivery.id.receiver == receiver && delivery.state == state);
                counted.count() as u64
            };
            let (health, enabled) = kept.receivers.get(&receiver).cloned().unwrap_or_default();
            Standing {
                waiting: count(DeliveryState::Waiting),
                failed: count(DeliveryState::Failed),
                receiver,
                health,
                enabled,
            }
        };
        Ok(names.into_iter().map(standing).collect())
    }

    async fn enable(&self, receiver: &ReceiverName, signed: &Signed) -> Result<(), Fault> {
        let mut kept = self.kept();
        let (health, enabled) = kept.receivers.entry(receiver.clone()).or_default();
        health.is_enabled(signed.at);
        *enabled = Some(signed.clone());
        let deliveries = kept.told.values_mut().map(|told| &mut told.delivery);
        deliveries
            .filter(|delivery| is_waiting(delivery, receiver))
            .for_each(|delivery| anew(delivery, signed.at));
        Ok(())
    }
}

/// Everybody hears of everything.
#[derive(Clone, Debug)]
pub struct Everybody {
    /// Who there is.
    pub names: Vec<ReceiverName>,
    /// Are they shown fields?
    pub shown: bool,
    /// When they get their letters, if they are mailboxes.
    pub times: Option<Times>,
}

impl Audience for Everybody {
    fn receivers(&self) -> Vec<ReceiverName> {
        self.names.clone()
    }

    fn hears(&self, _change: &Change) -> Vec<ReceiverName> {
        self.names.clone()
    }

    fn hears_alarm(&self, alarm: &AlarmKey) -> Vec<ReceiverName> {
        let others = |name: &&ReceiverName| name.as_str() != alarm.subject;
        self.names.iter().filter(others).cloned().collect()
    }

    fn times(&self, _receiver: &ReceiverName) -> Option<Times> {
        self.times.clone()
    }

    fn shows_fields(&self, _receiver: &ReceiverName, _form: &FormId) -> bool {
        self.shown
    }
}

/// Answers as it is told to, then takes everything; remembers what it was given.
#[derive(Debug, Default)]
pub struct ScriptedSender {
    script: Mutex<VecDeque<Outcome>>,
    sent: Mutex<Vec<Letter>>,
    calls: AtomicUsize,
}

impl ScriptedSender {
    /// Answers these first.
    #[must_use]
    pub fn saying(script: impl IntoIterator<Item = Outcome>) -> Self {
        Self {
            script: Mutex::new(script.into_iter().collect()),
            ..Self::default()
        }
    }

    /// What it was given, in its order.
    #[must_use]
    pub fn sent(&self) -> Vec<Letter> {
        self.sent.lock().unwrap().clone()
    }

    /// How often it was called.
    #[must_use]
    pub fn calls(&self) -> usize {
        self.calls.load(Ordering::SeqCst)
    }
}

impl Sender for ScriptedSender {
    async fn send(&self, letter: &Letter) -> Outcome {
        self.calls.fetch_add(1, Ordering::SeqCst);
        self.sent.lock().unwrap().push(letter.clone());
        let next = self.script.lock().unwrap().pop_front();
        next.unwrap_or_else(|| Outcome::Delivered(Reply::default()))
    }
}
