//! Looks for what needs a person, and writes down who is to be told of it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use counterfoil_core::{Fault, SubmissionId, Timestamp};
use counterfoil_telling::alarms::{Alarm, AlarmKey, AlarmNews, AlarmState, Seen, step};
use counterfoil_telling::audience::Audience;
use counterfoil_telling::delivery::Delivery;
use tokio::task::JoinSet;

use super::{Stop, complain, idle};
use crate::alarms::{Found, Look};
use crate::store::Store;

/// Between two looks.
const LOOK: Duration = Duration::from_secs(5);

/// What is found elsewhere than in the database.
pub type Elsewhere = Arc<dyn Fn(Timestamp) -> Found + Send + Sync>;

/// What alarms take.
pub struct Alarms<A> {
    /// Where they are kept.
    pub store: Arc<Store>,
    /// Who is told.
    pub audience: A,
    /// What is found elsewhere.
    pub elsewhere: Elsewhere,
    /// Random bytes for the id of an alarm.
    pub entropy: Arc<dyn Fn() -> [u8; 10] + Send + Sync>,
}

/// Starts looking.
pub fn start_alarms<A: Audience + 'static>(
    loops: &mut JoinSet<()>,
    alarms: Alarms<A>,
    stop: &Stop,
) {
    let stop = stop.clone();
    loops.spawn(async move { alarms.look(stop).await });
}

/// What has become of alarms, and is not written yet: as long as nothing can be written, that grows by what is news.
#[derive(Default)]
struct Unwritten {
    changed: BTreeSet<AlarmKey>,
    born: Vec<Delivery>,
}

impl<A: Audience> Alarms<A> {
    async fn look(self, mut stop: Stop) {
        let look = Arc::new(Mutex::new(Look::default()));
        let mut kept = None;
        let mut unwritten = Unwritten::default();
        while !*stop.borrow() {
            if let Err(fault) = self.round(&look, &mut kept, &mut unwritten).await {
                complain("look for what needs a person", &fault, &mut stop).await;
            }
            idle(std::future::pending(), LOOK, &mut stop).await;
        }
    }

    async fn round(
        &self,
        look: &Arc<Mutex<Look>>,
        kept: &mut Option<BTreeMap<AlarmKey, Alarm>>,
        unwritten: &mut Unwritten,
    ) -> Result<(), Fault> {
        let alarms = match kept {
            Some(kept) => kept,
            None => kept.insert(self.store.reader().alarms()?),
        };
        let now = self.store.now();
        let mut found = (self.elsewhere)(now);
        // A database that cannot be read is no reason to keep still of what is found elsewhere.
        let inside = self.inside(look, now).await;
        let fault = match inside {
            Ok(inside) => {
                found.looked.extend(inside.looked);
                found.conditions.extend(inside.conditions);
                None
            }
            Err(fault) => Some(fault),
        };
        self.take(&found, now, (alarms, unwritten));
        self.write(alarms, unwritten).await?;
        fault.map_or(Ok(()), Err)
    }

    /// What is found in the database. It may take a while: no other task waits for it.
    async fn inside(&self, look: &Arc<Mutex<Look>>, now: Timestamp) -> Result<Found, Fault> {
        let (store, look) = (Arc::clone(&self.store), Arc::clone(look));
        let receivers = self.audience.receivers();
        let looked = tokio::task::spawn_blocking(move || {
            let mut look = look.lock().unwrap_or_else(|held| held.into_inner());
            look.into_database(store.reader(), &receivers, now)
        });
        // It ended by itself, or with the process.
        looked.await.unwrap_or_else(|_| Ok(Found::default()))
    }

    /// What the look makes of each alarm.
    fn take(
        &self,
        found: &Found,
        now: Timestamp,
        (alarms, unwritten): (&mut BTreeMap<AlarmKey, Alarm>, &mut Unwritten),
    ) {
        let known = alarms.keys().filter(|key| found.looked.contains(&key.kind));
        let conditions = found.conditions.iter().map(|condition| &condition.key);
        let keys: BTreeSet<AlarmKey> = known.chain(conditions).cloned().collect();
        for key in keys {
            let alarm = alarms.entry(key.clone()).or_default();
            let before = alarm.clone();
            let seen = Seen {
                key: &key,
                found: found.conditions.iter().find(|one| one.key == key),
                now,
            };
            let id = || SubmissionId::fresh(now, (self.entropy)());
            let news = step(alarm, seen, id);
            if *alarm != before {
                unwritten.changed.insert(key.clone());
            }
            if let Some(news) = news {
                say(&news);
                let hears = self.audience.hears_alarm(&key).into_iter();
                let born = hears.map(|receiver| Delivery::born(receiver, news.clone(), now));
                unwritten.born.extend(born);
            }
        }
    }

    async fn write(
        &self,
        alarms: &mut BTreeMap<AlarmKey, Alarm>,
        unwritten: &mut Unwritten,
    ) -> Result<(), Fault> {
        if unwritten.changed.is_empty() {
            return Ok(());
        }
        let changed = unwritten.changed.iter().map(|key| {
            let alarm = alarms.get(key).cloned().unwrap_or_default();
            (key.clone(), alarm)
        });
        let (changed, born) = (changed.collect(), unwritten.born.clone());
        self.store.put_alarms(changed, born).await?;
        *unwritten = Unwritten::default();
        alarms.retain(|_, alarm| !alarm.is_nothing());
        Ok(())
    }
}

/// In the log too, whoever hears of it.
fn say(news: &AlarmNews) {
    let (alarm, count) = (news.facts.alarm.as_str(), news.facts.count);
    let subject = news.facts.subject.as_str();
    match news.state {
        AlarmState::Raised => {
            tracing::warn!(
                alarm,
                subject,
                count,
                "an alarm is raised: {}",
                news.heading()
            );
        }
        AlarmState::Cleared => tracing::info!(alarm, subject, "an alarm is over"),
    }
}
