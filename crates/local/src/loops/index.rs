//! Feeds the search index beside everything else, and behind it: it works no more than half of the time, and whatever
//! hinders it is said once.

use std::time::Duration;

use super::{LOOK, PAUSE, Stop, idle};
use crate::search::{Feeder, Stepped};
use crate::store::Store;

/// The longest pause after a fault that stays.
const LONGEST: Duration = Duration::from_secs(4);

/// Feeds the index until it is told to stop.
pub async fn index(store: &Store, mut stop: Stop) {
    let feeding = store.feeding();
    feeding.is_by_loop(true);
    let turn = feeding.turn().lock().await;
    let mut feeder = Feeder::new(store, store.search_db());
    let (mut said, mut pause) = (None, PAUSE);
    while !*stop.borrow() {
        let committed = store.next_commit();
        tokio::pin!(committed);
        committed.as_mut().enable();
        let began = store.uptime().up;
        match feeder.step().await {
            Ok(Stepped::Idle) => {
                (said, pause) = (None, PAUSE);
                idle(committed, LOOK, &mut stop).await;
            }
            Ok(Stepped::Further(_)) => {
                let took = store.uptime().up.saturating_sub(began);
                idle(std::future::pending(), took.min(LONGEST), &mut stop).await;
            }
            Err(hindered) => {
                let why = hindered.to_string();
                if said.as_ref() != Some(&why) {
                    tracing::warn!(why, "failed to feed the search index; trying again");
                    said = Some(why);
                }
                idle(std::future::pending(), pause, &mut stop).await;
                pause = (pause * 2).min(LONGEST);
            }
        }
    }
    drop(turn);
    feeding.is_by_loop(false);
}
