//! The room that everything takes which is in flight between the door and the ledger: a body that is being read, and what
//! has been made of it until its answer is there. It is bound by bytes, so that no rush is more than this process can
//! hold; beyond it a body waits unread.
//!
//! Large bodies do not starve small ones: each kind has room of its own. A large one is charged for what has come, not for
//! what was announced, so to fill the room one has to send it. When it is full, each waits for a lane: room for a whole
//! body. So those that are half read cannot wait for each other for ever.

use std::sync::Arc;
use std::time::Duration;

use ingest::MAX_BODY;
use ingest::problem::Problem;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Bodies up to here are small: they are read at once; the number of connections bounds them.
pub(super) const SMALL: usize = 16 * 1024;
/// What small bodies take together from when they have been read.
const FOR_SMALL: usize = 4 * 1024 * 1024;
/// What large bodies take together, but for those in lanes.
const FOR_LARGE: usize = 4 * 1024 * 1024;
/// Large bodies that are read on when the rest is taken.
const LANES: usize = 8;
/// How long a body waits for room.
const PATIENCE: Duration = Duration::from_secs(5);
/// Refused bodies that are read to their end at once. Each is thrown away, but what has just come of it.
const DRAINS: usize = 16;

/// The room.
#[derive(Clone)]
pub(crate) struct Room {
    small: Arc<Semaphore>,
    large: Arc<Semaphore>,
    lanes: Arc<Semaphore>,
    drains: Arc<Semaphore>,
}

/// What one request takes of it, for as long as this lives. (What is made of its body, an answer too, is paid with it.)
#[derive(Default)]
pub(crate) struct Charge {
    taken: Option<OwnedSemaphorePermit>,
    lane: Option<OwnedSemaphorePermit>,
}

impl Room {
    pub(crate) fn new() -> Self {
        let room = |bytes: usize| Arc::new(Semaphore::new(bytes));
        Self {
            small: room(FOR_SMALL),
            large: room(FOR_LARGE),
            lanes: room(LANES),
            drains: room(DRAINS),
        }
    }

    /// A place for one who reads a refused body to its end.
    pub(super) async fn drain(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.drains).acquire_owned().await.ok()
    }
}

impl Charge {
    /// Before the first of a large body is read: there must be some room left.
    pub(super) async fn begin_large(&mut self, room: &Room) -> Result<(), Problem> {
        if room.large.available_permits() <= SMALL {
            self.take_lane(room).await
        } else {
            Ok(())
        }
    }

    /// A large body has come so far.
    pub(super) async fn grow(&mut self, bytes: usize, room: &Room) -> Result<(), Problem> {
        if self.lane.is_some() {
            return Ok(());
        }
        let more = bytes
            - self
                .taken
                .as_ref()
                .map_or(0, OwnedSemaphorePermit::num_permits)
                .min(bytes);
        // No body is longer than `MAX_BODY`, which fits.
        let more = u32::try_from(more).unwrap_or(u32::MAX);
        match Arc::clone(&room.large).try_acquire_many_owned(more) {
            Ok(more) => match &mut self.taken {
                Some(taken) => taken.merge(more),
                None => self.taken = Some(more),
            },
            Err(_) => self.take_lane(room).await?,
        }
        Ok(())
    }

    /// A small body has come to its end.
    pub(super) async fn small(bytes: usize, room: &Room) -> Result<Self, Problem> {
        let bytes = u32::try_from(bytes).unwrap_or(u32::MAX);
        let taken = patiently(Arc::clone(&room.small).acquire_many_owned(bytes)).await?;
        Ok(Self {
            taken: Some(taken),
            lane: None,
        })
    }

    async fn take_lane(&mut self, room: &Room) -> Result<(), Problem> {
        self.lane = Some(patiently(Arc::clone(&room.lanes).acquire_owned()).await?);
        Ok(())
    }
}

async fn patiently<T, E>(acquiring: impl Future<Output = Result<T, E>>) -> Result<T, Problem> {
    match tokio::time::timeout(PATIENCE, acquiring).await {
        Ok(Ok(permit)) => Ok(permit),
        // Somebody sends more than can be kept. (Nobody ever closes the room.)
        Ok(Err(_)) | Err(_) => Err(Problem::Unavailable),
    }
}

const _: () = assert!(SMALL < FOR_SMALL && MAX_BODY < FOR_LARGE);

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    #[tokio::test]
    async fn those_that_are_half_read_do_not_wait_for_each_other_for_ever() {
        let room = Room::new();
        let mut bodies: Vec<Charge> = (0..40).map(|_| Charge::default()).collect();
        // All grow at once, a little at a time, until nobody gets any more.
        for bytes in (SMALL..MAX_BODY).step_by(SMALL) {
            for body in &mut bodies {
                let _ = body.grow(bytes, &room).now_or_never();
            }
        }
        assert_eq!(room.large.available_permits() / SMALL, 0, "it is full");
        let read_on = |bodies: &mut [Charge]| {
            let done = |body: &mut Charge| {
                matches!(body.grow(MAX_BODY, &room).now_or_never(), Some(Ok(())))
            };
            bodies.iter_mut().position(done)
        };
        for left in (0..40).rev() {
            let done = read_on(&mut bodies).expect("some body is read to its end");
            drop(bodies.remove(done));
            assert_eq!(bodies.len(), left);
        }
        assert_eq!(
            (
                room.large.available_permits(),
                room.lanes.available_permits()
            ),
            (FOR_LARGE, LANES)
        );
    }

    #[tokio::test]
    async fn who_finds_no_room_waits_until_there_is_some_and_small_ones_go_on() {
        let room = Room::new();
        let mut held = Vec::new();
        for _ in 0..LANES + FOR_LARGE / MAX_BODY {
            let mut charge = Charge::default();
            charge.grow(MAX_BODY, &room).await.unwrap();
            held.push(charge);
        }
        let mut late = Charge::default();
        let waiting = late.begin_large(&room);
        tokio::pin!(waiting);
        assert!(waiting.as_mut().now_or_never().is_none());
        assert!(
            Charge::small(SMALL, &room)
                .now_or_never()
                .is_some_and(|charge| charge.is_ok())
        );
        held.pop();
        waiting.await.unwrap();
    }
}
